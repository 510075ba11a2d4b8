import assert from "node:assert/strict";
import test from "node:test";
import { Chain } from "../../../static/crypto/chain.js";
import { ALARMS, OpenError, SealError } from "../../../static/crypto/errors.js";
import { firstKeyset, resetKeyset, rotatedKeyset } from "../../../static/crypto/keyset.js";
import { prove } from "../../../static/crypto/proof.js";
import { RecordReader, label } from "../../../static/crypto/record.js";
import { encodeList, parseList } from "../../../static/crypto/record_list.js";
import { WrapPrivateKey } from "../../../static/crypto/rsa.js";
import { readBlock } from "../../../static/crypto/signature.js";
import { WRAPPED, readWrapKey, signWrapKey, unwrap, wrap } from "../../../static/crypto/wrap_key.js";
import { join, toHex, utf8 } from "../../../static/wire/bytes.js";
import { identities } from "./identities.js";

const ACCOUNT = "000102030405060708090a0b0c0d0e0f";
const OTHER = "100102030405060708090a0b0c0d0e0f";
const AT = 1_796_000_000_000;
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const notSealed = (cause) => (error) => error instanceof SealError && error.cause === cause;
const [ada, next, third] = await identities();
const of = (changes = {}) => ({ account: ACCOUNT, name: "Ada 鲍勃", madeAt: AT, ...changes });
const one = await firstKeyset(ada, of());
const begun = () => Chain.first(ACCOUNT, "Ada 鲍勃", one);
const changed = (record, at, value) => Uint8Array.from(record, (byte, i) => (i === at ? value : byte));
/** Where the fields of this keyset stand. */
const NUMBER = 2 + 16 + 1 + utf8("Ada 鲍勃").length;
const LINK = NUMBER + 8;
const SPKI = LINK + 1 + 32 + 8 + 2;

test("a chain goes from the first keyset over a rotation to a reset", async () => {
  const chain = await begun();
  const { head } = chain;
  assert.deepEqual([head.number, head.link, head.madeAt, head.name], [1, "first", AT, "Ada 鲍勃"]);
  assert.equal(head.fingerprint, toHex(await ada.verifying.fingerprint()));
  assert.equal(await chain.extend(await rotatedKeyset(next, head, ada, AT + 1)), "rotated");
  assert.equal(await chain.extend(await resetKeyset(third, chain.head, AT + 2)), "reset");
  assert.deepEqual([chain.head.number, chain.pin.number, chain.pin.head], [3, 3, chain.head.hash]);
  assert.equal(chain.withFingerprint(head.fingerprint)?.number, 1);
  assert.equal(chain.withFingerprint("00".repeat(32)), undefined);
  const [first, second, last] = [head.fingerprint, ...(await Promise.all([next, third].map(async ({ verifying }) => toHex(await verifying.fingerprint()))))];
  assert.equal(chain.changeBetween(first, second), "rotated");
  assert.equal(chain.changeBetween(first, last), "reset");
  assert.equal(chain.changeBetween(second, last), "reset");
  assert.equal(chain.changeBetween(last, last), "rotated");
  assert.equal(chain.changeBetween(second, first), null);
  assert.equal(chain.changeBetween("00".repeat(32), last), null);
  assert.equal(chain.changeBetween(first, "00".repeat(32)), null);
});

test("the first keyset is of the account and name that were asked for", async () => {
  await assert.rejects(Chain.first(OTHER, null, one), refused("other_account"));
  await assert.rejects(Chain.first(ACCOUNT, "Eve", one), refused("other_name"));
  await Chain.first(ACCOUNT, null, one);
});

test("the layout of a keyset is strict", async () => {
  const first = (record) => Chain.first(ACCOUNT, null, record);
  for (let length = 0; length < one.length; length += 7) await assert.rejects(first(one.subarray(0, length)), refused("truncated"), String(length));
  await assert.rejects(first(join(one, 0)), refused("left_over"));
  await assert.rejects(first(join(one, new Uint8Array(4_096))), refused("too_large"));
  await assert.rejects(first(changed(one, 0, 2)), refused("version"));
  await assert.rejects(first(changed(one, 1, 0x11)), refused("record_type"));
  await assert.rejects(first(changed(one, NUMBER, 0xff)), refused("field"));
  await assert.rejects(first(changed(one, NUMBER + 7, 0)), refused("field"));
  for (const link of [0, 4, 255]) await assert.rejects(first(changed(one, LINK, link)), refused("field"));
  await assert.rejects(firstKeyset(ada, of({ name: "" })), notSealed("field"));
  await assert.rejects(firstKeyset(ada, of({ name: "x".repeat(125) })), notSealed("field"));
  await Chain.first(ACCOUNT, "😀".repeat(31), await firstKeyset(ada, of({ name: "😀".repeat(31) })));
});

