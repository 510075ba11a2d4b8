/** What is said of messages, by the worker at a real chat-server: threads, pins, and who is mentioned. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVER, WorkerStage, rows, send } from "./harness/worker_stage.js";

const TIMEOUT = { timeout: 180_000 };
const stage = new WorkerStage();

/** @typedef {import("./harness/member.js").Member} Member */

/** A message as it was told. @param {Member} of @param {string} room @param {string} text */
const row = (of, room, text) => rows(of, room).find((each) => each.text === text);
/** Says something about a message. @param {Member} from @param {string} room @param {string} text @param {object} content */
const about = (from, room, text, content) => {
  const { message, hash } = row(from, room, text);
  return from.ask("conversation_send", { room, content: { message, hash, ...content } });
};
/** @param {Member} of @param {string} room */
const pins = (of, room) => of.conversation(room)?.pins.map((/** @type {any} */ { state, text }) => `${state} ${text}`.trim());

test("a thread is read by any of its messages, also where its first one is further back than what is here", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("said 1");
  await about(bob, room, "first", { type: "reply", text: "an answer" });
  await ada.shows(room, "an answer");
  await about(ada, room, "an answer", { type: "reply", text: "an answer to that" });
  await bob.until(() => row(bob, room, "first").answers === 2, "both answers");
  // So much came since that a new device reads the thread's beginning with a page of its own.
  for (let i = 0; i < 110; i++) await send(ada, room, `line ${i}`);
  await bob.shows(room, "line 109");
  await about(bob, room, "an answer to that", { type: "reply", text: "a late one" });
  await ada.shows(room, "a late one");

  const again = await stage.member(bob.name).signIn(SERVER);
  await again.shows(room, "a late one");
  assert.equal(row(again, room, "first"), undefined);
  const { root, rows: read } = await again.ask("conversation_thread", { room, hash: row(again, room, "a late one").hash });
  assert.equal(root, row(bob, room, "first").hash);
  assert.deepEqual(read.map((/** @type {any} */ { text, answers }) => `${text} ${answers}`), ["first 3", "an answer 0", "an answer to that 0", "a late one 0"]);
  assert.deepEqual(again.alarms(room), []);
});

test("owners and admins pin; everybody sees it, and that it was edited or deleted since", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("said 2");
  await send(bob, room, "second");
  await ada.shows(room, "second");
  for (const text of ["first", "second"]) {
    const { message, hash } = row(ada, room, text);
    await ada.ask("conversation_pin", { room, message, hash, on: true });
  }
  await bob.until(() => pins(bob, room).length === 2, "both pins");
  assert.deepEqual(pins(bob, room), ["here first", "here second"]);
  const { message, hash } = row(bob, room, "second");
  await assert.rejects(bob.ask("conversation_pin", { room, message, hash, on: false }), { code: "not_allowed" });
  await assert.rejects(ada.ask("conversation_pin", { room, message, hash: "00".repeat(32), on: true }), { code: "no_such_message" });
  await about(bob, room, "second", { type: "edit", text: "second thought", revision: 1 });
  await about(ada, room, "first", { type: "tombstone" });
  for (const each of [ada, bob]) await each.until(() => pins(each, room).join() === "erased,edited second thought", "what became of them");

  // Names of the room and pins are one record: neither takes the other along.
  await ada.ask("conversation_rename", { room, name: "Better plans" });
  await ada.ask("conversation_rotate", { room });
  const again = await stage.member(bob.name).signIn(SERVER);
  await again.until(() => again.conversation(room)?.name === "Better plans" && pins(again, room).join() === "erased,edited second thought", "the same on another device");
  await ada.ask("conversation_pin", { room, message, hash, on: false });
  await again.until(() => pins(again, room).join() === "erased", "one less");
});

test("only members are counted as mentioned, and a mention is counted apart from what is unread", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("said 3");
  const say = (/** @type {string} */ text, /** @type {string[]} */ ...mentions) => ada.ask("conversation_send", { room, content: { type: "text", text, mentions } });
  await say("you", bob.account, bob.account);
  await say("somebody else", "0f".repeat(16));
  await bob.shows(room, "somebody else");
  await bob.until(() => bob.conversation(room).unread === 3, "what is unread");
  const { unread, mentioned } = bob.conversation(room);
  assert.deepEqual([unread, mentioned, row(bob, room, "somebody else").mentions], [3, 1, []]);
  await bob.ask("conversation_read", { room, sequence: row(bob, room, "you").sequence });
  await bob.until(() => bob.conversation(room).mentioned === 0, "that it was read");
  await bob.comesTo(() => bob.conversation(room).unread, 1);
});
