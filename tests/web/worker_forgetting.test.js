/** Rooms that forget, at a real chat-server, on devices whose clocks the test moves (docs/protocol.md §14.16). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptGrant, parseGrant } from "../../static/crypto/room/grant.js";
import { openShare } from "../../static/crypto/room/secret.js";
import { Memory } from "../../static/store/database.js";
import { moveClock } from "./harness/clock.js";
import { SERVER, WorkerStage, rows, send } from "./harness/worker_stage.js";

const TIMEOUT = { timeout: 180_000 };
const DAY_MS = 86_400_000;
const stage = new WorkerStage();

/** @typedef {import("./harness/member.js").Member} Member */

/** A clock that can be set ahead. */
function clocked() {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  return clock;
}

/** Lines that say that something is forgotten. @param {Member} of @param {string} room */
const forgotten = (of, room) => rows(of, room).filter(({ what }) => what === "forgotten").map(({ count }) => count);
/** What a page would be shown. @param {Member} of @param {string} room */
async function shown(of, room) {
  const { rows: page } = await of.ask("conversation_rows", { room, before: null, count: 50 });
  return page.flatMap((/** @type {any} */ row) => (row.kind === "message" ? [row.text] : row.kind === "note" ? [row.what] : []));
}
/** @param {Member} of @param {string} room */
const held = (of, room) => of.engine.conversation(room).secrets.held;

test("what is due goes from rows, memory and vault on every device, and the rest stays", TIMEOUT, async () => {
  const [ada, bob] = [clocked(), clocked()];
  const people = [stage.member("ada forgets", { clock: ada.now }), stage.member("bob forgets", { clock: bob.now })];
  await Promise.all(people.map((each) => each.register(SERVER)));
  const [first, second] = people;
  const { room } = await first.ask("conversation_create", { kind: "group", accounts: [second.account], name: "Plans", history: "from_joining", keepDays: 7 });
  await second.until(() => second.conversation(room)?.state === "ready", "the group");
  assert.equal(second.conversation(room).policy.keepDays, 7);
  await send(first, room, "old");
  await second.shows(room, "old");
  await first.ask("conversation_rotate", { room });
  await send(first, room, "newer");
  await second.shows(room, "newer");
  await second.until(() => held(second, room).length === 2, "both secrets");

  // Before the time nothing goes.
  bob.ahead = 7 * DAY_MS - 3_600_000;
  await second.engine.chores.forget(second.engine.conversation(room));
  assert.deepEqual(await shown(second, room), ["old", "newer"]);
  bob.ahead = 7 * DAY_MS + 1;
  await second.engine.chores.forget(second.engine.conversation(room));
  await second.until(() => forgotten(second, room).length === 1, "the line");
  assert.deepEqual(forgotten(second, room), [7]);
  assert.deepEqual([await shown(second, room), held(second, room)], [["forgotten"], [2]]);
  const { vault } = second.engine.session;
  assert.deepEqual([vault.secret(room, 1), vault.epochsOf(room)], [null, [2]]);
  // Another one whose time has not come keeps it.
  assert.deepEqual(await shown(first, room), ["old", "newer"]);
  // Nothing of this is a lie of the server.
  assert.deepEqual(second.alarms(room), []);
});

