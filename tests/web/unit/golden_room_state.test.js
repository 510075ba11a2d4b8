/** Room states against the golden vectors, and what they may say (docs/protocol.md §14.14). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { parseSettings } from "../../../static/crypto/room/settings.js";
import { checkRoomState, openRoomState, parseRoomState, signRoomState } from "../../../static/crypto/room/state.js";
import { emptySettings, emptyState, encodeSettings, encodeState, parseSettingsContent, parseState } from "../../../static/crypto/room/state_content.js";
import { text, toHex, utf8 } from "../../../static/wire/bytes.js";
import { PLAIN, chainAfter, golden, identityOf, keysetsOf, refused } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const states = vectors("room_state");
const keysets = await keysetsOf();
const chain = await chainAfter(4);
const secret = bytes(golden.valid[3].secret);
const DSA_BYTES = 64;
const notSealed = (cause) => (error) => error instanceof SealError && error.cause === cause;

/** Checks and opens a state after the one that was taken last. */
async function take(record, number, n = 4, then = chain) {
  const state = parseRoomState(bytes(record));
  await checkRoomState(state, then, keysets, { number, n });
  return openRoomState(state, secret);
}

test("room states follow each other, and are written as they were", async () => {
  for (const each of states.valid) {
    const read = parseRoomState(bytes(each.record));
    const { room, commit, author, fingerprint } = read;
    assert.deepEqual([room, commit, author, fingerprint], [each.room, each.commit, each.author, each.fingerprint]);
    assert.deepEqual([read.n, read.number, read.madeAt].map(String), [each.n, each.number, each.made_at]);
    const { settings, content } = await take(each.record, read.number - 1);
    assert.equal(text(encodeState(content), "state"), each.content);
    assert.equal(toHex(settings?.bytes ?? new Uint8Array()), each.settings);
    const draft = { author, number: read.number, madeAt: read.madeAt, settings, content, secret };
    const keys = await identityOf(fingerprint);
    const written = await signRoomState(keys, chain, draft, { iv: bytes(each.iv), ...PLAIN });
    assert.deepEqual([toHex(parseRoomState(written).signed), toHex(written.slice(-DSA_BYTES))], [each.signed_bytes, each.block.dsa]);
    const again = await take(toHex(await signRoomState(keys, chain, draft)), read.number - 1);
    assert.deepEqual([again.content, again.settings?.hash], [content, settings?.hash]);
    for (const other of [{ number: 0 }, { number: 2 ** 53 }, { secret: new Uint8Array(32) }, { content: { ...content, resources: 1 } }]) {
      await assert.rejects(signRoomState(keys, chain, { ...draft, ...other }), notSealed("field"));
    }
    const long = { ...content, newer: "x".repeat(250_000) };
    await assert.rejects(signRoomState(keys, chain, { ...draft, content: long }), notSealed("too_large"));
  }
});

for (const { why, cause, record } of states.refused) {
  test(`no room state: ${why}`, () => assert.throws(() => parseRoomState(bytes(record)), refused(cause)));
}
for (const { why, cause, record, seen, n } of states.invalid) {
  test(`a room state is not taken: ${why}`, () => assert.rejects(take(record, seen, n), refused(cause)));
}
for (const { why, after, record } of states.later) {
  test(`a room state is taken: ${why}`, async () => take(record, 0, 0, await chainAfter(after)));
}

const id = (byte) => byte.repeat(16);
const resource = (changes = {}) => ({ id: id("aa"), title: "t", file: id("cc"), by: id("bb"), at: "1", ...changes });
const channels = (count) => Array.from({ length: count }, (_, at) => ({ id: at.toString(16).padStart(32, "0"), name: "n", topic: "" }));
const state = (changes = {}) => ({ ...emptyState(), newer: { a: 1, b: [2] }, ...changes });
const settings = (changes = {}) => ({ ...emptySettings(), newer: { a: 1, b: [2] }, ...changes });

/** Whether a content is read, and then written the same. */
function isKept(content, parse, encode) {
  try {
    assert.deepEqual(parse(encode(parse(utf8(JSON.stringify(content))))), content);
    return true;
  } catch (error) {
    assert.ok(refused("content")(error));
    return false;
  }
}
const isRead = (content) => isKept(content, parseState, encodeState);
const isSaid = (content) => isKept(content, parseSettingsContent, encodeSettings);

test("lists and texts of a state and of settings have limits", () => {
  for (const [count, expected] of [[0, true], [99, true], [100, true], [101, false]]) assert.equal(isSaid(settings({ channels: channels(count) })), expected);
  for (const [name, most] of [["name", 256], ["topic", 1_024]]) {
    for (const [length, expected] of [[0, true], [most, true], [most + 1, false]]) assert.equal(isSaid(settings({ [name]: "n".repeat(length) })), expected);
    assert.equal(isSaid(settings({ [name]: "é".repeat(most / 2 + 1) })), false);
  }
  for (const [length, expected] of [[0, false], [1, true], [256, true], [257, false]]) {
    assert.equal(isRead(state({ resources: [resource({ title: "t".repeat(length) })] })), expected);
    assert.equal(isSaid(settings({ channels: [{ id: id("01"), name: "n".repeat(length), topic: "" }] })), expected);
  }
  const url = (length) => resource({ file: undefined, url: `https://${"u".repeat(length - 8)}` });
  const written = (content) => JSON.parse(JSON.stringify(content));
  for (const [length, expected] of [[20, true], [2_048, true], [2_049, false]]) assert.equal(isRead(written(state({ resources: [url(length)] }))), expected);
});

test("a resource leads to one place, and nothing stands twice", () => {
  assert.ok(isRead(state({ resources: [resource()] })));
  const { file: _, ...nowhere } = resource();
  for (const bad of [{ url: "javascript:alert(1)" }, { url: null }, { url: 1 }, {}, { file: null }, { url: "https://a", file: id("cc") }]) {
    assert.ok(!isRead(state({ resources: [{ ...nowhere, ...bad }] })), JSON.stringify(bad));
  }
  for (const bad of [{ at: 1 }, { by: id("BB") }, { id: "aa" }]) assert.ok(!isRead(state({ resources: [resource(bad)] })), JSON.stringify(bad));
  assert.ok(!isRead(state({ resources: [resource(), resource()] })));
  assert.ok(!isSaid(settings({ channels: [...channels(1), ...channels(1)] })));
  assert.ok(!isSaid(settings({ pins: [{ channel: id("01"), message: id("02") }] })));
  assert.ok(isSaid(settings({ pins: [{ channel: id("01"), message: id("02"), hash: id("0303") }] })));
  const without = (content, key) => Object.fromEntries(Object.entries(content).filter(([name]) => name !== key));
  for (const key of Object.keys(emptyState())) assert.ok(!isRead(without(state(), key)), key);
  for (const key of Object.keys(emptySettings())) assert.ok(!isSaid(without(settings(), key)), key);
  assert.throws(() => parseSettingsContent(utf8('{"name":"\\ud800","topic":"","channels":[],"pins":[]}')), refused("content"));
  assert.throws(() => parseSettingsContent(utf8('{"name":"","name":"","topic":"","channels":[],"pins":[]}')), refused("content"));
});

test("what a state carries must be settings", async () => {
  await assert.rejects(parseSettings(new Uint8Array()), refused("truncated"));
});
