/** What a client remembers of opened envelopes (docs/protocol.md §9, *Replay*). */
import assert from "node:assert/strict";
import test from "node:test";
import { ReplayTable } from "../../../static/crypto/room/replay.js";

/** A header of sender and instance `who`, whose message is named by `message`. */
const header = (who, counter, { message = `${who} ${counter}`, stored = true } = {}) => ({ sender: who, instance: `i-${who}`, counter, stored, message });

test("the same envelope is dropped, and another one under its counter is an alarm", () => {
  const table = new ReplayTable();
  assert.equal(table.check(header("a", 0), "one", 5), "fresh");
  // Looking alone leaves no trace.
  assert.equal(table.check(header("a", 0), "two", 5), "fresh");
  assert.equal(table.record(header("a", 0), "one", 5), "shown");
  assert.equal(table.check(header("a", 0), "one", 6), "same_again");
  assert.equal(table.check(header("a", 0), "two", 6), "conflict");
  assert.equal(table.check(header("b", 0), "two", 6), "fresh");
  assert.equal(table.check(header("a", 0, { stored: false }), "two", 0), "fresh");
  // History that is read again is no repetition; what is not kept has no place of its own.
  assert.equal(table.check(header("a", 0), "one", 5), "fresh");
  assert.equal(table.record(header("a", 0), "one", 5), "shown");
  table.record(header("a", 1, { stored: false }), "three", 0);
  assert.equal(table.check(header("a", 1, { stored: false }), "three", 0), "same_again");
});

test("a retry in another envelope is not shown again, somebody else's message of that id is", () => {
  const table = new ReplayTable();
  assert.equal(table.record(header("a", 0, { message: "m" }), "one", 5), "shown");
  assert.equal(table.record(header("a", 1, { message: "m" }), "two", 6), "again");
  assert.equal(table.record(header("b", 0, { message: "m" }), "three", 7), "shown");
});

test("a hole is named, whatever the order in which envelopes come, until it is filled", () => {
  const table = new ReplayTable();
  for (const [counter, sequence] of [[9, 30], [8, 28], [5, 20]]) table.arrive(header("a", counter), sequence);
  table.arrive(header("a", 40, { stored: false }), 0);
  assert.deepEqual(table.holes([]), [{ sender: "a", first: 6, last: 7 }]);
  assert.equal(table.arrive(header("a", 6), 21), false);
  assert.deepEqual(table.holes([]), [{ sender: "a", first: 7, last: 7 }]);
  assert.equal(table.arrive(header("a", 7), 25), false);
  assert.equal(table.arrive(header("a", 11), 40), true);
  table.arrive(header("a", 10), 35);
  assert.deepEqual(table.holes([]), []);
});

test("what was erased between two is not missed, elsewhere or by others it is", () => {
  const table = new ReplayTable();
  for (const [counter, sequence] of [[1, 10], [3, 14]]) table.arrive(header("a", counter), sequence);
  assert.deepEqual(table.holes([{ sender: "a", sequence: 12 }]), []);
  for (const erased of [{ sender: "b", sequence: 12 }, { sender: "a", sequence: 9 }]) assert.equal(table.holes([erased]).length, 1);
});

test("what is held no more is not missed, and a repetition of it is still noticed", () => {
  for (const most of [100, 5]) {
    const table = new ReplayTable();
    for (let counter = 0; counter < 10; counter++) {
      table.arrive(header("a", counter), 10 + counter);
      table.record(header("a", counter), `hash ${counter}`, 10 + counter);
    }
    table.forgetBefore(16, most);
    assert.deepEqual(table.holes([]), []);
    // One that is brought again behind everything, and one that is read again where it stands.
    for (const counter of [0, 5, 6, 9]) {
      assert.equal(table.check(header("a", counter), `hash ${counter}`, 30), "same_again", `${most} ${counter}`);
      assert.equal(table.check(header("a", counter), `hash ${counter}`, 10 + counter), "fresh", `${most} ${counter}`);
    }
    assert.equal(table.check(header("a", 10), "hash 10", 20), "fresh");
  }
});
