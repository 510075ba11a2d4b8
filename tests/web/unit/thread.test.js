/** One thread as the page holds it. */
import assert from "node:assert/strict";
import test from "node:test";
import { Thread } from "../../../static/model/thread.js";

const row = (sequence, more = {}) => ({ key: `k${sequence}`, sequence, time: sequence, kind: "message", message: `m${sequence}`, hash: `h${sequence}`, thread: "h1", text: `t${sequence}`, ...more });
const first = row(1, { thread: "" });
const place = { room: "r1", channel: "c1" };
const keys = (thread) => thread.items.peek().map(({ key }) => key);

test("it holds its first message and answers, in their order, and takes what is told of them", async () => {
  const thread = new Thread(place, "h3", { text: "", reply: null, edit: null }, async () => ({ ok: { root: "h1", rows: [row(3), first] } }));
  const reading = thread.begin();
  thread.take([row(4), row(5, { thread: "h9" })], []);
  await reading;
  assert.deepEqual([thread.hash, keys(thread)], ["h1", ["k1", "k3", "k4"]]);
  thread.take([row(0, { key: "own", hash: "", time: 9 }), row(2)], []);
  assert.deepEqual(keys(thread), ["k1", "k2", "k3", "k4", "own"]);
  thread.take([row(6, { key: "own" })], ["k2"]);
  assert.deepEqual(keys(thread), ["k1", "k3", "k4", "own"]);
});

test("what is deleted stays in its place, and an answer goes to the first message as long as that is there", async () => {
  const thread = new Thread(place, "h1", { text: "", reply: null, edit: null }, async () => ({ ok: { root: "h1", rows: [first, row(2)] } }));
  await thread.begin();
  assert.equal(thread.answered.hash, "h1");
  thread.take([{ kind: "erased", key: "k1", sequence: 1, time: 1, hash: "h1" }, { kind: "erased", key: "k9", sequence: 9, time: 9, hash: "h9" }], []);
  assert.deepEqual([keys(thread), thread.answered.hash], [["k1", "k2"], "h2"]);
  thread.take([{ kind: "erased", key: "k2", sequence: 2, time: 2, hash: "h2" }], []);
  assert.deepEqual([keys(thread), thread.answered], [["k1", "k2"], null]);
});

test("what could not be read is named, and read again", async () => {
  let answer = { error: { code: "unavailable" } };
  const thread = new Thread(place, "h1", { text: "", reply: null, edit: null }, async () => answer);
  await thread.begin();
  assert.deepEqual([thread.loaded.peek(), thread.fault.peek()], [false, "unavailable"]);
  answer = { ok: { root: "h1", rows: [first] } };
  await thread.begin();
  assert.deepEqual([thread.loaded.peek(), thread.fault.peek(), keys(thread)], [true, null, ["k1"]]);
});
