/**
 * Every cause for which something cannot be read: it is brought about at a real server, it is told, and its next step is taken. Then
 * the message is there, or it stays closed for good, and its sender sends it again.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CAUSES, mayChange } from "../../static/crypto/room/causes.js";
import { encodeList, parseList } from "../../static/crypto/record_list.js";
import { signGrant } from "../../static/crypto/room/grant.js";
import { parseKeyRequest } from "../../static/crypto/room/key_request.js";
import { fromHex, join, u64 } from "../../static/wire/bytes.js";
import { decodeFrame } from "../../static/wire/frame.js";
import { COMMIT, SERVER, STORED, WorkerStage, alarm, deliver, keysOf, otherCommit, rows, sealed, send } from "./harness/worker_stage.js";

/** @typedef {import("./harness/member.js").Member} Member */
/** @typedef {keyof typeof CAUSES} Cause */

const TIMEOUT = { timeout: 180_000 };
const stage = new WorkerStage();
/** @type {Set<string>} */
const walked = new Set();

/** @param {Cause[]} causes @param {string} what @param {() => Promise<void>} run */
function walk(causes, what, run) {
  test(`${causes.join(", ")}: ${what}`, TIMEOUT, async () => {
    await run();
    for (const cause of causes) walked.add(cause);
  });
}

after(() => assert.deepEqual([...walked].sort(), Object.keys(CAUSES).sort(), "a test walks every cause"));

/** Waits until so many rows are closed for a cause. @param {Member} of @param {string} room @param {Cause} cause @param {number} [count] */
const closed = (of, room, cause, count = 1) => of.until(() => rows(of, room).filter((row) => row.kind === "unreadable" && row.cause === cause).length === count, `${count} that is ${cause}`);
/** @param {Member} of @param {string} room */
const noneClosed = (of, room) => of.until(() => !rows(of, room).some(({ kind }) => kind === "unreadable"), "that nothing is closed");
/** @param {Member} of @param {string} room */
const page = (of, room) => of.ask("conversation_rows", { room, before: null, count: 50 });

/** What stays closed stays so, and is sent again. @param {Member} from @param {Member} to @param {string} room @param {Cause} cause */
async function sentAgain(from, to, room, cause) {
  assert.equal(mayChange(cause), false);
  await to.engine.conversation(room).retry();
  await closed(to, room, cause);
  await send(from, room, "sent again");
  await to.shows(room, "sent again");
}

/** What is done after a while is done at once. @param {Member} member */
function hurry({ engine }) {
  const later = engine.later.at.bind(engine.later);
  engine.later.at = (name, ms, task) => later(name, Math.min(ms, 200), task);
}

/** Somebody is invited and comes in. @param {Member} by @param {Member} who @param {string} room */
async function comeIn(by, who, room) {
  await by.ask("conversation_invite", { room, account: who.account });
  const { invitation } = await who.until(() => who.list.invitations.find((/** @type {any} */ each) => each.room === room), "the invitation");
  await who.ask("conversation_answer", { invitation, accept: true });
  await who.until(() => who.conversation(room)?.state === "ready", "the room");
}

walk(["waiting_for_key"], "who has the key hands it over when they come back", async () => {
  let bad = true;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command !== "epochs.share" || !bad || !("ok" in outcome)) return outcome;
    const tail = outcome.tail.slice();
    tail[100] ^= 1;
    return { ...outcome, tail };
  };
  const [ada, bob] = [stage.member("ada w"), stage.member("bob w", { lie })];
  await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
  bob.cut();
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "", history: "from_joining" });
  await send(ada, room, "sealed");
  await ada.until(() => rows(ada, room).find(({ text }) => text === "sealed")?.sequence > 0, "its place");
  ada.cut();
  await bob.resume();
  await closed(bob, room, "waiting_for_key");
  await bob.until(() => bob.conversation(room)?.state === "waiting_for_key", "that it is told");
  bad = false;
  await ada.resume();
  await bob.shows(room, "sealed");
  await noneClosed(bob, room);
});

