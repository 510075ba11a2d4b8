import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { MARGIN, encodeQr, pathOf } from "../../../static/model/qr.js";
import { qrText } from "../../../static/crypto/numbers.js";

/** Codes of another encoder (segno 1.6, level M), each with its mask given; rows as hexadecimal, the first module highest. */
const { codes } = JSON.parse(readFileSync(new URL("qr.json", import.meta.url), "utf8"));
const rows = ({ size, dark }) => Array.from({ length: size }, (_, y) => BigInt(`0b${Array.from({ length: size }, (__, x) => Number(dark(x, y))).join("")}`).toString(16));

test("codes are those of another encoder, in every version, mask and mode", () => {
  for (const { text, version, mask, rows: expected } of codes) {
    const code = encodeQr(text, mask);
    assert.equal(code.size, version * 4 + 17, text);
    assert.deepEqual(rows(code), expected, `version ${version}, mask ${mask}`);
  }
  assert.deepEqual([...new Set(codes.map(({ version }) => version))], [5, 6, 7, 8, 9, 10, 11, 12, 13]);
  assert.deepEqual([...new Set(codes.map(({ mask }) => mask))].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("an account's text takes the smallest code there is", () => {
  const text = qrText({ account: "ab".repeat(16), fingerprint: "cd".repeat(32) });
  assert.equal(encodeQr(text).size, 37);
});

test("without a mask the one that cameras read best is taken", () => {
  const text = qrText({ account: "ab".repeat(16), fingerprint: "cd".repeat(32) });
  const masks = Array.from({ length: 8 }, (_, mask) => JSON.stringify(rows(encodeQr(text, mask))));
  assert.ok(masks.includes(JSON.stringify(rows(encodeQr(text)))));
});

test("a text at the limit fits, and one above it does not", () => {
  assert.equal(encodeQr("x".repeat(331)).size, 69);
  assert.equal(encodeQr("x".repeat(332)), null);
  assert.equal(encodeQr("A".repeat(122)).size, 37);
  assert.equal(encodeQr("A".repeat(123)).size, 41);
  assert.equal(encodeQr("ä".repeat(166)), null);
  assert.equal(encodeQr("").size, 37);
});

test("the path has every dark module and a light margin", () => {
  const code = encodeQr("SEALWIRE");
  const inPath = new Set();
  for (const [, x, y, width] of pathOf(code).matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let i = 0; i < Number(width); i++) inPath.add(`${Number(x) + i} ${y}`);
  }
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) assert.equal(inPath.has(`${x + MARGIN} ${y + MARGIN}`), code.dark(x, y));
  }
});
