/** Away for a month, and out of a room twice: nothing is lost or doubled, and nothing is an alarm. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeList, parseList } from "../../static/crypto/record_list.js";
import { Memory } from "../../static/store/database.js";
import { SERVER, WorkerStage, rows, send } from "./harness/worker_stage.js";

/** @typedef {import("./harness/member.js").Member} Member */

const TIMEOUT = { timeout: 240_000 };
const EPOCHS = 24;
const EACH = 4;
const stage = new WorkerStage();

/** A server whose pages are short: more of them are read for the same. @param {number} commits @param {number} letters @returns {import("./harness/worker_stage.js").Lie} */
const shortPages = (commits, letters) => (command, fields, outcome) => {
  if (!("ok" in outcome)) return outcome;
  if (command === "epochs.chain") {
    const all = parseList(outcome.tail ?? new Uint8Array(), 4_096);
    return { ok: { ...outcome.ok, more: outcome.ok.more || all.length > commits }, tail: encodeList(all.slice(0, commits)) };
  }
  if (command !== "messages.fetch") return outcome;
  const all = parseList(outcome.tail ?? new Uint8Array(), 500);
  return { ...outcome, tail: encodeList("after" in fields ? all.slice(0, letters) : all.slice(-letters)) };
};

/** Reads a room back to its beginning. @param {Member} of @param {string} room */
async function readBack(of, room) {
  for (let before = null; ; ) {
    const { rows: page, more } = await of.ask("conversation_rows", { room, before, count: 40 });
    for (const row of page) of.rows.get(room)?.set(row.key, row);
    if (!more || page.length === 0) return;
    before = page[0].sequence;
  }
}

/** @param {Member} who @param {Member} by @param {string} room */
async function comeIn(who, by, room) {
  await by.ask("conversation_invite", { room, account: who.account });
  const { invitation } = await who.until(() => who.list.invitations.find((/** @type {any} */ each) => each.room === room), "the invitation");
  await who.ask("conversation_answer", { invitation, accept: true });
  await who.until(() => who.conversation(room)?.state === "ready", "the room");
}

test("who comes back after many epochs, two wrap keys and more than one page of everything reads all of it", TIMEOUT, async () => {
  const database = new Memory();
  const { ada, bob, room } = await stage.pair("a", { database });
  const carol = await stage.member("carol a").register(SERVER);
  await send(bob, room, "before");
  await ada.shows(room, "before");
  const { sequence } = await bob.until(() => rows(bob, room).find((row) => row.text === "before" && row.sequence > 0), "its place");
  await bob.ask("conversation_read", { room, sequence });
  bob.end();
  // On another device of the account the weekly key is made anew; nobody reads the room there.
  const phone = await stage.member(bob.name).signIn(SERVER);
  const said = [];
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    await ada.ask("conversation_rotate", { room });
    for (let at = 0; at < EACH; at += 1) {
      said.push(`${epoch} ${at}`);
      await send(ada, room, `${epoch} ${at}`);
    }
    if (epoch % 10 === 5) await phone.replaceWrap();
    if (epoch === 8) await comeIn(carol, ada, room);
    if (epoch === 16) await carol.ask("conversation_leave", { room });
  }
  await ada.until(() => ada.texts(room).length === said.length + 2 && rows(ada, room).every(({ send: state }) => !state), "that all went");
  phone.end();
  await ada.ask("conversation_rename", { room, name: "Plans of a month" });

  // The profile is that of a month ago: it knows the first root, the first epoch and its own mark.
  const again = await stage.member(bob.name, { database, lie: shortPages(7, 30) }).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  await readBack(again, room);
  assert.deepEqual(again.texts(room), ["first", "before", ...said]);
  assert.equal(rows(again, room).some(({ kind }) => kind === "unreadable"), false);
  assert.deepEqual(again.alarms(room), []);
  await again.until(() => again.conversation(room).unread === said.length && again.conversation(room).name === "Plans of a month", "what is unread, and the name");
  await again.comesTo(() => again.conversation(room).number, ada.conversation(room).number);
  await send(again, room, "back");
  await ada.shows(room, "back");
  assert.deepEqual(ada.alarms(room), []);

  // The same on the page that was open all the while.
  again.cut();
  for (let epoch = 0; epoch < 9; epoch += 1) {
    await ada.ask("conversation_rotate", { room });
    for (let at = 0; at < EACH; at += 1) await send(ada, room, `later ${epoch} ${at}`);
  }
  await ada.until(() => rows(ada, room).every(({ send: state }) => !state), "that all went");
  await again.resume();
  await again.shows(room, "later 8 3");
  await again.until(() => again.texts(room).length === ada.texts(room).length, "all of it");
  assert.deepEqual(again.texts(room), ada.texts(room));
  assert.deepEqual(again.alarms(room), []);
});

test("who was removed twice and is let in twice reads what was said while being in, and no more", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("r");
  for (const round of ["one", "two"]) {
    await ada.ask("conversation_remove", { room, account: bob.account, ban: false });
    await bob.until(() => bob.conversation(room) === undefined, "that bob is out");
    await send(ada, room, `without bob ${round}`);
    await ada.until(() => rows(ada, room).find(({ text }) => text === `without bob ${round}`)?.sequence > 0, "its place");
    bob.rows.clear();
    await comeIn(bob, ada, room);
    await send(bob, room, `bob is back ${round}`);
    await ada.shows(room, `bob is back ${round}`);
    await send(ada, room, `with bob ${round}`);
    await bob.shows(room, `with bob ${round}`);
  }
  await readBack(bob, room);
  assert.equal(bob.texts(room).some((text) => text.startsWith("without")), false);
  assert.deepEqual(bob.texts(room), ["first", "bob is back one", "with bob one", "bob is back two", "with bob two"]);
  assert.equal(rows(bob, room).filter(({ cause }) => cause === "before_joined").length, 2);
  for (const each of [ada, bob]) assert.deepEqual(each.alarms(room), []);
  await bob.ask("conversation_ask_keys", { room });
  const { request } = await ada.until(() => ada.conversation(room).keyRequests[0], "the request");
  await ada.ask("conversation_decide_keys", { room, request, grant: true });
  await bob.shows(room, "without bob one", "without bob two");
});
