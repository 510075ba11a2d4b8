/** A server that lies to the worker: what it keeps back, swaps, repeats or forges is named, and nothing of it is shown as said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeContent } from "../../static/crypto/room/content.js";
import { signCommit } from "../../static/crypto/room/draft.js";
import { parseSignedEnvelope, sealEnvelope } from "../../static/crypto/room/signed_envelope.js";
import { encodeList, parseList } from "../../static/crypto/record_list.js";
import { Memory } from "../../static/store/database.js";
import { join as joined } from "../../static/wire/bytes.js";
import { decodeFrame } from "../../static/wire/frame.js";
import { COMMIT, SERVER, STORED, TIMEOUT, alarm, deliver, keysOf, member, pair, rows, send } from "./harness/liars.js";
import { sealed } from "./harness/worker_stage.js";

test("a message that is kept back is named when the next one of its sender comes", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("1");
  let kept = 0;
  bob.hand = (frame) => {
    const isMessage = frame.kind === "deliver" && frame.flags === STORED;
    if (isMessage && kept === 0) kept = frame.sequence;
    // What follows is renumbered, so that the channel has no gap.
    else bob.engine.frame(frame.kind === "deliver" && frame.sequence > 0 && kept > 0 ? { ...frame, sequence: frame.sequence - 1 } : frame);
  };
  await send(ada, room, "kept back");
  await send(ada, room, "third");
  await bob.shows(room, "first", "third");
  const { account } = await alarm(bob, room, "withheld");
  assert.equal(account, ada.account);
  assert.equal(bob.texts(room).includes("kept back"), false);
});

test("another message under a used key is an alarm, and the same one again is shown once", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("2");
  let said = new Uint8Array();
  bob.hand = (frame) => {
    if (frame.kind === "deliver" && frame.flags === STORED) said = frame.payload;
    bob.engine.frame(frame);
  };
  await send(ada, room, "second");
  await bob.shows(room, "second");
  const { keys, head, channel, secret } = await keysOf(ada, room);
  const { instance } = parseSignedEnvelope(said).header;
  const of = { channel, sender: ada.account, stored: true, instance, counter: 0, sentAt: Date.now(), message: "0a".repeat(16) };
  const other = await sealEnvelope(keys, head, secret, of, encodeContent({ type: "text", text: "instead" }));
  deliver(bob, room, ada, other, STORED);
  assert.equal((await alarm(bob, room, "repeated")).account, ada.account);
  const fresh = await sealEnvelope(keys, head, secret, { ...of, counter: 2 }, encodeContent({ type: "text", text: "twice" }));
  deliver(bob, room, ada, fresh, STORED);
  await bob.shows(room, "twice");
  deliver(bob, room, ada, fresh, STORED);
  await send(bob, room, "own");
  assert.deepEqual(bob.texts(room).filter((text) => text !== "own"), ["first", "second", "twice"]);
});

test("a message in another's name, or with one bit changed, is not shown as said", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("3");
  const { keys, head, channel, secret } = await keysOf(ada, room);
  const of = { channel, sender: ada.account, stored: true, instance: "0b".repeat(16), counter: 0, sentAt: Date.now(), message: "0c".repeat(16) };
  const sealed = await sealEnvelope(keys, head, secret, of, encodeContent({ type: "text", text: "forged" }));
  const refused = (/** @type {number} */ count) => bob.until(() => rows(bob, room).filter(({ cause }) => cause === "not_opened").length === count, "what does not open");
  deliver(bob, room, bob, sealed, STORED);
  await refused(1);
  const changed = sealed.slice();
  changed[230] ^= 1;
  deliver(bob, room, ada, changed, STORED);
  await refused(2);
  // Neither has used up what the real one is shown by.
  deliver(bob, room, ada, sealed, STORED);
  await bob.shows(room, "forged");
});

test("two histories of a room stop it until its user decides", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("4");
  const { keys, keeper } = await keysOf(ada, room);
  const draft = /** @type {const} */ ({ author: ada.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret: crypto.getRandomValues(new Uint8Array(32)) });
  const other = await signCommit(keys, { room, history: keeper.verified.history }, draft, ada.engine.session.keysets);
  deliver(bob, room, ada, other.commit.bytes, COMMIT);
  await bob.until(() => bob.conversation(room).n === 2, "the other commit");
  await ada.ask("conversation_rotate", { room });
  await alarm(bob, room, "fork");
  await bob.until(() => bob.conversation(room).state === "stopped", "the stop");
  await send(bob, room, "into which");
  assert.deepEqual(rows(bob, room).find(({ text }) => text === "into which").send, { state: "queued" });
});

