/** Large bytes: given back, and handed over. */
import assert from "node:assert/strict";
import test from "node:test";
import { handedOver, letGo } from "../../../static/wire/bytes.js";

const LARGE = 65_536;

test("large bytes are given back where the engine can, small ones stay", () => {
  const gone = "transfer" in ArrayBuffer.prototype ? 0 : null;
  for (const [length, left] of [[LARGE - 1, LARGE - 1], [LARGE, gone ?? LARGE], [LARGE + 1, gone ?? LARGE + 1]]) {
    const bytes = new Uint8Array(length);
    letGo(bytes);
    assert.equal(bytes.length, left);
  }
});

test("the buffers of large bytes are handed over", () => {
  const large = new Uint8Array(LARGE);
  assert.deepEqual(handedOver(large), [large.buffer]);
  assert.deepEqual(handedOver(large.subarray(LARGE - 1)), [large.buffer]);
  assert.deepEqual([handedOver(new Uint8Array(LARGE - 1)), handedOver(undefined)], [[], []]);
});