walk(["before_joined", "keys_refused"], "an owner decides, and decides otherwise", async () => {
  const { ada, bob, room } = await stage.pair("b");
  const carol = await stage.member("carol b").register(SERVER);
  await comeIn(bob, carol, room);
  await page(carol, room);
  await closed(carol, room, "before_joined");
  const asks = async () => {
    await carol.ask("conversation_ask_keys", { room });
    return (await ada.until(() => ada.conversation(room).keyRequests[0], "the request")).request;
  };
  await ada.ask("conversation_decide_keys", { room, request: await asks(), grant: false });
  await closed(carol, room, "keys_refused");
  await ada.until(() => ada.conversation(room).keyRequests.length === 0, "that it is decided");
  // Who asked may be away while it is decided.
  const request = await asks();
  carol.cut();
  await ada.ask("conversation_decide_keys", { room, request, grant: true });
  await carol.resume();
  await carol.shows(room, "first");
  await noneClosed(carol, room);
});

test("keys of a member that do not fit are named, not taken, and asked for again", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("g");
  const carol = await stage.member("carol g").register(SERVER);
  await comeIn(bob, carol, room);
  await page(carol, room);
  await closed(carol, room, "before_joined");
  /** @type {Uint8Array[]} */
  const asked = [];
  ada.hand = (frame) => void (frame.header?.event === "epoch.keys_requested" ? asked.push(frame.tail) : ada.engine.frame(frame));
  await carol.ask("conversation_ask_keys", { room });
  await send(carol, room, "asked");
  await ada.shows(room, "asked");
  const { keys, keeper } = await keysOf(ada, room);
  const { keysets, wrapKeys } = ada.engine.session;
  const wrapKey = (await wrapKeys.newest([carol.account])).get(carol.account);
  assert.ok(wrapKey);
  const of = { request: await parseKeyRequest(asked[0]), granter: ada.account, madeAt: Date.now(), wrapKey, secrets: [{ n: 1, secret: crypto.getRandomValues(new Uint8Array(32)) }] };
  await ada.wire?.call("epochs.grant", {}, await signGrant(keys, keeper.verified, keysets, of));
  assert.equal((await alarm(carol, room, "false_keys")).account, ada.account);
  await closed(carol, room, "waiting_for_key");
  ada.hand = (frame) => ada.engine.frame(frame);
  await carol.ask("conversation_ask_keys", { room });
  const { request } = await ada.until(() => ada.conversation(room).keyRequests[0], "the request");
  await ada.ask("conversation_decide_keys", { room, request, grant: true });
  await carol.shows(room, "first");
});

walk(["keys_reset"], "a member lets who began anew in again, and what was before can be asked for", async () => {
  const { ada, bob, room } = await stage.pair("r");
  const { room: direct } = await ada.ask("conversation_create", { kind: "direct", accounts: [bob.account], name: "", history: "from_joining" });
  await send(ada, direct, "between us");
  await bob.shows(direct, "between us");
  await bob.startFresh();
  await bob.until(() => bob.conversation(room).state === "keys_reset", "that the keys are others");
  // What this page still remembers, the next one does not.
  bob.engine.end();
  bob.rows.clear();
  await bob.ask("conversations_begin", { account: bob.account, name: bob.name, marks: true });
  for (const each of [room, direct]) {
    await bob.until(() => bob.conversation(each)?.state === "keys_reset", "that the keys are others");
    await page(bob, each);
    await closed(bob, each, "keys_reset");
  }
  await assert.rejects(bob.ask("conversation_leave", { room }), { code: "keys_reset" });
  // Of friends the server tells it; of others it shows with the next connection.
  ada.cut();
  await ada.resume();
  await ada.until(() => ada.conversation(room).members.find((/** @type {any} */ { account }) => account === bob.account)?.anew, "that bob is to be let in anew");
  await ada.engine.session.vault.change({ kind: "pin", account: bob.account }, (pin) => ({ ...pin, acknowledged: pin?.number }));
  await comeIn(ada, bob, room);
  await send(ada, room, "after");
  await bob.shows(room, "after");
  await closed(bob, room, "before_joined");
  await bob.ask("conversation_ask_keys", { room });
  const { request } = await ada.until(() => ada.conversation(room).keyRequests[0], "the request");
  await ada.ask("conversation_decide_keys", { room, request, grant: true });
  await bob.shows(room, "first", "after");
  await noneClosed(bob, room);
  // A direct one has ended with its keys: the two begin another one.
  const { room: next } = await bob.ask("conversation_create", { kind: "direct", accounts: [ada.account], name: "", history: "from_joining" });
  assert.notEqual(next, direct);
  await ada.until(() => ada.conversation(next)?.state === "ready", "the next one");
  await send(ada, next, "sent again");
  await bob.shows(next, "sent again");
  assert.equal((await ada.ask("conversation_create", { kind: "direct", accounts: [bob.account], name: "", history: "from_joining" })).room, next);
});

