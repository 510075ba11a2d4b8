/** The golden vectors of accounts (docs/protocol.md §14.1 to §14.6): what Rust made, the page reads, and the other way round. */
import assert from "node:assert/strict";
import test from "node:test";
import { Chain } from "../../../static/crypto/chain.js";
import { OpenError } from "../../../static/crypto/errors.js";
import { firstKeyset, resetKeyset, rotatedKeyset } from "../../../static/crypto/keyset.js";
import { parseQrText, qrText, roomNumber, safetyNumber } from "../../../static/crypto/numbers.js";
import { preparePassword, splitPassword } from "../../../static/crypto/password.js";
import { prove } from "../../../static/crypto/proof.js";
import { formatCode, parseCode, splitCode } from "../../../static/crypto/recovery_code.js";
import { WrapPrivateKey } from "../../../static/crypto/rsa.js";
import { SigningKeys } from "../../../static/crypto/signature.js";
import { holdKey } from "../../../static/crypto/seal.js";
import { mergeContent, parseContent } from "../../../static/crypto/vault_content.js";
import { openItem, parseItem, sealItem } from "../../../static/crypto/vault_item.js";
import { openRoot, openRootHeld, parseRoot } from "../../../static/crypto/vault_root.js";
import { WRAPPED, readWrapKey, signWrapKey, unwrap } from "../../../static/crypto/wrap_key.js";
import { toHex, utf8 } from "../../../static/wire/bytes.js";
import { bytes, vectors } from "./vectors.js";

const { accounts } = vectors("account_keys");
const ADA = accounts.find(({ name }) => name === "ada");
const KIND = { 1: "epoch_secret", 2: "read_mark", 3: "pin", 4: "room_head", 5: "preference" };
const PLAIN = { dsaNonce: new Uint8Array() };
const DSA_BYTES = 64;
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const signing = ({ pss_pkcs8, x }) => SigningKeys.fromBytes(bytes(pss_pkcs8), bytes(x));
const dsaAtEnd = (record) => toHex(record.slice(-DSA_BYTES));

/** The chain of the first `count` golden keysets. */
async function chainOf({ account, name, valid }, count) {
  const chain = await Chain.first(account, name, bytes(valid[0].record));
  for (const { record } of valid.slice(1, count)) await chain.extend(bytes(record));
  return chain;
}

test("passwords and recovery codes", async () => {
  const golden = vectors("passwords");
  for (const { typed, prepared, salt, rounds, server, login, vault } of golden.passwords) {
    assert.deepEqual(preparePassword(typed), utf8(prepared));
    const halves = await splitPassword(typed, bytes(salt), rounds, server);
    assert.deepEqual([toHex(halves.login), toHex(halves.vault)], [login, vault]);
  }
  for (const { typed, text, code, account, server, login, vault } of golden.recovery) {
    const parsed = await parseCode(typed);
    assert.deepEqual([toHex(parsed), await formatCode(parsed)], [code, text]);
    const halves = await splitCode(parsed, account, server);
    assert.deepEqual([toHex(halves.login), toHex(halves.vault)], [login, vault]);
  }
  for (const typed of golden.refused.passwords) assert.throws(() => preparePassword(typed));
  for (const typed of golden.refused.codes) await assert.rejects(parseCode(typed));
  for (const rounds of golden.refused.rounds) await assert.rejects(splitPassword("x", new Uint8Array(16), rounds, "localhost"), refused("rounds"));
});

test("a keyset chain is read", async () => {
  const golden = vectors("keyset");
  const chain = await chainOf(golden, golden.valid.length);
  for (const { fingerprint, hash, link, number } of golden.valid) {
    const keyset = chain.withFingerprint(fingerprint);
    assert.deepEqual([keyset.hash, keyset.link, String(keyset.number)], [hash, link, number]);
  }
});

test("a keyset chain is written as it was", async () => {
  const golden = vectors("keyset");
  const keys = await Promise.all(ADA.identities.map(signing));
  const time = (i) => Number(golden.valid[i].made_at);
  const first = await firstKeyset(keys[0], { account: golden.account, name: golden.name, madeAt: time(0) }, PLAIN);
  const rotated = await rotatedKeyset(keys[1], (await chainOf(golden, 1)).head, keys[0], time(1), PLAIN);
  const reset = await resetKeyset(keys[2], (await chainOf(golden, 2)).head, time(2), PLAIN);
  [first, rotated, reset].forEach((record, i) => {
    const { signed_bytes, record: written, rotation } = golden.valid[i];
    assert.equal(toHex(record.slice(0, signed_bytes.length / 2)), signed_bytes);
    assert.equal(record.length * 2, written.length);
    // What the second block of a rotation signs holds a salt of chance; the other signatures have none.
    if (rotation === null) assert.equal(dsaAtEnd(record), dsaAtEnd(bytes(written)));
  });
});

