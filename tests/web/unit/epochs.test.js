/** The versions of a room's key as its details list them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Scope, Signal } from "../../../static/model/signals.js";
import { page } from "./page_stub.js";

const PAGE = 20;
const effects = () => new Promise((resolve) => setImmediate(resolve));

/** The fold of a room with as many versions; an answer comes when it is let. @param {import("node:test").TestContext} t @param {number} n */
async function fold(t, n) {
  page(t);
  const { epochsFold } = await import("../../../static/ui/rooms/epochs.js");
  const list = new Signal([{ room: "r", n }]);
  const waiting = [];
  const ask = (_, { before }) => {
    const to = Math.min(list.peek()[0].n, (before ?? Infinity) - 1);
    const epochs = Array.from({ length: Math.min(PAGE, to) }, (_each, at) => ({ n: to - at, by: "ada", time: 0, reason: "age" }));
    return new Promise((resolve) => waiting.push(() => resolve({ ok: { epochs, more: to > PAGE } })));
  };
  const conversations = { list, ask, find: (room) => list.value.find((each) => each.room === room), nameOf: (account) => account };
  const scope = new Scope();
  t.after(() => scope.end());
  const element = epochsFold({ words: { say: (key) => key, date: String, error: String }, conversations }, scope, "r");
  const answer = async () => {
    for (const each of waiting.splice(0)) each();
    await effects();
  };
  const toggle = (open) => {
    element.open = open;
    element.fire("toggle");
  };
  const shown = () => element.querySelector("ol").children.map((each) => Number(each.getAttribute("value")));
  return { list, answer, toggle, shown, more: element.querySelector("[data-control=more-epochs]") };
}
const from = (high, low) => Array.from({ length: high - low + 1 }, (_, at) => high - at);

test("each version is listed once, however often more are asked for", async (t) => {
  const { answer, toggle, shown, more } = await fold(t, 50);
  toggle(true);
  await answer();
  assert.deepEqual(shown(), from(50, 31));
  more.fire("click");
  more.fire("click");
  await answer();
  assert.deepEqual(shown(), from(50, 11));
  more.fire("click");
  await answer();
  assert.deepEqual([shown(), more.hidden], [from(50, 1), true]);
});

test("a version that comes while older ones are read is listed with them", async (t) => {
  const { list, answer, toggle, shown, more } = await fold(t, 50);
  toggle(true);
  toggle(false);
  toggle(true);
  await answer();
  more.fire("click");
  list.value = [{ room: "r", n: 51 }];
  await effects();
  await answer();
  assert.deepEqual(shown(), from(51, 32));
});