test("a first keyset has number 1, its link, nothing before it, and its own signatures", async () => {
  const first = (record) => Chain.first(ACCOUNT, null, record);
  await assert.rejects(first(changed(one, NUMBER + 7, 2)), refused("number"));
  await assert.rejects(first(changed(one, LINK, 3)), refused("link"));
  await assert.rejects(first(changed(one, LINK + 1, 1)), refused("previous"));
  await assert.rejects(first(changed(one, LINK + 40, 1)), refused("pss_signature"));
  await assert.rejects(first(changed(one, SPKI + 4, 0x31)), refused("rsa_key"));
  await assert.rejects(first(changed(one, SPKI + 294, 1)), refused("dsa_key"));
  await assert.rejects(first(changed(one, one.length - 1, one[one.length - 1] ^ 1)), refused("dsa_signature"));
});

test("what does not continue the head is refused, and the head stays", async () => {
  const chain = await begun();
  const { head } = chain;
  const rotated = await rotatedKeyset(next, head, ada, AT + 1);
  const block = 2 + 256 + 64;
  const cases = [
    [one, "number"],
    [await resetKeyset(third, { ...head, number: 2 }, AT), "number"],
    [await resetKeyset(third, { ...head, account: OTHER }, AT), "other_account"],
    [await resetKeyset(third, { ...head, name: "Eve" }, AT), "other_name"],
    [await resetKeyset(third, { ...head, hash: "00".repeat(32) }, AT), "previous"],
    [changed(rotated, LINK, 1).subarray(0, rotated.length - block), "link"],
    [changed(rotated, LINK, 3), "left_over"],
    [rotated.subarray(0, rotated.length - block), "truncated"],
    [await rotatedKeyset(next, { ...head, fingerprint: toHex(await third.verifying.fingerprint()) }, third, AT), "pss_signature"],
    [await rotatedKeyset(next, { ...head, fingerprint: toHex(await next.verifying.fingerprint()) }, next, AT), "pss_signature"],
    [changed(rotated, rotated.length - 1, rotated[rotated.length - 1] ^ 1), "dsa_signature"],
  ];
  for (const [record, cause] of cases) {
    await assert.rejects(chain.extend(record), refused(cause), cause);
    assert.equal(chain.head, head);
  }
  await assert.rejects(rotatedKeyset(next, head, third, AT), notSealed("key_operation"));
  assert.equal(await chain.extend(rotated), "rotated");
});

test("one head has one successor, even when two arrive at once", async () => {
  const chain = await begun();
  const [left, right] = [await resetKeyset(next, chain.head, AT), await resetKeyset(third, chain.head, AT)];
  const [first, second] = await Promise.allSettled([chain.extend(left), chain.extend(right)]);
  assert.deepEqual([first.status, second.status].sort(), ["fulfilled", "rejected"]);
  assert.equal(chain.head.number, 2);
});

test("a pinned chain is taken up where it was, or it is an alarm", async () => {
  const chain = await begun();
  const rotated = await rotatedKeyset(next, chain.head, ada, AT + 1);
  const reset = await resetKeyset(third, chain.head, AT + 1);
  await chain.extend(rotated);
  const again = await Chain.pinned(chain.pin, 2, rotated);
  assert.equal(again.head.hash, chain.head.hash);
  await assert.rejects(Chain.pinned(chain.pin, 1, rotated), refused("shorter"));
  await assert.rejects(Chain.pinned(chain.pin, 2, reset), refused("not_pinned"));
  await assert.rejects(Chain.pinned(chain.pin, 2, one), refused("number"));
  await assert.rejects(Chain.pinned({ ...chain.pin, account: OTHER }, 2, rotated), refused("other_account"));
  for (const cause of ["shorter", "not_pinned", "previous"]) assert.ok(ALARMS.has(cause));
  assert.ok(!ALARMS.has("pss_signature"));
});

