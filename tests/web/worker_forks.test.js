/** What a user decided about another history of a room: it holds after every start, on every device, and for that history only. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeContent } from "../../static/crypto/room/content.js";
import { signCommit } from "../../static/crypto/room/draft.js";
import { signKeyRequest } from "../../static/crypto/room/key_request.js";
import { sealEnvelope } from "../../static/crypto/room/signed_envelope.js";
import { Memory } from "../../static/store/database.js";
import { COMMIT, SERVER, STORED, TIMEOUT, alarm, deliver, keysOf, member, pair, rows, send } from "./harness/liars.js";
/** @typedef {import("./harness/member.js").Member} Member */

test("a history that was decided against stops nothing after a reload, nor on another device, and a third one does", TIMEOUT, async () => {
  const database = new Memory();
  const { ada, bob, room, other, third } = await forked("1", { database });
  await decides(bob, room);
  await showsQuietly(bob, room, ada, other);
  bob.end();
  for (const kept of [database, new Memory()]) {
    const again = await member(bob.name, { database: kept }).signIn(SERVER);
    await again.until(() => again.conversation(room)?.state === "ready", "the room");
    await showsQuietly(again, room, ada, other);
    again.end();
  }
  const last = await member(bob.name, { database }).signIn(SERVER);
  await last.until(() => last.conversation(room)?.state === "ready", "the room");
  deliver(last, room, ada, third, COMMIT);
  await alarm(last, room, "fork");
  await decides(last, room);
  for (const commit of [other, third]) await showsQuietly(last, room, ada, commit);
});

test("what members wrote in another history, or under a commit that is held back, is decided about once", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("3");
  const { keys, head, channel, secret } = await keysOf(ada, room);
  let counter = 0;
  const under = (/** @type {typeof head} */ entry, sealed = secret) => {
    const of = { channel, sender: ada.account, stored: true, instance: "0b".repeat(16), sentAt: Date.now(), counter: counter++, message: "0b".repeat(16) };
    return sealEnvelope(keys, entry, sealed, of, encodeContent({ type: "text", text: "elsewhere" }));
  };
  const aside = await under({ ...head, hash: "aa".repeat(32) });
  const [ahead, later] = await Promise.all([1, 2].map(async () => {
    const { commit, secret: next } = await second(ada, room);
    return under({ ...head, ...commit }, next);
  }));
  const asked = { room, account: ada.account, commit: "bb".repeat(32), from: 1, to: 1, wrap: 1, madeAt: Date.now() };
  const request = (await signKeyRequest(keys, asked)).bytes;
  const shows = async (/** @type {Member} */ to) => {
    deliver(to, room, ada, aside, STORED);
    await to.until(() => rows(to, room).some(({ cause }) => cause === "other_history"), "the other history");
    deliver(to, room, ada, ahead, STORED);
    await to.until(() => rows(to, room).some(({ cause }) => cause === "commits_missing"), "what is held back");
    await to.engine.conversation(room).grants.requested(request);
  };
  await shows(bob);
  assert.deepEqual(alarms(bob, room), [["fork", 1], ["commit_withheld", 2], ["fork", null]]);
  await decides(bob, room);
  bob.end();
  const again = await member(bob.name).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  await shows(again);
  assert.deepEqual(alarms(again, room), []);
  deliver(again, room, ada, later, STORED);
  await alarm(again, room, "commit_withheld");
});

/** A group whose second member was shown another second commit than the one that it has, and a third such one. @param {string} test @param {Parameters<typeof member>[1]} [how] */
async function forked(test, how) {
  const { ada, bob, room } = await pair(test, how);
  const [other, third] = await Promise.all([1, 2].map(async () => (await second(ada, room)).commit.bytes));
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the newest epoch");
  deliver(bob, room, ada, other, COMMIT);
  await alarm(bob, room, "fork");
  await bob.until(() => bob.engine.conversation(room).keeper.isForked, "what the vault keeps");
  return { ada, bob, room, other, third };
}

/** What the room names, before anybody is told. @param {Member} of @param {string} room */
const alarms = (of, room) => of.engine.conversation(room).alarms.all.map(({ kind, n }) => [kind, n]);

/** A second commit of a room, with its secret, that the server never has. @param {Member} author @param {string} room */
async function second(author, room) {
  const { keys, keeper } = await keysOf(author, room);
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const draft = /** @type {const} */ ({ author: author.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret });
  const { commit } = await signCommit(keys, { room, history: keeper.verified.history }, draft, author.engine.session.keysets);
  return { commit, secret };
}

/** @param {Member} one @param {string} room */
async function decides(one, room) {
  for (const kind of new Set(one.engine.conversation(room).alarms.all.map((alarm) => alarm.kind))) await one.ask("conversation_decide", { room, kind });
  await one.until(() => one.conversation(room).state === "ready", "the decision");
}

/** Shown once more, it is named in its place and stops nothing. @param {Member} to @param {string} room @param {Member} sender @param {Uint8Array} commit */
async function showsQuietly(to, room, sender, commit) {
  const named = () => rows(to, room).filter(({ cause }) => cause === "other_history").length;
  const before = named();
  deliver(to, room, sender, commit, COMMIT);
  await to.until(() => named() > before, "the other history");
  assert.deepEqual(alarms(to, room), []);
  await send(to, room, `after ${before}`);
  await sender.shows(room, `after ${before}`);
}