test("a device that was away deletes before it shows anything, and asks nobody for what it has forgotten", TIMEOUT, async () => {
  const clock = clocked();
  const database = new Memory();
  const ada = await stage.member("ada away").register(SERVER);
  const bob = stage.member("bob away", { clock: clock.now, database });
  await bob.register(SERVER);
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "", history: "shared", keepDays: 1 });
  await bob.until(() => bob.conversation(room)?.state === "ready", "the group");
  await send(ada, room, "old");
  await bob.shows(room, "old");
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the new key");
  bob.cut();
  const told = /** @type {string[]} */ ([]);
  bob.rows.clear();
  const take = bob.engine.page.tell.bind(bob.engine.page);
  bob.engine.page.tell = (message) => {
    if (message.tell === "rows") told.push(...message.rows.flatMap((row) => (row.kind === "message" ? [row.text] : [])));
    take(message);
  };
  clock.ahead = DAY_MS + 60_000;
  // Nor does a page that was open all the time, before anything was heard of the server.
  assert.deepEqual(await shown(bob, room), ["forgotten"]);
  await bob.resume();
  await bob.until(() => bob.engine.conversation(room).isCaughtUp, "the room");
  assert.deepEqual([told, await shown(bob, room)], [[], ["forgotten"]]);
  await bob.until(() => bob.conversation(room).lastText === "", "a list without it");

  // The same for a device that begins then, with all that the server has kept.
  const again = await stage.member(bob.name, { clock: clock.now }).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  assert.deepEqual([again.texts(room), await shown(again, room)], [[], ["forgotten"]]);
  await assert.rejects(again.ask("conversation_ask_keys", { room }), { code: "not_asked" });
  for (const each of [bob, again]) assert.deepEqual(each.alarms(room), []);
});

test("owners change how long messages stay: a shorter time holds for what is there, and it is one line", TIMEOUT, async () => {
  const clock = clocked();
  const ada = await stage.member("ada policy").register(SERVER);
  const bob = await stage.member("bob policy", { clock: clock.now }).register(SERVER);
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "", history: "from_joining" });
  await bob.until(() => bob.conversation(room)?.state === "ready", "the group");
  await send(ada, room, "before");
  await bob.shows(room, "before");
  await assert.rejects(bob.ask("conversation_policy", { room, policy: { keepDays: 1 } }), { code: "commit_invalid" });
  clock.ahead = 2 * DAY_MS;
  await bob.engine.chores.forget(bob.engine.conversation(room));
  assert.deepEqual(await shown(bob, room), ["before"]);
  await ada.ask("conversation_policy", { room, policy: { keepDays: 1 } });
  await bob.until(() => bob.conversation(room).policy.keepDays === 1, "the policy");
  await bob.until(() => forgotten(bob, room).length === 1, "that it is forgotten");
  assert.deepEqual(await shown(bob, room), ["forgotten"]);
  await ada.comesTo(() => rows(ada, room).filter(({ kind }) => kind === "commit").map(({ keepDays }) => keepDays), [null, 1]);
  await ada.ask("conversation_policy", { room, policy: { keepDays: 0 } });
  await bob.until(() => bob.conversation(room).policy.keepDays === 0, "the other policy");
  await send(ada, room, "stays");
  await bob.shows(room, "stays");
  clock.ahead = 400 * DAY_MS;
  await bob.engine.chores.forget(bob.engine.conversation(room));
  assert.deepEqual(await shown(bob, room), ["forgotten", "stays"]);
});

/** What of all that was sealed to somebody opens with the wrap keys that the vault has. @param {Member} of @param {any[]} recorded */
async function opens(of, recorded) {
  const found = [];
  for (const { what, open } of recorded) {
    for (let number = 1; number <= of.holder.opened.wrap; number++) {
      const key = await of.holder.opened.wrapKey(number);
      if (key !== null && (await open(number, key).catch(() => null)) !== null) found.push(what);
    }
  }
  return found;
}

/** The own share of an epoch, as it was on the wire. @param {Member} of @param {string} room @param {number} n */
async function shareOf(of, room, n) {
  const { tail } = await of.wire?.call("epochs.share", { room, n: String(n) });
  const entry = of.engine.conversation(room).keeper.verified.history.entry(n);
  return { what: `share ${n}`, open: (/** @type {number} */ _, /** @type {any} */ key) => openShare(/** @type {any} */ (entry), new Uint8Array(tail), key) };
}

/** Records what is granted to somebody. @param {Member} to @param {string} room */
function grantsTo(to, room) {
  const recorded = /** @type {any[]} */ ([]);
  const { hand } = to;
  const { keysets } = to.engine.session;
  to.hand = (frame) => {
    if (frame.kind === "event" && frame.header.event === "epoch.granted") {
      const grant = parseGrant(new Uint8Array(frame.tail));
      const { keeper } = to.engine.conversation(room);
      const chain = keeper.verified;
      const pending = /** @type {any} */ ({ room, hash: grant.request, account: to.account, from: 1, to: chain.head.n });
      recorded.push({ what: "grant", open: (/** @type {number} */ number, /** @type {any} */ key) => acceptGrant(grant, pending, { number, key }, chain, keysets) });
    }
    hand(frame);
  };
  return recorded;
}

