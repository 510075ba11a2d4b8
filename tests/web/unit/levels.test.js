/** What of a channel asks for attention, as the vault keeps it (docs/protocol.md §14.6). */
import assert from "node:assert/strict";
import test from "node:test";
import { itemKey } from "../../../static/model/account.js";
import { Levels, asking, levelItem } from "../../../static/model/levels.js";
import { Signal } from "../../../static/model/signals.js";

const CHANNEL = "ff".repeat(16);

/** An account whose vault has these contents, by channel. @param {Record<string, any> | null} contents */
function accountWith(contents) {
  const entries = Object.entries(contents ?? {}).map(([channel, content]) => [itemKey(levelItem(channel)), { name: levelItem(channel), number: 1, content }]);
  const changed = [];
  const change = async (name, next) => (changed.push({ name, content: next({ kept: 1 }) }), null);
  return { vault: new Signal(contents === null ? null : new Map(entries)), change, changed };
}

test("its item's name fits a preference, whatever the id", () => {
  const { kind, name } = /** @type {any} */ (levelItem(CHANNEL));
  assert.deepEqual([kind, name], ["preference", `notify:${"/".repeat(21)}w==`]);
  assert.match(name, /^[!-~]{1,32}$/);
});

test("everything asks until something else is chosen; what only a newer version knows is no choice", () => {
  const of = (contents) => new Levels(accountWith(contents)).of(CHANNEL);
  assert.deepEqual([of(null), of({}), of({ [CHANNEL]: { level: "loud" } }), of({ ["ee".repeat(16)]: { level: "none" } })], ["all", "all", "all", "all"]);
  for (const level of ["all", "mentions", "none"]) assert.equal(of({ [CHANNEL]: { level } }), level);
});

test("a choice keeps what else stands in the item", async () => {
  const account = accountWith({});
  assert.equal(await new Levels(account).choose(CHANNEL, "none"), null);
  assert.deepEqual(account.changed, [{ name: levelItem(CHANNEL), content: { kept: 1, level: "none" } }]);
});

test("by its level a channel asks with all that is unread, with mentions, or with nothing", () => {
  const counted = { unread: 5, mentioned: 2 };
  assert.deepEqual(["all", "mentions", "none"].map((level) => asking(counted, level)), [5, 2, 0]);
  assert.equal(asking({ unread: 5 }, "mentions"), 0);
});