test("a commit that its author did not sign so is refused, and the chain stays", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("5");
  const { keys, keeper } = await keysOf(ada, room);
  const draft = /** @type {const} */ ({ author: ada.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret: crypto.getRandomValues(new Uint8Array(32)) });
  const { commit } = await signCommit(keys, { room, history: keeper.verified.history }, draft, ada.engine.session.keysets);
  const changed = commit.bytes.slice();
  changed[130] ^= 1;
  deliver(bob, room, ada, changed, COMMIT);
  assert.equal((await alarm(bob, room, "commit_refused")).n, 2);
  assert.equal(bob.conversation(room).n, 1);
  assert.ok(rows(bob, room).some(({ kind, cause }) => kind === "unreadable" && cause === "commit_refused"));
});

test("a room older than the vault knows is named", TIMEOUT, async () => {
  const database = new Memory();
  const { ada, bob, room } = await pair("6", { database });
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the rotation");
  await send(ada, room, "second");
  await bob.shows(room, "second");
  bob.end();
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => (command === "epochs.chain" ? { ok: { head: "1", more: false }, tail: new Uint8Array() } : outcome);
  const again = await member(bob.name, { database, lie }).signIn(SERVER);
  await alarm(again, room, "rolled_back");
  await again.comesTo(() => again.conversation(room).state, "stopped");
  assert.equal(again.conversation(room).n, 2);
});

test("keys that are others than the pinned ones are an alarm, and what they sign stays unread", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("7");
  await send(ada, room, "second");
  await bob.shows(room, "second");
  bob.end();
  const carol = await member("carol 7").register(SERVER);
  const foreign = await carol.wire?.call("keys.chain", { account: carol.account });
  const lie = (/** @type {string} */ command, /** @type {any} */ fields, /** @type {any} */ outcome) => (command === "keys.chain" && fields.account === ada.account ? foreign : outcome);
  const again = await member(bob.name, { lie }).signIn(SERVER);
  assert.equal((await alarm(again, room, "keys_alarm")).account, ada.account);
  await again.ask("conversation_rows", { room, before: null, count: 10 });
  await again.until(() => rows(again, room).some(({ cause }) => cause === "keys_alarm"), "what waits for keys");
  assert.deepEqual(again.texts(room), []);
});

test("a share that does not open is asked for, and answered by another member at once", TIMEOUT, async () => {
  let bad = true;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command !== "epochs.share" || !bad || !("ok" in outcome)) return outcome;
    const tail = outcome.tail.slice();
    tail[100] ^= 1;
    return { ...outcome, tail };
  };
  const [ada, bob] = [member("ada 8"), member("bob 8", { lie })];
  await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "", history: "from_joining" });
  await send(ada, room, "sealed");
  await bob.shows(room, "sealed");
  await bob.until(() => bob.conversation(room).n > 1, "the next epoch");
  bad = false;
  await send(bob, room, "answer");
  await ada.shows(room, "answer");
});

test("what may have gone and is refused afterwards is sealed anew without a counter that was used", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("9");
  const wire = /** @type {import("./harness/member.js").Wire} */ (ada.wire);
  const publish = wire.publish.bind(wire);
  let handed = 0;
  wire.publish = async (what) => {
    if (!what.stored) return publish(what);
    handed += 1;
    if (handed === 2) return { error: { code: "stale_epoch" } };
    const outcome = await publish(what);
    return handed === 1 ? { error: { code: "timeout" } } : outcome;
  };
  ada.hand = () => {};
  await send(ada, room, "second");
  await ada.until(() => handed === 3, "the third try");
  ada.hand = (frame) => ada.engine.frame(frame);
  await send(ada, room, "third");
  await bob.shows(room, "first", "second", "third");
  assert.deepEqual(bob.texts(room), ["first", "second", "third"]);
  assert.deepEqual(bob.alarms(room), []);
});

