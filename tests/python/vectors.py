#!/usr/bin/env python3
"""Checks the stranger's reading of the document against every golden vector."""

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import accounts
import reports
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


def passwords():
    vectors = load("passwords")
    for vector in vectors["passwords"]:
        prepared = accounts.prepare(vector["typed"])
        same(prepared.decode(), vector["prepared"], "prepared password")
        found = accounts.halves(prepared, b(vector["salt"]), vector["rounds"], vector["server"].encode())
        same([part.hex() for part in found], [vector[name] for name in ("stretched", "login", "vault")], "halves")
    for vector in vectors["recovery"]:
        code = b(vector["code"])
        same(accounts.code_text(code), vector["text"], "recovery code")
        same([accounts.read_code(vector[name]).hex() for name in ("text", "typed")], [vector["code"]] * 2, "typed recovery code")
        found = accounts.recovery_halves(code, b(vector["account"]), vector["server"].encode())
        same([part.hex() for part in found], [vector[name] for name in ("login", "vault")], "recovery halves")
    for rounds in vectors["refused"]["rounds"]:
        refused(f"{rounds} rounds", lambda rounds=rounds: accounts.halves(b"", bytes(16), rounds, b"a"))
    for typed in vectors["refused"]["passwords"]:
        refused(f"password {typed!r}", lambda typed=typed: accounts.prepare(typed))
    for typed in vectors["refused"]["codes"]:
        refused(f"recovery code {typed!r}", lambda typed=typed: accounts.read_code(typed))


def chains():
    vectors = load("keyset")
    chain = []
    for vector in vectors["valid"]:
        keyset = accounts.Keyset(b(vector["record"]), chain[-1] if chain else None)
        found = [keyset.account.hex(), keyset.name, str(keyset.number), keyset.hash.hex(), keyset.fingerprint.hex()]
        same(found, [vectors["account"], vectors["name"], *(vector[name] for name in ("number", "hash", "fingerprint"))], "keyset")
        chain.append(keyset)

    def follow(vector):
        previous = chain[vector["after"] - 1] if vector["after"] else None
        keyset = accounts.Keyset(b(vector["record"]), previous)
        check((keyset.account.hex(), keyset.name) == (vectors["account"], vectors["name"]), "account and name as asked")

    for vector in vectors["invalid"]:
        refused(f"keyset, {vector['why']}", lambda vector=vector: follow(vector))
    return chain[0]


def wrap_keys(head):
    vectors = load("wrap_key")
    for vector in vectors["valid"]:
        same(str(accounts.wrap_key(b(vector["record"]), head, 0)), vector["number"], "wrap key")
    for vector in vectors["invalid"]:
        refused(f"wrap key, {vector['why']}", lambda vector=vector: accounts.wrap_key(b(vector["record"]), head, int(vector["seen"])))
    ada = next(account for account in load("account_keys")["accounts"] if account["name"] == "ada")
    private = serialization.load_der_private_key(b(ada["wraps"][0]["pkcs8"]), None)
    for vector in vectors["wrapped"]:
        same(private.decrypt(b(vector["wrapped"]), sealed.OAEP).hex(), vector["content"], vector["kind"])


def proofs(head):
    vectors = load("keys_proof")
    bound = b(vectors["session"]), b(vectors["challenge"]), vectors["server"].encode()
    for skew in (-300_000, 0, 300_000):
        same(accounts.proof(b(vectors["record"]), head, *bound, int(vectors["made_at"]) + skew), None, "proof of keys")
    for vector in vectors["invalid"]:
        refused(f"proof, {vector['why']}", lambda vector=vector: accounts.proof(b(vector["record"]), head, *bound, int(vector["now"])))