test("a wrap key is signed by the chain head and its number does not go back", async () => {
  const { head } = await begun();
  const key = await WrapPrivateKey.generate();
  const made = { account: ACCOUNT, number: 5, madeAt: AT, key: key.publicKey };
  const record = await signWrapKey(ada, made);
  const read = await readWrapKey(record, head, 5);
  assert.deepEqual([read.account, read.number, read.madeAt, read.key.spki], [ACCOUNT, 5, AT, key.publicKey.spki]);
  await assert.rejects(readWrapKey(record, head, 6), refused("older"));
  await assert.rejects(readWrapKey(record, { ...head, account: OTHER }, 0), refused("other_account"));
  await assert.rejects(readWrapKey(await signWrapKey(next, made), head, 0), refused("other_keys"));
  await assert.rejects(readWrapKey(changed(record, 2 + 16 + 32 + 7, 6), head, 0), refused("pss_signature"));
  await assert.rejects(readWrapKey(changed(record, record.length - 1, record.at(-1) ^ 1), head, 0), refused("dsa_signature"));
  await assert.rejects(readWrapKey(join(record, 0), head, 0), refused("left_over"));
  await assert.rejects(readWrapKey(join(record, new Uint8Array(4_096)), head, 0), refused("too_large"));
  await assert.rejects(signWrapKey(ada, { ...made, number: 0 }), notSealed("field"));
  // A key of 2048 bits is good elsewhere.
  const small = await signWrapKey(ada, { ...made, key: { spki: ada.verifying.spki } });
  await assert.rejects(readWrapKey(small, head, 0), refused("rsa_key"));

  for (const kind of Object.values(WRAPPED)) {
    for (const length of [kind.least, kind.most]) {
      const secret = new Uint8Array(length);
      assert.deepEqual(await unwrap(key, kind, await wrap(read.key, kind, secret)), secret);
    }
    for (const length of [kind.least - 1, kind.most + 1]) assert.throws(() => wrap(read.key, kind, new Uint8Array(length)), notSealed("field"));
  }
  const share = await wrap(read.key, WRAPPED.epochSecret, new Uint8Array(32));
  await assert.rejects(unwrap(key, WRAPPED.grantKey, share), refused("share"));
  await assert.rejects(unwrap(key, WRAPPED.epochSecret, await key.publicKey.encrypt(new Uint8Array(33))), refused("share"));
  for (const length of [1, 32, 34]) {
    const plain = new Uint8Array(length);
    plain[0] = 1;
    await assert.rejects(unwrap(key, WRAPPED.epochSecret, await key.publicKey.encrypt(plain)), refused("share"));
  }
  await assert.rejects(unwrap(key, WRAPPED.epochSecret, changed(share, 5, share[5] ^ 1)), refused("share"));
  await assert.rejects(unwrap(key, WRAPPED.epochSecret, share.subarray(1)), refused("share"));
});

test("a proof of keys binds account, session, challenge, server and time", async () => {
  const proof = await prove(ada, { account: ACCOUNT, session: OTHER, challenge: "ab".repeat(32), server: "chat.example", madeAt: AT });
  const record = new RecordReader(proof, 0x12, 4_096);
  assert.equal(record.id(), ACCOUNT);
  assert.equal(record.hash(), toHex(await ada.verifying.fingerprint()));
  assert.equal(record.id(), OTHER);
  assert.equal(record.hash(), "ab".repeat(32));
  assert.equal(record.text8(255), "chat.example");
  assert.equal(record.u64(), AT);
  const signed = record.soFar();
  const block = readBlock(record);
  record.finish();
  await ada.verifying.verify(label("sealwire/v1/proof"), signed, block);
  await assert.rejects(prove(ada, { account: ACCOUNT, session: OTHER, challenge: "ab".repeat(32), server: "", madeAt: AT }), refused("field"));
});

test("records stand behind their lengths in a list", () => {
  const records = [Uint8Array.of(7), Uint8Array.of(8, 9)];
  const list = encodeList(records);
  assert.deepEqual([...list], [0, 0, 0, 1, 7, 0, 0, 0, 2, 8, 9]);
  assert.deepEqual(parseList(list, 2), records);
  assert.deepEqual(parseList(new Uint8Array(0), 0), []);
  for (let length = 0; length < list.length; length++) {
    if (length !== 0 && length !== 5) assert.throws(() => parseList(list.subarray(0, length), 2), refused("truncated"));
  }
  assert.throws(() => parseList(list, 1), refused("too_large"));
  assert.throws(() => parseList(new Uint8Array(4), 2), refused("field"));
  assert.throws(() => parseList(new Uint8Array(8).fill(0xff), 2), refused("truncated"));
});
