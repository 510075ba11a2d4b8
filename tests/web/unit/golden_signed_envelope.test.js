/** Envelopes of end-to-end rooms against the golden vectors (docs/protocol.md §14.10). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { RoomChain } from "../../../static/crypto/room/chain.js";
import { History } from "../../../static/crypto/room/history.js";
import { checkSender, envelopeHash, openEnvelope, parseSignedEnvelope, sealEnvelope } from "../../../static/crypto/room/signed_envelope.js";
import { text, toHex, utf8 } from "../../../static/wire/bytes.js";
import { PLAIN, chainAfter, golden, identityOf, keysetsOf, refused } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const envelopes = vectors("signed_envelope");
const keysets = await keysetsOf();
const chain = await chainAfter(golden.valid.length);
const DSA_BYTES = 64;
const { channel } = envelopes;
const secretOf = (n) => bytes(golden.valid[n - 1].secret);

/** Checks and opens what a deliver frame brings. */
async function receive(record, stored) {
  const envelope = parseSignedEnvelope(bytes(record));
  const { sender, epoch } = envelope.header;
  await checkSender(envelope, { channel, sender, stored }, chain, keysets);
  return openEnvelope(envelope, chain.entry(epoch), secretOf(epoch));
}

test("signed envelopes are read and opened", async () => {
  for (const each of envelopes.valid) {
    const { header, head } = parseSignedEnvelope(bytes(each.record));
    assert.deepEqual([header.room, header.channel, header.sender, header.fingerprint], [envelopes.room, channel, each.sender, each.fingerprint]);
    assert.deepEqual([header.epoch, header.counter, header.sentAt].map(String), [each.epoch, each.counter, each.sent_at]);
    assert.deepEqual([header.commit, header.instance, header.message], [each.salt, each.instance, each.message]);
    assert.deepEqual([header.commitment, header.stored, toHex(head)], [each.key_commitment, each.flags === 1, each.header]);
    assert.equal(text(await receive(each.record, each.flags === 1), "content"), each.content);
    assert.equal(await envelopeHash(parseSignedEnvelope(bytes(each.record))), each.hash);
  }
});

test("signed envelopes are sealed as they were", async () => {
  for (const each of envelopes.valid) {
    const { header } = parseSignedEnvelope(bytes(each.record));
    const entry = chain.entry(header.epoch);
    const keys = await identityOf(each.fingerprint);
    const choices = { iv: bytes(each.iv), ...PLAIN };
    const sealed = await sealEnvelope(keys, entry, bytes(each.secret), header, utf8(each.content), choices);
    const read = parseSignedEnvelope(sealed);
    assert.deepEqual([toHex(read.signed), toHex(sealed.slice(-DSA_BYTES))], [each.signed_bytes, each.block.dsa]);
    const again = await sealEnvelope(keys, entry, bytes(each.secret), header, utf8(each.content));
    assert.equal(text(await receive(toHex(again), header.stored), "content"), each.content);
    await assert.rejects(sealEnvelope(keys, entry, new Uint8Array(32), header, utf8("{}")), (error) => error instanceof SealError && error.cause === "field");
  }
});

test("an envelope opens with its own epoch only", async () => {
  const [first] = envelopes.valid;
  const envelope = parseSignedEnvelope(bytes(first.record));
  await assert.rejects(openEnvelope(envelope, chain.entry(5), secretOf(5)), refused("other_epoch"));
  await assert.rejects(openEnvelope(envelope, chain.entry(4), secretOf(5)), refused("key_commitment"));
});

test("a muted member's envelope is dropped, and unknown keys are named", async () => {
  const [first] = envelopes.valid;
  const envelope = parseSignedEnvelope(bytes(first.record));
  const { sender, fingerprint } = envelope.header;
  const { record } = chain.head;
  const members = new Map(record.members).set(sender, { fingerprint, role: "muted" });
  const muted = new RoomChain(chain.room, new History([{ ...chain.entry(4), record: { ...record, members }, events: [] }]));
  await assert.rejects(checkSender(envelope, { channel, sender, stored: true }, muted, keysets), refused("muted"));
  await assert.rejects(checkSender(envelope, { channel, sender, stored: true }, chain, new Map()), (error) => {
    assert.deepEqual(error.unknownKeys, { account: sender, fingerprint });
    return refused("unknown_keys")(error);
  });
});

test("the layout has a largest size", () => {
  assert.throws(() => parseSignedEnvelope(new Uint8Array(1_048_576 + 1_000)), refused("too_large"));
});

for (const { why, cause, record } of envelopes.refused) {
  test(`no signed envelope: ${why}`, () => assert.throws(() => parseSignedEnvelope(bytes(record)), refused(cause)));
}
for (const { why, cause, record } of envelopes.invalid) {
  test(`a signed envelope is refused: ${why}`, () => assert.rejects(receive(record, true), refused(cause)));
}
