#!/usr/bin/env python3
"""Checks the stranger's reading of the document against every golden vector."""

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import sealed
from sealed import TESTDATA, Announcement, Cursor, Envelope, Keys, Refused, Start, check

passed = 0


def load(name):
    return json.loads((TESTDATA / f"{name}.json").read_text())


def same(found, wanted, what):
    global passed
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"
    passed += 1


def refused(what, work):
    global passed
    try:
        work()
    except (Refused, ValueError):
        passed += 1
    else:
        raise AssertionError(f"{what}: accepted")


def b(text):
    return bytes.fromhex(text)


def ids():
    vectors = load("ids")
    for room in vectors["rooms"]:
        same([part.hex() for part in sealed.room_ids(room["name"])], [room["room"], room["channel"]], room["name"])
    for member in vectors["members"]:
        same(sealed.member_of(b(member["token"])).hex(), member["member"], "member")


def frames():
    for vector in load("frames")["frames"]:
        cursor, fields = Cursor(b(vector["frame"])), vector["fields"]
        same(cursor.number(4), len(cursor.data) - 4, vector["name"])
        kind = cursor.number(1)
        if vector["kind"] in ("command", "reply", "event"):
            if kind != 3:
                same(cursor.number(4), fields["request"], vector["name"])
            same(cursor.take(cursor.number(4)).decode(), fields["header"], vector["name"])
            same(cursor.data[cursor.at :].hex(), fields["tail"], vector["name"])


def keys_of(session):
    pss, wrap = (serialization.load_der_private_key(b(session[f"{key}_pkcs8"]), None) for key in ("pss", "wrap"))
    x = serialization.load_der_private_key(b(session["dsa_pkcs8"]), None).private_numbers().x
    return Keys(pss, wrap, x)


def sessions():
    found = {session["name"]: keys_of(session) for session in load("keys")["sessions"]}
    for session in load("keys")["sessions"]:
        keys = found[session["name"]]
        same(keys.fingerprint.hex(), session["fingerprint"], session["name"])
        same(keys.y.hex(), session["y"], session["name"])
        same(sealed.spki_of(keys.wrap.public_key()).hex(), session["wrap_spki"], session["name"])
    return found


def signatures(keys):
    vectors = load("dsa")
    public = keys["alice"].dsa.public_key()
    for case in vectors["cases"]:
        raw = b(case["signature"])
        signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public.verify(signature, b(case["message"]), sealed.SHA256)
        same(sealed.sha256(b(case["message"])).hex(), case["hash"], "hash of a message")


def announcements():
    vectors = load("announcement")
    for vector in vectors["valid"]:
        announcement = Announcement(b(vector["record"]))
        found = [announcement.member.hex(), announcement.name, str(announcement.made_at), announcement.fingerprint.hex()]
        same(found, [vector[key] if key != "made_at" else str(vector[key]) for key in ("member", "name", "made_at", "fingerprint")], "announcement")
    for vector in vectors["invalid"]:
        refused(f"announcement, {vector['why']}", lambda vector=vector: Announcement(b(vector["record"])))


def epochs(keys):
    vectors = load("epoch")
    for vector in vectors["valid"]:
        start = Start(b(vector["bundle"]))
        same([start.room.hex(), start.n, start.reason], [vector["room"], int(vector["n"]), vector["reason"]], "epoch start")
        same([start.commitment.hex(), start.commit_hash.hex()], [vector["commitment"], vector["commit_hash"]], "commitment")
        same(sealed.commitment_of(start.room, start.n, b(vector["secret"])).hex(), vector["commitment"], "commitment")
    for vector in vectors["invalid"]:
        refused(f"bundle, {vector['why']}", lambda vector=vector: Start(b(vector["record"])))
    shares = load("share")
    for vector in shares["valid"]:
        same(keys[vector["to"]].open_share(b(vector["share"]), start).hex(), vectors["valid"][0]["secret"], "share")
    for vector in shares["invalid"]:
        refused(f"share, {vector['why']}", lambda vector=vector: keys["bob"].open_share(b(vector["record"]), start))
    return start


def seals():
    for case in load("seal")["cases"]:
        key, iv, associated, ciphertext = (b(case[name]) for name in ("key", "iv", "associated_data", "ciphertext"))
        same(sealed.tag_of(key, associated, iv, ciphertext).hex(), case["tag"], case["name"])
    vectors = load("padding")
    for vector in vectors["buckets"]:
        if vector["bucket"]:
            same(len(sealed.pad(bytes(vector["content_bytes"]))), vector["bucket"], "bucket")
        else:
            refused("a content above the largest bucket", lambda vector=vector: sealed.pad(bytes(vector["content_bytes"])))
    for vector in vectors["padded"]:
        same(sealed.pad(b(vector["content"])).hex(), vector["padded"], "padding")
    for vector in vectors["invalid"]:
        refused(f"padding, {vector['why']}", lambda vector=vector: sealed.unpad(b(vector["padded"])))


def open_text(record, start, secret):
    envelope = Envelope(record)
    check((envelope.room, envelope.n, envelope.commit_hash) == (start.room, start.n, start.commit_hash), "epoch")
    return envelope.open(secret).decode()


def envelopes(start):
    vectors = load("envelope")
    secret = b(vectors["secret"])
    for vector in vectors["valid"]:
        names = ("channel", "sender", "fingerprint", "instance", "message", "iv")
        channel, sender, fingerprint, instance, message, iv = (b(vector[name]) for name in names)
        key = sealed.message_key(secret, start.commit_hash, start.room, channel, start.n, sender, instance, int(vector["counter"]), vector["flags"])
        same(key.hex(), vector["message_key"], "message key")
        if "envelope" not in vector:
            continue
        same(open_text(b(vector["envelope"]), start, secret), vector["content"], "content")
        if vector["flags"] == 0:
            again = sealed.seal(
                start, secret, channel, sender, fingerprint, instance, int(vector["counter"]), message, vector["content"].encode(), int(vector["sent_at"]), iv
            )
            same(again.hex(), vector["envelope"], "envelope")
    for vector in vectors["invalid"]:
        refused(f"envelope, {vector['why']}", lambda vector=vector: open_text(b(vector["record"]), start, secret))


def main():
    ids()
    frames()
    keys = sessions()
    signatures(keys)
    announcements()
    start = epochs(keys)
    seals()
    envelopes(start)
    print(f"{passed} passed")


if __name__ == "__main__":
    main()
