"""A browser's requests and an account's records, written from docs/protocol.md alone (sections 11 and 14.2 to 14.6)."""

import base64
import http.client
import json
import os
import struct
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts import halves, prepare, recovery_halves
from sealed import Keys, Q, check, now, pad, seal_content, spki_of

ROUNDS = 600_000
OCTETS = "application/octet-stream"


class Browser:
    """One cookie at one web-proxy on loopback, without TLS."""

    def __init__(self, address):
        self.address, self.cookie = address, None

    def request(self, method, path, body=None, media_type="application/json"):
        headers = {"Origin": f"http://{self.address}", "Content-Type": media_type}
        if self.cookie:
            headers["Cookie"] = f"sealwire={self.cookie}"
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        if set_cookie := answer.headers.get("Set-Cookie"):
            self.cookie = set_cookie.partition(";")[0].partition("=")[2]
        return answer

    def command(self, command, tail=b"", /, **fields):
        """A command as octets: what it answers, and its tail."""
        header = json.dumps(fields).encode()
        answer = self.request("POST", f"/api/{command}", struct.pack(">I", len(header)) + header + tail, OCTETS)
        return self.opened(answer, command)

    @staticmethod
    def opened(answer, what):
        body = answer.read()
        check(answer.status == 200, f"{what}: {answer.status} {body[:200]}")
        if answer.headers["Content-Type"] != OCTETS:
            return json.loads(body)["ok"], b""
        length = int.from_bytes(body[:4], "big")
        return json.loads(body[4 : 4 + length])["ok"], body[4 + length :]

    def session(self):
        ok, _ = self.opened(self.request("GET", "/api/session"), "session")
        return ok

    def listen(self):
        """Holds a stream of events, so that the session keeps its connection."""
        answer = self.request("GET", "/api/events")
        check(answer.status == 200, "a stream")
        threading.Thread(target=lambda: all(answer.readline() for _ in iter(int, 1)), daemon=True).start()


class Account:
    """Somebody who registers: keys, a vault, a password and a recovery code."""

    def __init__(self, name, password):
        self.name, self.password, self.account = name, password, os.urandom(16)
        self.x = 1 + int.from_bytes(os.urandom(40), "big") % (Q - 1)
        self.keys = Keys(rsa.generate_private_key(65537, 3072), rsa.generate_private_key(65537, 3072), self.x)
        self.code, self.vault_key = os.urandom(16), os.urandom(64)

    def register(self, browser):
        server = browser.command("auth.params", name=self.name)[0]["server"].encode()
        salt = os.urandom(16)
        _, login, self.vault_half = halves(prepare(self.password), salt, ROUNDS, server)
        recovery, self.recovery_half = recovery_halves(self.code, self.account, server)
        records = b"".join(struct.pack(">I", len(record)) + record for record in (self.keyset(), self.wrap_key(), self.root()))
        fields = {"account": self.account.hex(), "name": self.name, "salt": salt.hex(), "rounds": ROUNDS}
        halves_of_both = {"login": login.hex(), "recovery": recovery.hex(), "rehearsed": True}
        signed_in, _ = browser.command("auth.register", records, **fields, **halves_of_both)
        check(signed_in["account"] == self.account.hex() and "token" not in signed_in, "who registered")

    def prove(self, browser):
        session = browser.session()
        body = b"\x01\x12" + self.account + self.keys.fingerprint + bytes.fromhex(session["session"] + session["challenge"])
        body += bytes([len(session["server"])]) + session["server"].encode() + struct.pack(">Q", now())
        browser.command("auth.prove", body + self.keys.block("proof", body))

    def keyset(self):
        name, pss = self.name.encode(), spki_of(self.keys.pss.public_key())
        body = b"\x01\x10" + self.account + bytes([len(name)]) + name + struct.pack(">QB", 1, 1) + bytes(32)
        body += struct.pack(">QH", now(), len(pss)) + pss + self.keys.y
        return body + self.keys.block("keyset", body)

    def wrap_key(self):
        wrap = spki_of(self.keys.wrap.public_key())
        body = b"\x01\x11" + self.account + self.keys.fingerprint + struct.pack(">QQH", 1, now(), len(wrap)) + wrap
        return body + self.keys.block("wrap-key", body)

    def root(self):
        key_id, head = os.urandom(16), b"\x01\x13" + self.account
        body = head + struct.pack(">Q", 1) + key_id
        for half, opener in (self.vault_half, 1), (self.recovery_half, 2):
            iv = os.urandom(16)
            body += iv + b"".join(seal_content(half, head + key_id + bytes([opener]), iv, b"\x01" + self.vault_key))
        content = {
            "identity": [{"number": "1", "pss": pkcs8(self.keys.pss), "dsa": self.x.to_bytes(32, "big").hex()}],
            "wraps": [{"number": "1", "key": pkcs8(self.keys.wrap), "superseded_at": None}],
            "item_keys": [{"id": os.urandom(16).hex(), "key": os.urandom(64).hex()}],
        }
        iv = os.urandom(16)
        ciphertext, tag = seal_content(self.vault_key, body, iv, pad(json.dumps(content).encode()))
        return body + iv + struct.pack(">I", len(ciphertext)) + ciphertext + tag


def pkcs8(key):
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return base64.b64encode(der).decode()
