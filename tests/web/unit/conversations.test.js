import assert from "node:assert/strict";
import test from "node:test";
import { Conversations } from "../../../static/model/conversations.js";
import { Signal } from "../../../static/model/signals.js";
import { storage } from "./storage.js";
import { turns } from "./turns.js";

const id = (n) => n.toString(16).padStart(32, "0");
const [ME, ANN, BEN, ROOM, OTHER] = [1, 2, 3, 10, 11].map(id);
const person = (account, name) => ({ account, name, role: "member", fingerprint: "", keys: "seen", own: account === ME });
const channelOf = (channel, change = {}) => ({ channel, last: 0, read: 0, unread: 0, mentioned: 0, lastTime: 1, lastText: "", marks: [], ...change });
/** One whose main channel is called as the room. */
const conversation = (room, { read = 0, unread = 0, mentioned = 0, channels = [], ...change } = {}) => ({ room, channel: room, channels: [channelOf(room, { read, unread, mentioned }), ...channels], kind: "group", name: room, members: [person(ME, "Me"), person(ANN, "Ann")], role: "member", request: false, read, unread, lastTime: 1, lastText: "", state: "ready", alarms: [], keyRequests: [], marks: [], ...change });
const said = (sequence, account, change = {}) => ({ key: `k${sequence}`, sequence, time: sequence, kind: "message", message: `m${sequence}`, account, mine: account === ME, text: `${sequence}`, send: null, ...change });
const event = (name) => ({ kind: "event", header: { event: name }, tail: new Uint8Array([1]) });

/** A page whose worker and server answer as the test says; what was asked of them is noted. */
function scripted(t, { vault = new Map() } = {}) {
  const kept = storage(t);
  const asked = [];
  const handed = [];
  const called = [];
  /** @type {Record<string, (takes: any) => any>} */
  const worker = {};
  const server = { "presence.of": () => ({ ok: { online: [ANN] }, tail: new Uint8Array() }) };
  const holder = {
    onTell: () => {},
    onWant: async () => ({ error: { code: "cut" } }),
    onBroken: () => {},
    ask: async (ask, takes) => (asked.push({ ask, takes }), worker[ask]?.(takes) ?? { ok: {} }),
    hand: (frame) => handed.push(frame),
  };
  const listeners = new Map();
  const lobby = { name: "lobby" };
  const rooms = { current: new Signal(lobby), entered: new Signal([lobby]), show: (room) => (rooms.current.value = room) };
  const account = {
    phase: new Signal("ready"),
    account: new Signal(ME),
    name: new Signal("Me"),
    vault: new Signal(vault),
    on: (name, listener) => (listeners.set(name, listener), () => listeners.delete(name)),
    call: async (command, fields, tail) => (called.push({ command, fields, tail }), server[command]?.(fields) ?? { error: { code: "unavailable", message: "", retry_after_ms: 70 } }),
    change: async (name, change) => (account.vault.update((old) => new Map([...old, [`preference:${name.name}`, { name, number: 1, content: change(null) }]])), null),
  };
  const page = { account, rooms, proven: new Signal(1), unread: new Signal(0), connection: new Signal({ phase: "open" }), onFrame: () => {}, keyholder: async () => holder, publish: async () => ({ ok: { sequence: "12" } }) };
  const conversations = new Conversations(page);
  t.after(() => conversations.end());
  const begun = () => asked.filter(({ ask }) => ask === "conversations_begin").map(({ takes }) => takes);
  const tell = (list, invitations = []) => holder.onTell({ tell: "conversations", conversations: list, invitations });
  return { conversations, page, account, rooms, lobby, holder, worker, server, asked, handed, called, kept, listeners, begun, tell };
}

