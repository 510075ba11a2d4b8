import assert from "node:assert/strict";
import test from "node:test";
import { FrameError, join, toHex, u64, utf8 } from "../../../static/wire/bytes.js";
import { TooLong, decodeContent, decodeOpened, encodeClear, encodeText } from "../../../static/wire/records.js";
import { fromBase64, toBase64 } from "../../../static/wire/base64.js";
import { EventParser } from "../../../static/wire/sse.js";
import { fold } from "../../../static/ui/fold.js";
import { faultOfName, faultOfRoomName, tidyName } from "../../../static/model/names.js";

const ID = "000102030405060708090a0b0c0d0e0f";
const opened = (content, marks = 0) =>
  join(1, 5, Uint8Array.from({ length: 16 }, (_, i) => i), u64(7), u64(1_763_700_000_000), marks, content);

test("any text arrives as it was written", () => {
  const texts = ["12:30", "exit", "<script>alert(1)</script>", " leading and trailing ", "\n\t\u0000\u001f\u007f", "👩‍👩‍👧‍👦", "مرحبا", "\u202Eabc\u202C", "e\u0301", "\u2028\u2029", "\uFEFFbom", "x".repeat(100_000)];
  for (const text of texts) assert.deepEqual(decodeContent(encodeText(text)), { type: "text", text });
});

test("an unpaired surrogate becomes U+FFFD and pairs stay", () => {
  assert.deepEqual(decodeContent(encodeText("a\uD83Db\uDE00c😀")), { type: "text", text: "a\uFFFDb\uFFFDc😀" });
});

test("262 144 bytes can be sent and one more cannot", () => {
  assert.equal(decodeContent(encodeText("é".repeat(131_072))).text.length, 131_072);
  assert.throws(() => encodeText(`${"é".repeat(131_072)}x`), (error) => error instanceof TooLong && error.bytes === 262_145 && error.limit === 262_144);
});

test("a text whose escapes would not fit the envelope is refused, too", () => {
  assert.throws(() => encodeText("\u0001".repeat(200_000)), TooLong);
});

test("a clear message is version, type, id and content", () => {
  assert.equal(toHex(encodeClear(ID, utf8("{}"))), `0106${ID}7b7d`);
});

test("an opened message is read with its marks", () => {
  const record = decodeOpened(opened(encodeText("hello"), 0b10));
  assert.deepEqual(record, { message: ID, epoch: 7, sentAt: 1_763_700_000_000, clockOff: false, keysChanged: true, content: { type: "text", text: "hello" } });
});

test("an unknown content is one of a newer version; a broken one is refused", () => {
  assert.deepEqual(decodeContent(utf8('{"type":"poll","options":[]}')), { type: "unknown" });
  for (const broken of ["", "x", "null", "[]", "{}", '{"type":"text"}', '{"type":"text","text":1}']) {
    assert.throws(() => decodeContent(utf8(broken)), FrameError, broken);
  }
  assert.throws(() => decodeContent(Uint8Array.of(0x22, 0xff, 0x22)), FrameError);
});

test("every beginning of an opened message is refused", () => {
  const whole = opened(encodeText("hello"));
  for (let length = 0; length < whole.length; length++) assert.throws(() => decodeOpened(whole.subarray(0, length)), FrameError);
  assert.throws(() => decodeOpened(join(2, whole.subarray(1))), FrameError);
  assert.throws(() => decodeOpened(join(1, 6, whole.subarray(2))), FrameError);
});

const STREAM = utf8(": keep-alive\n\ndata: AQID\n\ndata:BAUG\r\nid: 3\r\n\r\nevent: x\ndata: Bw==\ndata: CA==\n\n");
const EVENTS = ["AQID", "BAUG", "Bw==\nCA=="];

test("events are the same whatever pieces they come in", () => {
  assert.deepEqual(new EventParser().push(STREAM), EVENTS);
  for (let size = 1; size < 9; size++) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...parser.push(STREAM.subarray(at, at + size)));
    assert.deepEqual(events, EVENTS);
  }
});

test("an event without an end is not collected for ever", () => {
  const parser = new EventParser();
  const piece = utf8("x".repeat(100_000));
  assert.throws(() => {
    for (let i = 0; i < 100; i++) parser.push(piece);
  }, FrameError);
});

test("what is not base64 is refused", () => {
  assert.deepEqual([...fromBase64("AQID")], [1, 2, 3]);
  assert.equal(toBase64(Uint8Array.of(1, 2, 3, 0xff)), "AQID/w==");
  assert.throws(() => fromBase64("*"), FrameError);
});

test("only long texts are folded, and never through a character", () => {
  assert.equal(fold("x".repeat(4_000)), null);
  assert.equal(fold("x\n".repeat(39)), null);
  assert.equal(fold("x".repeat(4_001)).length, 1_600);
  assert.equal(fold("x\n".repeat(60)).split("\n").length, 20);
  const odd = fold(`x${"😀".repeat(4_000)}`);
  assert.equal(odd.length, 1_599);
  assert.equal(odd.isWellFormed?.() ?? true, true);
});

test("names are counted in scalar values after tidying", () => {
  assert.equal(tidyName("  Ada \t Lovelace "), "Ada Lovelace");
  assert.equal(faultOfName("a"), "name_short");
  assert.equal(faultOfName(" a "), "name_short");
  assert.equal(faultOfName("小明"), null);
  assert.equal(faultOfName("😀".repeat(31)), null);
  assert.equal(faultOfName("x".repeat(32)), "name_long");
  assert.equal(faultOfRoomName(""), "name_short");
  assert.equal(faultOfRoomName("x".repeat(65)), "name_long");
});
