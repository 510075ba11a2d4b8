/** Where commits stand in a channel, and what it shows when one is left out or they go back. */
import assert from "node:assert/strict";
import test from "node:test";
import { CommitPlaces } from "../../../static/rooms/commit_places.js";
import { EpochPlaces } from "../../../static/rooms/epoch_places.js";

/** A channel in which commits (n) and messages (epoch) stand; noted in the order that is given. */
function channel(noted) {
  const commits = new CommitPlaces();
  const epochs = new EpochPlaces();
  for (const { at, n, epoch } of noted) {
    if (n !== undefined) commits.note(at, n);
    epochs.note(at, n ?? epoch);
  }
  return { main: commits.leftOut(epochs.rises, true), other: commits.leftOut(epochs.rises, false), disorder: commits.disorder };
}

const commit = (at, n) => ({ at, n });
const message = (at, epoch) => ({ at, epoch });
const WELL = { main: null, other: null, disorder: null };

test("commits that stand before what is sealed under them are well, in whatever order pages come", () => {
  const all = [commit(1, 1), message(2, 1), commit(3, 2), commit(4, 3), message(5, 3)];
  assert.deepEqual([channel(all), channel(all.toReversed()), channel([])], [WELL, WELL, WELL]);
});

test("where reading begins, nothing shows what stood before it", () => {
  assert.deepEqual(channel([message(7, 4), message(8, 4), commit(9, 5), message(10, 5)]), WELL);
});

test("what is sealed under a commit that has no place before it shows that one was left out", () => {
  assert.deepEqual(channel([commit(1, 1), message(2, 1), message(3, 2)]), { main: 3, other: 3, disorder: null });
  assert.deepEqual(channel([commit(1, 1), message(2, 2), commit(3, 2)]), { main: 2, other: 2, disorder: null });
});

test("only a main channel has a place for every commit", () => {
  assert.deepEqual(channel([commit(1, 1), commit(2, 3), message(3, 3)]), { main: 2, other: null, disorder: null });
});

test("commits that stand twice or go back are named by their place", () => {
  assert.equal(channel([commit(1, 1), commit(2, 2), commit(3, 2)]).disorder, 3);
  assert.equal(channel([commit(1, 2), commit(2, 1)]).disorder, 2);
});

test("a commit that is read again at its place is the same one", () => {
  assert.deepEqual(channel([commit(1, 1), commit(2, 2), commit(2, 2), commit(1, 1)]), WELL);
});