test("begins when the keys are proven, anew after each new connection, and ends at signing out", async (t) => {
  const { conversations, page, account, begun, asked, tell } = scripted(t);
  await turns();
  assert.deepEqual(begun(), [{ account: ME, name: "Me", marks: true }]);
  tell([conversation(ROOM, { unread: 2 }), conversation(OTHER, { unread: 1, lastTime: 5 })]);
  assert.deepEqual(conversations.list.peek().map(({ room }) => room), [OTHER, ROOM]);
  assert.equal(page.unread.peek(), 3);
  account.phase.value = "unproven";
  await turns();
  account.phase.value = "ready";
  await turns();
  assert.equal(begun().length, 1, "a proof that is only begun is none");
  page.proven.update((n) => n + 1);
  await turns();
  assert.equal(begun().length, 2);
  account.phase.value = "signed_out";
  await turns();
  assert.equal(asked.at(-1).ask, "conversations_end");
  assert.deepEqual([conversations.list.peek(), page.unread.peek()], [null, 0]);
  tell([conversation(ROOM)]);
  assert.equal(conversations.list.peek(), null, "what comes after the end is for nobody");
  account.phase.value = "ready";
  await turns();
  assert.equal(begun().length, 2, "an older proof is nobody's");
  page.proven.update((n) => n + 1);
  await turns();
  assert.equal(begun().length, 3);
});

test("marks are shown by the user's choice, and not before it is known", async (t) => {
  const { conversations, account, begun } = scripted(t, { vault: null });
  await turns();
  assert.deepEqual([begun(), conversations.marks], [[], null]);
  account.vault.value = new Map([["preference:marks", { name: {}, number: 1, content: { shown: false } }]]);
  await turns();
  assert.deepEqual(begun().map(({ marks }) => marks), [false]);
  await conversations.chooseMarks(true);
  await turns();
  assert.deepEqual([begun().map(({ marks }) => marks), conversations.marks], [[false, true], true]);
});

test("what asks for attention is counted by the level of each channel, and anew when another one is chosen", async (t) => {
  const { conversations, page, tell } = scripted(t);
  await turns();
  tell([conversation(ROOM, { unread: 3, mentioned: 1 }), conversation(OTHER, { unread: 1, channels: [channelOf(id(12), { unread: 1 })] })]);
  assert.equal(page.unread.peek(), 5);
  for (const [level, count] of [["mentions", 3], ["none", 2], ["all", 5]]) {
    await conversations.levels.choose(ROOM, level);
    await turns();
    assert.equal(page.unread.peek(), count, level);
  }
  await conversations.levels.choose(OTHER, "none");
  tell([conversation(ROOM, { unread: 1 }), conversation(OTHER, { unread: 7, mentioned: 7, channels: [channelOf(id(12), { unread: 1 })] })]);
  assert.equal(page.unread.peek(), 2);
});

test("what the worker wants is asked by the page's connection, and refusals keep their wait", async (t) => {
  const { holder, server, called } = scripted(t);
  await turns();
  server["rooms.mine"] = () => ({ ok: { rooms: [] }, tail: new Uint8Array([9]) });
  const tail = new Uint8Array([3]);
  assert.deepEqual(await holder.onWant({ command: "rooms.mine", fields: { after: "x" }, tail }), { ok: { rooms: [] }, tail: new Uint8Array([9]) });
  assert.deepEqual(called.at(-1), { command: "rooms.mine", fields: { after: "x" }, tail });
  assert.deepEqual(await holder.onWant({ command: "epochs.commit", fields: {}, tail }), { error: { code: "unavailable", retryAfterMs: 70 } });
  assert.deepEqual(await holder.onWant({ publish: { channel: ROOM, epoch: 4, stored: true, payload: tail } }), { ok: { sequence: "12" }, sequence: 12 });
});

test("deliveries and the events of rooms are handed in, others are not, and none after the end", async (t) => {
  const { page, account, handed } = scripted(t);
  await turns();
  const frames = [{ kind: "deliver" }, event("epoch.committed"), event("keys.changed"), event("presence.changed"), event("room.joined")];
  for (const frame of frames) page.onFrame(frame);
  assert.deepEqual(handed, frames.slice(0, 3));
  account.phase.value = "signed_out";
  await turns();
  page.onFrame(frames[0]);
  assert.equal(handed.length, 3);
});

