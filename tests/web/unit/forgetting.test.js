/** What a room forgets, and when (docs/protocol.md §14.16), by a clock that the test moves. */
import assert from "node:assert/strict";
import test from "node:test";
import { History } from "../../../static/crypto/room/history.js";
import { Forgetting } from "../../../static/rooms/forgetting.js";
import { Rows } from "../../../static/rooms/rows.js";
import { RoomVault } from "../../../static/rooms/vault.js";

const DAY = 86_400_000;
const ROOM = "0a".repeat(16);
/** Commits a day apart, with what each lets the room keep. @param {...number} keepDays */
const history = (...keepDays) =>
  new History(keepDays.map((days, at) => /** @type {any} */ ({ room: ROOM, n: at + 1, hash: `c${at + 1}`, author: "ada", madeAt: at * DAY, commitment: "", record: { policy: { keepDays: days }, members: new Map() }, events: [] })));

/** A room at a time. @param {History} of @param {number} now */
function room(of, now, vault = /** @type {any} */ ({ epochsOf: () => [], forgetSecrets: async () => {} })) {
  const clock = { now };
  const held = new Set([1, 2]);
  const secrets = /** @type {any} */ ({ get held() { return [...held]; }, forget: (/** @type {number} */ n) => held.delete(n) });
  const session = /** @type {any} */ ({ now: () => clock.now, vault });
  const chain = /** @type {any} */ ({ history: of, head: of.head });
  const keeper = /** @type {any} */ ({ chain, known: of.head, verified: chain, judge: async (/** @type {any} */ what) => what(chain) });
  return { clock, held, forgetting: new Forgetting(session, ROOM, keeper, secrets) };
}
const said = (sequence, time, epoch, more = {}) => /** @type {any} */ ({ kind: "content", sequence, time, sender: "bob", hash: `h${sequence}`, message: `m${sequence}`, epoch, content: { type: "text", text: `t${sequence}` }, clockOff: false, oldEpoch: false, ...more });

test("of the policies from an epoch on the shortest that forgets counts", () => {
  assert.deepEqual([1, 2, 3].map((n) => history(0, 7, 30).keepDays(n)), [7, 7, 30]);
  assert.deepEqual([1, 2, 3].map((n) => history(30, 7, 0).keepDays(n)), [7, 7, 0]);
  assert.deepEqual([1, 2, 3].map((n) => history(0, 0, 0).keepDays(n)), [0, 0, 0]);
  // An epoch that is still to come is judged by what holds now, and who goes on from here sees no further than this end.
  const first = history(7);
  assert.equal(first.keepDays(9), 7);
  first.with(/** @type {any} */ ({ ...history(7, 1).head, events: [] }));
  assert.equal(first.keepDays(1), 7);
});

test("a message is due so many days after the server took it, and not a millisecond earlier; commits stay", () => {
  const { clock, forgetting } = room(history(1), 5_000 + DAY - 1);
  const kinds = [said(1, 5_000, 1), { kind: "unreadable", epoch: null }, { kind: "erased" }, { kind: "commit", n: 1 }].map((each) => ({ ...said(1, 5_000, 1), ...each }));
  assert.deepEqual(kinds.map((each) => forgetting.isDue(each)), [false, false, false, false]);
  clock.now += 1;
  assert.deepEqual(kinds.map((each) => forgetting.isDue(each)), [true, true, true, false]);
  assert.ok(!room(history(0), Number.MAX_SAFE_INTEGER).forgetting.isDue(said(1, 5_000, 1)));
});

test("a message is due by what its sender signed where the server says another time, and at the latest with the secret that opens it", () => {
  const of = room(history(1, 1), 0);
  const dueAt = (/** @type {any} */ item) => {
    for (const at of [DAY, 2 * DAY, 3 * DAY, 4 * DAY]) if (((of.clock.now = at), of.forgetting.isDue(item))) return at / DAY;
    return null;
  };
  assert.equal(dueAt(said(1, 0, 1, { sentAt: 1_000 })), 1);
  assert.equal(dueAt(said(1, 0, 1, { sentAt: DAY })), 2, "said earlier than it was");
  assert.equal(dueAt(said(1, 365 * DAY, 1, { sentAt: 0 })), 1, "said later than it was");
  assert.equal(dueAt(said(1, 365 * DAY, 1, { sentAt: 365 * DAY })), 2, "both later");
  assert.equal(dueAt({ ...said(1, 365 * DAY, 2), kind: "unreadable" }), 3);
});

