/** Conversations as the worker has them: accounts on their devices at a real chat-server, and no page. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Memory } from "../../static/store/database.js";
import { Member, Wire } from "./harness/member.js";
import { start } from "./harness/programs.js";

const TIMEOUT = { timeout: 180_000 };
const SERVER = "localhost";
/** @type {import("./harness/programs.js").Program} */
let chat;
let address = "";
const data = mkdtempSync(join(tmpdir(), "sealwire-worker-"));
/** @type {Member[]} */
let here = [];

before(async () => {
  chat = start("chat-server", ["--listen=127.0.0.1:0", `--data=${data}`, `--server-name=${SERVER}`, "--sign-ins=0"]);
  address = await chat.listening();
});
afterEach(() => {
  for (const member of here) member.end();
  here = [];
});
after(async () => {
  await chat.stop();
  rmSync(data, { recursive: true, force: true });
});

/** @param {string} name @param {import("../../static/store/database.js").Database} [database] */
function member(name, database) {
  const made = new Member(name, () => Wire.open(address), database);
  here.push(made);
  return made;
}

/** New accounts. @param {...string} names */
function registered(...names) {
  return Promise.all(names.map((name) => member(name).register(SERVER)));
}

const text = (/** @type {string} */ words) => ({ type: "text", text: words });
/** @param {Member} from @param {string} room @param {object} content */
const send = (from, room, content) => from.ask("conversation_send", { room, content });
/** @param {Member} of @param {string} room @returns {any[]} */
const rows = (of, room) => [...(of.rows.get(room)?.values() ?? [])].sort((a, b) => a.sequence - b.sequence);
/** @param {Member} of @param {string} room @param {string} words */
const row = (of, room, words) => rows(of, room).find((each) => each.text === words);
/** @param {Member} founder @param {Member[]} others @param {object} [more] */
const group = async (founder, others, more = {}) => {
  const takes = { kind: "group", accounts: others.map(({ account }) => account), name: "Plans", history: "from_joining", ...more };
  const { room } = await founder.ask("conversation_create", takes);
  for (const other of others) await other.until(() => other.conversation(room)?.state === "ready", "the group");
  return room;
};

test("two write to each other, edit, answer, react and delete", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada1", "bob1");
  const { room } = await ada.ask("conversation_create", { kind: "direct", accounts: [bob.account], name: "", history: "from_joining" });
  await send(ada, room, text("hello"));
  await bob.shows(room, "hello");
  await bob.until(() => bob.conversation(room)?.request === true, "a request");
  await send(bob, room, text("hi"));
  await ada.shows(room, "hello", "hi");
  await bob.until(() => !bob.conversation(room).request, "no request any more");
  const { message, hash } = row(bob, room, "hello");
  await send(bob, room, { type: "reaction", message, hash, emoji: "👍", on: true });
  await send(bob, room, { type: "reply", message, hash, text: "answer" });
  await send(ada, room, { type: "edit", message, hash, text: "hello again", revision: 1 });
  await bob.until(() => row(bob, room, "hello again")?.edited, "the edit");
  await ada.until(() => row(ada, room, "hello again")?.reactions.length === 1, "the reaction");
  await send(ada, room, { type: "edit", message, hash, text: "hello at last", revision: 1 });
  await bob.until(() => row(bob, room, "hello at last"), "the second edit");
  const answer = await ada.until(() => row(ada, room, "answer"), "the answer");
  assert.equal(answer.replyTo.text, "hello at last");
  await send(ada, room, { type: "tombstone", message, hash, reason: "a slip" });
  await bob.until(() => rows(bob, room).some(({ kind, reason }) => kind === "erased" && reason === "a slip"), "the deletion");
  // The same two have one direct conversation.
  assert.equal((await bob.ask("conversation_create", { kind: "direct", accounts: [ada.account], name: "", history: "from_joining" })).room, room);
  await ada.comesTo(() => ada.conversation(room).number, bob.conversation(room).number);
  for (const each of [ada, bob]) assert.deepEqual(each.alarms(room), []);
});

