/** A server that lies about the channels of a room, and what the worker makes of it. */
import assert from "node:assert/strict";
import test from "node:test";
import { SERVER, WorkerStage, alarm, rows } from "./harness/worker_stage.js";
import { hall, makesChannel, say, sees } from "./harness/halls.js";

const stage = new WorkerStage();

/** Two accounts in a room with another channel. @param {string} test @param {import("./harness/worker_stage.js").Lie} [lie] told to the second */
async function pair(test, lie) {
  const [ada, bob] = [stage.member(`ada ${test}`), stage.member(`bob ${test}`, { lie })];
  await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
  const { room, channel: main } = await hall(ada, [bob], { name: `Hall ${test}` });
  const side = await makesChannel(ada, room, "side", [bob]);
  await say(ada, room, side, "first");
  await sees(bob, room, side, "first");
  return { ada, bob, room, main, side };
}

test("a commit that is kept back from one channel is found out by what is sealed under it", async () => {
  const { ada, bob, room, side } = await pair("left out");
  const { hand } = bob;
  let left = 0;
  bob.hand = (frame) => {
    if (frame.kind !== "deliver" || frame.channel !== side || frame.sequence === 0) return hand(frame);
    if ((frame.flags & 0b10) === 0) return hand({ ...frame, sequence: frame.sequence - left });
    left += 1;
  };
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 3, "the commit in the main channel");
  assert.deepEqual(bob.alarms(room), []);
  await say(ada, room, side, "second");
  await sees(bob, room, side, "second");
  assert.equal((await alarm(bob, room, "commit_left_out")).channel, side);
});

test("commits in another order than they follow each other are found out", async () => {
  const { ada, bob, room, side } = await pair("order");
  const { hand } = bob;
  /** @type {any[]} */
  const held = [];
  bob.hand = (frame) => {
    if (frame.kind !== "deliver" || frame.channel !== side || (frame.flags & 0b10) === 0) return hand(frame);
    held.push(frame);
    if (held.length < 2) return;
    const [one, two] = held.splice(0);
    hand({ ...two, sequence: one.sequence });
    hand({ ...one, sequence: two.sequence });
  };
  await ada.ask("conversation_rotate", { room });
  await ada.ask("conversation_rotate", { room });
  assert.equal((await alarm(bob, room, "commit_order")).channel, side);
});

test("what was said in one channel is not shown in another one", async () => {
  const { ada, bob, room, main, side } = await pair("swapped");
  const { hand } = bob;
  const other = new Map([[main, side], [side, main]]);
  const newest = () => bob.engine.conversation(room).channel(main).deliveries.newest;
  bob.hand = (frame) => hand(frame.kind === "deliver" && frame.channel === side && frame.sequence > 0 ? { ...frame, channel: other.get(frame.channel), sequence: newest() + 1 } : frame);
  await say(ada, room, side, "for the side");
  await bob.until(() => rows(bob, room).some(({ kind, cause }) => kind === "unreadable" && cause === "not_opened"), "what does not open");
  assert.ok(!bob.texts(room).includes("for the side"));
});

test("a channel that the server keeps back is named, by what was followed before and by what its owners signed", async () => {
  const [ada, bob] = [stage.member("ada hides"), stage.member("bob hides")];
  await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
  const { room } = await hall(ada, [bob], { kind: "private", name: "Hall that hides" });
  const side = await makesChannel(ada, room, "side", [bob]);
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command !== "rooms.follow" || !("ok" in outcome)) return outcome;
    return { ...outcome, ok: { ...outcome.ok, channels: outcome.ok.channels.filter((/** @type {any} */ { channel }) => channel !== side) } };
  };
  const again = await stage.member(bob.name, { lie }).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  assert.equal((await alarm(again, room, "channel_withheld")).channel, side);
  assert.deepEqual(bob.alarms(room), []);
});

test("a channel of another room is not taken for one of this", async () => {
  /** @type {{ room: string, channel: string } | null} */
  let claim = null;
  const { ada, bob, room, side } = await pair("claims", (command, fields, outcome) => {
    if (command !== "rooms.follow" || claim === null || fields.room !== claim.room || !("ok" in outcome)) return outcome;
    return { ...outcome, ok: { ...outcome.ok, channels: [...outcome.ok.channels, { channel: claim.channel, run: "ab", sequence: "1" }] } };
  });
  const next = await hall(ada, [], { name: "Hall of claims" });
  claim = { room: next.room, channel: side };
  await bob.ask("conversation_join", { room: next.room });
  await bob.until(() => bob.conversation(next.room)?.state === "ready", "the other room");
  assert.deepEqual(bob.conversation(next.room).channels.map((/** @type {any} */ { channel }) => channel), [next.channel]);
  await say(ada, room, side, "second");
  await sees(bob, room, side, "second");
});
