import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import test from "node:test";
import { OpenError, SealError } from "../../../static/crypto/errors.js";
import { open, seal, sealedPart } from "../../../static/crypto/seal.js";
import { encodeContent, mergeContent, parseContent } from "../../../static/crypto/vault_content.js";
import { openItem, parseItem, sealItem } from "../../../static/crypto/vault_item.js";
import { VaultLock, openRoot, parseRoot } from "../../../static/crypto/vault_root.js";
import { fromHex, join, u64, utf8 } from "../../../static/wire/bytes.js";

const ACCOUNT = "000102030405060708090a0b0c0d0e0f";
const OTHER = "100102030405060708090a0b0c0d0e0f";
const HALVES = { password: new Uint8Array(64).fill(1), recovery: new Uint8Array(64).fill(2) };
const ITEM_KEY = { id: "0a".repeat(16), key: "0b".repeat(64) };
const identity = (number) => ({ number, pss: "AQID", dsa: "0c".repeat(32) });
const wrapEntry = (number, superseded_at = null) => ({ number, key: "AQIDBA==", superseded_at });
const CONTENT = { identity: [identity("1")], wraps: [wrapEntry("1", "1796000000000"), wrapEntry("2")], item_keys: [ITEM_KEY] };
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const notSealed = (cause) => (error) => error instanceof SealError && error.cause === cause;
const changed = (record, at) => Uint8Array.from(record, (byte, i) => (i === at ? byte ^ 1 : byte));

test("a root opens with either half, and its lock seals the next without them", async () => {
  const lock = await VaultLock.create(ACCOUNT, HALVES);
  const root = parseRoot(await lock.seal(1, { ...CONTENT, later: { a: [1] } }));
  assert.deepEqual([root.account, root.number], [ACCOUNT, 1]);
  for (const opener of ["password", "recovery"]) {
    const opened = await openRoot(root, opener, HALVES[opener]);
    assert.deepEqual(opened.content, { ...CONTENT, later: { a: [1] } });
    const next = parseRoot(await opened.lock.seal(2, opened.content));
    assert.equal((await openRoot(next, "recovery", HALVES.recovery)).number, 2);
    assert.equal((await lock.open(next)).number, 2);
    assert.equal(next.keyId, root.keyId);
  }
});

test("a root is laid out as the document says", async () => {
  const drawn = [];
  const random = (length) => {
    drawn.push(length);
    return new Uint8Array(length).fill(drawn.length);
  };
  const lock = await VaultLock.create(ACCOUNT, HALVES, random);
  const root = await lock.seal(7, CONTENT, random);
  assert.deepEqual(drawn, [64, 16, 16, 16, 16]);
  const start = join(1, 0x13, fromHex(ACCOUNT, 16));
  const keyId = new Uint8Array(16).fill(2);
  const wrapOf = async (half, iv, opener) => {
    const { ciphertext, tag } = await seal(half, new Uint8Array(16).fill(iv), join(start, keyId, opener), join(1, new Uint8Array(64).fill(1)));
    return join(new Uint8Array(16).fill(iv), ciphertext, tag);
  };
  const above = join(start, u64(7), keyId, await wrapOf(HALVES.password, 3, 1), await wrapOf(HALVES.recovery, 4, 2));
  const part = await sealedPart(new Uint8Array(64).fill(1), new Uint8Array(16).fill(5), above, encodeContent(CONTENT));
  assert.deepEqual(root, join(above, part));
});

test("another password, another half and any changed bit do not open a root", async () => {
  const lock = await VaultLock.create(ACCOUNT, HALVES);
  const bytes = await lock.seal(1, CONTENT);
  const root = parseRoot(bytes);
  await assert.rejects(openRoot(root, "password", HALVES.recovery), refused("tag"));
  await assert.rejects(openRoot(root, "recovery", HALVES.password), refused("tag"));
  // Account, number, key id, both wraps, sealed part.
  for (const at of [2, 24, 26, 42, 58, 138, 170, 200, 298, 330, bytes.length - 1]) {
    await assert.rejects(openRoot(parseRoot(changed(bytes, at)), "password", HALVES.password), refused("tag"), String(at));
  }
  // One wrap in the other's place.
  const swapped = { ...root, wraps: { password: root.wraps.recovery, recovery: root.wraps.password } };
  await assert.rejects(openRoot(swapped, "password", HALVES.recovery), refused("tag"));
  const other = await VaultLock.create(ACCOUNT, HALVES);
  await assert.rejects(other.open(root), refused("tag"));
  await assert.rejects((await VaultLock.create(OTHER, HALVES)).open(root), refused("tag"));
});

