/** Room settings against the golden vectors (docs/protocol.md §14.14). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { checkOnceHeld, nextSettings, parseSettings, signSettings, takeSettings } from "../../../static/crypto/room/settings.js";
import { encodeSettings } from "../../../static/crypto/room/state_content.js";
import { text, toHex } from "../../../static/wire/bytes.js";
import { PLAIN, chainAfter, identityOf, keysetsOf, refused } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const golden = vectors("room_settings");
const keysets = await keysetsOf();
const known = await parseSettings(bytes(golden.valid[0].record));
const DSA_BYTES = 64;
const notSealed = (cause) => (error) => error instanceof SealError && error.cause === cause;

/** Takes settings after so many commits, and one more where a vector has one, where the first ones are known unless it says otherwise. */
async function take({ after, record, then, known: isKnown = true }) {
  const chain = await chainAfter(after);
  if (then !== undefined) assert.equal(await chain.extend(bytes(then), keysets), "taken");
  return takeSettings(await parseSettings(bytes(record)), chain, keysets, isKnown ? known : null);
}

test("room settings follow each other, and are written as they were", async () => {
  const chain = await chainAfter(4);
  let last = null;
  for (const each of golden.valid) {
    const read = await parseSettings(bytes(each.record));
    assert.deepEqual([read.room, read.author, read.fingerprint, read.commit], [each.room, each.author, each.fingerprint, each.commit]);
    assert.deepEqual([String(read.number), String(read.madeAt), read.hash], [each.number, each.made_at, each.hash]);
    const content = await takeSettings(read, chain, keysets, last);
    assert.equal(text(encodeSettings(content), "settings"), each.content);
    // The known ones are taken again without a look at anything else.
    assert.deepEqual(await takeSettings(read, chain, new Map(), read), content);
    const draft = { author: read.author, number: read.number, madeAt: read.madeAt, content };
    const keys = await identityOf(read.fingerprint);
    const written = await signSettings(keys, chain, draft, PLAIN);
    assert.deepEqual([toHex(written.signed), toHex(written.bytes.slice(-DSA_BYTES))], [each.signed_bytes, each.block.dsa]);
    for (const other of [{ number: 0 }, { number: 2 ** 53 }, { content: { ...content, name: 1 } }]) await assert.rejects(signSettings(keys, chain, { ...draft, ...other }), notSealed("field"));
    await assert.rejects(signSettings(keys, chain, { ...draft, content: { ...content, newer: "x".repeat(147_456) } }), notSealed("too_large"));
    last = read;
  }
});

for (const { why, cause, record } of golden.refused) {
  test(`no room settings: ${why}`, () => assert.rejects(parseSettings(bytes(record)), refused(cause)));
}
for (const each of golden.invalid) {
  test(`room settings are not taken: ${each.why}`, () => assert.rejects(take(each), refused(each.cause)));
}
for (const { why, after, record } of golden.held_once) {
  test(`room settings held once: ${why}`, async () => checkOnceHeld(await parseSettings(bytes(record)), await chainAfter(after), keysets));
}
for (const { why, after, record } of golden.never_held) {
  test(`room settings never held: ${why}`, async () => {
    const settings = await parseSettings(bytes(record));
    await assert.rejects(checkOnceHeld(settings, await chainAfter(after), keysets));
  });
}

test("numbers begin anew with each commit", async () => {
  assert.equal(nextSettings(null, await chainAfter(4)), 1);
  assert.equal(nextSettings(known, await chainAfter(4)), known.number + 1);
  assert.equal(nextSettings(known, await chainAfter(5)), 1);
});

for (const each of golden.confirmed) {
  test(`room settings are taken: ${each.why}`, () => take(each));
}
