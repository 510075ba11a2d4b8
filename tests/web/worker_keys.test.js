/** Secrets of epochs that come late, twice or beside each other: nothing that was delivered is lost, and nothing waits for good. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerStage, rows, send } from "./harness/worker_stage.js";

const TIMEOUT = { timeout: 180_000 };
const stage = new WorkerStage();

/** Something that is held back until it is let go. */
function gate() {
  let [reach, open] = [() => {}, () => {}];
  const reached = new Promise((resolve) => (reach = () => resolve(undefined)));
  const opened = new Promise((resolve) => (open = () => resolve(undefined)));
  return { reached, open, pass: () => (reach(), opened) };
}

/** @param {import("./harness/member.js").Member} of */
function wireOf(of) {
  assert.ok(of.wire);
  return of.wire;
}

test("a share that is delivered while the server is asked for it counts where it then says no", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("30");
  const held = /** @type {any[]} */ ([]);
  bob.hand = (frame) => held.push(frame);
  await ada.ask("conversation_rotate", { room });
  const { keeper, secrets } = bob.engine.conversation(room);
  const asked = gate();
  const wire = wireOf(bob);
  const call = wire.call.bind(wire);
  wire.call = async (command, fields, tail) => (command === "epochs.share" ? (await asked.pass(), { error: { code: "not_allowed" } }) : call(command, fields, tail));
  await keeper.catchUp();
  const looking = secrets.of(2);
  await asked.reached;
  const settled = new Promise((resolve) => (bob.engine.conversation(room).onNewEpoch = () => resolve(undefined)));
  const isCommit = (/** @type {any} */ { kind, flags }) => kind === "deliver" && (flags & 0b10) !== 0;
  const upTo = async () => {
    while (!held.some(isCommit)) await new Promise((resolve) => setImmediate(resolve));
  };
  await upTo();
  bob.hand = (frame) => bob.engine.frame(frame);
  for (const frame of held) bob.hand(frame);
  asked.open();
  await looking;
  await settled;
  assert.equal(secrets.missing(2), null);
  assert.notEqual(secrets.known(2), null);
  await send(ada, room, "second");
  await bob.shows(room, "first", "second");
});

test("an own commit waits for no vault, and what met it without its secret goes then", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("31");
  const wire = wireOf(ada);
  const call = wire.call.bind(wire);
  const vault = gate();
  wire.call = async (command, fields, tail) => {
    if (command === "vault.put") await vault.pass();
    return command === "epochs.share" ? { error: { code: "not_allowed" } } : call(command, fields, tail);
  };
  // Nothing but the commit's own answer is left to wake what waits.
  ada.hand = () => {};
  const { keeper } = ada.engine.conversation(room);
  const take = keeper.take.bind(keeper);
  const state = () => rows(ada, room).find(({ text }) => text === "second")?.send?.state;
  keeper.take = async (record) => {
    keeper.take = take;
    await take(record);
    const states = /** @type {string[]} */ ([]);
    const waits = ada.until(() => {
      states.push(state());
      return states.includes("sending") && states.at(-1) === "queued";
    }, "a letter that waits");
    await send(ada, room, "second");
    await waits;
  };
  await ada.ask("conversation_rotate", { room });
  await bob.shows(room, "second");
  vault.open();
});