test("a wrap that opens holds a version and a vault key", async () => {
  const root = parseRoot(await (await VaultLock.create(ACCOUNT, HALVES)).seal(1, CONTENT));
  const bound = join(1, 0x13, fromHex(ACCOUNT, 16), fromHex(root.keyId, 16), 1);
  const good = await open(HALVES.password, root.wraps.password, bound);
  assert.equal(good.length, 65);
  for (const plain of [good.subarray(1), join(2, good.subarray(1)), join(good, 0)]) {
    const wraps = { ...root.wraps, password: await seal(HALVES.password, new Uint8Array(16), bound, plain) };
    await assert.rejects(openRoot({ ...root, wraps }, "password", HALVES.password), refused("vault_key"));
  }
});

test("the layout of a root is strict and its size limited", async () => {
  const lock = await VaultLock.create(ACCOUNT, HALVES);
  const bytes = await lock.seal(1, CONTENT);
  for (let length = 0; length < bytes.length; length += 5) assert.throws(() => parseRoot(bytes.subarray(0, length)), refused("truncated"));
  assert.throws(() => parseRoot(join(bytes, 0)), refused("left_over"));
  assert.throws(() => parseRoot(changed(bytes, 1)), refused("record_type"));
  assert.throws(() => parseRoot(changed(bytes, 25)), refused("field"));
  assert.throws(() => parseRoot(new Uint8Array(192 * 1_024 + 1)), refused("too_large"));
  await assert.rejects(lock.seal(0, CONTENT), notSealed("field"));
  parseRoot(await lock.seal(1, { ...CONTENT, filler: "x".repeat(130_000) }));
  await assert.rejects(lock.seal(1, { ...CONTENT, filler: "x".repeat(197_000) }), notSealed("too_large"));
});

test("a root's content has its lists, in order", () => {
  assert.deepEqual(parseContent(encodeContent(CONTENT)), CONTENT);
  const bad = [
    [],
    {},
    { ...CONTENT, identity: [] },
    { ...CONTENT, wraps: undefined },
    { ...CONTENT, identity: [identity("2"), identity("1")] },
    { ...CONTENT, identity: [identity("1"), identity("1")] },
    { ...CONTENT, identity: [identity("01")] },
    { ...CONTENT, identity: [{ ...identity("1"), pss: "A" }] },
    { ...CONTENT, identity: [{ ...identity("1"), dsa: "0C".repeat(32) }] },
    { ...CONTENT, wraps: [wrapEntry("1", 5)] },
    { ...CONTENT, wraps: [wrapEntry("1", undefined)].map(({ number, key }) => ({ number, key })) },
    { ...CONTENT, item_keys: [ITEM_KEY, ITEM_KEY] },
    { ...CONTENT, item_keys: [null] },
  ];
  for (const each of bad) assert.throws(() => parseContent(utf8(JSON.stringify(each))), refused("content"), JSON.stringify(each));
  for (const text of ["", "null", "1", '{"identity":'].map(utf8)) assert.throws(() => parseContent(text), refused("content"));
  assert.throws(() => parseContent(Uint8Array.of(0xff)), refused("content"));
});

test("two roots made from one are merged without loss", () => {
  const key = (byte) => ({ id: byte.repeat(16), key: "0b".repeat(64) });
  const base = { identity: [identity("1"), identity("2")], wraps: [wrapEntry("1"), wrapEntry("2")], item_keys: [key("01")], kept: 1, ours: 1, both: 1, gone: 1 };
  const mine = { identity: [identity("2")], wraps: [wrapEntry("1", "500"), wrapEntry("2"), wrapEntry("3")], item_keys: [key("01"), key("02")], kept: 1, ours: 2, both: 2, mineOnly: 1 };
  const theirs = { identity: [identity("1"), identity("2"), identity("3")], wraps: [wrapEntry("1", "1000"), wrapEntry("2", "7")], item_keys: [key("01"), key("03")], kept: 1, ours: 1, both: 3, gone: 1, theirsOnly: 1 };
  assert.deepEqual(mergeContent(base, mine, theirs), {
    identity: [identity("2"), identity("3")],
    wraps: [wrapEntry("1", "500"), wrapEntry("2", "7"), wrapEntry("3")],
    item_keys: [key("01"), key("03"), key("02")],
    kept: 1,
    ours: 2,
    both: 3,
    theirsOnly: 1,
    mineOnly: 1,
  });
  assert.deepEqual(mergeContent(base, base, theirs), theirs);
  assert.deepEqual(mergeContent(base, mine, base), mine);
});

const ROOM = "0d".repeat(16);
const ITEMS = [
  [{ kind: "epoch_secret", room: ROOM, n: 3 }, { secret: "0e".repeat(32), commit: "0f".repeat(32) }],
  [{ kind: "read_mark", channel: ROOM }, { run: ROOM, sequence: "5", message: ROOM }],
  [{ kind: "pin", account: OTHER }, { number: "1", head: "0e".repeat(32), fingerprint: "0f".repeat(32), verified: true, acknowledged: "1" }],
  [{ kind: "room_head", room: ROOM }, { n: "3", commit: "0e".repeat(32), state: "AQID" }],
  [{ kind: "preference", name: "theme" }, { value: "dark" }],
];

