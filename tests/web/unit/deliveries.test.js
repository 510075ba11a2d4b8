/** What came in a channel: a bounded number of it is held, and older ones are read again where somebody reads back. */
import assert from "node:assert/strict";
import test from "node:test";
import { encodeList } from "../../../static/crypto/record_list.js";
import { Deliveries } from "../../../static/rooms/deliveries.js";
import { Rows } from "../../../static/rooms/rows.js";
import { fromHex, join, u64 } from "../../../static/wire/bytes.js";

const CHANNEL = "0a".repeat(16);
const SENDER = "0b".repeat(16);
const body = (sequence) => join(fromHex(CHANNEL, 16), u64(sequence), u64(1_000), 1, fromHex(SENDER, 16), 0, sequence & 255);
const frame = (sequence) => ({ kind: "deliver", channel: CHANNEL, sequence, time: 1_000, flags: 1, sender: SENDER, name: "", payload: new Uint8Array([1]) });

/** A channel in which `newest` messages are kept, but those before `first`. */
function channel(newest, most, { first = { value: 1 }, forgets = false } = {}) {
  const asked = [];
  const page = {
    call: async (_, { before, after, limit }) => {
      asked.push({ before, after });
      const all = Array.from({ length: newest.value }, (_, at) => at + 1).filter((sequence) => sequence >= first.value && (before === undefined || sequence < Number(before)) && (after === undefined || sequence > Number(after)));
      const some = after === undefined ? all.slice(-limit) : all.slice(0, limit);
      return { ok: { first: String(first.value > newest.value ? 0 : first.value), last: String(newest.value), more: false }, tail: encodeList(some.map(body)) };
    },
  };
  const rows = new Rows({ account: "ada", isMember: () => true, isOver: () => false });
  const opening = {
    open: async ({ frame: { sequence } }) => ({ kind: "content", sequence, time: 1, sender: SENDER, hash: `h${sequence}`, message: `m${sequence}`, epoch: 1, content: { type: "text", text: `text ${sequence}` }, clockOff: false, oldEpoch: false }),
    verify: async () => {},
    place: async () => {},
    forget: () => {},
    mayHaveForgotten: async () => forgets,
    forgotten: 0,
    looked: 0,
    beforeForgetting: () => (opening.looked = rows.items.length),
    forgetBefore: (place) => (opening.forgotten = place),
  };
  const deliveries = new Deliveries(page, CHANNEL, rows, opening, () => rows.changes(), most);
  const holes = [];
  deliveries.onHole = (sequence) => holes.push(sequence);
  return { deliveries, rows, opening, asked, holes };
}

test("a room where much is said holds the newest, and reads the older again", async () => {
  const newest = { value: 450 };
  const { deliveries, rows, opening, asked, holes } = channel(newest, 200);
  await deliveries.catchUp("run", 450);
  for (let sequence = 451; sequence <= 1_000; sequence++) {
    newest.value = sequence;
    await deliveries.take(frame(sequence), 1);
  }
  // After as many as may come in between: 100 were read, 500 came.
  assert.deepEqual([rows.items[0].sequence, rows.items.length, opening.looked], [751, 250, 600]);
  assert.deepEqual([opening.forgotten, deliveries.hasOlder, deliveries.newest], [751, true, 1_000]);
  await deliveries.older();
  assert.deepEqual(asked.at(-1), { before: "751", after: undefined });
  assert.deepEqual([rows.items[0].sequence, rows.items.length], [651, 350]);
  assert.deepEqual(holes, []);
});

test("pages that come after a cut count as what comes live", async () => {
  const newest = { value: 100 };
  const { deliveries, rows, opening, holes } = channel(newest, 200);
  await deliveries.catchUp("run", 100);
  for (const value of [350, 599]) {
    newest.value = value;
    await deliveries.catchUp("run", value);
  }
  assert.deepEqual([rows.items.length, opening.forgotten], [599, 0]);
  newest.value = 600;
  await deliveries.take(frame(600), 1);
  assert.deepEqual([rows.items.length, opening.forgotten], [200, 401]);
  newest.value = 1_200;
  await deliveries.catchUp("run", 1_200);
  assert.deepEqual([rows.items[0].sequence, rows.items.length, opening.forgotten], [901, 300, 901]);
  assert.deepEqual(holes, []);
});

test("a room that forgets begins behind what is gone, also where all of it is; one that does not has a hole there", async () => {
  for (const [gone, forgets, expected] of /** @type {const} */ ([[5, true, []], [5, false, [6]], [10, true, []], [10, false, [10]]])) {
    const first = { value: gone + 1 };
    const { deliveries, opening, holes } = channel({ value: 10 }, 200, { first, forgets });
    deliveries.onForgotten = (place) => (opening.forgotten = place);
    await deliveries.catchUp("run", 10);
    while (deliveries.hasOlder) await deliveries.older();
    assert.deepEqual([holes, opening.forgotten], [expected, forgets ? gone + 1 : 0], `${gone} ${forgets}`);
  }
});

test("who was away while a room forgot goes on behind that, and nothing is missing", async () => {
  const [newest, first] = [{ value: 3 }, { value: 1 }];
  const { deliveries, rows, holes } = channel(newest, 200, { first, forgets: true });
  const told = [];
  deliveries.onForgotten = (place) => told.push(place);
  await deliveries.catchUp("run", 3);
  [newest.value, first.value] = [9, 7];
  await deliveries.catchUp("run", 9);
  assert.deepEqual([holes, told, deliveries.newest], [[], [7], 9]);
  assert.deepEqual(rows.items.map(({ sequence }) => sequence), [1, 2, 3, 7, 8, 9]);
  [newest.value, first.value] = [12, 13];
  await deliveries.catchUp("run", 12);
  assert.deepEqual([holes, told, deliveries.newest], [[], [7, 13], 12]);
  newest.value = 13;
  await deliveries.take(frame(13), 1);
  assert.deepEqual([holes, deliveries.newest], [[], 13]);
});
