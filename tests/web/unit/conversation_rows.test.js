import assert from "node:assert/strict";
import test from "node:test";
import { ConversationRows } from "../../../static/model/conversation_rows.js";
import { turns } from "./turns.js";

const row = (sequence, text = `${sequence}`, more = {}) => ({ key: `k${sequence}`, sequence, time: 1_000 + sequence, kind: "message", message: `m${sequence}`, text, ...more });
const unsent = (key, time, more = {}) => ({ key, sequence: 0, time, kind: "message", message: key, text: key, ...more });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => row(from + i));
const texts = (rows) => rows.items.peek().map(({ text }) => text).join(" ");

/** Rows over a conversation of so many messages; each answer is given by hand. */
function scripted(last) {
  const asked = [];
  const rows = new ConversationRows((before, count) => new Promise((resolve) => asked.push({ before, count, resolve })));
  const answer = () => {
    const { before, count, resolve } = asked.pop();
    const end = before === null ? last : before - 1;
    const start = Math.max(1, end - count + 1);
    resolve({ ok: { rows: range(start, end), more: start > 1 } });
    return turns();
  };
  return { rows, asked, answer };
}

test("the newest are read once, and older ones page by page until there are none", async () => {
  const { rows, asked, answer } = scripted(250);
  void rows.begin();
  void rows.begin();
  assert.equal(asked.length, 1);
  await answer();
  assert.deepEqual([rows.items.peek().length, rows.loaded.peek(), rows.newest], [100, true, 250]);
  const more = [];
  for (const _ of [1, 2]) {
    const older = rows.older();
    await answer();
    more.push(await older);
  }
  assert.deepEqual(more, [true, false]);
  assert.deepEqual(rows.items.peek().map(({ sequence }) => sequence), range(1, 250).map(({ sequence }) => sequence));
  assert.equal(await rows.older(), false);
});

test("what could not be read says why, and is read by asking again", async () => {
  const { rows, asked, answer } = scripted(3);
  void rows.begin();
  asked.pop().resolve({ error: { code: "no_worker" } });
  await turns();
  assert.deepEqual([rows.fault.peek(), rows.loaded.peek()], ["no_worker", false]);
  void rows.begin();
  await answer();
  assert.deepEqual([rows.fault.peek(), texts(rows)], [null, "1 2 3"]);
});

test("rows that are told take their place; only what stands behind all others is fresh", async () => {
  const { rows, answer } = scripted(3);
  void rows.begin();
  await answer();
  assert.deepEqual(rows.take([row(5), row(4)], []).map(({ sequence }) => sequence), [5, 4]);
  assert.deepEqual(rows.take([row(2, "two, edited")], []), []);
  assert.equal(texts(rows), "1 two, edited 3 4 5");
  assert.deepEqual(rows.take([], ["k3"]), []);
  assert.equal(texts(rows), "1 two, edited 4 5");
});

test("what is not sent stands at the end in its order, and gets its place under the same key", async () => {
  const { rows, answer } = scripted(2);
  void rows.begin();
  await answer();
  assert.deepEqual(rows.take([unsent("b", 20), unsent("a", 10)], []), []);
  assert.equal(texts(rows), "1 2 a b");
  rows.take([row(4)], []);
  assert.equal(texts(rows), "1 2 4 a b");
  rows.take([{ ...unsent("a", 10), sequence: 3 }], []);
  assert.equal(texts(rows), "1 2 a 4 b");
  assert.equal(rows.message("b").key, "b");
});

test("what was told while a page was read is newer than the page", async () => {
  const { rows, answer } = scripted(2);
  void rows.begin();
  assert.deepEqual(rows.take([row(2, "two, edited"), row(3)], ["k1"]), []);
  await answer();
  assert.equal(texts(rows), "two, edited 3");
});

test("what is older than all that is here waits until somebody reads back", async () => {
  const { rows, answer } = scripted(150);
  void rows.begin();
  await answer();
  rows.take([row(20, "twenty, opened at last")], []);
  assert.equal(rows.items.peek().length, 100);
  const older = rows.older();
  // Told while that page is on its way: it says what the page does not know yet.
  rows.take([row(20, "twenty, edited")], []);
  await answer();
  await older;
  assert.equal(rows.items.peek()[19].text, "twenty, edited");
});

test("memory is bounded: the oldest are let go and can be read again", async () => {
  const { rows, asked, answer } = scripted(10);
  void rows.begin();
  await answer();
  rows.take(range(11, 3_100), []);
  assert.deepEqual([rows.items.peek().length, rows.items.peek()[0].sequence], [3_000, 101]);
  void rows.older();
  assert.equal(asked.pop().before, 101);
});

test("who asks while older rows are being read waits for them, and a fault leaves the rest to be read", async () => {
  let fails = false;
  let reads = 0;
  const rows = new ConversationRows(async (before) => {
    reads += 1;
    if (fails) return { error: { code: "timeout" } };
    return { ok: { rows: [row(before === null ? 9 : before - 1)], more: true } };
  });
  await rows.begin();
  assert.deepEqual(await Promise.all([rows.older(), rows.older()]), [true, true]);
  assert.equal(reads, 2);
  fails = true;
  assert.equal(await rows.older(), true);
  assert.equal(rows.fault.peek(), "timeout");
  fails = false;
  await rows.older();
  assert.deepEqual(rows.items.peek().map(({ sequence }) => sequence), [7, 8, 9]);
});
