"""The bytes of proxy-sealed rooms and of files, written from docs/protocol.md alone (sections 6 to 10 and 14.12)."""

import hashlib
import hmac as hmac_module
import json
import os
import struct
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TESTDATA = Path(__file__).resolve().parents[2] / "wire-format" / "testdata"
GROUP = json.loads((TESTDATA / "dsa_group.json").read_text())
P, Q, G = (int(GROUP[name], 16) for name in "pqg")
PARAMETERS = dsa.DSAParameterNumbers(P, Q, G)
SHA256 = hashes.SHA256()
PSS = padding.PSS(mgf=padding.MGF1(SHA256), salt_length=32)
OAEP = padding.OAEP(mgf=padding.MGF1(SHA256), algorithm=SHA256, label=None)
BUCKETS = [256 << i for i in range(9)] + list(range(131_072, 1_048_577, 65_536))
CHUNK = 1_048_576
REASONS = {"first": 1, "left": 2, "age": 3, "unanswered": 4, "demand": 5}


class Refused(Exception):
    """Something from the wire is not what the document says."""


def check(condition, what):
    if not condition:
        raise Refused(what)


def label(text):
    return b"sealwire/v1/" + text.encode() + b"\0"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def now():
    return time.time_ns() // 1_000_000


def room_ids(name):
    room = sha256(label("room"), name.encode())[:16]
    return room, sha256(label("channel"), room, b"main")[:16]


def member_of(token):
    return sha256(label("member"), token)[:16]