test("a sender's clock makes nothing due that was seen to come, or whose epoch began since", () => {
  const behind = { sentAt: 0 };
  const { clock, forgetting } = room(history(7, 7, 7), 3 * DAY);
  assert.ok(!forgetting.isDue(said(1, 3 * DAY, 3, { sentAt: -30 * DAY })), "not before the commit of its epoch");
  assert.ok(!forgetting.isDue(said(1, 3 * DAY, 1, { ...behind, cameAt: 3 * DAY })));
  clock.now = 8 * DAY;
  // The server says that it is old: who saw it come knows better.
  assert.ok(!forgetting.isDue(said(1, 0, 3, { ...behind, cameAt: 3 * DAY })));
  assert.ok(forgetting.isDue(said(1, 300 * DAY, 1, { ...behind, cameAt: 0 })));
});

test("one message that is due behind others that are not takes no evidence with it, and draws no line", async () => {
  const { clock, forgetting } = room(history(7), 8 * DAY);
  const rows = new Rows({ account: "ada", isMember: () => true, isOver: () => false });
  for (const each of [said(1, 5 * DAY, 1), said(2, 6 * DAY, 1, { sentAt: 0 }), said(3, 6 * DAY, 1)]) rows.put(each);
  rows.before(null, 10);
  const stepped = /** @type {number[]} */ ([]);
  const channels = /** @type {any} */ ([{ rows, forgetBefore: (/** @type {number} */ place) => stepped.push(place) }]);
  await forgetting.sweep(channels);
  assert.deepEqual(rows.before(null, 10).map(({ kind, sequence }) => [kind, sequence]), [["message", 1], ["message", 3]]);
  assert.deepEqual(stepped, []);
  // One that is first, and due by its sender's word alone, is no front either.
  assert.ok(!forgetting.isInFront(said(1, 6 * DAY, 1, { sentAt: 0 }), []));
  assert.ok(!forgetting.isInFront(said(2, 0, 1), [said(1, 5 * DAY, 1)]));
  assert.ok(forgetting.isInFront(said(2, 0, 1), [said(1, 0, 1)]));
  clock.now = 12 * DAY;
  await forgetting.sweep(channels);
  assert.deepEqual(stepped, [2]);
});

test("wrap keys are named by the spans in which they open what is forgotten, also where a room forgets no more", async () => {
  const members = (/** @type {History} */ of) => Object.assign(of, { memberAt: () => ({}) });
  const spans = (/** @type {number} */ now, /** @type {number[]} */ ...days) => room(members(history(...days)), now).forgetting.overSpans();
  assert.deepEqual(await spans(100 * DAY, 0, 0), []);
  assert.deepEqual(await spans(2 * DAY, 1, 1), [], "a key that was published since might open it");
  assert.deepEqual(await spans(2 * DAY + 600_000, 1, 1), [{ from: 0, to: 2 * DAY }]);
  assert.deepEqual(await spans(100 * DAY, 1, 0), [{ from: 0, to: 2 * DAY }]);
});

test("an epoch's secret is due so many days after the commit that ended it, or after the latest time at which it ends", () => {
  const { clock, forgetting } = room(history(30, 30), DAY + 30 * DAY - 1);
  // The newest one ends after seven days at the latest.
  assert.deepEqual([forgetting.secretDueAt(1), forgetting.secretDueAt(2), forgetting.secretDueAt(3)], [31 * DAY, (1 + 7 + 30) * DAY, null]);
  assert.equal(forgetting.isOver(1), false);
  clock.now += 1;
  assert.deepEqual([forgetting.isOver(1), forgetting.isOver(2)], [true, false]);
  assert.equal(room(history(1), 0).forgetting.secretDueAt(1), 2 * DAY);
  assert.equal(room(history(0, 0), 0).forgetting.secretDueAt(2), null);
  // What was promised before holds, and what follows is kept.
  const longer = room(history(7, 0), 0).forgetting;
  assert.deepEqual([longer.secretDueAt(1), longer.secretDueAt(2)], [8 * DAY, null]);
});

test("in a room that forgets an epoch is over after seven days, or as soon as the room forgets", () => {
  for (const [days, end] of [[1, 1], [7, 7], [90, 7]]) {
    const { clock, forgetting } = room(history(days), end * DAY - 1);
    assert.equal(forgetting.isHeadOver, false, `${days}`);
    clock.now += 1;
    assert.equal(forgetting.isHeadOver, true, `${days}`);
  }
  assert.equal(room(history(0), 400 * DAY).forgetting.isHeadOver, false);
});

test("what the server may have let go of is said by the signed policies", async () => {
  const may = (/** @type {number[]} */ ...keepDays) => room(history(...keepDays), 0).forgetting.mayHaveForgotten();
  assert.deepEqual(await Promise.all([may(0), may(0, 0), may(7), may(7, 0), may(0, 7)]), [false, false, true, true, true]);
});

