import assert from "node:assert/strict";
import test from "node:test";
import { tidyUserName } from "../../../static/model/names.js";
import { strengthOf } from "../../../static/model/password_strength.js";
import { Kept } from "../../../static/store/kept.js";
import { Memory } from "../../../static/store/database.js";
import { decodeFrame, decodeReplyBody, encodeCommand, encodeCommandBody } from "../../../static/wire/frame.js";
import { FrameError, join, toHex, u32, utf8 } from "../../../static/wire/bytes.js";
import { hasDuplicateKeys } from "../../../static/wire/json.js";

test("a password's strength is said by length, variety and what is easily guessed", () => {
  const level = (password, name = "Ada") => strengthOf(password, name).level;
  for (const [password, expected] of [
    ["1234567", "too_short"],
    ["Password", "common"],
    ["11111111", "common"],
    ["aaaaaaaaaa", "weak"],
    ["abcdefghij", "weak"],
    ["qwertyuiopas", "weak"],
    ["adalovelace", "weak"],
    ["kettle-orbit", "fair"],
    ["kettle orbit thimble", "good"],
    ["密码像诗一样长且难猜", "fair"],
    ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "fair"],
  ]) assert.equal(level(password), expected, password);
  assert.equal(strengthOf("grace hopper", "Grace Hopper").reason, "name");
  assert.equal(strengthOf("zzzzzzzzzzk", "x").reason, "repeats");
  assert.equal(strengthOf("34567890abc", "x").reason, "sequence");
  assert.equal(strengthOf("kettle-orbit", "x").reason, null);
});

test("a user name gets the width, spaces and form that the server gives it", () => {
  assert.equal(tidyUserName("  Ａｄａ\u3000 Ｌ "), "Ada L");
  assert.equal(tidyUserName("e\u0301"), "\u00e9");
  assert.equal(tidyUserName("ｶﾅ"), "カナ");
});

test("a key twice is found at any depth, and only there", () => {
  for (const json of ['{"a":1,"a":2}', '{"a":{"b":1,"c":[],"b":2}}', '[{"a":1},{"b":{"c":1,"\\u0063":2}}]', '{"":1,"":2}']) assert.ok(hasDuplicateKeys(json), json);
  for (const json of ["1", '"{a"', '{"a":"a","b":"a"}', '[{"a":1},{"a":1}]', '{"a":{"a":["a","a"]},"b":"\\",\\"b\\":"}', '{"a":"}","b":"]"}']) assert.ok(!hasDuplicateKeys(json), json);
});

test("seen numbers only grow, whichever tab wrote last", async () => {
  const kept = new Kept(new Memory());
  assert.deepEqual(await kept.seen("aa"), { root: 0, wrap: 0, chain: 0, head: "", items: {} });
  await kept.see("aa", { root: 3, wrap: 2, chain: 2, head: "h2", items: { x: 5 } });
  await kept.see("aa", { root: 1, wrap: 4, chain: 1, head: "h1", items: { x: 4, y: 1 } });
  assert.deepEqual(await kept.seen("aa"), { root: 3, wrap: 4, chain: 2, head: "h2", items: { x: 5, y: 1 } });
  assert.equal((await kept.seen("bb")).root, 0);
});

test("commands and replies carry tails", () => {
  const tail = Uint8Array.of(0, 1, 2);
  const command = encodeCommand(7, "vault.put", {}, tail);
  assert.equal(toHex(command), toHex(join(1, u32(7), u32(23), utf8('{"command":"vault.put"}'), tail)));
  assert.equal(toHex(encodeCommandBody({ kind: 3 }, tail)), toHex(join(u32(10), utf8('{"kind":3}'), tail)));
  const header = utf8('{"ok":{"number":"1"}}');
  const reply = decodeFrame(join(2, u32(7), u32(header.length), header, tail));
  assert.deepEqual(reply.outcome, { ok: { number: "1" }, tail });
  assert.deepEqual(decodeReplyBody(join(u32(header.length), header, tail)), { ok: { number: "1" }, tail });
  const refused = utf8('{"error":{"code":"busy","message":""}}');
  assert.deepEqual(decodeReplyBody(join(u32(refused.length), refused)), { error: { code: "busy", message: "" } });
  for (const body of [new Uint8Array(3), join(u32(9), utf8("{}")), join(u32(2), utf8("[]"))]) assert.throws(() => decodeReplyBody(body), FrameError);
});
