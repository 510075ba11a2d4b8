"""The records of accounts, written from docs/protocol.md alone (sections 14.1 to 14.6)."""

import base64
import hashlib
import json
import re
import unicodedata

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sealed import Cursor, check, fingerprint_of, label, rsa_public, sha256, tag_of, unpad, verify_block

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ACCEPTED = range(2048, 4097, 256)
NAME_LENGTHS = {1: (24, 24), 2: (16, 16), 3: (16, 16), 4: (16, 16), 5: (1, 32)}


def hkdf(key, salt, info, length):
    return HKDF(hashes.SHA512(), length, salt, info).derive(key)


def prepare(typed):
    """OpaqueString as far as the vectors need it: the tables of RFC 8264 are not written out here."""
    check(typed and not any(unicodedata.category(c) == "Cc" for c in typed), "password")
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in typed)
    prepared = unicodedata.normalize("NFC", spaced).encode()
    check(len(prepared) <= 1024, "length of a password")
    return prepared


def halves(prepared, salt, rounds, server):
    check(600_000 <= rounds <= 10_000_000, "rounds")
    stretched = hashlib.pbkdf2_hmac("sha256", prepared, salt, rounds, 32)
    login = hkdf(stretched, salt, label("login") + server, 32)
    return stretched, login, hkdf(stretched, salt, label("vault-password"), 64)


def recovery_halves(code, account, server):
    return hkdf(code, account, label("recovery-login") + server, 32), hkdf(code, account, label("vault-recovery"), 64)


def code_text(code):
    bits = int.from_bytes(code + sha256(label("recovery-check"), code)[:1], "big") << 4
    digits = [CROCKFORD[bits >> 5 * at & 31] for at in reversed(range(28))]
    return "-".join("".join(digits[at : at + 4]) for at in range(0, 28, 4))


def read_code(typed):
    text = re.sub("[ -]", "", typed).upper().replace("O", "0").replace("I", "1").replace("L", "1")
    check(len(text) == 28 and all(digit in CROCKFORD for digit in text), "recovery code")
    bits = 0
    for digit in text:
        bits = bits << 5 | CROCKFORD.index(digit)
    code = (bits >> 12).to_bytes(16, "big")
    check(code_text(code).replace("-", "") == text, "check of a recovery code")
    return code


def digits(name, data):
    found = hashlib.sha512(label(name) + data).digest()
    return " ".join(f"{int.from_bytes(found[at : at + 5], 'big') % 100_000:05}" for at in range(0, 60, 5))


def begin(data, kind, limit):
    check(len(data) <= limit, "size")
    cursor = Cursor(data)
    check((cursor.number(1), cursor.number(1)) == (1, kind), "version or type")
    return cursor


class Keyset:
    """A keyset whose own signatures hold."""

    def __init__(self, data, previous=None):
        cursor = begin(data, 0x10, 4096)
        self.account, self.name = cursor.take(16), cursor.take(cursor.number(1)).decode()
        check(0 < len(self.name.encode()) <= 124, "name")
        self.number, self.link, self.previous = cursor.number(8), cursor.number(1), cursor.take(32)
        self.made_at, self.spki, self.y = cursor.number(8), cursor.take(cursor.number(2)), cursor.take(256)
        expected = (1, bytes(32)) if previous is None else (previous.number + 1, previous.hash)
        check((self.number, self.previous) == expected, "place in the chain")
        check((self.link == 1) == (previous is None) and self.link in (1, 2, 3), "link")
        if previous is not None:
            check((self.account, self.name) == (previous.account, previous.name), "account and name")
        self.pss = rsa_public(self.spki, ACCEPTED)
        signed = data[: cursor.at]
        self.hash, self.fingerprint = sha256(label("keyset"), signed), fingerprint_of(self.spki, self.y)
        before = set() if previous is None else previous.seen
        check(self.fingerprint not in before, "keys that were in the chain before")
        self.seen = before | {self.fingerprint}
        verify_block(cursor, label("keyset") + signed, self.pss, self.y)
        if self.link == 2:
            verify_block(cursor, label("keyset-rotation") + data[: cursor.at], previous.pss, previous.y)
        cursor.end()