test("a channel that is numbered anew is read anew, and what was read before is no repetition", TIMEOUT, async () => {
  let run = "";
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command !== "rooms.follow" || run === "" || !("ok" in outcome)) return outcome;
    return { ...outcome, ok: { ...outcome.ok, channels: outcome.ok.channels.map((/** @type {any} */ each) => ({ ...each, run })) } };
  };
  const { ada, bob, room } = await pair("10", { lie });
  await send(ada, room, "second");
  await bob.shows(room, "first", "second");
  bob.cut();
  await send(ada, room, "third");
  run = "0e".repeat(16);
  await bob.resume();
  await bob.shows(room, "third");
  const { rows: shown } = await bob.ask("conversation_rows", { room, before: null, count: 50 });
  assert.deepEqual(shown.map(({ text }) => text).filter(Boolean), ["first", "second", "third"]);
  await alarm(bob, room, "renumbered");
  await bob.comesTo(() => bob.conversation(room).alarms.map((/** @type {any} */ { kind }) => kind), ["renumbered"]);
});

test("another commit in the place of one that was taken is a fork", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("11");
  const { keys, keeper } = await keysOf(ada, room);
  const draft = /** @type {const} */ ({ author: ada.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret: crypto.getRandomValues(new Uint8Array(32)) });
  const other = await signCommit(keys, { room, history: keeper.verified.history }, draft, ada.engine.session.keysets);
  await ada.ask("conversation_rotate", { room });
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 3, "the newest epoch");
  deliver(bob, room, ada, other.commit.bytes, COMMIT);
  await alarm(bob, room, "fork");
  await bob.comesTo(() => bob.conversation(room).state, "stopped");
  await bob.until(() => bob.engine.conversation(room).keeper.isForked, "what the vault keeps");
  bob.end();
  const again = await member(bob.name).signIn(SERVER);
  await alarm(again, room, "fork");
  await again.until(() => again.conversation(room).state === "stopped", "the stop");
  await again.ask("conversation_decide", { room, kind: "fork" });
  await again.until(() => again.conversation(room)?.state === "ready", "the decision");
  assert.equal(again.engine.conversation(room).keeper.isForked, false);
});

test("a chain that stops while something is sent or decided is named as well", TIMEOUT, async () => {
  let lies = false;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => (lies && command === "epochs.chain" ? { ok: { head: "1", more: false }, tail: new Uint8Array() } : outcome);
  const { ada, bob, room } = await pair("12", { lie });
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the rotation");
  lies = true;
  await assert.rejects(bob.ask("conversation_rotate", { room }), { code: "stopped" });
  await alarm(bob, room, "rolled_back");
  await bob.comesTo(() => bob.conversation(room).state, "stopped");
});

test("to look again decides nothing, and a decision is about its own alarm only", TIMEOUT, async () => {
  let lies = false;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => (lies && command === "epochs.chain" ? { ok: { head: "1", more: false }, tail: new Uint8Array() } : outcome);
  const { ada, bob, room } = await pair("25", { lie });
  const { keys, keeper } = await keysOf(ada, room);
  const draft = /** @type {const} */ ({ author: ada.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret: crypto.getRandomValues(new Uint8Array(32)) });
  const other = await signCommit(keys, { room, history: keeper.verified.history }, draft, ada.engine.session.keysets);
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the newest epoch");
  deliver(bob, room, ada, other.commit.bytes, COMMIT);
  await alarm(bob, room, "fork");
  await bob.until(() => bob.engine.conversation(room).keeper.isForked, "what the vault keeps");
  const kinds = () => bob.engine.conversation(room).alarms.all.map(({ kind }) => kind);
  const look = (/** @type {boolean} */ older) => {
    lies = older;
    return bob.ask("conversation_look", { room });
  };

  await look(true);
  assert.deepEqual(kinds(), ["fork", "rolled_back"]);
  await bob.ask("conversation_decide", { room, kind: "rolled_back" });
  assert.deepEqual(kinds(), ["fork", "rolled_back"], "an older room is not for its user to decide");
  await look(false);
  assert.deepEqual([kinds(), bob.engine.conversation(room).keeper.isForked], [["fork"], true]);
  await look(true);
  await bob.ask("conversation_decide", { room, kind: "fork" });
  assert.deepEqual([kinds(), bob.engine.conversation(room).keeper.isForked], [["rolled_back"], false]);
  await look(false);
  assert.deepEqual(kinds(), []);
  await bob.until(() => bob.conversation(room).state === "ready", "the conversation");
});