test("who left or was removed keeps no key that opens what is due by then: not a share, and not a grant", TIMEOUT, async (t) => {
  const [ada, bob, carol] = ["ada", "bob", "carol"].map((name) => stage.member(`${name} parts`));
  await Promise.all([ada, bob, carol].map((each) => each.register(SERVER)));
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "", history: "shared", keepDays: 1 });
  await bob.until(() => bob.conversation(room)?.state === "ready", "the group");
  await send(ada, room, "old");
  await bob.shows(room, "old");
  await ada.ask("conversation_invite", { room, account: carol.account });
  const { invitation } = await carol.until(() => carol.list.invitations[0], "the invitation");
  const granted = grantsTo(carol, room);
  await carol.ask("conversation_answer", { invitation, accept: true });
  await carol.until(() => carol.conversation(room)?.state === "ready", "the group");
  await carol.ask("conversation_ask_keys", { room });
  await carol.until(() => held(carol, room).includes(1), "older keys");
  // Both who have them give them.
  const grants = /** @type {any[]} */ (await carol.until(() => granted.length === 2 && [...granted], "both grants"));

  const { n } = carol.engine.conversation(room).keeper.verified.head;
  await bob.until(() => bob.conversation(room).n === n && held(bob, room).includes(n), "the newest key");
  const sealed = new Map([
    [bob, [await shareOf(bob, room, 1), await shareOf(bob, room, n)]],
    [carol, [await shareOf(carol, room, n), ...grants]],
  ]);
  assert.deepEqual(await opens(bob, sealed.get(bob) ?? []), ["share 1", `share ${n}`]);
  assert.deepEqual(await opens(carol, sealed.get(carol) ?? []), [`share ${n}`, ...grants.map(({ what }) => what)]);
  // One goes, and the other is away when it is removed.
  await bob.ask("conversation_leave", { room });
  await ada.until(() => !ada.conversation(room).members.some((/** @type {any} */ { account }) => account === bob.account), "that bob left");
  carol.end();
  await ada.ask("conversation_remove", { room, account: carol.account, ban: false });
  for (const each of [ada, bob]) each.end();

  moveClock(t, 3);
  await stage.later(3);
  for (const [before, recorded] of sealed) {
    const again = await stage.member(before.name).signIn(SERVER);
    assert.equal(again.conversation(room), undefined);
    await again.dropOldKeys();
    assert.deepEqual(await opens(again, recorded), [], before.name);
    const anew = await stage.member(before.name).signIn(SERVER);
    assert.deepEqual([anew.holder.opened.wrap, await opens(anew, recorded)], [2, []]);
  }
});

test("a quiet room keeps its name as long as somebody is there before its newest key is due", TIMEOUT, async (t) => {
  moveClock(t, 3);
  await stage.later(3);
  const [ada, bob] = ["ada", "bob"].map((name) => stage.member(`${name} quiet`));
  await Promise.all([ada, bob].map((each) => each.register(SERVER)));
  const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "Plans", history: "from_joining", keepDays: 7 });
  await bob.until(() => bob.conversation(room)?.name === "Plans", "the name");
  for (const each of [ada, bob]) each.end();
  // Its only key has been over for three days, and is due in four.
  moveClock(t, 13);
  await stage.later(13);
  const there = await stage.member(ada.name).signIn(SERVER);
  await there.until(() => there.conversation(room)?.n === 2, "the next key");
  await there.until(() => there.engine.conversation(room).state.sealedIn === 2, "the name under it");
  there.end();
  moveClock(t, 19);
  await stage.later(19);
  const again = await stage.member(bob.name).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  assert.equal(again.conversation(room).name, "Plans");
  assert.deepEqual(again.alarms(room), []);
});