test("who is invited comes in with nobody else there, and reads from then on; older keys come when they are asked for", TIMEOUT, async () => {
  const [ada, bob, carol] = await registered("ada2", "bob2", "carol2");
  const room = await group(ada, [bob]);
  await send(ada, room, text("before"));
  await bob.shows(room, "before");
  await ada.ask("conversation_invite", { room, account: carol.account });
  const { invitation, name, inviterName } = await carol.until(() => carol.list.invitations[0], "the invitation");
  assert.deepEqual([name, inviterName], ["Plans", "ada2"]);
  ada.cut();
  bob.cut();
  await carol.ask("conversation_answer", { invitation, accept: true });
  await send(carol, room, text("after"));
  await carol.shows(room, "after");
  assert.equal(carol.texts(room).includes("before"), false);
  await ada.resume();
  await ada.shows(room, "before", "after");
  await carol.ask("conversation_rows", { room, before: null, count: 50 });
  const unread = rows(carol, room).filter(({ kind }) => kind === "unreadable");
  if (unread.length > 0) {
    assert.deepEqual(unread.map(({ cause }) => cause), ["before_joined"]);
    await carol.ask("conversation_ask_keys", { room });
    const asked = await ada.until(() => ada.conversation(room).keyRequests[0], "the request for keys");
    assert.equal(asked.account, carol.account);
    await ada.ask("conversation_decide_keys", { room, request: asked.request, grant: true });
    await carol.shows(room, "before", "after");
  }
  await carol.until(() => carol.conversation(room).name === "Plans", "the name");
});

test("what is written while the connection is cut goes once, in order, under the newest keys", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada3", "bob3");
  const room = await group(ada, [bob]);
  await send(bob, room, text("first"));
  await ada.shows(room, "first");
  bob.cut();
  await send(bob, room, text("second"));
  await send(bob, room, text("third"));
  await ada.ask("conversation_rotate", { room });
  await send(ada, room, text("meanwhile"));
  await bob.resume();
  await ada.shows(room, "first", "meanwhile", "second", "third");
  await bob.shows(room, "meanwhile", "third");
  await bob.until(() => row(bob, room, "third")?.send === null, "that it arrived");
  const sent = ada.texts(room);
  assert.deepEqual(sent.filter((each) => each !== "meanwhile"), ["first", "second", "third"]);
  assert.deepEqual(ada.alarms(room), []);
});

test("another device reads everything, and marks are in step", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada4", "bob4");
  const room = await group(ada, [bob]);
  // Who has not answered a stranger yet shows nothing of reading.
  await send(bob, room, text("here"));
  await ada.shows(room, "here");
  for (const words of ["one", "two", "three"]) await send(ada, room, text(words));
  await bob.shows(room, "three");
  await bob.until(() => bob.conversation(room).unread === 3, "three unread");
  await bob.ask("conversation_read", { room, sequence: row(bob, room, "two").sequence });
  await ada.until(() => ada.conversation(room).marks.some((/** @type {any} */ { account }) => account === bob.account), "the mark");
  const phone = await member("bob4").signIn(SERVER);
  // Before the room was read: whoever opens it now is not told that there is nothing.
  assert.equal((await phone.ask("conversation_rows", { room, before: null, count: 50 })).more, true);
  await phone.until(() => phone.conversation(room)?.state === "ready", "the room");
  await phone.ask("conversation_rows", { room, before: null, count: 50 });
  await phone.shows(room, "one", "two", "three");
  await phone.until(() => phone.conversation(room).unread === 1, "one unread");
  await phone.ask("conversation_read", { room, sequence: row(phone, room, "three").sequence });
  await bob.until(() => bob.conversation(room).unread === 0, "none unread");
  await bob.ask("conversation_read", { room, sequence: row(bob, room, "one").sequence });
  await phone.until(() => phone.conversation(room).unread === 2, "two unread");
});