def wrap_key(data, head, seen):
    cursor = begin(data, 0x11, 4096)
    check((cursor.take(16), cursor.take(32)) == (head.account, head.fingerprint), "account or keys")
    number, _, spki = cursor.number(8), cursor.number(8), cursor.take(cursor.number(2))
    check(number > 0 and rsa_public(spki, [3072]), "number")
    verify_block(cursor, label("wrap-key") + data[: cursor.at], head.pss, head.y)
    cursor.end()
    check(number >= seen, "an older wrap key")
    return number


def proof(data, head, session, challenge, server, now):
    cursor = begin(data, 0x12, 4096)
    found = cursor.take(16), cursor.take(32), cursor.take(16), cursor.take(32), cursor.take(cursor.number(1))
    check(found == (head.account, head.fingerprint, session, challenge, server), "what a proof is bound to")
    check(abs(cursor.number(8) - now) <= 300_000, "clock")
    verify_block(cursor, label("proof") + data[: cursor.at], head.pss, head.y)
    cursor.end()


def open_sealed(key, associated, iv, ciphertext, tag):
    check(tag_of(key, associated, iv, ciphertext) == tag, "tag")
    decryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).decryptor()
    plain = decryptor.update(ciphertext) + decryptor.finalize()
    check(1 <= plain[-1] <= 16 and plain.endswith(bytes([plain[-1]]) * plain[-1]), "CBC padding")
    return plain[: -plain[-1]]


def sealed_part(cursor):
    above, iv, length = cursor.data[: cursor.at], cursor.take(16), cursor.number(4)
    check(length and length % 16 == 0, "length of a ciphertext")
    part = above, iv, cursor.take(length), cursor.take(32)
    cursor.end()
    return lambda key: unpad(open_sealed(key, *part))


def strict_object(text):
    def once(pairs):
        check(len(dict(pairs)) == len(pairs), "a key that stands twice")
        return dict(pairs)

    found = json.loads(text, object_pairs_hook=once)
    check(isinstance(found, dict), "an object")
    return found


def open_root(data, half, opener):
    """The vault key and the content, opened as 1 (password) or 2 (recovery code)."""
    cursor = begin(data, 0x13, 192 * 1024)
    account, number, key_id = cursor.take(16), cursor.number(8), cursor.take(16)
    check(number > 0, "number")
    wraps = [(cursor.take(16), cursor.take(80), cursor.take(32)) for _ in range(2)]
    part = sealed_part(cursor)
    plain = open_sealed(half, data[:2] + account + key_id + bytes([opener]), *wraps[opener - 1])
    check(len(plain) == 65 and plain[0] == 1, "vault key")
    content = strict_object(part(plain[1:]))
    lists = content["identity"], content["wraps"], content["item_keys"]
    check(all(lists), "an empty list")
    for entries in lists[:2]:
        numbers = [int(entry["number"]) for entry in entries]
        check(numbers == sorted(set(numbers)), "numbers that do not ascend")
    for entry in content["identity"]:
        base64.b64decode(entry["pss"], validate=True)
    return plain[1:], content


def open_item(data, item_key):
    cursor = begin(data, 0x14, 192 * 1024)
    account, key_id, kind = cursor.take(16), cursor.take(16), cursor.number(1)
    check(kind in NAME_LENGTHS and (kind == 4 or len(data) <= 4096), "kind or size")
    name = cursor.take(cursor.number(1))
    least, most = NAME_LENGTHS[kind]
    check(least <= len(name) <= most and (kind != 5 or all(0x21 <= c <= 0x7E for c in name)), "name")
    check(kind != 1 or 0 < int.from_bytes(name[16:], "big") < 2**53, "epoch")
    number, _ = cursor.number(8), cursor.number(8)
    check(number > 0, "number")
    check(key_id == bytes.fromhex(item_key["id"]), "item key")
    info = label("vault-item") + bytes([kind, len(name)]) + name + number.to_bytes(8, "big")
    key = hkdf(bytes.fromhex(item_key["key"]), account, info, 64)
    return key, strict_object(sealed_part(cursor)(key))
