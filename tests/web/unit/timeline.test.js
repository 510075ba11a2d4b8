import assert from "node:assert/strict";
import test from "node:test";
import { Timeline } from "../../../static/model/timeline.js";
import { rowsOf } from "../../../static/ui/row_plan.js";

const T0 = Date.UTC(2026, 10, 20, 12);
const from = (sequence, change = {}) => ({
  sequence,
  time: T0 + sequence * 1000,
  sender: "a",
  name: "Ada",
  message: `m${sequence}`,
  mine: false,
  text: `text ${sequence}`,
  clockOff: false,
  keysChanged: false,
  sentAt: T0,
  history: false,
  ...change,
});
const shown = (timeline) =>
  timeline.items.map((item) => (item.kind === "message" ? item.text : item.kind === "unreadable" ? `(${item.cause})` : `[${item.kind}]`));

test("deliveries stand in the order of their sequence, each once", () => {
  const timeline = new Timeline();
  for (const sequence of [1, 3, 2, 3, 1]) timeline.deliver(from(sequence));
  assert.deepEqual(shown(timeline), ["text 1", "text 2", "text 3"]);
  assert.equal(timeline.last, 3);
});

test("a message id is shown once per sender", () => {
  const timeline = new Timeline();
  assert.ok(timeline.deliver(from(1, { message: "x" })));
  assert.equal(timeline.deliver(from(2, { message: "x" })), null);
  assert.ok(timeline.deliver(from(3, { message: "x", sender: "b" })));
  assert.equal(timeline.items.length, 2);
});

test("an unreadable message is filled in place, under the same key", () => {
  const timeline = new Timeline();
  timeline.deliver(from(1));
  timeline.unreadable({ ...from(2), cause: "waiting_for_key" });
  timeline.deliver(from(3));
  const key = timeline.items[1].key;
  assert.deepEqual(shown(timeline), ["text 1", "(waiting_for_key)", "text 3"]);
  assert.ok(timeline.deliver(from(2)));
  assert.deepEqual(shown(timeline), ["text 1", "text 2", "text 3"]);
  assert.equal(timeline.items[1].key, key);
  assert.equal(timeline.unreadable({ ...from(2), cause: "not_opened" }), null, "a readable message does not become unreadable");
});

test("one's own message keeps its key from writing to delivery, whichever answer comes first", () => {
  for (const deliveryFirst of [false, true]) {
    const timeline = new Timeline();
    timeline.deliver(from(1));
    timeline.write({ sender: "me", name: "Me", message: "mine", text: "hello", time: T0 });
    const key = timeline.items[1].key;
    timeline.sending("mine", { state: "sending" });
    timeline.deliver(from(2));
    assert.deepEqual(shown(timeline), ["text 1", "text 2", "hello"], "what is unsent stands last");
    const delivery = from(3, { sender: "me", message: "mine", mine: true, text: "hello" });
    if (deliveryFirst) assert.equal(timeline.deliver(delivery), null);
    timeline.sending("mine", { state: "sent", sequence: 3 });
    if (!deliveryFirst) assert.equal(timeline.deliver(delivery), null);
    timeline.deliver(from(4));
    assert.deepEqual(shown(timeline), ["text 1", "text 2", "hello", "text 4"]);
    assert.equal(timeline.items[2].key, key);
    assert.equal(timeline.items[2].send, null);
  }
});

test("one's own message is recognised after signing in again under another member id", () => {
  const timeline = new Timeline();
  timeline.write({ sender: "old", name: "Me", message: "mine", text: "hello", time: T0 });
  assert.equal(timeline.deliver(from(1, { sender: "new", message: "mine", mine: true, text: "hello" })), null);
  assert.equal(timeline.items.length, 1);
});

test("a discarded message is gone; a delivered one cannot be discarded", () => {
  const timeline = new Timeline();
  timeline.write({ sender: "me", name: "Me", message: "x", text: "x", time: T0 });
  timeline.discard("x");
  assert.equal(timeline.items.length, 0);
  timeline.deliver(from(1, { message: "y", mine: true }));
  timeline.discard("y");
  assert.equal(timeline.items.length, 1);
});

test("a new run counts afresh after everything of the old one", () => {
  const timeline = new Timeline();
  for (const sequence of [1, 2, 3]) timeline.deliver(from(sequence));
  timeline.missed("restart", T0);
  timeline.beginRun();
  timeline.missed("restart", T0);
  timeline.deliver(from(1, { message: "n1", text: "new 1" }));
  assert.deepEqual(shown(timeline), ["text 1", "text 2", "text 3", "[missed]", "new 1"]);
  assert.equal(timeline.last, 1);
});

test("comings and goings in a row are one line", () => {
  const timeline = new Timeline();
  timeline.presence("joined", "Ada", T0);
  timeline.presence("joined", "Bo", T0 + 1);
  timeline.presence("left", "Ada", T0 + 2);
  timeline.deliver(from(1));
  timeline.presence("lost", "Bo", T0 + 3);
  assert.deepEqual(shown(timeline), ["[presence]", "text 1", "[presence]"]);
  const [first] = timeline.items;
  assert.deepEqual([first.joined, first.left, first.lost], [["Bo"], ["Ada"], []]);
});

test("the oldest items are let go, the unsent are not", () => {
  const timeline = new Timeline();
  timeline.write({ sender: "me", name: "Me", message: "mine", text: "unsent", time: T0 });
  for (let sequence = 1; sequence <= 5_100; sequence++) timeline.deliver(from(sequence));
  assert.equal(timeline.items.length, 5_000);
  assert.equal(timeline.items.at(-1).text, "unsent");
  for (let sequence = 6_000; sequence < 6_100; sequence++) timeline.deliver(from(sequence, { text: "x".repeat(262_144) }));
  const characters = timeline.items.reduce((sum, item) => sum + (item.text?.length ?? 0), 0);
  assert.ok(characters <= 16_000_000, String(characters));
});

test("rows are grouped by sender and broken by days, unread and lines", () => {
  const timeline = new Timeline();
  timeline.deliver(from(1));
  timeline.deliver(from(2));
  timeline.deliver(from(3, { sender: "b", name: "Bo" }));
  timeline.rotation("left", 2, T0 + 3_500);
  timeline.deliver(from(4, { sender: "b", name: "Bo" }));
  timeline.deliver(from(5, { sender: "b", name: "Bo", time: T0 + 86_400_000 }));
  const unread = timeline.items[1].key;
  const rows = rowsOf(timeline.items, 0, timeline.items.length, unread, new Set());
  assert.deepEqual(rows.map((row) => row.head), [true, true, true, true, true, true]);
  assert.deepEqual(rows.map((row) => row.day), [true, false, false, false, false, true]);
  assert.deepEqual(rows.map((row) => row.unread), [false, true, false, false, false, false]);
  assert.deepEqual(rows.map((row) => row.thread), ["solid", "solid", "solid", "broken", "solid", "solid"]);
  assert.equal(rowsOf(timeline.items, 0, 2, null, new Set())[1].head, false);
});

test("what was sent before one came in is one row", () => {
  const timeline = new Timeline();
  for (const sequence of [1, 2, 3]) timeline.unreadable({ ...from(sequence), cause: "before_you_joined" });
  timeline.unreadable({ ...from(4), cause: "waiting_for_key" });
  const rows = rowsOf(timeline.items, 0, 4, null, new Set());
  assert.deepEqual(rows.map((row) => [row.count, row.thread]), [[3, "quiet"], [1, "waiting"]]);
});