test("a conversation and a proxy-sealed room are never on the screen at once", async (t) => {
  const { conversations, rooms, lobby, kept, tell } = scripted(t);
  await turns();
  tell([conversation(ROOM)]);
  conversations.show(ROOM);
  await turns();
  assert.deepEqual([conversations.current.peek(), rooms.current.peek(), kept.get("sealwire.conversation")], [ROOM, null, ROOM]);
  rooms.show(lobby);
  await turns();
  assert.deepEqual([conversations.current.peek(), kept.get("sealwire.conversation")], [null, undefined]);
  conversations.show(ROOM);
  tell([]);
  await turns();
  assert.deepEqual([conversations.current.peek(), rooms.current.peek()], [null, lobby], "one that is gone gives way");
});

test("a reload goes on where the reader was", async (t) => {
  const { conversations, kept, tell } = scripted(t);
  kept.set("sealwire.conversation", OTHER);
  await turns();
  tell([conversation(ROOM), conversation(OTHER)]);
  await turns();
  assert.equal(conversations.current.peek(), OTHER);
});

test("what is shown of a file is let go when its message is forgotten or deleted", async (t) => {
  const { conversations, holder, worker } = scripted(t);
  worker.conversation_file_preview = () => ({ ok: { kind: "none" } });
  await turns();
  for (const message of ["m1", "m2", "m3"]) await conversations.files.show({ room: ROOM, message, hash: "h" });
  holder.onTell({ tell: "rows", room: ROOM, channel: ROOM, rows: [{ key: `m ${ANN} m2`, sequence: 2, time: 2, kind: "erased" }], gone: [`m ${ANN} m1`] });
  assert.deepEqual([...conversations.files.views.peek().keys()], ["m3"]);
});

test("news are what others say now: no history, nothing of one's own, nothing twice", async (t) => {
  const { conversations, holder, worker, tell } = scripted(t);
  const news = [];
  conversations.onNews = ({ room }, rows) => news.push(`${room === ROOM} ${rows.map(({ text }) => text)}`);
  worker.conversation_rows = () => ({ ok: { rows: [said(1, ANN)], more: false } });
  await turns();
  const rows = (...told) => holder.onTell({ tell: "rows", room: ROOM, channel: ROOM, rows: told, gone: [] });
  tell([conversation(ROOM, { state: "catching_up" })]);
  await conversations.rows(ROOM).begin();
  rows(said(2, ANN));
  tell([conversation(ROOM)]);
  rows(said(3, ANN), said(4, ME));
  rows(said(3, ANN, { text: "edited" }));
  rows(said(5, BEN));
  assert.deepEqual(news, ["true 3", "true 5"]);
});

test("the read mark goes to the newest row, once, and stays back where somebody put it", async (t) => {
  const { conversations, worker, asked, tell } = scripted(t);
  const reads = () => asked.filter(({ ask }) => ask === "conversation_read").map(({ takes }) => takes.sequence);
  worker.conversation_rows = () => ({ ok: { rows: [said(1, ANN), said(2, ANN)], more: false } });
  await turns();
  tell([conversation(ROOM)]);
  await conversations.rows(ROOM).begin();
  conversations.read(ROOM);
  conversations.read(ROOM);
  tell([conversation(ROOM, { read: 2 })]);
  conversations.read(ROOM);
  await turns();
  assert.deepEqual(reads(), [2]);
  await conversations.markUnread(ROOM, 2);
  tell([conversation(ROOM, { read: 1, unread: 1 })]);
  conversations.read(ROOM);
  await turns();
  assert.deepEqual(reads(), [2, 1]);
  conversations.show(ROOM);
  conversations.read(ROOM);
  await turns();
  assert.deepEqual(reads(), [2, 1, 2]);
});

test("who is online is asked when members change, and follows what is told", async (t) => {
  const { conversations, called, listeners, tell } = scripted(t);
  const questions = () => called.filter(({ command }) => command === "presence.of").map(({ fields }) => fields.accounts);
  await turns();
  tell([conversation(ROOM)]);
  tell([conversation(ROOM, { unread: 1 })]);
  await turns();
  assert.deepEqual([questions(), [...conversations.online.peek()]], [[[ANN]], [ANN]]);
  tell([conversation(ROOM, { members: [person(ME, "Me"), person(ANN, "Ann"), person(BEN, "Ben")] })]);
  await turns();
  assert.deepEqual(questions()[1], [ANN, BEN]);
  listeners.get("presence.changed")({ account: BEN, online: true });
  listeners.get("presence.changed")({ account: ANN, online: false });
  assert.deepEqual([...conversations.online.peek()], [BEN]);
});