test("roles, names, leaving and removing change the room for all, and who is out reads nothing that follows", TIMEOUT, async () => {
  const [ada, bob, carol, dora] = await registered("ada5", "bob5", "carol5", "dora5");
  const room = await group(ada, [bob, carol, dora]);
  await ada.ask("conversation_role", { room, account: bob.account, role: "admin" });
  await bob.until(() => bob.conversation(room).role === "admin", "the role");
  await bob.ask("conversation_rename", { room, name: "Other plans" });
  await carol.until(() => carol.conversation(room).name === "Other plans", "the name");
  await assert.rejects(carol.ask("conversation_rename", { room, name: "Mine" }), { code: "not_allowed" });
  await carol.ask("conversation_leave", { room });
  await ada.until(() => ada.conversation(room).members.length === 3, "that carol left");
  await bob.ask("conversation_remove", { room, account: dora.account, ban: true });
  await dora.until(() => dora.conversation(room) === undefined, "that dora is out");
  await ada.until(() => ada.conversation(room).members.length === 2, "that dora is out");
  await send(ada, room, text("between us"));
  await bob.shows(room, "between us");
  for (const out of [carol, dora]) assert.equal(out.texts(room).includes("between us"), false);
  const commits = () => rows(ada, room).filter(({ kind }) => kind === "commit");
  await ada.until(() => commits().some(({ left }) => left.includes(carol.account)) && commits().some(({ banned }) => banned.includes(dora.account)), "both commits");
});

test("both rotate and write at once: nothing is lost, doubled or out of its writer's order, and nothing is an alarm", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada6", "bob6");
  const room = await group(ada, [bob]);
  const numbers = [0, 1, 2, 3];
  await Promise.all(
    numbers.flatMap((number) => [
      ada.ask("conversation_rotate", { room }),
      bob.ask("conversation_rotate", { room }),
      send(ada, room, text(`ada ${number}`)),
      send(bob, room, text(`bob ${number}`)),
    ]),
  );
  const all = ["ada", "bob"].flatMap((name) => numbers.map((number) => `${name} ${number}`));
  for (const reader of [ada, bob]) {
    await reader.shows(room, ...all);
    await reader.until(() => rows(reader, room).every(({ send: state }) => state === null || state === undefined), "that all arrived");
    for (const name of ["ada", "bob"]) assert.deepEqual(reader.texts(room).filter((each) => each.startsWith(name)), numbers.map((number) => `${name} ${number}`));
    assert.deepEqual(reader.alarms(room), []);
  }
  const newest = () => Math.max(...[ada, bob].map((each) => each.engine.conversation(room).keeper.verified.head.n));
  const areThere = () => [ada, bob].every((each) => each.conversation(room).n === newest());
  for (const each of [ada, bob]) await each.until(areThere, "the newest epoch");
  assert.equal(ada.conversation(room).number, bob.conversation(room).number);
});

test("cuts at any moment lose nothing and double nothing, and what is unsent survives the end of the page", TIMEOUT, async () => {
  const database = new Memory();
  const [ada] = await registered("ada7");
  const bob = await member("bob7", database).register(SERVER);
  const room = await group(ada, [bob]);
  for (const number of [0, 1, 2, 3]) {
    await send(bob, room, text(`cut ${number}`));
    // At once, after the next frames, and once more: wherever the message is on its way.
    for (let turns = 0; turns < number; turns++) await new Promise((resolve) => setImmediate(resolve));
    bob.cut();
    await bob.resume();
  }
  bob.cut();
  await send(bob, room, text("kept"));
  bob.end();
  const again = await member("bob7", database).signIn(SERVER);
  const expected = ["cut 0", "cut 1", "cut 2", "cut 3", "kept"];
  await ada.shows(room, ...expected);
  await again.shows(room, "kept");
  assert.deepEqual(ada.texts(room), expected);
  assert.deepEqual(ada.alarms(room), []);
});

test("what is not kept goes under counters of its own, however much goes at once", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada20", "bob20");
  const room = await group(ada, [bob]);
  await send(ada, room, text("first"));
  await bob.shows(room, "first");
  await ada.until(() => ada.conversation(room)?.state === "ready", "the group");
  const here = ada.engine.conversation(room).main;
  await Promise.all([true, false, true].map((on) => here.typing(on)));
  // They may overtake each other, and what changes nothing is not told; a text comes behind all of them.
  await send(ada, room, text("second"));
  await bob.shows(room, "first", "second");
  assert.ok(bob.typing.length > 0);
  assert.deepEqual(bob.alarms(room), []);
});