walk(["sender_unknown", "keys_alarm"], "what the server shows at last is read by itself", async () => {
  const { ada, bob, room } = await stage.pair("k");
  bob.end();
  const carol = await stage.member("carol k").register(SERVER);
  const foreign = await carol.wire?.call("keys.chain", { account: carol.account });
  /** @type {any} */
  let instead = { error: { code: "internal" } };
  const lie = (/** @type {string} */ command, /** @type {any} */ fields, /** @type {any} */ outcome) => (command === "keys.chain" && fields.account === ada.account ? (instead ?? outcome) : outcome);
  const again = stage.member(bob.name, { lie });
  hurry(again);
  await again.signIn(SERVER);
  await page(again, room);
  await closed(again, room, "sender_unknown");
  instead = foreign;
  again.engine.session.keysets.age();
  await closed(again, room, "keys_alarm");
  assert.equal((await alarm(again, room, "keys_alarm")).account, ada.account);
  await again.comesTo(() => again.conversation(room).members.find((/** @type {any} */ { account }) => account === ada.account).keys, "alarm");
  instead = null;
  await again.shows(room, "first");
  await noneClosed(again, room);
  await again.until(() => again.conversation(room).alarms.length === 0, "that the alarm is over");
});

walk(["commits_missing"], "a commit that is held back is named, stops the room, and is taken when it comes", async () => {
  let hides = false;
  const lie = (/** @type {string} */ command, /** @type {any} */ fields, /** @type {any} */ outcome) => {
    if (!hides || !("ok" in outcome)) return outcome;
    if (command === "epochs.chain") return { ok: { head: fields.after ?? "1", more: false }, tail: new Uint8Array() };
    if (command !== "messages.fetch") return outcome;
    return { ...outcome, tail: encodeList(parseList(outcome.tail, 500).filter((body) => /** @type {any} */ (decodeFrame(join(5, body))).flags !== COMMIT)) };
  };
  const { ada, bob, room } = await stage.pair("c", { lie });
  hurry(bob);
  hides = true;
  bob.hand = (frame) => {
    if (!hides || (frame.flags !== COMMIT && frame.header?.event !== "epoch.committed")) bob.engine.frame(frame);
  };
  await ada.ask("conversation_rotate", { room });
  await send(ada, room, "under the next key");
  await closed(bob, room, "commits_missing");
  await alarm(bob, room, "commit_withheld");
  await bob.comesTo(() => bob.conversation(room).state, "stopped");
  hides = false;
  await bob.shows(room, "under the next key");
  await noneClosed(bob, room);
  bob.cut();
  await bob.resume();
  await bob.until(() => bob.conversation(room).state === "ready", "that it goes on");
  await bob.comesTo(() => bob.conversation(room).alarms.some((/** @type {any} */ { kind }) => kind === "commit_withheld"), false);
});

walk(["other_history"], "its user decides, and it is sent again", async () => {
  const { ada, bob, room } = await stage.pair("o");
  const { commit, secret } = await otherCommit(ada, room);
  await bob.ask("conversation_rotate", { room });
  await ada.until(() => ada.conversation(room).n === 2, "the rotation");
  const { head } = await keysOf(ada, room);
  deliver(bob, room, ada, await sealed(ada, room, { type: "text", text: "elsewhere" }, { head: { ...head, ...commit, room }, secret }));
  await closed(bob, room, "other_history");
  await alarm(bob, room, "fork");
  await bob.comesTo(() => bob.conversation(room).state, "stopped");
  await bob.ask("conversation_decide", { room, kind: "fork" });
  await bob.until(() => bob.conversation(room).state === "ready", "the decision");
  await sentAgain(ada, bob, room, "other_history");
  assert.deepEqual(bob.alarms(room), []);
});

walk(["commit_refused"], "nobody comes in by it, and the room goes on", async () => {
  const { ada, bob, room } = await stage.pair("f");
  const { commit } = await otherCommit(ada, room);
  const changed = commit.bytes.slice();
  changed[130] ^= 1;
  deliver(bob, room, ada, changed, COMMIT);
  await closed(bob, room, "commit_refused");
  assert.equal((await alarm(bob, room, "commit_refused")).n, 2);
  await ada.ask("conversation_rotate", { room });
  await sentAgain(ada, bob, room, "commit_refused");
  await bob.comesTo(() => bob.conversation(room).n, 2);
});

