/** Lines of a timeline that are no deliveries. */
import assert from "node:assert/strict";
import test from "node:test";
import { ConversationRows } from "../../../static/model/conversation_rows.js";
import { Rows } from "../../../static/rooms/rows.js";

const circle = { account: "ada", isMember: () => true, isOver: () => false };
const item = (sequence) => /** @type {any} */ ({ kind: "content", sequence, time: 1_000 + sequence, sender: "bob", hash: `h${sequence}`, message: `m${sequence}`, epoch: 1, content: { type: "text", text: `t${sequence}` }, clockOff: false, oldEpoch: false });
const note = (what = "asked") => /** @type {any} */ ({ what, account: "bob", by: "", count: 2 });
const short = (rows) => rows.map((row) => (row.kind === "note" ? row.what : row.text));

test("a line stands behind what was there when it came, in every window that has that, and is told once", () => {
  const all = new Rows(circle);
  all.note(5, note());
  assert.deepEqual(all.changes().rows, [], "where nothing is there is no place for it");
  for (const sequence of [1, 2]) all.put(item(sequence));
  all.note(6, note("given"));
  for (const sequence of [3, 4]) all.put(item(sequence));
  assert.deepEqual(short(all.changes().rows), ["t1", "t2", "t3", "t4", "given"]);
  assert.deepEqual(all.changes(), { rows: [], gone: [] });
  assert.deepEqual(short(all.before(null, 10)), ["t1", "t2", "given", "t3", "t4"]);
  assert.deepEqual([short(all.before(null, 2)), short(all.before(3, 10)), short(all.before(2, 10))], [["t3", "t4"], ["t1", "t2", "given"], ["t1"]]);
  assert.deepEqual([all.newest.text, all.unreadAfter(0).unread], ["t4", 4]);
});

test("on the page it stands there, too, whatever is read before or comes afterwards, and is no news", async () => {
  const line = { ...note("given"), kind: "note", key: "n 1", sequence: 2, time: 6 };
  const row = (sequence) => ({ kind: "message", key: `k${sequence}`, sequence, time: sequence, text: `t${sequence}`, send: null });
  const pages = [[row(2)], [row(1)]];
  const rows = new ConversationRows(async () => /** @type {any} */ ({ ok: { rows: pages.shift(), more: pages.length > 0 } }));
  await rows.begin();
  assert.deepEqual(rows.take(/** @type {any} */ ([line]), []), []);
  assert.equal(rows.take(/** @type {any} */ ([row(3)]), []).length, 1);
  await rows.older();
  assert.deepEqual(short(rows.items.peek()), ["t1", "t2", "given", "t3"]);
});
