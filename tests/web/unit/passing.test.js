/** What makes the engine look for memory that nobody needs (static/wire/passing.js). */
import assert from "node:assert/strict";
import test from "node:test";
import { hasPassed } from "../../../static/wire/passing.js";

const MIB = 1_048_576;

test("after every four mebibytes the engine has a reason to look, and none before", () => {
  const { ArrayBuffer: real } = globalThis;
  const made = /** @type {number[]} */ ([]);
  const counted = class extends real {
    /** @param {number} length */
    constructor(length) {
      super(0);
      made.push(length);
    }
  };
  globalThis.ArrayBuffer = /** @type {any} */ (counted);
  try {
    hasPassed(4 * MIB - 1);
    assert.deepEqual(made, []);
    hasPassed(1);
    assert.deepEqual(made, [64 * MIB]);
    for (let times = 0; times < 3; times++) hasPassed(MIB);
    assert.equal(made.length, 1);
    hasPassed(MIB + 1);
    assert.equal(made.length, 2);
  } finally {
    globalThis.ArrayBuffer = real;
  }
});
