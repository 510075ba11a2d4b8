/** Where which epoch was the newest in a channel (docs/protocol.md §14.10). */
import assert from "node:assert/strict";
import test from "node:test";
import { EpochPlaces } from "../../../static/rooms/epoch_places.js";

test("what stands behind a later epoch is found, in whatever order the places come", () => {
  const places = [[10, 1], [20, 3], [30, 2], [40, 3], [50, 5], [60, 4]];
  for (const order of [places, places.toReversed(), [places[3], places[0], places[5], places[1], places[4], places[2]]]) {
    const epochs = new EpochPlaces();
    for (const [sequence, epoch] of order) epochs.note(sequence, epoch);
    const behind = places.filter(([sequence, epoch]) => epochs.isBehind(sequence, epoch)).map(([sequence]) => sequence);
    assert.deepEqual(behind, [30, 60]);
  }
});

test("only what is later than all before it changes what stands behind", () => {
  const epochs = new EpochPlaces();
  const noted = [[20, 2], [20, 2], [30, 2], [30, 1], [10, 2], [40, 3], [15, 4]].map(([sequence, epoch]) => epochs.note(sequence, epoch));
  assert.deepEqual(noted, [true, false, false, false, true, true, true]);
  assert.deepEqual([epochs.isBehind(15, 3), epochs.isBehind(16, 3), epochs.isBehind(50, 4)], [false, true, false]);
  epochs.clear();
  assert.equal(epochs.isBehind(50, 1), false);
});