test("a room that was gone and is there again is written to as before", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada21", "bob21");
  const room = await group(ada, [bob]);
  await send(ada, room, text("first"));
  await bob.shows(room, "first");
  ada.engine.drop(room);
  await ada.engine.add(room, false);
  await send(ada, room, text("second"));
  await bob.shows(room, "first", "second");
  assert.deepEqual(bob.alarms(room), []);
});

test("nothing goes to somebody who was verified and began anew, before the user has looked at the keys", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada22", "bob22");
  const { room } = await ada.ask("conversation_create", { kind: "direct", accounts: [bob.account], name: "", history: "from_joining" });
  const { vault } = ada.engine.session;
  const name = /** @type {const} */ ({ kind: "pin", account: bob.account });
  await vault.change(name, (pin) => ({ ...pin, verified: true }));
  await send(ada, room, text("first"));
  await bob.shows(room, "first");
  ada.cut();
  await bob.startFresh();
  await ada.resume();
  await send(ada, room, text("second"));
  await ada.until(() => ada.conversation(room).halted === bob.account, "the halt");
  const { deliveries } = ada.engine.conversation(room).main;
  await ada.until(() => row(ada, room, "second")?.send?.state === "queued", "what waits");
  assert.equal(deliveries.newest, row(ada, room, "first").sequence);
  await vault.change(name, (pin) => ({ ...pin, acknowledged: pin?.number }));
  ada.engine.vaultTouched();
  await ada.until(() => row(ada, room, "second")?.sequence > 0, "what went");
  await ada.until(() => ada.conversation(room).halted === null, "the end of the halt");
});

test("a secret that the vault did not take before a cut is put there under the next connection", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada23", "bob23");
  const room = await group(ada, [bob]);
  const wire = /** @type {Wire} */ (bob.wire);
  const call = wire.call.bind(wire);
  wire.call = async (command, fields, tail) => (command === "vault.put" ? { error: { code: "cut" } } : call(command, fields, tail));
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the rotation");
  bob.cut();
  await bob.resume();
  await bob.until(() => bob.conversation(room).state === "ready", "the room");
  const device = await member("bob23").signIn(SERVER);
  assert.notEqual(device.engine.session.vault.secret(room, 2), null);
});

test("an invitation by somebody whose keys differ from what was compared is not taken", TIMEOUT, async () => {
  const [ada, bob, carol] = await registered("ada24", "bob24", "carol24");
  const room = await group(ada, [bob]);
  await ada.ask("conversation_invite", { room, account: carol.account });
  const { invitation } = await carol.until(() => carol.list.invitations[0], "the invitation");
  await carol.engine.session.vault.change({ kind: "pin", account: ada.account }, (pin) => ({ ...pin, acknowledged: "0" }));
  await assert.rejects(carol.ask("conversation_answer", { invitation, accept: true }), { code: "keys_changed" });
});

test("while the newest page is on its way, nobody says that there is no more", TIMEOUT, async () => {
  const [ada, bob] = await registered("ada25", "bob25");
  const { room } = await ada.ask("conversation_create", { kind: "direct", accounts: [bob.account], name: "", history: "from_joining" });
  await send(ada, room, text("hello"));
  await bob.shows(room, "hello");
  let [ask, allow] = [() => {}, () => {}];
  const asked = new Promise((resolve) => (ask = () => resolve(undefined)));
  const allowed = new Promise((resolve) => (allow = () => resolve(undefined)));
  const device = new Member("bob25", async () => {
    const wire = await Wire.open(address);
    const call = wire.call.bind(wire);
    wire.call = async (command, fields, tail) => {
      if (command !== "messages.fetch") return call(command, fields, tail);
      ask();
      await allowed;
      return call(command, fields, tail);
    };
    return wire;
  });
  here.push(device);
  await device.signIn(SERVER);
  await asked;
  assert.deepEqual(await device.ask("conversation_rows", { room, before: null, count: 10 }), { rows: [], more: true });
  allow();
  await device.shows(room, "hello");
  await device.until(() => device.conversation(room)?.state === "ready", "the conversation");
  assert.equal((await device.ask("conversation_rows", { room, before: null, count: 10 })).more, false);
});
