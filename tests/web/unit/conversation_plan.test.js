import assert from "node:assert/strict";
import test from "node:test";
import { rowsOf, sameRow } from "../../../static/ui/conversations/plan.js";

const NOON = new Date(2026, 4, 5, 12).getTime();
const MINUTE = 60_000;
const member = (account, keys = "seen", own = false) => ({ account, name: account, role: "member", keys, own });
const conversation = { members: [member("me", "seen", true), member("ann", "verified"), member("ben"), member("cy", "changed")], marks: [] };
const said = (sequence, account, minutes = sequence, more = {}) => ({ key: `k${sequence}`, sequence, time: NOON + minutes * MINUTE, kind: "message", account, mine: account === "me", send: null, replyTo: null, reactions: [], ...more });
const shut = (sequence, cause, account = "ann") => ({ key: `k${sequence}`, sequence, time: NOON + sequence * MINUTE, kind: "unreadable", account, cause });
const commit = (sequence) => ({ key: `k${sequence}`, sequence, time: NOON + sequence * MINUTE, kind: "commit", by: "ann", joined: ["ben"], left: [], removed: [], banned: [], unbanned: [], rekeyed: [], roles: [] });
const plan = (rows, how = {}) => rowsOf(rows, 0, rows.length, { conversation, firstUnread: null, expanded: new Set(), nameOf: (account) => account, ...how });
const threads = (rows) => plan(rows).map(({ thread }) => thread).join(" ");

test("the thread is solid for who is verified, dashed for who is not", () => {
  assert.equal(threads([said(1, "ann"), said(2, "ben"), said(3, "me"), said(4, "cy"), said(5, "gone")]), "solid quiet solid quiet quiet");
});

test("the thread says what is not sent, not opened, or waits for a key, and breaks with a new one", () => {
  const send = (state) => said(0, "me", 9, { send: { state } });
  assert.equal(threads([send("queued"), send("sending"), send("sent"), send("failed"), commit(9)]), "quiet quiet solid bad broken");
  const causes = ["waiting_for_key", "before_joined", "keys_refused", "keys_reset", "sender_unknown", "newer", "not_opened"];
  assert.equal(threads(causes.map((cause, i) => shut(i + 1, cause))), "waiting quiet waiting bad waiting quiet bad");
});

test("a head stands where a day, a sender or what is new begins, and after five minutes", () => {
  const rows = [said(1, "ann"), said(2, "ann"), said(3, "ben"), said(9, "ben"), said(10, "ben"), commit(11), said(12, "ben")];
  const plans = plan(rows, { firstUnread: "k10" });
  assert.deepEqual(plans.map(({ head }) => head), [true, false, true, true, true, true, true]);
  assert.deepEqual(plans.map(({ day }) => day), [true, false, false, false, false, false, false]);
  assert.deepEqual(plans.map(({ unread }) => unread), [false, false, false, false, true, false, false]);
  assert.ok(plan([said(1, "ann"), said(2, "ann", 24 * 60)])[1].day);
});

test("a line without a time begins no day, and the row behind it does", () => {
  const forgotten = { key: "n forgotten", sequence: 1, time: 0, kind: "note", what: "forgotten", account: "", by: "", count: 7 };
  const rows = [forgotten, said(2, "ann"), forgotten, said(3, "ann"), said(4, "ann", 24 * 60)];
  assert.deepEqual(plan(rows).map(({ day }) => day), [false, true, false, false, true]);
  const later = (start) => rowsOf(rows, start, rows.length, { conversation, firstUnread: null, expanded: new Set(), nameOf: (account) => account }).map(({ day }) => day);
  assert.deepEqual(later(1), [true, false, false, true], "a window that begins behind it");
  assert.deepEqual(later(3), [false, true]);
});

test("what is older than one's place is one row, however much it is", () => {
  const plans = plan([shut(1, "before_joined"), shut(2, "before_joined"), shut(3, "before_joined"), said(4, "ann"), shut(5, "before_joined")]);
  assert.deepEqual(plans.map(({ key, count }) => `${key} ${count}`), ["k1 3", "k4 1", "k5 1"]);
  const refused = plan([shut(1, "before_joined"), shut(2, "keys_refused"), shut(3, "keys_refused"), shut(4, "not_opened"), shut(5, "not_opened")]);
  assert.deepEqual(refused.map(({ key, count }) => `${key} ${count}`), ["k1 1", "k2 2", "k4 1", "k5 1"]);
});

test("who has read stands at the newest own message that arrived", () => {
  const marks = [{ account: "ann", read: 3 }, { account: "ben", read: 1 }, { account: "me", read: 9 }];
  const plans = plan([said(1, "me"), said(2, "me"), said(3, "ann"), said(0, "me", 4, { send: { state: "sending" } })], { conversation: { ...conversation, marks } });
  assert.deepEqual(plans.map(({ seen }) => seen), ["", "ann", "", ""]);
});

test("a row is drawn again when what is seen of it changes", () => {
  const rows = [said(1, "ben")];
  const [before] = plan(rows);
  assert.ok(sameRow(before, plan(rows)[0]));
  assert.ok(!sameRow(before, plan(rows, { conversation: { ...conversation, members: [member("ben", "verified")] } })[0]));
  assert.ok(!sameRow(before, plan(rows, { expanded: new Set(["k1"]) })[0]));
  assert.ok(!sameRow(before, plan(rows, { firstUnread: "k1" })[0]));
  assert.ok(!sameRow(before, plan(rows, { nameOf: () => "Ben" })[0]), "a name that became known");
});