for (const [name, content] of ITEMS) {
  test(`an item of kind ${name.kind} is sealed and opened`, async () => {
    const draft = { account: ACCOUNT, name, number: 1, forgetAt: null };
    const bytes = await sealItem(ITEM_KEY, draft, { ...content, later: 1 });
    const item = parseItem(bytes);
    assert.deepEqual([item.account, item.itemKey, item.name, item.number, item.forgetAt], [ACCOUNT, ITEM_KEY.id, name, 1, null]);
    assert.deepEqual(await openItem(item, ITEM_KEY), { ...content, later: 1 });
    const forgotten = parseItem(await sealItem(ITEM_KEY, { ...draft, forgetAt: 9 }, content));
    assert.equal(forgotten.forgetAt, 9);
    for (let length = 0; length < bytes.length; length += 3) assert.throws(() => parseItem(bytes.subarray(0, length)), refused("truncated"));
    assert.throws(() => parseItem(join(bytes, 0)), refused("left_over"));
    await assert.rejects(openItem(item, { ...ITEM_KEY, id: ROOM }), refused("other_item_key"));
    await assert.rejects(openItem(item, { ...ITEM_KEY, key: "00".repeat(64) }), refused("tag"));
    // Account, forget_at, sealed part: what is above is bound.
    for (const at of [2, item.above.length - 1, bytes.length - 1]) await assert.rejects(openItem(parseItem(changed(bytes, at)), ITEM_KEY), refused("tag"));
    await assert.rejects(sealItem(ITEM_KEY, { ...draft, number: 0 }, content), notSealed("field"));
    await assert.rejects(sealItem(ITEM_KEY, { ...draft, forgetAt: 0 }, content), notSealed("field"));
    if (name.kind !== "preference") await assert.rejects(sealItem(ITEM_KEY, draft, {}), notSealed("field"));
    assert.equal(parseItem(await sealItem(ITEM_KEY, { ...draft, number: 2 }, content)).number, 2);
  });
}

test("the key of an item comes from its kind, name and number", async () => {
  const iv = new Uint8Array(16).fill(4);
  const [name, content] = ITEMS[4];
  const item = await sealItem(ITEM_KEY, { account: ACCOUNT, name, number: 3, forgetAt: 8 }, content, iv);
  const above = join(1, 0x14, fromHex(ACCOUNT, 16), fromHex(ITEM_KEY.id, 16), 5, 5, utf8("theme"), u64(3), u64(8));
  const info = join(utf8("sealwire/v1/vault-item"), 0, 5, 5, utf8("theme"), u64(3));
  const key = new Uint8Array(hkdfSync("sha512", new Uint8Array(64).fill(0x0b), fromHex(ACCOUNT, 16), info, 64));
  assert.deepEqual(item, join(above, await sealedPart(key, iv, above, utf8('{"value":"dark"}'))));
});

test("kinds, names, numbers and contents that no item has are refused", async () => {
  const [name, content] = ITEMS[0];
  const bytes = await sealItem(ITEM_KEY, { account: ACCOUNT, name, number: 1, forgetAt: null }, content);
  const with_ = (at, ...values) => {
    const altered = bytes.slice();
    altered.set(values, at);
    return altered;
  };
  for (const kind of [0, 6, 255, 2]) assert.throws(() => parseItem(with_(34, kind)), refused("field"));
  assert.throws(() => parseItem(with_(52, 0, 0, 0, 0, 0, 0, 0, 0)), refused("field"));
  assert.throws(() => parseItem(with_(52, 0xff)), refused("field"));
  assert.throws(() => parseItem(with_(67, 0)), refused("field"));
  const preference = (named) => sealItem(ITEM_KEY, { account: ACCOUNT, name: { kind: "preference", name: named }, number: 1, forgetAt: null }, {});
  for (const named of ["", "a b", "é", "x".repeat(33)]) await assert.rejects(preference(named), notSealed("field"));
  assert.equal(parseItem(await preference("x".repeat(32))).name.name.length, 32);
  const wrong = await sealItem(ITEM_KEY, { account: ACCOUNT, name: ITEMS[4][0], number: 1, forgetAt: null }, {});
  assert.throws(() => parseItem(changed(wrong, 36).fill(0x20, 36, 37)), refused("field"));
});

test("items have limits by kind", async () => {
  const sealed = (index, filler) => {
    const [name, content] = ITEMS[index];
    return sealItem(ITEM_KEY, { account: ACCOUNT, name, number: 1, forgetAt: null }, { ...content, filler: "x".repeat(filler) });
  };
  parseItem(await sealed(4, 2_000));
  await assert.rejects(sealed(4, 2_048), notSealed("too_large"));
  const large = await sealed(3, 130_000);
  parseItem(large);
  await assert.rejects(sealed(3, 197_000), notSealed("too_large"));
  assert.throws(() => parseItem(new Uint8Array(192 * 1_024 + 1)), refused("too_large"));
  assert.throws(() => parseItem(changed(large, 34)), refused("too_large"));
});