for (const { why, cause, after, record } of vectors("keyset").invalid) {
  test(`a keyset is refused: ${why}`, async () => {
    const golden = vectors("keyset");
    const reading = after === 0 ? Chain.first(golden.account, golden.name, bytes(record)) : chainOf(golden, after).then((chain) => chain.extend(bytes(record)));
    await assert.rejects(reading, refused(cause));
  });
}

test("wrap keys are read, and written as they were", async () => {
  const golden = vectors("wrap_key");
  const { head } = await chainOf(vectors("keyset"), 1);
  assert.equal(head.hash, golden.head);
  const keys = await signing(ADA.identities[0]);
  for (const [i, { number, made_at, record, signed_bytes, spki }] of golden.valid.entries()) {
    const read = await readWrapKey(bytes(record), head, 0);
    assert.deepEqual([String(read.number), String(read.madeAt), toHex(read.key.spki)], [number, made_at, spki]);
    const key = (await WrapPrivateKey.fromPkcs8(bytes(ADA.wraps[i].pkcs8))).publicKey;
    const written = await signWrapKey(keys, { account: golden.account, number: Number(number), madeAt: Number(made_at), key }, PLAIN);
    assert.equal(toHex(written.slice(0, signed_bytes.length / 2)), signed_bytes);
    assert.equal(dsaAtEnd(written), dsaAtEnd(bytes(record)));
  }
  for (const { why, cause, record, seen } of golden.invalid) await assert.rejects(readWrapKey(bytes(record), head, Number(seen)), refused(cause), why);
});

test("what is wrapped is unwrapped", async () => {
  const kinds = { epoch_secret: WRAPPED.epochSecret, room_name: WRAPPED.roomName, grant_key: WRAPPED.grantKey };
  const key = await WrapPrivateKey.fromPkcs8(bytes(ADA.wraps[0].pkcs8));
  for (const { content, kind, wrapped } of vectors("wrap_key").wrapped) {
    assert.equal(toHex(await unwrap(key, kinds[kind], bytes(wrapped))), content.slice(2));
  }
});

test("a proof of keys is written as it was", async () => {
  const { account, session, challenge, server, made_at, record, signed_bytes } = vectors("keys_proof");
  const proof = await prove(await signing(ADA.identities[0]), { account, session, challenge, server, madeAt: Number(made_at) }, PLAIN);
  assert.equal(toHex(proof.slice(0, signed_bytes.length / 2)), signed_bytes);
  assert.equal(dsaAtEnd(proof), dsaAtEnd(bytes(record)));
});

test("a vault root opens by both halves and by its held key", async () => {
  const golden = vectors("vault_root");
  const root = parseRoot(bytes(golden.record));
  const key = await holdKey(bytes(golden.vault_key));
  const opened = [
    await openRoot(root, "password", bytes(golden.vault_half)),
    await openRoot(root, "recovery", bytes(golden.recovery_vault)),
    await openRootHeld(root, { account: golden.account, keyId: golden.key_id, key }),
  ];
  for (const { number, content } of opened) assert.deepEqual([String(number), content], [golden.number, JSON.parse(golden.content)]);
  for (const { why, cause, record } of golden.invalid) {
    const opening = async () => openRoot(parseRoot(bytes(record)), "password", bytes(golden.vault_half));
    await assert.rejects(opening(), refused(cause), why);
  }
});

test("vault roots are merged", () => {
  for (const { base, mine, theirs, result } of vectors("vault_root").merged) {
    const [one, own, other] = [base, mine, theirs].map((content) => parseContent(utf8(JSON.stringify(content))));
    assert.deepEqual(mergeContent(one, own, other), result);
  }
});

test("vault items open, and are sealed as they were", async () => {
  const { account, item_key, valid, invalid } = vectors("vault_item");
  for (const { content, forget_at, iv, kind, number, record } of valid) {
    const item = parseItem(bytes(record));
    assert.deepEqual([item.account, item.name.kind, String(item.number), String(item.forgetAt ?? 0)], [account, KIND[kind], number, forget_at]);
    assert.deepEqual(await openItem(item, item_key), JSON.parse(content));
    assert.equal(toHex(await sealItem(item_key, item, JSON.parse(content), bytes(iv))), record);
  }
  for (const { why, cause, record } of invalid) {
    const opening = async () => openItem(parseItem(bytes(record)), item_key);
    await assert.rejects(opening(), refused(cause), why);
  }
});

test("numbers to compare and QR texts", async () => {
  const golden = vectors("compare");
  const [one, other] = golden.accounts;
  assert.equal(await safetyNumber(one, other), golden.safety_number.digits);
  assert.equal(await safetyNumber(other, one), golden.safety_number.digits);
  assert.equal(await roomNumber(golden.room_number.input), golden.room_number.digits);
  for (const { account, fingerprint, qr } of golden.accounts) {
    assert.equal(qrText({ account, fingerprint }), qr);
    assert.deepEqual(parseQrText(qr), { account, fingerprint });
  }
  for (const text of golden.refused_qr) assert.equal(parseQrText(text), null);
});