walk(["not_member"], "who is no member is told, and can be invited", async () => {
  const { ada, bob, room } = await stage.pair("m");
  const carol = await stage.member("carol m").register(SERVER);
  const keys = await carol.holder.opened.signing(carol.holder.opened.head.fingerprint);
  deliver(bob, room, carol, await sealed(ada, room, { type: "text", text: "let me in" }, { keys, sender: carol.account }));
  await closed(bob, room, "not_member");
  assert.equal((await alarm(bob, room, "ghost")).account, carol.account);
  await comeIn(ada, carol, room);
  await send(carol, room, "from inside");
  await bob.shows(room, "from inside");
});

walk(["taken_away"], "what the server erases without anybody's deletion is named, and sent again", async () => {
  let takes = false;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command !== "messages.fetch" || !takes || !("ok" in outcome)) return outcome;
    return { ...outcome, tail: encodeList(parseList(outcome.tail, 500).map((body) => erasedBy(body, 2))) };
  };
  const { ada, bob, room } = await stage.pair("t");
  takes = true;
  const again = await stage.member(bob.name, { lie }).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  await page(again, room);
  await closed(again, room, "taken_away");
  assert.equal((await alarm(again, room, "taken_away")).account, ada.account);
  takes = false;
  await sentAgain(ada, again, room, "taken_away");
});

test("a deletion that is on its way while somebody reads back is no alarm, and one that does not come is", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("u");
  await send(ada, room, "second");
  await bob.shows(room, "second");
  for (const isDeleted of [true, false]) {
    let tombstone = 0;
    const lie = (/** @type {string} */ command, /** @type {any} */ fields, /** @type {any} */ outcome) => {
      if (command !== "messages.fetch" || !("ok" in outcome)) return outcome;
      const bodies = parseList(outcome.tail, 500);
      if (fields.before === undefined) return { ...outcome, tail: encodeList(bodies.slice(-1)) };
      return tombstone === 0 ? outcome : { ...outcome, tail: encodeList(bodies.map((body) => erasedBy(body, tombstone))) };
    };
    const again = await stage.member(bob.name, { lie }).signIn(SERVER);
    await again.until(() => again.conversation(room)?.state === "ready", "the room");
    const { hand } = again;
    const held = /** @type {any[]} */ ([]);
    again.hand = (frame) => held.push(frame);
    const { main: { deliveries }, alarms } = again.engine.conversation(room);
    if (!isDeleted) tombstone = deliveries.newest + 1;
    const first = rows(ada, room).find(({ text }) => text === "first");
    const content = isDeleted ? { type: "tombstone", message: first.message, hash: first.hash, reason: "a slip" } : { type: "text", text: "third" };
    await ada.ask("conversation_send", { room, content });
    await bob.until(() => bob.engine.conversation(room).main.deliveries.newest > deliveries.newest, "that it is there");
    await page(again, room);
    assert.deepEqual(alarms.all, []);
    again.hand = hand;
    for (const frame of held) hand(frame);
    if (!isDeleted) assert.equal((await alarm(again, room, "taken_away")).account, ada.account);
    else await again.until(() => rows(again, room).some(({ kind }) => kind === "erased"), "the deletion");
    if (isDeleted) assert.deepEqual(alarms.all, []);
  }
});

/** A body of a fetch, as if its message had been erased for the deletion at a place. @param {Uint8Array} body @param {number} tombstone */
function erasedBy(body, tombstone) {
  const { flags, payload } = /** @type {any} */ (decodeFrame(join(5, body)));
  if (flags !== STORED || payload[1] === 0x1d) return body;
  return join(body.slice(0, body.length - payload.length), 1, 0x1d, fromHex("0c".repeat(32), 32), u64(tombstone));
}

walk(["newer"], "what a newer version wrote waits for a newer page", async () => {
  const { ada, bob, room } = await stage.pair("n");
  deliver(bob, room, ada, await sealed(ada, room, { type: "hologram", of: "a cat" }));
  await closed(bob, room, "newer");
  assert.deepEqual(bob.alarms(room), []);
  assert.equal(CAUSES.newer, "reloading");
});

walk(["not_opened"], "what is forged or damaged stays closed, and is sent again", async () => {
  const { ada, bob, room } = await stage.pair("d");
  const changed = await sealed(ada, room, { type: "text", text: "damaged" });
  changed[230] ^= 1;
  deliver(bob, room, ada, changed);
  await closed(bob, room, "not_opened");
  await sentAgain(ada, bob, room, "not_opened");
});
