/** Key requests, grants and what stands in a deleted message's place, against the golden vectors (docs/protocol.md §14.10 and §14.13). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { encodeErased, parseErased } from "../../../static/crypto/room/erased.js";
import { acceptGrant, parseGrant, signGrant } from "../../../static/crypto/room/grant.js";
import { encodeSecrets, parseSecrets } from "../../../static/crypto/room/granted.js";
import { checkKeyRequest, claimOf, parseKeyRequest, signKeyRequest } from "../../../static/crypto/room/key_request.js";
import { join, toHex } from "../../../static/wire/bytes.js";
import { PLAIN, chainAfter, golden, identityOf, keysetsOf, named, refused, wrapKeyOf } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const requests = vectors("key_request");
const grants = vectors("grant");
const erased = vectors("erased");
const keysets = await keysetsOf();
const chain = await chainAfter(4);
const DSA_BYTES = 64;
const WRAPPED_BYTES = 384;
const carol = named("carol").account;
const own = { number: 1, key: await wrapKeyOf(carol) };
const pending = await parseKeyRequest(bytes(requests.valid[0].record));
const notSealed = (error) => error instanceof SealError && error.cause === "field";
const accept = (record) => acceptGrant(parseGrant(bytes(record)), pending, own, chain, keysets);
const secretOf = (n) => ({ n, secret: bytes(golden.valid[n - 1].secret) });

test("key requests are read, checked and claimed by, and written as they were", async () => {
  for (const each of requests.valid) {
    const read = await parseKeyRequest(bytes(each.record));
    const { room, account, fingerprint, commit, hash } = read;
    assert.deepEqual([room, account, fingerprint, commit, hash], [each.room, each.account, each.fingerprint, each.commit, each.hash]);
    assert.deepEqual([read.from, read.to, read.wrap, read.madeAt].map(String), [each.from, each.to, each.wrap, each.made_at]);
    await checkKeyRequest(read, chain, keysets, 1);
    for (const { n, claim } of each.claims) assert.equal(claimOf(read, Number(n), chain, keysets) ?? "none", claim, n);
    const keys = await identityOf(fingerprint);
    const written = await signKeyRequest(keys, read, PLAIN);
    assert.deepEqual([toHex(written.signed), toHex(written.bytes.slice(-DSA_BYTES))], [each.signed_bytes, each.block.dsa]);
    for (const other of [{ from: 0 }, { from: 5 }, { to: 1_001 }, { wrap: 0 }]) await assert.rejects(signKeyRequest(keys, { ...read, ...other }), notSealed);
    assert.equal((await signKeyRequest(keys, { ...read, to: 1_000 })).to, 1_000);
  }
});

test("where the history is not shared an owner or admin decides", async () => {
  const before = await chainAfter(2);
  const request = await signKeyRequest(await identityOf(named("bob").identities[0].fingerprint), {
    room: before.room,
    account: named("bob").account,
    commit: before.head.hash,
    from: 1,
    to: 2,
    wrap: 1,
    madeAt: before.head.madeAt,
  });
  assert.deepEqual([1, 2, 3].map((n) => claimOf(request, n, before, keysets)), ["decision", "always", null]);
});

test("grants are accepted, and written as they were", async () => {
  for (const each of grants.valid) {
    const read = parseGrant(bytes(each.record));
    const { room, request, granter, fingerprint, asker, commit } = read;
    assert.deepEqual([room, request, granter], [each.room, each.request, each.granter]);
    assert.deepEqual([fingerprint, asker, commit], [each.fingerprint, each.asker, each.commit]);
    assert.deepEqual([String(read.madeAt), String(read.wrap), toHex(read.share)], [each.made_at, each.wrap, each.share]);
    const expected = [1, 2, 3, 4].map(secretOf);
    assert.deepEqual(await accept(each.record), { secrets: expected, dropped: [] });
    assert.equal(toHex(encodeSecrets(expected)), each.content);
    const wrapKey = { account: carol, fingerprint: pending.fingerprint, number: 1, key: own.key.publicKey };
    assert.equal(commit, chain.head.hash);
    const draft = { request: pending, granter, madeAt: read.madeAt, wrapKey, secrets: expected };
    const keys = await identityOf(fingerprint);
    const written = parseGrant(await signGrant(keys, chain, keysets, draft, { grantKey: bytes(each.grant_key), iv: bytes(each.iv), ...PLAIN }));
    // The share has a seed of chance, and what is sealed and signed is bound to it.
    assert.equal(toHex(written.above.slice(0, -WRAPPED_BYTES)), toHex(read.above.slice(0, -WRAPPED_BYTES)));
    assert.equal(toHex(written.part.ciphertext), toHex(read.part.ciphertext));
    assert.deepEqual(await accept(toHex(await signGrant(keys, chain, keysets, draft))), { secrets: expected, dropped: [] });
    await assert.rejects(signGrant(keys, chain, keysets, { ...draft, wrapKey: { ...wrapKey, number: 2 } }), notSealed);
    await assert.rejects(signGrant(keys, chain, keysets, { ...draft, wrapKey: { ...wrapKey, account: granter } }), notSealed);
  }
});

test("a secret that does not match, or was not asked for, is dropped, and the others stand", async () => {
  const { record, kept, dropped } = grants.partly;
  const granted = await accept(record);
  assert.deepEqual(granted.secrets.map(({ n }) => String(n)), kept);
  assert.deepEqual(granted.dropped.map(({ n, cause }) => ({ n: String(n), cause })), dropped);
});

test("one to a thousand secrets ascend, and their count is exact", () => {
  const secrets = (numbers) => numbers.map((n) => ({ n, secret: new Uint8Array(32).fill(n % 251) }));
  const upTo = (most) => Array.from({ length: most }, (_, i) => i + 1);
  for (const bad of [[], [2, 1], [1, 1], [0], upTo(1_001)]) assert.throws(() => encodeSecrets(secrets(bad)), notSealed);
  for (const good of [[1], upTo(999), upTo(1_000)]) assert.deepEqual(parseSecrets(encodeSecrets(secrets(good))), secrets(good));
  const plain = encodeSecrets(secrets([1, 2]));
  for (let length = 0; length < plain.length; length++) assert.throws(() => parseSecrets(plain.slice(0, length)), refused("truncated"));
  assert.throws(() => parseSecrets(join(plain, 0)), refused("left_over"));
  // A count of 0 and of 1 001; n of the first is 0, that of the second as that of the first, and one above 2^53 − 1.
  for (const [at, value] of [[3, 0], [11, 0], [51, 1], [45, 0x20]]) {
    const changed = plain.slice();
    changed[at] = value;
    assert.throws(() => parseSecrets(changed), refused("field"), String(at));
  }
  assert.throws(() => parseSecrets(join(0, 0, 3, 0xe9, plain.slice(4))), refused("field"));
});

for (const { why, cause, record } of requests.refused) {
  test(`no key request: ${why}`, () => assert.rejects(parseKeyRequest(bytes(record)), refused(cause)));
}
for (const { why, cause, record } of requests.invalid) {
  test(`a key request is not answered: ${why}`, async () => {
    await assert.rejects(checkKeyRequest(await parseKeyRequest(bytes(record)), chain, keysets, 1), refused(cause));
  });
}
for (const { why, cause, record } of grants.refused) {
  test(`no grant: ${why}`, () => assert.throws(() => parseGrant(bytes(record)), refused(cause)));
}
for (const { why, cause, record } of grants.invalid) {
  test(`a grant is not accepted: ${why}`, () => assert.rejects(accept(record), refused(cause)));
}

test("what stands in a deleted message's place is read and written", () => {
  for (const { hash, record, tombstone } of erased.valid) {
    assert.deepEqual(parseErased(bytes(record)), { hash, tombstone: Number(tombstone) });
    assert.equal(toHex(encodeErased({ hash, tombstone: Number(tombstone) })), record);
  }
  for (const { why, cause, record } of erased.invalid) assert.throws(() => parseErased(bytes(record)), refused(cause), why);
});
