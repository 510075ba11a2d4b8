import assert from "node:assert/strict";
import test from "node:test";
import { Keyholder } from "../../../static/sync/keyholder.js";
import { turns } from "./turns.js";

/** The page's end of a channel whose other end is held by the test. */
function held() {
  const posted = [];
  const listeners = {};
  const worker = { postMessage: (data) => posted.push(data), addEventListener: (type, listener) => (listeners[type] = listener), terminate() {} };
  return { holder: new Keyholder(worker), posted, say: (data) => listeners.message({ data }), fail: () => listeners.error({}) };
}

test("answers find their questions, in whatever order they come", async () => {
  const { holder, posted, say } = held();
  const first = holder.ask("warm", {});
  const second = holder.ask("conversations_end", {});
  assert.deepEqual(posted.map(({ id, ask }) => [id, ask]), [[1, "warm"], [2, "conversations_end"]]);
  say({ id: 2, ok: { second: true } });
  say({ id: 1, error: { code: "locked" } });
  assert.deepEqual(await second, { ok: { second: true } });
  assert.deepEqual(await first, { error: { code: "locked" } });
});

test("what the worker tells is passed on, and what it wants is asked and answered", async () => {
  const { holder, posted, say } = held();
  const told = [];
  const wanted = [];
  holder.onTell = (tell) => told.push(tell);
  holder.onWant = async (want) => (wanted.push(want), { ok: { head: "3" }, tail: new Uint8Array([7]) });
  say({ tell: "typing", room: "aa", account: "bb", on: true });
  say({ want: 0, command: "epochs.chain", fields: { room: "aa" }, tail: new Uint8Array() });
  await turns();
  assert.deepEqual(told, [{ tell: "typing", room: "aa", account: "bb", on: true }]);
  assert.deepEqual(wanted, [{ command: "epochs.chain", fields: { room: "aa" }, tail: new Uint8Array() }]);
  assert.deepEqual(posted, [{ want: 0, outcome: { ok: { head: "3" }, tail: new Uint8Array([7]) } }]);
});

test("a want is answered whatever becomes of it", async () => {
  const { holder, posted, say } = held();
  say({ want: 4, command: "rooms.mine", fields: {}, tail: new Uint8Array() });
  await turns();
  holder.onWant = async () => {
    throw new Error("broken");
  };
  say({ want: 5, command: "rooms.mine", fields: {}, tail: new Uint8Array() });
  await turns();
  assert.deepEqual(posted, [{ want: 4, outcome: { error: { code: "cut" } } }, { want: 5, outcome: { error: { code: "internal" } } }]);
});

test("frames are handed in; a broken worker gets none and answers nothing, which is said once", async () => {
  const { holder, posted, fail } = held();
  let broken = 0;
  holder.onBroken = () => (broken += 1);
  const frame = { kind: "event", header: { event: "room.added", room: "aa" }, tail: new Uint8Array([1]) };
  holder.hand(frame);
  assert.deepEqual(posted, [{ frame }]);
  const waiting = holder.ask("warm", {});
  fail();
  fail();
  holder.hand(frame);
  assert.deepEqual(await waiting, { error: { code: "no_worker" } });
  assert.deepEqual(await holder.ask("warm", {}), { error: { code: "no_worker" } });
  assert.deepEqual([posted.length, broken, holder.broken], [2, 1, true]);
});