test("names stay known of who has left, and invitations are told once", async (t) => {
  const { conversations, tell } = scripted(t);
  const invited = [];
  conversations.onInvited = ({ invitation }) => invited.push(invitation);
  await turns();
  const invitation = { invitation: "i1", inviter: BEN, inviterName: "Ben" };
  tell([conversation(ROOM, { former: [{ account: OTHER, name: "Gone" }] })], [invitation]);
  tell([conversation(ROOM, { members: [person(ME, "Me")] })], [invitation]);
  assert.deepEqual([ANN, OTHER, BEN, ROOM].map((account) => conversations.nameOf(account)), ["Ann", "Gone", "Ben", ""]);
  assert.deepEqual(invited, ["i1"]);
});

test("what was begun is kept soon, and what was sent is begun no more at once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { conversations, asked, tell } = scripted(t);
  const kept = () => asked.filter(({ ask }) => ask === "conversation_draft").map(({ takes }) => takes.text);
  await turns();
  tell([conversation(ROOM)]);
  const draft = conversations.draft(ROOM);
  draft.text = "begun";
  conversations.drafting(ROOM);
  await turns();
  assert.deepEqual(kept(), []);
  draft.text = "";
  conversations.keepDraft(ROOM);
  await turns();
  assert.deepEqual(kept(), [""]);
  t.mock.timers.tick(10_000);
  await turns();
  assert.deepEqual(kept(), [""], "the timer of before is none any more");
  draft.text = "once more";
  conversations.drafting(ROOM);
  t.mock.timers.tick(10_000);
  await turns();
  assert.deepEqual(kept(), ["", "once more"]);
});

test("signing out keeps what was just begun, and a change of what was said would be lost", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { conversations, account, asked, tell } = scripted(t);
  await turns();
  tell([conversation(ROOM), conversation(OTHER)]);
  const changing = conversations.draft(OTHER);
  Object.assign(changing, { edit: said(1, ME, { text: "as it was" }), text: "as it was" });
  assert.equal(conversations.editing, false, "nothing was changed yet");
  changing.text = "as it is";
  assert.equal(conversations.editing, true);
  conversations.draft(ROOM).text = "begun";
  conversations.drafting(ROOM);
  account.phase.value = "signed_out";
  await turns();
  assert.deepEqual(asked.slice(-2), [{ ask: "conversation_draft", takes: { room: ROOM, channel: ROOM, text: "begun" } }, { ask: "conversations_end", takes: {} }]);
  assert.equal(conversations.editing, false);
});

test("an alarm that was put away stays away, and shows again where it is over and comes again", async (t) => {
  const { conversations, tell } = scripted(t);
  await turns();
  const alarm = { kind: "keys_alarm", account: ANN, n: null };
  const shown = (alarms) => {
    const here = conversation(ROOM, { alarms });
    tell([here, conversation(OTHER)]);
    return conversations.alarms(here);
  };
  assert.deepEqual(shown([alarm]), [alarm]);
  conversations.note(ROOM, [alarm]);
  assert.deepEqual([shown([alarm]), shown([alarm])], [[], []]);
  assert.deepEqual([shown([]), shown([alarm])], [[], [alarm]]);
});

test("without a worker there is a cause and no exception", async (t) => {
  const { conversations, page, holder } = scripted(t);
  await turns();
  page.keyholder = async () => {
    throw new Error("no network");
  };
  conversations.show(ROOM);
  holder.onBroken();
  assert.deepEqual([conversations.fault.peek(), conversations.current.peek(), page.rooms.current.peek().name], ["no_worker", null, "lobby"]);
});

test("a beginning that failed says why, and can be tried again", async (t) => {
  const { conversations, worker, begun, tell } = scripted(t);
  worker.conversations_begin = () => ({ error: { code: "unavailable" } });
  await turns();
  assert.equal(conversations.fault.peek(), "unavailable");
  delete worker.conversations_begin;
  conversations.again();
  await turns();
  tell([conversation(ROOM)]);
  assert.deepEqual([conversations.fault.peek(), begun().length, conversations.list.peek().length], [null, 2, 1]);
});