test("a share for an own key that is not open here yet is waited for, and called bad by nobody", TIMEOUT, async () => {
  let early = true;
  /** @type {string[]} */
  const called = [];
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    called.push(command);
    return command === "epochs.share" && early && "ok" in outcome ? { ...outcome, ok: { ...outcome.ok, wrap: "2" } } : outcome;
  };
  const [ada, bob] = [member("ada 13"), member("bob 13", { lie })];
  bob.hand = (frame) => frame.header?.event !== "epoch.committed" && bob.engine.frame(frame);
  await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "", history: "from_joining" });
  await send(ada, room, "sealed");
  await bob.until(() => bob.conversation(room)?.state === "waiting_for_key", "what waits");
  early = false;
  await bob.engine.conversation(room).retry();
  await bob.shows(room, "sealed");
  assert.equal(called.includes("epochs.bad_share"), false);
  assert.equal(bob.conversation(room).n, 1);
});

test("a server that takes too long is asked again under the same connection", TIMEOUT, async () => {
  let slow = 0;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => (command === "rooms.follow" && slow++ === 0 ? { error: { code: "timeout" } } : outcome);
  const { bob, room } = await pair("15", { lie });
  await bob.comesTo(() => bob.conversation(room).state, "ready");
  assert.ok(slow > 1);
});

test("what the server leaves out of its numbers is named", TIMEOUT, async () => {
  let hidden = 0;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => {
    if (command !== "messages.fetch" || hidden === 0 || !("ok" in outcome)) return outcome;
    const bodies = parseList(outcome.tail, 500).filter((body) => decodeFrame(joined(5, body)).sequence !== hidden);
    return { ...outcome, tail: encodeList(bodies) };
  };
  const { ada, bob, room } = await pair("16", { lie });
  bob.hand = (frame) => frame.kind !== "deliver" && bob.engine.frame(frame);
  await send(ada, room, "second");
  await ada.until(() => rows(ada, room).find(({ text }) => text === "second")?.sequence > 0, "its place");
  await send(bob, room, "third");
  await ada.shows(room, "first", "second", "third");
  hidden = rows(ada, room).find(({ text }) => text === "second").sequence;
  bob.cut();
  await bob.resume();
  await bob.shows(room, "third");
  assert.equal((await alarm(bob, room, "left_out")).n, hidden + 1);
  assert.equal(bob.texts(room).includes("second"), false);
});

test("a late message is flagged by its place behind the next commit, and a clock by one's own", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("17");
  const { keys, head, channel, secret } = await keysOf(ada, room);
  const of = { channel, sender: ada.account, stored: true, instance: "0b".repeat(16), sentAt: Date.now() };
  const sealed = (/** @type {number} */ counter, more = {}) => sealEnvelope(keys, head, secret, { ...of, counter, message: `0${counter}`.repeat(16), ...more }, encodeContent({ type: "text", text: `number ${counter}` }));
  const [early, off, late] = [await sealed(0), await sealed(1, { sentAt: Date.now() - 400_000 }), await sealed(2)];
  deliver(bob, room, ada, early, STORED);
  await bob.shows(room, "number 0");
  // The server's word for when it came does not matter.
  const { deliveries } = bob.engine.conversation(room).main;
  bob.engine.frame({ kind: "deliver", channel, sequence: deliveries.newest + 1, time: Date.now() - 400_000, flags: STORED, sender: ada.account, name: ada.name, payload: off });
  await bob.shows(room, "number 1");
  const draft = /** @type {const} */ ({ author: ada.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret: crypto.getRandomValues(new Uint8Array(32)) });
  const next = await signCommit(keys, { room, history: ada.engine.conversation(room).keeper.verified.history }, draft, ada.engine.session.keysets);
  deliver(bob, room, ada, next.commit.bytes, COMMIT);
  await bob.until(() => bob.conversation(room).n === 2, "the commit");
  deliver(bob, room, ada, late, STORED);
  await bob.shows(room, "number 2");
  const flags = rows(bob, room).filter(({ text }) => text?.startsWith("number")).map(({ clockOff, oldEpoch }) => [clockOff, oldEpoch]);
  assert.deepEqual(flags, [[false, false], [true, false], [false, true]]);
});

