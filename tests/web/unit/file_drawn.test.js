/** Files as they are drawn in the timeline, and the ways for them into a conversation. */
import assert from "node:assert/strict";
import test from "node:test";
import { Files } from "../../../static/model/files.js";
import { Scope, Signal } from "../../../static/model/signals.js";
import { page } from "./page_stub.js";

const words = { say: (key) => key, size: String, error: (code) => code };
const effects = () => new Promise((resolve) => setImmediate(resolve));
const row = (more = {}) => ({ message: "m1", hash: "h1", send: null, file: { file: "f1", name: "a.txt", saveAs: "a.txt", mediaType: "", size: 9, look: "text" }, ...more });

/** A file's row, drawn. @param {import("node:test").TestContext} t @param {object} one */
async function drawn(t, one, answers = {}) {
  page(t);
  const { drawFile } = await import("../../../static/ui/conversations/files/row.js");
  const files = new Files(async (ask) => answers[ask] ?? { ok: {} });
  const element = drawFile({ words, conversations: { files } }, { room: "r" }, one);
  element.connectedCallback();
  t.after(() => element.disconnectedCallback());
  return { element, files };
}

test("an upload that is not moved here says so quietly, and one that failed aloud", async (t) => {
  for (const [code, role] of [["uploading", "status"], ["over_quota", "alert"], ["file_needed", "alert"]]) {
    const { element } = await drawn(t, row({ hash: "", send: { state: "failed", code } }));
    assert.equal(element.querySelector(".state").getAttribute("role"), role, code);
  }
});

test("a preview stays as it is whatever becomes of other files", async (t) => {
  const preview = { kind: "image", blob: new Blob(["x"]), width: 1, height: 1 };
  const revoked = t.mock.method(URL, "revokeObjectURL");
  const { element, files } = await drawn(t, row(), { conversation_file_preview: { ok: preview } });
  const show = async (message) => {
    await files.show({ room: "r", message, hash: "h" });
    await effects();
  };
  await show("m1");
  const image = element.querySelector("img");
  assert.ok(image !== null);
  await show("m2");
  files.hide("m2");
  await effects();
  assert.ok(element.querySelector("img") === image);
  assert.equal(revoked.mock.callCount(), 0);
  // Asked for anew it is drawn anew, and what was drawn before is let go.
  files.hide("m1");
  await effects();
  assert.deepEqual([element.querySelector("img"), revoked.mock.callCount()], [null, 1]);
  await show("m1");
  element.disconnectedCallback();
  assert.equal(revoked.mock.callCount(), 2);
});

test("arrows scroll a text that is longer than what is seen of it, and go from row to row otherwise", async (t) => {
  const { element, files } = await drawn(t, row(), { conversation_file_preview: { ok: { kind: "text", text: "a", whole: true } } });
  await files.show({ room: "r", message: "m1", hash: "h" });
  await effects();
  const text = element.querySelector(".file-text");
  for (const [key, scrollHeight, stays] of [["ArrowUp", 101, true], ["ArrowDown", 101, true], ["ArrowDown", 100, false], ["Enter", 101, false]]) {
    let stopped = false;
    text.fire("keydown", { key, currentTarget: { scrollHeight, clientHeight: 100 }, stopPropagation: () => (stopped = true) });
    assert.equal(stopped, stays, `${key} ${scrollHeight}`);
  }
});

/** What is in the way of a conversation, from the least that is open. */
const OPEN = { room: "r", kind: "group", state: "ready", role: "member", archived: false, halted: null, members: [{ account: "ada", own: true }, { account: "bob", own: false, keys: "changed" }], channels: [{ channel: "c", archived: false }, { channel: "other", archived: true }] };
const CLOSED = { muted: { role: "muted" }, archived: { archived: true }, "archived channel": { channels: [{ channel: "c", archived: true }] }, stopped: { state: "stopped" }, "reset keys": { state: "keys_reset" }, "changed keys": { halted: "bob" } };

test("files come into a conversation where its box is open, and nowhere else", async (t) => {
  const body = page(t);
  const { attachTo } = await import("../../../static/ui/conversations/files/attach.js");
  const conversation = new Signal(OPEN);
  const scope = new Scope();
  t.after(() => scope.end());
  const [section, composer, field] = ["section", "form", "div"].map((tag) => document.createElement(tag));
  field.className = "field";
  composer.append(field);
  const complaints = [];
  attachTo({ words, conversations: { find: () => conversation.value } }, scope, { room: "r", channel: "c" }, { section, composer, complain: (sentence) => complaints.push(sentence) });
  const [button, over] = [field.querySelector("[data-control=attach]"), section.querySelector(".drop")];
  // A folder is refused in so many words, which shows that the drop was looked at.
  const dataTransfer = { types: ["Files"], items: [{ webkitGetAsEntry: () => ({ isDirectory: true }) }], files: [] };
  const tried = () => {
    complaints.length = 0;
    const over1 = section.fire("dragover", { dataTransfer }) && !over.hidden;
    assert.ok(section.fire("drop", { dataTransfer }), "the page stays");
    return [button.disabled, over1, complaints.length];
  };
  assert.deepEqual(tried(), [false, true, 1]);
  for (const [why, more] of Object.entries(CLOSED)) {
    conversation.value = { ...OPEN, ...more };
    await effects();
    assert.deepEqual(tried(), [true, false, 0], why);
    // Nothing asks for anything: there is no page here that a dialog could be drawn on.
    composer.fire("paste", { clipboardData: { files: [{ name: "a", size: 1 }], types: ["Files"] } });
    field.querySelector("[data-control=files]").fire("change");
    assert.equal(body.children.length, 0);
    conversation.value = OPEN;
    await effects();
    assert.deepEqual(tried(), [false, true, 1], `no longer ${why}`);
  }
});