const SIDE = id(12);
const hall = (change = {}) => conversation(ROOM, { kind: "public", channels: [channelOf(SIDE, { read: 1, unread: 2, ...change })] });

test("a room is shown at the channel that was shown last, also after a reload, and at its main one where that is gone", async (t) => {
  const { conversations, kept, lobby, rooms, tell } = scripted(t);
  kept.set("sealwire.conversation", `${ROOM} ${SIDE}`);
  await turns();
  const shown = () => [conversations.current.peek(), conversations.channel.peek()];
  tell([conversation(ROOM, { state: "catching_up" })]);
  assert.deepEqual(shown(), [ROOM, null], "before it is read nobody knows its channels");
  tell([hall()]);
  assert.deepEqual(shown(), [ROOM, SIDE]);
  rooms.show(lobby);
  await turns();
  assert.deepEqual(shown(), [null, null]);
  conversations.show(ROOM);
  assert.deepEqual(shown(), [ROOM, SIDE]);
  conversations.show(ROOM, ROOM);
  assert.deepEqual([shown(), kept.get("sealwire.conversation")], [[ROOM, ROOM], ROOM]);
  conversations.show(ROOM, SIDE);
  tell([conversation(ROOM)]);
  assert.deepEqual(shown(), [ROOM, ROOM]);
});

test("rows, marks, drafts and typing of channels are apart", async (t) => {
  const { conversations, holder, worker, asked, tell } = scripted(t);
  worker.conversation_rows = ({ channel }) => ({ ok: { rows: [said(channel === SIDE ? 3 : 1, ANN)], more: false } });
  const news = [];
  conversations.onNews = (_, rows, channel) => news.push([channel, rows.map(({ text }) => text).join()]);
  await turns();
  tell([hall()]);
  assert.deepEqual([conversations.at(SIDE).read, conversations.at(SIDE).unread, conversations.at(ROOM).unread, conversations.at(OTHER)], [1, 2, 0, undefined]);
  for (const channel of [ROOM, SIDE]) await conversations.rows(channel).begin();
  holder.onTell({ tell: "rows", room: ROOM, channel: SIDE, rows: [said(4, ANN)], gone: [] });
  assert.deepEqual([conversations.rows(ROOM).newest, conversations.rows(SIDE).newest, news], [1, 4, [[SIDE, "4"]]]);
  conversations.read(SIDE);
  await conversations.send(SIDE, { type: "text", text: "hello" });
  conversations.draft(SIDE).text = "begun";
  conversations.keepDraft(SIDE);
  conversations.typing.own(SIDE, true);
  holder.onTell({ tell: "typing", room: ROOM, channel: SIDE, account: ANN, on: true });
  await turns();
  assert.deepEqual([conversations.draft(ROOM).text, conversations.typing.in(ROOM), conversations.typing.in(SIDE)], ["", [], [ANN]]);
  const of = (name) => asked.filter(({ ask }) => ask === name).map(({ takes: { room, channel } }) => [room, channel]);
  for (const name of ["conversation_read", "conversation_send", "conversation_draft", "conversation_typing"]) assert.deepEqual(of(name), [[ROOM, SIDE]], name);
  conversations.typing.clear();
});

test("what was begun before this page stands in its channel: a main one is named by its room", async (t) => {
  const { conversations, holder, tell } = scripted(t);
  await turns();
  holder.onTell({ tell: "drafts", drafts: [{ room: ROOM, text: "in the main one" }, { room: SIDE, text: "aside" }] });
  assert.equal(conversations.drafted, true);
  tell([hall()]);
  assert.deepEqual([conversations.draft(SIDE).text, conversations.draft(ROOM).text], ["aside", "in the main one"]);
});

test("a name that is known stays, where another room does not know it", async (t) => {
  const { conversations, tell } = scripted(t);
  await turns();
  tell([conversation(ROOM), conversation(OTHER, { members: [person(ME, "Me"), person(ANN, ""), person(BEN, "")] })]);
  assert.deepEqual([ANN, BEN].map((account) => conversations.nameOf(account)), ["Ann", ""]);
});
