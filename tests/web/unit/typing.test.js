import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Typing } from "../../../static/model/typing.js";

test("who writes is shown until it is over, or was not said again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const typing = new Typing(() => {});
  typing.told("r", "a", true);
  typing.told("r", "b", true);
  assert.deepEqual([typing.in("r"), typing.in("other")], [["a", "b"], []]);
  mock.timers.tick(4_000);
  typing.told("r", "a", true);
  mock.timers.tick(2_000);
  assert.deepEqual(typing.in("r"), ["a"]);
  typing.told("r", "a", false);
  assert.deepEqual(typing.in("r"), []);
  const before = typing.version.peek();
  typing.told("r", "a", false);
  assert.equal(typing.version.peek(), before);
  mock.timers.reset();
});

test("that one writes is told at once, again after a while, and not once a key", () => {
  const told = [];
  const typing = new Typing((room, on) => told.push(`${room} ${on}`));
  typing.own("r", false, 0);
  for (const now of [0, 100, 3_999, 4_000, 4_001]) typing.own("r", true, now);
  assert.deepEqual(told, ["r true", "r true"]);
  typing.own("r", false, 5_000);
  typing.own("r", false, 5_001);
  assert.deepEqual(told.slice(2), ["r false"]);
});

test("a message that went out says itself that its writer is done", () => {
  const told = [];
  const typing = new Typing((room, on) => told.push(on));
  typing.own("r", true, 0);
  typing.sent("r");
  typing.own("r", false, 1);
  typing.own("r", true, 2);
  assert.deepEqual(told, [true, true]);
});
