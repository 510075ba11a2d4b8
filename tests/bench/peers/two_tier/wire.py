"""What the two tiers agree on: frames, the key exchange and the sealing of one connection."""

import struct

from Crypto.Cipher import AES, PKCS1_OAEP
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Random import get_random_bytes
from Crypto.Util.Padding import pad, unpad

KEY_BYTES = 32
LENGTH = struct.Struct(">I")


class Closed(Exception):
    """The other side has gone."""


class Reader:
    """Cuts length-prefixed frames out of what a socket brings, many from one read."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()
        self.start = 0

    def frame(self):
        buffer = self.buffer
        while True:
            have = len(buffer) - self.start
            if have >= LENGTH.size:
                (length,) = LENGTH.unpack_from(buffer, self.start)
                if have - LENGTH.size >= length:
                    begin = self.start + LENGTH.size
                    self.start = begin + length
                    return bytes(buffer[begin:self.start])
            if self.start:
                del buffer[:self.start]
                self.start = 0
            more = self.sock.recv(65536)
            if not more:
                raise Closed
            buffer += more


def framed(payload):
    return LENGTH.pack(len(payload)) + payload


def seal(key, plain):
    """AES-256-CBC under a fresh IV, which stands in front."""
    cipher = AES.new(key, AES.MODE_CBC)
    return cipher.iv + cipher.encrypt(pad(plain, AES.block_size))


def open_sealed(key, sealed):
    cipher = AES.new(key, AES.MODE_CBC, sealed[:16])
    return unpad(cipher.decrypt(sealed[16:]), AES.block_size)


def offer(sock, reader, private):
    """The server's side: shows its public key and gets the session's key wrapped to it."""
    sock.sendall(framed(private.public_key().export_key("DER")))
    return PKCS1_OAEP.new(private, hashAlgo=SHA256).decrypt(reader.frame())


def accept(sock, reader):
    """The other side: draws the session's key and wraps it to the public key that came."""
    public = RSA.import_key(reader.frame())
    key = get_random_bytes(KEY_BYTES)
    sock.sendall(framed(PKCS1_OAEP.new(public, hashAlgo=SHA256).encrypt(key)))
    return key
