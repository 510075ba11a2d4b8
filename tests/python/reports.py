"""Reports of messages, judged from docs/protocol.md alone (section 14.15)."""

from accounts import begin, open_sealed
from sealed import Cursor, check, label, sha256, unpad, verify_block


def judge(data, stored, keysets):
    """Who wrote the reported message, and what it says; `keysets` is by account and fingerprint."""
    cursor = begin(data, 0x1C, 1024 * 1024 + 8 * 1024)
    place = cursor.take(16), cursor.take(16), cursor.number(8)
    check(place[2] > 0, "sequence")
    reporter, fingerprint, _ = cursor.take(16), cursor.take(32), cursor.number(8)
    key, reason = cursor.take(64), cursor.take(cursor.number(2))
    check(len(reason) <= 1024, "reason")
    reason = reason.decode()
    envelope = cursor.take(cursor.number(4))
    block_at = cursor.at
    after = Cursor(data)
    after.at = block_at
    after.take(after.number(2) + 64)
    after.end()
    check((reporter, fingerprint) in keysets, "the reporter's keys")
    keys = keysets[reporter, fingerprint]
    verify_block(cursor, label("report") + data[:block_at], keys.pss, keys.y)
    check(place == stored[:3], "place")
    check(sha256(envelope) == stored[3], "stored hash")
    return open_alone(envelope, place, key, keysets), reason


def open_alone(data, place, key, keysets):
    """Sender and content of an envelope, by its own key."""
    cursor = Cursor(data)
    check(cursor.take(2) == b"\x01\x04", "envelope form")
    check((cursor.take(16), cursor.take(16)) == place[:2], "room and channel of the envelope")
    check(1 <= cursor.number(8) < 1 << 53, "epoch")
    _, sender, fingerprint = cursor.take(32), cursor.take(16), cursor.take(32)
    cursor.take(16 + 8)
    check(cursor.number(1) <= 1, "flags")
    cursor.take(8 + 16)
    commitment, header = cursor.take(32), data[: cursor.at]
    iv, length = cursor.take(16), cursor.number(4)
    check(length and length % 16 == 0, "length of a ciphertext")
    ciphertext, tag = cursor.take(length), cursor.take(32)
    check((sender, fingerprint) in keysets, "the sender's keys")
    keys = keysets[sender, fingerprint]
    verify_block(cursor, label("envelope") + data[: cursor.at], keys.pss, keys.y)
    cursor.end()
    check(sha256(label("key-commitment"), key) == commitment, "key commitment")
    return sender, unpad(open_sealed(key, header, iv, ciphertext, tag)).decode()
