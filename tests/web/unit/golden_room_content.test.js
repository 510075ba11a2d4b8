/** Contents of end-to-end rooms against the golden vectors (docs/protocol.md §14.11). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { encodeContent, isStored, parseContent } from "../../../static/crypto/room/content.js";
import { utf8 } from "../../../static/wire/bytes.js";
import { refused } from "./golden_rooms.js";
import { vectors } from "./vectors.js";

const contents = vectors("room_content");
const read = (content) => parseContent(utf8(content));
const fileOf = (changes) => {
  const file = contents.valid.map(({ content }) => JSON.parse(content)).find(({ type }) => type === "file");
  return JSON.stringify({ ...file, ...changes });
};

test("contents of every type are read, and written the same", () => {
  for (const { content, stored } of contents.valid) {
    const { newer: _, ...expected } = JSON.parse(content);
    const found = read(content);
    assert.deepEqual(found, expected);
    assert.equal(isStored(found), stored);
    assert.deepEqual(parseContent(encodeContent(found)), found);
  }
});

test("a type that is not known is one of a newer version", () => {
  for (const content of contents.newer) {
    const found = read(content);
    assert.deepEqual(found, { type: "newer", name: JSON.parse(content).type });
    assert.throws(() => encodeContent(found), (error) => error instanceof SealError && error.cause === "field");
  }
  for (const name of ["newer", "constructor", "__proto__", ""]) assert.deepEqual(read(JSON.stringify({ type: name })), { type: "newer", name });
});

for (const { why, content } of contents.invalid) {
  test(`no content: ${why}`, () => assert.throws(() => read(content), refused("content")));
}

test("texts, mentions and files have limits", () => {
  const text = (length) => JSON.stringify({ type: "text", text: "x".repeat(length) });
  const mentions = (count) => JSON.stringify({ type: "text", text: "x", mentions: Array.from({ length: count }, () => "ab".repeat(16)) });
  for (const good of [text(262_144), mentions(0), mentions(1_000), fileOf({ size: "4294967296", chunks: 4_096 }), fileOf({ size: "1048576", chunks: 1 })]) read(good);
  for (const bad of [text(262_145), mentions(1_001), fileOf({ size: "4294967297", chunks: 4_097 }), fileOf({ chunks: 1.5 }), fileOf({ size: "0", chunks: 0 })]) {
    assert.throws(() => read(bad), refused("content"), bad.slice(0, 80));
  }
  assert.throws(() => read('{"type":"text","text":"\\ud800"}'), refused("content"));
});