test("a sweep takes rows and secrets that are due, leaves a line, and says when it has to come again", async () => {
  const noted = /** @type {any[]} */ ([]);
  const vault = { epochsOf: () => [1], forgetSecrets: async (/** @type {string} */ of, /** @type {any} */ due) => void noted.push([of === ROOM, due]) };
  const { clock, held, forgetting } = room(history(1, 1), 2 * DAY, vault);
  const rows = new Rows({ account: "ada", isMember: () => true, isOver: () => false });
  for (const each of [said(1, 5, 1), said(2, DAY - 5, 1), said(3, DAY + 5, 2, { content: { type: "reply", message: "m1", hash: "h1", text: "t3" } })]) rows.put(each);
  rows.before(null, 10);
  rows.changes();
  const stepped = /** @type {number[]} */ ([]);
  const channels = /** @type {any} */ ([{ rows, forgetBefore: (/** @type {number} */ place) => stepped.push(place) }]);
  assert.equal(await forgetting.sweep(channels), 2 * DAY + 5);
  assert.deepEqual(stepped, [3], "nothing in front of what is left is missed");
  assert.deepEqual([...held], [2]);
  assert.deepEqual(noted, [[true, [{ n: 1, at: 2 * DAY }, { n: 2, at: 3 * DAY }]]]);
  const { rows: told, gone } = rows.changes();
  assert.deepEqual(gone, ["m bob m1", "m bob m2"]);
  assert.deepEqual(told.map((row) => (row.kind === "note" ? [row.what, row.sequence, row.count] : [row.kind, row.kind === "message" && row.replyTo?.text])), [["message", ""], ["forgotten", 2, 1]]);
  assert.deepEqual(rows.before(null, 10).map(({ kind, sequence }) => [kind, sequence]), [["note", 2], ["message", 3]]);
  clock.now = 3 * DAY;
  assert.equal(await forgetting.sweep(channels), null);
  assert.deepEqual([...held], []);
  assert.deepEqual(rows.before(null, 10).map(({ kind, sequence }) => [kind, sequence]), [["note", 3]]);
  assert.deepEqual([rows.byHash("h3"), rows.newest.text], [null, ""]);
});

test("secrets in the vault get the time at which they are deleted, once, and are gone by then wherever they come from", async () => {
  const put = /** @type {any[]} */ ([]);
  const clock = { now: 0 };
  const page = /** @type {any} */ ({ call: async () => ({ ok: { revision: "1" }, tail: new Uint8Array() }), tell: () => {} });
  const stored = [{ name: { kind: "epoch_secret", room: ROOM, n: 3 }, number: 2, content: { secret: "03".repeat(32), commit: "c3" }, forgetAt: 50 }];
  const sealer = /** @type {any} */ ({ begin: async () => {}, open: async () => ({ entries: stored, bad: [] }), renew: async () => {}, seal: async (/** @type {any[]} */ entries) => (put.push(...entries), new Uint8Array()) });
  const vault = new RoomVault(page, sealer, () => clock.now);
  const secret = new Uint8Array(32).fill(1);
  await vault.keepSecrets(ROOM, [{ n: 1, commit: "c1", secret }, { n: 2, commit: "c2", secret }]);
  await vault.forgetSecrets(ROOM, [{ n: 1, at: 900 }]);
  await vault.forgetSecrets(ROOM, [{ n: 1, at: 100 }]);
  await vault.forgetSecrets(ROOM, [{ n: 1, at: 100 }]);
  assert.deepEqual(put.splice(0).map(({ name, number, forgetAt }) => [name.n, number, forgetAt]), [[1, 1, undefined], [2, 1, undefined], [1, 2, 900], [1, 3, 100]]);
  assert.deepEqual(vault.epochsOf(ROOM), [1, 2]);
  clock.now = 99;
  assert.notEqual(vault.secret(ROOM, 1), null);
  clock.now = 100;
  assert.equal(vault.secret(ROOM, 1), null);
  // What an older copy of the server still has is not taken.
  await vault.refresh();
  assert.deepEqual([vault.secret(ROOM, 3), vault.epochsOf(ROOM)], [null, [2]]);
  // One that is due is written over, so that no server and no copy of this vault has it from then on.
  await vault.forgetSecrets(ROOM, [{ n: 2, at: 99 }]);
  assert.deepEqual(put.map(({ name, number, content, forgetAt }) => [name.n, number, content.secret, forgetAt]), [[2, 2, "00".repeat(32), 100]]);
  assert.deepEqual(vault.epochsOf(ROOM), []);
});
