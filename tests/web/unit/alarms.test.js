/** What needs an eye in a room: named once, and again where it happens again. */
import assert from "node:assert/strict";
import test from "node:test";
import { Alarms } from "../../../static/rooms/alarms.js";

test("an alarm about somebody is told once, anew where it happens again, and goes when it is settled", () => {
  let told = 0;
  const alarms = new Alarms(() => (told += 1));
  alarms.set("withheld", new Map([["ada", 6]]));
  alarms.set("withheld", new Map([["ada", 6]]));
  assert.deepEqual([told, alarms.all], [1, [{ kind: "withheld", account: "ada", n: 6 }]]);
  alarms.set("repeated", alarms.newest("repeated").set("bob", 4));
  alarms.set("repeated", alarms.newest("repeated").set("ada", 5));
  alarms.set("withheld", new Map([["ada", 9]]));
  assert.deepEqual(alarms.all.filter(({ kind }) => kind === "withheld"), [{ kind: "withheld", account: "ada", n: 9 }]);
  assert.deepEqual([...alarms.newest("repeated")], [["bob", 4], ["ada", 5]]);
  alarms.set("withheld", new Map());
  assert.equal(alarms.all.length, 2);
  assert.equal(alarms.stop, false);
});

test("two histories stop a room until its user decides, and other alarms beside them stay", () => {
  const alarms = new Alarms(() => {});
  for (const n of [3, 3, 4]) alarms.add("fork", null, n);
  assert.deepEqual([alarms.all.length, alarms.stop], [2, true]);
  alarms.add("rolled_back", null);
  alarms.add("rolled_back", null, 5);
  alarms.lift("fork");
  assert.deepEqual([alarms.all.map(({ kind, n }) => [kind, n]), alarms.stop], [[["rolled_back", null], ["rolled_back", 5]], true]);
  alarms.lift("rolled_back", (n) => n === null);
  assert.deepEqual(alarms.all.map(({ n }) => n), [5]);
  alarms.lift("rolled_back");
  assert.deepEqual([alarms.all, alarms.stop], [[], false]);
});
