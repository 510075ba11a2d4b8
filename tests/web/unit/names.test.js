/** What members are called whose keys, and with them the name, were not read. */
import assert from "node:assert/strict";
import test from "node:test";
import { Scope, Signal } from "../../../static/model/signals.js";
import { memberName, nameOf, titleOf } from "../../../static/ui/conversations/names.js";
import { page } from "./page_stub.js";

const [ADA, BOB, EVE, GONE] = [1, 2, 3, 4].map((n) => `${n}`.repeat(32));
const say = (key, { id = "", count = "" } = {}) => `${key}${id}${count}`;
const words = { say, plain: say, number: String, compare: (a, b) => (a < b ? -1 : 1) };
const member = (account, name, own = false) => ({ account, name, own, role: "member", keys: "seen" });
const members = [member(ADA, "Ada", true), member(BOB, ""), member(EVE, "")];
const room = { room: "r", kind: "group", name: "", role: "member", members };
const list = new Signal([room]);
const context = { words, conversations: { list, find: () => list.value[0], nameOf: (account) => (account === EVE ? "Eve" : ""), online: new Signal(new Set()) }, people: { friends: { list: new Signal([]) } } };

test("a member has the name that is known anywhere, or a part of the account's id, and never none", () => {
  assert.deepEqual(members.map((each) => memberName(context, each)), ["Ada", "talks.unnamed22222222", "Eve"]);
  assert.deepEqual([BOB, EVE, GONE].map((account) => nameOf(context, account)), ["talks.unnamed22222222", "Eve", "talks.somebody"]);
  assert.equal(titleOf(context, { ...room, kind: "direct", members: members.slice(0, 2) }), "talks.unnamed22222222");
});

test("the list of members shows them by it, and finds them by it", async (t) => {
  page(t);
  const { membersList } = await import("../../../static/ui/conversations/members.js");
  const scope = new Scope();
  t.after(() => scope.end());
  const section = membersList(context, scope, "r");
  const names = () => section.querySelector("ul").children.map((each) => each.querySelector(".name").textContent);
  assert.deepEqual(names(), ["Ada", "Eve", "talks.unnamed22222222"]);
  const field = section.querySelector("input");
  field.value = "2222";
  field.fire("input");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(names(), ["talks.unnamed22222222"]);
});
