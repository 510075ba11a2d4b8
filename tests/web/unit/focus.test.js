/** Where the focus goes when what was pressed takes its own row away. */
import assert from "node:assert/strict";
import test from "node:test";
import { Scope, Signal } from "../../../static/model/signals.js";
import { page } from "./page_stub.js";

const effects = () => new Promise((resolve) => setImmediate(resolve));
const words = { say: (key) => key, date: String, number: String, error: (code) => code };
const focused = () => document.activeElement.getAttribute("data-control") ?? document.activeElement.tag;

/** Presses what is named within an element, as the keyboard does. @param {any} within @param {string} control */
function press(within, control) {
  const button = within.querySelector(`[data-control=${control}]`);
  button.focus();
  button.fire("click");
}

test("the same control of the next row has it, then of the one before, then what stands for the list", async (t) => {
  page(t);
  const { reconcile } = await import("../../../static/ui/list.js");
  const { h } = await import("../../../static/ui/dom.js");
  const [list, heir] = [h("ul", {}), h("h3", {})];
  const show = (...keys) => reconcile(list, keys, String, (key) => h("li", { "data-control": key }, h("button", {}), h("button", { "data-control": "end" })), Object.is, heir);
  const holder = () => document.activeElement.parent?.getAttribute("data-control");
  show("a", "b", "c", "d");
  list.children[1].querySelector("[data-control=end]").focus();
  show("a", "d");
  assert.deepEqual([holder(), focused()], ["d", "end"]);
  show("a");
  assert.deepEqual([holder(), focused()], ["a", "end"]);
  show();
  assert.equal(document.activeElement, heir);
});

test("a pin that is taken down hands it to the next one, and the last to the part behind", async (t) => {
  const body = page(t);
  const { pinnedList } = await import("../../../static/ui/conversations/pins.js");
  const { h } = await import("../../../static/ui/dom.js");
  const pin = (hash) => ({ channel: "c", message: hash, hash, state: "here", account: "", text: hash, time: 0 });
  const list = new Signal([{ room: "r", role: "owner", pins: [pin("h1"), pin("h2")] }]);
  const act = async (_, { hash }) => {
    list.update(([room]) => [{ ...room, pins: room.pins.filter((each) => each.hash !== hash) }]);
    return null;
  };
  const scope = new Scope();
  t.after(() => scope.end());
  const section = pinnedList({ words, conversations: { list, act, channel: new Signal("c"), find: () => list.value[0] } }, scope, "r");
  const next = h("h3", {});
  body.append(section, h("section", {}, next));
  press(section, "unpin");
  await effects();
  assert.equal(focused(), "unpin");
  press(section, "unpin");
  await effects();
  assert.equal(document.activeElement, next);
});

test("who lets somebody in again goes on with the next one, or from the heading", async (t) => {
  const body = page(t);
  const { settingsDialog } = await import("../../../static/ui/rooms/settings.js");
  const banned = ["ada", "bob"].map((account) => ({ account, name: account }));
  const asked = [];
  const act = async (_, { account }) => {
    asked.push(account);
    await effects();
    return null;
  };
  settingsDialog({ words, conversations: { act } }, { room: "r", role: "admin", archived: true, banned });
  const list = body.querySelector(".banned");
  press(list, "unban");
  press(list, "unban");
  await effects();
  assert.deepEqual([asked, focused(), list.children.length], [["ada"], "unban", 1]);
  press(list, "unban");
  await effects();
  assert.deepEqual([focused(), list.children.length], ["h3", 0]);
});

test("a link that is removed hands it to the next one, and the last to the heading", async (t) => {
  const body = page(t);
  const { resourcesList } = await import("../../../static/ui/conversations/resources.js");
  const link = (resource) => ({ resource, title: resource, url: "", host: "", file: "", by: "ada", at: 1 });
  const list = new Signal([{ room: "r", kind: "public", state: "ready", role: "member", members: [], archived: false, resources: ["r1", "r2", "r3"].map(link) }]);
  const remove = (resource) => list.update(([room]) => [{ ...room, resources: room.resources.filter((each) => each.resource !== resource) }]);
  let isToldLate = false;
  const act = async (_, { change }) => {
    if (isToldLate) setTimeout(() => remove(change.resource), 1);
    else remove(change.resource);
    await effects();
    return null;
  };
  const scope = new Scope();
  t.after(() => scope.end());
  body.append(resourcesList({ words, conversations: { list, act, find: () => list.value[0], nameOf: String } }, scope, "r"));
  for (const [resource, next, late] of [["r1", "resource-r2", false], ["r2", "resource-r3", true], ["r3", "h3", true]]) {
    isToldLate = late;
    press(body, `resource-${resource}`);
    press(body.querySelector("dialog"), "resources.remove");
    while (list.peek()[0].resources.some((each) => each.resource === resource)) await effects();
    await effects();
    assert.equal(focused(), next);
  }
});

test("a report that is settled hands it to the next one, and the last to the heading", async (t) => {
  const body = page(t);
  const { reportsButton } = await import("../../../static/ui/conversations/reports.js");
  const report = (n) => ({ number: String(n), report: `p${n}`, receivedAt: 0, reporterName: "bob", reason: "", senderName: "eve", proven: true, cause: null, sentAt: 0, type: "text", text: "x" });
  let pending = [report(1), report(2)];
  const call = async (command, { report: settled } = {}) => {
    if (command === "reports.settle") pending = pending.filter((each) => each.report !== settled);
    return { ok: command === "server.mode" ? { administers: true, emergency: false } : {} };
  };
  const account = { call, on: () => () => {}, phase: new Signal("ready") };
  const conversations = { list: new Signal([]), ask: async () => ({ ok: { reports: pending, more: false } }) };
  const scope = new Scope();
  t.after(() => scope.end());
  const button = reportsButton({ words, account, conversations }, scope);
  await effects();
  button.fire("click");
  const list = body.querySelector(".reports");
  for (const [left, next] of [[1, "dismissed"], [0, "h3"]]) {
    await effects();
    press(list, "dismissed");
    await effects();
    assert.deepEqual([list.children.length, focused()], [left, next]);
  }
});

test("who discards what is held back goes on writing", async (t) => {
  const body = page(t);
  const { drawMessage } = await import("../../../static/ui/conversations/message.js");
  const { h } = await import("../../../static/ui/dom.js");
  const asked = [];
  const act = async (ask, takes) => (asked.push([ask, takes]), null);
  const context = { words, account: { account: new Signal("ada") }, conversations: { act, list: new Signal([]) } };
  const row = { key: "m ada m1", sequence: 0, hash: "", message: "m1", account: "ada", mine: true, text: "x", mentions: [], replyTo: null, edited: false, reactions: [], thread: "", answers: 0, clockOff: false, oldEpoch: false, send: { state: "held" } };
  const parts = drawMessage(context, { room: "r", channel: "c" }, { expanded: false, pinned: false, seen: "" }, row, () => {});
  const composer = h("textarea", { id: "composer" });
  body.append(h("div", {}, ...parts), composer);
  press(body, "discard");
  await effects();
  assert.deepEqual([asked, document.activeElement === composer], [[["conversation_retry", { room: "r", message: "m1", again: false }]], true]);
});
