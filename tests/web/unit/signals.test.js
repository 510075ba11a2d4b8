import assert from "node:assert/strict";
import test from "node:test";
import { Scope, Signal, untracked } from "../../../static/model/signals.js";

const turn = () => new Promise((resolve) => queueMicrotask(resolve));

test("an effect runs at once and once more after any number of changes", async () => {
  const a = new Signal(1);
  const b = new Signal(2);
  const seen = [];
  new Scope().effect(() => seen.push(a.value + b.value));
  a.value = 10;
  b.value = 20;
  assert.deepEqual(seen, [3]);
  await turn();
  assert.deepEqual(seen, [3, 30]);
});

test("setting the same value tells nobody", async () => {
  const a = new Signal("x");
  let runs = 0;
  new Scope().effect(() => {
    void a.value;
    runs += 1;
  });
  a.value = "x";
  await turn();
  assert.equal(runs, 1);
});

test("an effect depends on what it read last", async () => {
  const which = new Signal(true);
  const a = new Signal("a");
  const b = new Signal("b");
  const seen = [];
  new Scope().effect(() => seen.push(which.value ? a.value : b.value));
  which.value = false;
  await turn();
  a.value = "unread";
  await turn();
  assert.deepEqual(seen, ["a", "b"]);
});

test("a scope that ended hears nothing, nor do its children", async () => {
  const a = new Signal(0);
  const scope = new Scope();
  const seen = [];
  scope.child().effect(() => seen.push(a.value));
  a.value = 1;
  scope.end();
  await turn();
  assert.deepEqual(seen, [0]);
});

test("untracked reads do not subscribe", async () => {
  const a = new Signal(0);
  let runs = 0;
  new Scope().effect(() => {
    untracked(() => a.value);
    runs += 1;
  });
  a.value = 1;
  await turn();
  assert.equal(runs, 1);
});
