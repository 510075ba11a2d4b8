import assert from "node:assert/strict";
import test from "node:test";
import { Chores } from "../../../static/rooms/chores.js";
import { turns } from "./turns.js";

/** What is read of the keys of a room with so many members when it has caught up. */
async function readOf(count, fails = false) {
  const members = new Map(Array.from({ length: count }, (_, at) => [`account ${at}`, { fingerprint: "own" }]));
  const read = { known: [], fresh: [], pumped: 0 };
  const answer = async () => {
    if (fails) throw new Error("cut");
  };
  const keysets = {
    knownAll: (accounts) => read.known.push(...accounts) && answer(),
    fresh: (account) => read.fresh.push(account) && answer(),
  };
  const session = { account: "nobody", own: { head: { fingerprint: "own" } }, keysets, now: () => 0 };
  const later = { soon: () => {}, at: () => {} };
  const engine = { session, later, inRoom: () => () => {}, tell: () => {}, quietly: (task) => task };
  const conversation = { room: "room", keeper: { verified: { head: { record: { members } } } }, isDueAtOnce: false, isStateDue: false, nextDue: null, pump: () => (read.pumped += 1) };
  new Chores(engine).afterwards(conversation);
  await turns();
  return { known: read.known.length, fresh: read.fresh.length, pumped: read.pumped };
}

test("the keys of up to 256 members are read for their names, and those of up to 64 again", async () => {
  assert.deepEqual(await readOf(63), { known: 63, fresh: 63, pumped: 1 });
  assert.deepEqual(await readOf(64), { known: 64, fresh: 64, pumped: 1 });
  assert.deepEqual(await readOf(65), { known: 65, fresh: 0, pumped: 1 });
  assert.deepEqual(await readOf(256), { known: 256, fresh: 0, pumped: 1 });
  assert.deepEqual(await readOf(257), { known: 0, fresh: 0, pumped: 0 });
});

test("what halted goes also where keys could not be read", async () => {
  assert.deepEqual(await readOf(2, true), { known: 2, fresh: 2, pumped: 1 });
});