test("what somebody who was removed seals with an old key is marked behind the removal, in whichever page that is", TIMEOUT, async () => {
  const [ada, bob, carl] = [member("ada 18"), member("bob 18"), member("carl 18")];
  await Promise.all([ada, bob, carl].map((each) => each.register(SERVER)));
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account, carl.account], name: "Plans", history: "from_joining" });
  await carl.until(() => carl.conversation(room)?.state === "ready", "the group");
  await send(carl, room, "while in");
  await ada.shows(room, "while in");
  const { keys, head, channel, secret } = await keysOf(carl, room);
  const of = { channel, sender: carl.account, stored: true, instance: "0c".repeat(16), sentAt: Date.now(), counter: 0, message: "0c".repeat(16) };
  const late = await sealEnvelope(keys, head, secret, of, encodeContent({ type: "text", text: "as if still in" }));
  await ada.ask("conversation_remove", { room, account: carl.account, ban: false });
  await send(ada, room, "without Carl");
  await ada.until(() => rows(ada, room).find(({ text }) => text === "without Carl")?.sequence > 0, "its place");

  const marked = (/** @type {import("./harness/member.js").Member} */ of) => rows(of, room).filter(({ oldEpoch }) => oldEpoch).map(({ text }) => text);
  for (const isAlone of [false, true]) {
    const again = member("bob 18", { lie: (command, fields, outcome) => (command === "messages.fetch" && fields.before === undefined && "ok" in outcome ? behind(outcome, isAlone) : outcome) });
    await again.signIn(SERVER);
    await again.shows(room, "as if still in");
    await again.until(() => again.conversation(room)?.state === "ready", "the room");
    await again.ask("conversation_rows", { room, before: null, count: 50 });
    await again.shows(room, "while in", "without Carl", "as if still in");
    assert.deepEqual(marked(again), ["as if still in"]);
  }

  /** The newest page with what Carl sealed as its newest delivery, or as all there is. @param {any} outcome @param {boolean} isAlone */
  function behind(outcome, isAlone) {
    const bodies = parseList(outcome.tail, 500);
    const { sequence } = /** @type {any} */ (decodeFrame(joined(5, bodies[bodies.length - 1])));
    const body = deliverBody(carl, channel, sequence + 1, late);
    return { ...outcome, tail: encodeList([...(isAlone ? [] : bodies), body]) };
  }
});

test("what comes live under another epoch than the newest known is marked, though its commit is in no page here", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("19");
  const late = await sealed(ada, room, { type: "text", text: "late" });
  bob.hand = (frame) => (frame.kind === "deliver" && (frame.flags & 0b10) !== 0 ? undefined : bob.engine.frame(frame));
  await ada.ask("conversation_rotate", { room });
  await bob.engine.conversation(room).keeper.catchUp();
  assert.equal(bob.engine.conversation(room).keeper.verified.head.n, 2);
  deliver(bob, room, ada, late, STORED);
  await bob.shows(room, "late");
  assert.deepEqual(rows(bob, room).map(({ text, oldEpoch }) => [text, oldEpoch]).filter(([text]) => text !== undefined), [["first", false], ["late", true]]);
});

test("what stands behind a message of a later epoch is marked", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("20");
  const late = await sealed(ada, room, { type: "text", text: "late" });
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room)?.n === 2, "the rotation");
  const newer = await sealed(ada, room, { type: "text", text: "newer" });
  // Two pages without the commit, the older one after the other.
  const again = member("bob 20", { lie: (command, fields, outcome) => (command === "messages.fetch" && "ok" in outcome ? { ...outcome, tail: encodeList([bodyOf(fields.before === undefined ? 5 : 4)]) } : outcome) });
  await again.signIn(SERVER);
  await again.shows(room, "late");
  assert.deepEqual(rows(again, room).map(({ text, oldEpoch }) => [text, oldEpoch]), [["late", false]]);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  await again.engine.conversation(room).main.deliveries.older();
  assert.deepEqual(rows(again, room).map(({ text, oldEpoch }) => [text, oldEpoch]), [["newer", false], ["late", true]]);

  /** @param {number} sequence */
  function bodyOf(sequence) {
    return deliverBody(ada, bob.engine.conversation(room).main.id, sequence, sequence === 5 ? late : newer);
  }
});

/** What a fetch gives of a stored message. @param {{ account: string, name: string }} sender @param {string} channel @param {number} sequence @param {Uint8Array} payload */
function deliverBody(sender, channel, sequence, payload) {
  const place = new DataView(new ArrayBuffer(16));
  place.setBigUint64(0, BigInt(sequence));
  place.setBigUint64(8, BigInt(Date.now()));
  const name = new TextEncoder().encode(sender.name);
  return joined(Buffer.from(channel, "hex"), new Uint8Array(place.buffer), STORED, Buffer.from(sender.account, "hex"), name.length, name, payload);
}