def vaults():
    root = load("vault_root")
    for opener, half in ((1, "vault_half"), (2, "recovery_vault")):
        key, content = accounts.open_root(b(root["record"]), b(root[half]), opener)
        same([key.hex(), content], [root["vault_key"], json.loads(root["content"])], "vault root")
    for vector in root["invalid"]:
        refused(f"root, {vector['why']}", lambda vector=vector: accounts.open_root(b(vector["record"]), b(root["vault_half"]), 1))
    items = load("vault_item")
    for vector in items["valid"]:
        key, content = accounts.open_item(b(vector["record"]), items["item_key"])
        same([key.hex(), content], [vector["key"], json.loads(vector["content"])], "vault item")
    for vector in items["invalid"]:
        refused(f"item, {vector['why']}", lambda vector=vector: accounts.open_item(b(vector["record"]), items["item_key"]))


def files():
    vectors = load("file_chunk")
    for vector in vectors["cuts"]:
        found = sealed.file_cut(int(vector["size"]))
        same(found, (vector["chunks"], vector["last_bytes"], int(vector["bytes"])), f"a file of {vector['size']} bytes")
    for size in vectors["too_large"]:
        refused(f"a file of {size} bytes", lambda size=size: sealed.file_cut(int(size)))
    records, iv = [], b(vectors["iv"])
    for vector in vectors["valid"]:
        file = sealed.File(b(vectors["file"]), b(vectors["secret"]), int(vector["size"]))
        content = bytes(at % 251 for at in range(int(vector["size"])))
        content = content[vector["index"] << 20 : (vector["index"] + 1) << 20]
        record = file.seal(vector["index"], content, iv)
        same(file.key(vector["index"], vector["last"]).hex(), vector["key"], "key of a chunk")
        same([len(record), record[-32:].hex(), sealed.sha256(record).hex()], [vector[name] for name in ("bytes", "tag", "sha256")], "chunk")
        same(vector.get("record", record.hex()), record.hex(), "chunk")
        same(file.open(vector["index"], record), content, "content of a chunk")
        records.append(record)
    for vector in vectors["invalid"]:
        record = bytearray(records[vector["of"]][: vector["bytes"]].ljust(vector["bytes"], b"\0"))
        for at, change in vector["changes"]:
            record[at : at + len(change) // 2] = b(change)
        file = sealed.File(b(vector["file"]), b(vector["secret"]), int(vector["size"]))
        refused(f"chunk, {vector['why']}", lambda file=file, vector=vector, record=record: file.open(vector["index"], bytes(record)))


def numbers():
    vectors = load("compare")
    for name, purpose in (("safety_number", "safety-number"), ("room_number", "room-number")):
        same(accounts.digits(purpose, b(vectors[name]["input"])), vectors[name]["digits"], name)
    pair = sorted(b(keys["account"]) + b(keys["fingerprint"]) for keys in vectors["accounts"])
    same(b"".join(pair).hex(), vectors["safety_number"]["input"], "what a safety number is made of")


def reported():
    keysets, vectors = {}, load("report")
    for account in load("commit")["keysets"]:
        chain = []
        for record in account["keysets"]:
            chain.append(accounts.Keyset(b(record), chain[-1] if chain else None))
        keysets |= {(keyset.account, keyset.fingerprint): keyset for keyset in chain}

    def judge(vector):
        stored = vector["stored"]
        place = b(stored["room"]), b(stored["channel"]), int(stored["sequence"]), b(stored["hash"])
        return reports.judge(b(vector["record"]), place, keysets)

    for vector in vectors["valid"]:
        same(judge(vector), ((b(vector["sender"]), vector["content"]), vector["reason"]), "report")
    for vector in vectors["refused"]:
        refused(f"report, {vector['why']}", lambda vector=vector: judge(vector | {"stored": vectors["valid"][0]["stored"]}))
    for vector in vectors["invalid"]:
        refused(f"report, {vector['why']}", lambda vector=vector: judge(vector))


def main():
    ids()
    frames()
    keys = sessions()
    signatures(keys)
    announcements()
    start = epochs(keys)
    seals()
    envelopes(start)
    passwords()
    head = chains()
    wrap_keys(head)
    proofs(head)
    vaults()
    files()
    numbers()
    reported()
    print(f"{passed} passed")


if __name__ == "__main__":
    main()