class Cursor:
    """Reads fields off the front of a record."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        check(self.at + count <= len(self.data), "truncated")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def end(self):
        check(self.at == len(self.data), "bytes left over")


def rsa_public(spki, sizes=(2048,)):
    key = serialization.load_der_public_key(spki)
    check(isinstance(key, rsa.RSAPublicKey) and key.key_size in sizes, "RSA size")
    numbers = key.public_numbers()
    check(numbers.e == 65537 and numbers.n % 2 == 1 and spki_of(key) == spki, "RSA key form")
    return key


def spki_of(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint_of(pss_spki, y):
    return sha256(label("fingerprint"), struct.pack(">H", len(pss_spki)), pss_spki, y)


def verify_block(cursor, signed, pss_key, y):
    """Reads a signature block at the cursor; both signatures hold or the thing is refused."""
    pss, raw = cursor.take(cursor.number(2)), cursor.take(64)
    r, s, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"), int.from_bytes(y, "big")
    check(len(pss) == pss_key.key_size // 8 and 1 <= r < Q and 1 <= s < Q, "signature form")
    check(2 <= y <= P - 2 and pow(y, Q, P) == 1, "DSA key")
    try:
        pss_key.verify(pss, signed, PSS, SHA256)
        dsa.DSAPublicNumbers(y, PARAMETERS).public_key().verify(encode_dss_signature(r, s), signed, SHA256)
    except Exception as error:
        raise Refused("signature") from error


class Announcement:
    """A verified announcement (section 7)."""

    def __init__(self, data):
        self.bytes, cursor = data, Cursor(data)
        check(len(data) <= 2048 and cursor.take(2) == b"\x01\x01", "announcement form")
        self.member, name = cursor.take(16), cursor.take(cursor.number(1))
        check(1 <= len(name) <= 31 * 4, "name")
        self.name = name.decode()
        self.made_at = cursor.number(8)
        pss, wrap = cursor.take(cursor.number(2)), cursor.take(cursor.number(2))
        self.y, self.pss, self.wrap = cursor.take(256), rsa_public(pss), rsa_public(wrap)
        self.fingerprint = fingerprint_of(pss, self.y)
        verify_block(cursor, label("announcement") + data[: cursor.at], self.pss, self.y)
        cursor.end()

    def share(self, secret):
        return self.wrap.encrypt(b"\x01" + secret, OAEP)


class Keys:
    """The private halves of one session."""

    def __init__(self, pss=None, wrap=None, x=None):
        self.pss = pss or rsa.generate_private_key(65537, 2048)
        self.wrap = wrap or rsa.generate_private_key(65537, 2048)
        x = x or 1 + int.from_bytes(os.urandom(40), "big") % (Q - 1)
        self.y = pow(G, x, P).to_bytes(256, "big")
        self.dsa = dsa.DSAPrivateNumbers(x, dsa.DSAPublicNumbers(int.from_bytes(self.y, "big"), PARAMETERS)).private_key()
        self.fingerprint = fingerprint_of(spki_of(self.pss.public_key()), self.y)

    def block(self, name, body):
        signed = label(name) + body
        pss = self.pss.sign(signed, PSS, SHA256)
        r, s = decode_dss_signature(self.dsa.sign(signed, SHA256))
        return struct.pack(">H", len(pss)) + pss + r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def announce(self, member, name):
        pss, wrap = spki_of(self.pss.public_key()), spki_of(self.wrap.public_key())
        body = b"\x01\x01" + member + bytes([len(name.encode())]) + name.encode() + struct.pack(">Q", now())
        body += struct.pack(">H", len(pss)) + pss + struct.pack(">H", len(wrap)) + wrap + self.y
        return body + self.block("announcement", body)

    def start(self, room, n, secret, starter, reason):
        body = b"\x01\x02" + room + struct.pack(">Q", n) + commitment_of(room, n, secret) + starter
        body += self.fingerprint + bytes([reason]) + struct.pack(">Q", now())
        return body + self.block("epoch", body)

    def open_share(self, share, start):
        check(len(share) == 256, "share length")
        try:
            plain = self.wrap.decrypt(share, OAEP)
        except ValueError as error:
            raise Refused("share") from error
        check(len(plain) == 33 and plain[0] == 1, "share form")
        check(commitment_of(start.room, start.n, plain[1:]) == start.commitment, "share commitment")
        return plain[1:]


def commitment_of(room, n, secret):
    return sha256(label("epoch-secret"), room, struct.pack(">Q", n), secret)


class Start:
    """A verified epoch start with its starter's announcement (section 8): what a bundle holds."""

    def __init__(self, bundle):
        outer = Cursor(bundle)
        data = outer.take(outer.number(2))
        self.starter_keys = Announcement(bundle[outer.at :])
        cursor = Cursor(data)
        check(cursor.take(2) == b"\x01\x02", "epoch start form")
        self.room, self.n, self.commitment = cursor.take(16), cursor.number(8), cursor.take(32)
        self.starter, self.fingerprint = cursor.take(16), cursor.take(32)
        self.reason, self.started_at = cursor.number(1), cursor.number(8)
        signed = label("epoch") + data[: cursor.at]
        verify_block(cursor, signed, self.starter_keys.pss, self.starter_keys.y)
        cursor.end()
        check(1 <= self.n < 1 << 53 and self.reason in REASONS.values(), "epoch start values")
        same = (self.starter_keys.member, self.starter_keys.fingerprint) == (self.starter, self.fingerprint)
        check(same, "starter")
        self.commit_hash = sha256(signed)


def message_key(secret, commit_hash, room, channel, n, sender, instance, counter, flags):
    info = label("message") + room + channel + struct.pack(">Q", n) + sender + instance
    return HKDF(hashes.SHA512(), 64, commit_hash, info + struct.pack(">QB", counter, flags)).derive(secret)


def tag_of(key, associated, iv, ciphertext):
    mac = hmac.HMAC(key[:32], hashes.SHA512())
    mac.update(associated + iv + ciphertext + struct.pack(">Q", len(associated) * 8))
    return mac.finalize()[:32]


def pad(content):
    bucket = next((b for b in BUCKETS if b > len(content)), None)
    check(bucket, "too large")
    return content + b"\x80" + bytes(bucket - len(content) - 1)


def unpad(padded):
    content = padded.rstrip(b"\0")
    check(content[-1:] == b"\x80" and len(pad(content[:-1])) == len(padded), "padding")
    return content[:-1]


def seal_content(key, associated, iv, content):
    """AES_256_CBC_HMAC_SHA_512 of RFC 7518; what goes into a bucket is padded to it already."""
    fill = 16 - len(content) % 16
    encryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(content + bytes([fill]) * fill) + encryptor.finalize()
    return ciphertext, tag_of(key, associated, iv, ciphertext)


