/** What members keep in a room: where it leads, and its line in the timeline. */
import assert from "node:assert/strict";
import test from "node:test";
import { Scope, Signal } from "../../../static/model/signals.js";
import { Rows } from "../../../static/rooms/rows.js";
import { rowsOf } from "../../../static/ui/conversations/plan.js";
import { safeLink } from "../../../static/wire/links.js";
import { page } from "./page_stub.js";

const BOB = "bob";
const circle = { account: "ada", isMember: () => true, isOver: () => false };
const item = (sequence, sender, content) => ({ kind: "content", sequence, time: sequence, sender, hash: `h${sequence}`, message: `m${sequence}`, epoch: 1, content, clockOff: false, oldEpoch: false });

test("a change of the resources is one quiet line that nobody has to read", () => {
  const rows = new Rows(circle);
  rows.put(item(1, BOB, { type: "resource", resource: "r1", action: "added", title: "plan\u202Etxt" }));
  const [row] = rows.before(null, 10);
  assert.deepEqual(row, { key: "s 1", sequence: 1, time: 1, kind: "resource", account: BOB, resource: "r1", action: "added", title: "plan\uFFFDtxt" });
  assert.equal(rows.unreadAfter(0).unread, 0);
  const conversation = { members: [{ account: BOB, name: BOB, role: "member", keys: "verified", own: false }], marks: [] };
  const message = { ...row, kind: "message", key: "s 2", send: null, replyTo: null, reactions: [] };
  const plans = rowsOf([row, message], 0, 2, { conversation, firstUnread: null, expanded: new Set(), nameOf: (account) => account });
  assert.deepEqual(plans.map(({ thread, head }) => [thread, head]), [["solid", true], ["solid", true]]);
});

test("only http and https lead anywhere", () => {
  assert.deepEqual(safeLink("  HTTPS://Example.org:443/a b "), { href: "https://example.org/a%20b", host: "example.org" });
  for (const bad of ["javascript:alert(1)", "java\nscript://x", "data:,x", "https:example.org", "https://a@b/", "https://:p@b/", "http://", "mailto:a@b", "ftp://b/", "", "x"]) assert.equal(safeLink(bad), null, bad);
  const at = (length) => `https://b/${"a".repeat(length - 10)}`;
  assert.deepEqual([safeLink(at(2_048))?.href.length, safeLink(at(2_049))], [2_048, null]);
});

test("links are changed by who may say something in the room", async (t) => {
  page(t);
  const { resourcesList } = await import("../../../static/ui/conversations/resources.js");
  const link = { resource: "r1", title: "The plan", url: "https://plan.example/", host: "plan.example", file: "", by: BOB, at: 1 };
  const open = { room: "r", kind: "public", state: "ready", role: "member", members: [], archived: false, resources: [link] };
  const list = new Signal([open]);
  const conversations = { list, find: (room) => list.value.find((each) => each.room === room), nameOf: (account) => account };
  const scope = new Scope();
  t.after(() => scope.end());
  const section = resourcesList({ words: { say: (key) => key, date: String }, conversations }, scope, "r");
  const offered = () => [section.querySelector("[data-control=resource-add]").hidden !== true, section.querySelector("[data-control=resource-r1]") !== null];
  assert.deepEqual(offered(), [true, true]);
  for (const more of [{ role: "muted" }, { archived: true }, { state: "stopped" }, { state: "keys_reset" }]) {
    list.value = [{ ...open, ...more }];
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(offered(), [false, false], JSON.stringify(more));
  }
  list.value = [open];
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(offered(), [true, true]);
});
