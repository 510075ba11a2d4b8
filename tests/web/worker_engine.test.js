/** What happens to the list of rooms while it is read, timed or gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused } from "../../static/keys/failure.js";
import { SERVER, WorkerStage, send } from "./harness/worker_stage.js";

const TIMEOUT = { timeout: 180_000 };
const stage = new WorkerStage();

test("a room that comes while the rooms are read stays", TIMEOUT, async () => {
  const ada = stage.member("ada 40");
  let meanwhile = async () => {};
  const lie = async (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command === "rooms.mine") await meanwhile();
    return outcome;
  };
  const bob = stage.member("bob 40", { lie: /** @type {any} */ (lie) });
  await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
  bob.cut();
  let room = "";
  meanwhile = async () => {
    meanwhile = async () => {};
    ({ room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "Plans", history: "from_joining" }));
    await bob.until(() => bob.conversation(room)?.state === "ready", "the room");
  };
  await bob.resume();
  assert.ok(bob.engine.conversations.has(room));
  await send(ada, room, "first");
  await bob.shows(room, "first");
});

test("what was to be done with a room that is gone is done with none that comes afterwards, and not twice", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("41");
  const { engine } = bob;
  const old = engine.conversation(room);
  const done = /** @type {string[]} */ ([]);
  const note = (/** @type {string} */ name) => engine.inRoom(room, (each) => void done.push(`${name} ${each === old ? "old" : "new"}`));
  engine.later.at(`test ${room}`, 1, note("forgotten"));
  engine.drop(room);
  note("nobody")();
  await engine.add(room, false);
  note("there")();
  await new Promise((resolve) => engine.later.at(`test ${room}`, 1, () => resolve(note("timed")())));
  assert.deepEqual(done, ["there new", "timed new"]);
  // What an old one is still busy with says nothing about the new one.
  old.catchUp = () => Promise.reject(new Refused("no_such_room"));
  await engine.catchUp(old);
  assert.ok(engine.conversations.has(room));
  await send(ada, room, "second");
  await bob.shows(room, "first", "second");
});

test("what was written for a room that is gone is told when it comes", TIMEOUT, async () => {
  const bob = await stage.member("bob 42").register(SERVER);
  await bob.until(() => bob.list.left?.length === 0, "the list");
  const message = "0d".repeat(16);
  await bob.engine.outbox.add({ message, room: "0e".repeat(16), at: 1_000, failed: null, content: { type: "text", text: "not sent" } });
  await bob.until(() => bob.list.left.length === 1, "what was not sent");
  await bob.comesTo(() => bob.list.left, [{ message, text: "not sent", at: 1_000 }]);
  // What has no text is shown nowhere, and waits for nobody.
  await bob.engine.outbox.add({ message: "0c".repeat(16), room: "0e".repeat(16), at: 1_000, failed: "archived", content: { type: "resource", resource: "0b".repeat(16), action: "added", title: "x" } });
  bob.cut();
  await bob.resume();
  await bob.until(() => bob.engine.outbox.outside(new Map()).length === 1, "what is shown");
  assert.equal(bob.engine.outbox.letter(message)?.message, message);
});

test("what another one committed meanwhile is not committed once more on top of it", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("44");
  const { wire } = bob;
  assert.ok(wire);
  const { keeper } = bob.engine.conversation(room);
  const call = wire.call.bind(wire);
  let isFirst = true;
  wire.call = async (command, fields, tail) => {
    if (command === "epochs.pending" && isFirst) {
      isFirst = false;
      await ada.ask("conversation_rotate", { room });
      await bob.until(() => keeper.verified.head.n === 2, "her commit");
    }
    return call(command, fields, tail);
  };
  await bob.ask("conversation_rotate", { room });
  assert.equal(keeper.verified.head.n, 2);
});

test("a fork that the vault did not take is put there under the next connection", TIMEOUT, async () => {
  const { bob, room } = await stage.pair("43");
  const { alarms, keeper } = bob.engine.conversation(room);
  assert.ok(bob.wire);
  const call = bob.wire.call.bind(bob.wire);
  bob.wire.call = async (command, fields, tail) => (command === "vault.put" ? { error: { code: "cut" } } : call(command, fields, tail));
  alarms.add("fork", null, 1);
  bob.cut();
  assert.equal(keeper.isForked, false);
  await bob.resume();
  await bob.until(() => keeper.isForked, "the fork in the vault");
});
