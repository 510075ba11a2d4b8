/** What is missing in a room stays said until its user puts it away, whatever is held of it. */
import assert from "node:assert/strict";
import test from "node:test";
import { Alarms } from "../../../static/rooms/alarms.js";
import { Losses } from "../../../static/rooms/losses.js";

const erased = (sequence, sender, tombstone) => ({ kind: "erased", sequence, time: 1, sender, hash: `h${sequence}`, tombstone });

function room() {
  const rows = { items: [], get takenAway() { return this.items; } };
  const opening = { found: [], holes: () => opening.found, forgetBefore: () => (opening.found = opening.found.filter(({ last }) => last > 5)) };
  const deliveries = { toCome: 0, isToCome: (place) => place === deliveries.toCome };
  const alarms = new Alarms(() => {});
  const losses = new Losses(rows, deliveries, opening, alarms);
  const said = () => alarms.all.map(({ kind, account, n }) => `${kind} ${account} ${n}`).sort();
  return { rows, opening, deliveries, losses, said };
}

test("what was taken away or left out is said still when it is held no more, and the newest of each", () => {
  const { rows, opening, losses, said } = room();
  rows.items = [erased(10, "ada", 11), erased(20, "bob", 21)];
  opening.found = [{ sender: "ada", first: 3, last: 4 }, { sender: "bob", first: 6, last: 7 }];
  losses.look();
  const all = ["taken_away ada 10", "taken_away bob 20", "withheld ada 4", "withheld bob 7"];
  assert.deepEqual(said(), all);
  rows.items = rows.items.slice(1);
  losses.forgetBefore(15);
  losses.look();
  assert.deepEqual(said(), all);
  rows.items = [...rows.items, erased(30, "ada", 31)];
  losses.look();
  assert.deepEqual(said(), ["taken_away ada 30", "taken_away bob 20", "withheld ada 4", "withheld bob 7"]);
});

test("what is held still and is explained is said no more", () => {
  const { rows, opening, losses, said } = room();
  rows.items = [erased(20, "bob", 21)];
  opening.found = [{ sender: "bob", first: 6, last: 7 }];
  losses.look();
  losses.forgetBefore(15);
  rows.items = [];
  opening.found = [];
  losses.look();
  assert.deepEqual(said(), []);
});

test("a deletion that is to come is waited for", () => {
  const { rows, deliveries, losses, said } = room();
  rows.items = [erased(10, "ada", 11)];
  deliveries.toCome = 11;
  losses.look();
  assert.deepEqual([said(), losses.waits], [[], true]);
  deliveries.toCome = 12;
  losses.look();
  assert.deepEqual(said(), ["taken_away ada 10"]);
  rows.items = [];
  losses.look();
  assert.deepEqual([said(), losses.waits], [[], false]);
});