def open_content(key, associated, iv, ciphertext, tag):
    check(hmac_module.compare_digest(tag_of(key, associated, iv, ciphertext), tag), "tag")
    decryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    check(1 <= padded[-1] <= 16 and padded.endswith(bytes([padded[-1]]) * padded[-1]), "PKCS #7")
    return padded[: -padded[-1]]


def seal(start, secret, channel, sender, fingerprint, instance, counter, message, content, sent_at=None, iv=None):
    """An envelope (section 9)."""
    key = message_key(secret, start.commit_hash, start.room, channel, start.n, sender, instance, counter, 0)
    header = b"\x01\x03" + start.room + channel + struct.pack(">Q", start.n) + start.commit_hash + sender + fingerprint
    header += instance + struct.pack(">QBQ", counter, 0, sent_at or now()) + message + sha256(label("key-commitment"), key)
    iv = iv or os.urandom(16)
    ciphertext, tag = seal_content(key, header, iv, pad(content))
    return header + iv + struct.pack(">I", len(ciphertext)) + ciphertext + tag


class Envelope:
    """A parsed envelope; `open` checks it in the order of section 9."""

    def __init__(self, data):
        self.bytes, cursor = data, Cursor(data)
        check(cursor.take(2) == b"\x01\x03", "envelope form")
        self.room, self.channel, self.n, self.commit_hash = cursor.take(16), cursor.take(16), cursor.number(8), cursor.take(32)
        self.sender, self.fingerprint, self.instance = cursor.take(16), cursor.take(32), cursor.take(16)
        self.counter, self.flags, self.sent_at = cursor.number(8), cursor.number(1), cursor.number(8)
        self.message, self.commitment, self.iv = cursor.take(16), cursor.take(32), cursor.take(16)
        self.ciphertext = cursor.take(cursor.number(4))
        self.tag = cursor.take(32)
        cursor.end()
        check(len(self.ciphertext) % 16 == 0 and self.ciphertext and self.flags <= 1, "envelope values")

    def open(self, secret):
        key = message_key(secret, self.commit_hash, self.room, self.channel, self.n, self.sender, self.instance, self.counter, self.flags)
        check(sha256(label("key-commitment"), key) == self.commitment, "key commitment")
        return unpad(open_content(key, self.bytes[:203], self.iv, self.ciphertext, self.tag))


def file_cut(size):
    """How many chunks a file has, how long the last one travels, and all of them (section 14.12)."""
    chunks = max(1, -(-size // CHUNK))
    check(chunks <= 4096, "file size")
    last = filled(size - (chunks - 1) * CHUNK) + 91
    return chunks, last, (chunks - 1) * (CHUNK + 91) + last


def filled(size):
    return max(1, -(-size // 16_384)) * 16_384


class File:
    """A file with what its chunks are sealed under (section 14.12)."""

    def __init__(self, file, secret, size):
        self.file, self.secret, self.size, self.chunks = file, secret, size, file_cut(size)[0]

    def key(self, index, last):
        return HKDF(hashes.SHA512(), 64, self.file, label("file-chunk") + struct.pack(">IB", index, last)).derive(self.secret)

    def seal(self, index, content, iv):
        last = index == self.chunks - 1
        header = b"\x01\x1b" + self.file + struct.pack(">IB", index, last)
        content += bytes(filled(len(content)) - len(content))
        ciphertext, tag = seal_content(self.key(index, last), header, iv, content)
        return header + iv + struct.pack(">I", len(ciphertext)) + ciphertext + tag

    def open(self, index, data):
        cursor = Cursor(data)
        check(len(data) <= CHUNK + 91 and cursor.take(2) == b"\x01\x1b", "chunk form")
        file, found, last, iv = cursor.take(16), cursor.number(4), cursor.number(1), cursor.take(16)
        ciphertext, tag = cursor.take(cursor.number(4)), cursor.take(32)
        cursor.end()
        check(file == self.file and found == index < self.chunks and last == (index == self.chunks - 1), "place of a chunk")
        length = min(self.size - index * CHUNK, CHUNK)
        check(len(ciphertext) == filled(length) + 16, "length of a chunk")
        content = open_content(self.key(index, last), data[:23], iv, ciphertext, tag)
        check(len(content) == filled(length) and not any(content[length:]), "filling")
        return content[:length]
