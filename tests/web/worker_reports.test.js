/** Reported messages at a real chat-server: what an administrator who is in no room can prove and read, and what not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVER, WorkerStage, rows, send } from "./harness/worker_stage.js";

const TIMEOUT = { timeout: 180_000 };
const stage = new WorkerStage();

/** @typedef {import("./harness/member.js").Member} Member */

/** What the server says of reports, as one of them may be changed. @type {(outcome: any) => any} */
let lie = (outcome) => outcome;
let isMade = false;
/** Who administrates the server, and is in no room. @returns {Promise<Member>} */
async function zoe() {
  const name = "zoe reports";
  const how = { lie: (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => (command === "reports.list" ? lie(outcome) : outcome) };
  if (isMade) return stage.member(name, how).signIn(SERVER);
  isMade = true;
  return stage.administrator(name, how);
}

/** @param {Member} by @param {string} room @param {string} text @param {string} [reason] */
function report(by, room, text, reason = "He says this every day.") {
  const { message, hash } = rows(by, room).find((each) => each.text === text);
  return by.ask("conversation_report", { room, message, hash, reason });
}
/** What somebody said, when they are told that it is stored: others may be told sooner. @param {Member} by @param {string} room @param {string} text @returns {Promise<any>} */
const stored = (by, room, text) => by.until(() => rows(by, room).find((each) => each.text === text && each.hash), `the hash of ${text}`);
/** @param {Member} by @returns {Promise<any[]>} */
const pending = async (by) => (await by.ask("conversations_reports", { after: null })).reports;
/** @param {Member} by @param {string} report */
const settle = (by, report) => by.wire?.call("reports.settle", { report, verdict: 2 });

test("a report proves to an administrator who is no member who wrote it, and opens nothing else", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("reports 1");
  const admin = await zoe();
  await send(bob, room, "unkind");
  await ada.shows(room, "unkind");
  const heard = new Promise((resolve) => (admin.hand = (frame) => frame.header?.event === "report.made" && resolve(frame.header.report)));
  await report(ada, room, "unkind");
  const [listed, ...others] = await pending(admin);
  assert.equal(listed.report, await heard);
  const { proven, cause, reporter, reporterName, sender, senderName, reason, type, text } = listed;
  assert.deepEqual(
    { proven, cause, reporter, reporterName, sender, senderName, reason, type, text },
    { proven: true, cause: null, reporter: ada.account, reporterName: ada.name, sender: bob.account, senderName: bob.name, reason: "He says this every day.", type: "text", text: "unkind" },
  );
  assert.deepEqual(others, []);
  // Once is enough.
  await assert.rejects(report(ada, room, "unkind", "and again"), { code: "over_quota" });
  await settle(admin, listed.report);
  assert.deepEqual(await pending(admin), []);
  assert.equal(admin.conversation(room), undefined);
});

test("what is deleted, or too long a reason, is not handed over; who is no administrator reads nothing", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("reports 2");
  await send(bob, room, "taken back");
  await ada.shows(room, "taken back");
  const { message, hash } = await stored(bob, room, "taken back");
  await assert.rejects(report(ada, room, "taken back", "x".repeat(1_025)), { code: "malformed" });
  await bob.ask("conversation_send", { room, content: { type: "tombstone", message, hash } });
  await ada.until(() => rows(ada, room).some(({ kind }) => kind === "erased"), "the deletion");
  await assert.rejects(ada.ask("conversation_report", { room, message, hash, reason: "" }), { code: "no_such_message" });
  await assert.rejects(pending(ada), (error) => ["not_allowed", "not_administrator"].includes(/** @type {any} */ (error).code));
});

test("of an edited message what is shown is handed over", TIMEOUT, async () => {
  const { ada, bob, room } = await stage.pair("reports 4");
  const admin = await zoe();
  await send(bob, room, "harmless");
  await ada.shows(room, "harmless");
  const { message, hash } = await stored(bob, room, "harmless");
  await bob.ask("conversation_send", { room, content: { type: "edit", message, hash, text: "unkind since", revision: 1 } });
  await ada.shows(room, "unkind since");
  await report(ada, room, "unkind since");
  const [{ report: made, proven, type, text, sender }] = await pending(admin);
  assert.deepEqual([proven, type, text, sender], [true, "edit", "unkind since", bob.account]);
  await settle(admin, made);
});

test("a report that the server changed, or says another message of, is no proof and shows no text", TIMEOUT, async (t) => {
  const { ada, bob, room } = await stage.pair("reports 3");
  const admin = await zoe();
  await send(bob, room, "said");
  await ada.shows(room, "said");
  await report(ada, room, "said", "");
  t.after(() => (lie = (outcome) => outcome));
  const shown = async (/** @type {typeof lie} */ next) => {
    lie = next;
    const [{ proven, cause, text }] = await pending(admin);
    return [proven, cause, text];
  };
  const first = (/** @type {any} */ outcome, /** @type {object} */ change) => ({ ...outcome, ok: { ...outcome.ok, reports: [{ ...outcome.ok.reports[0], ...change }] } });
  assert.deepEqual(await shown((outcome) => outcome), [true, null, "said"]);
  assert.deepEqual(await shown((outcome) => first(outcome, { hash: "00".repeat(32) })), [false, "other_message", ""]);
  assert.deepEqual(await shown((outcome) => first(outcome, { sequence: "1" })), [false, "other_place", ""]);
  assert.deepEqual(await shown((outcome) => first(outcome, { report: "00".repeat(32) })), [false, "other_message", ""]);
  // One byte of the envelope, which lies in front of the signatures at the end.
  const flipped = (/** @type {any} */ outcome) => ({ ...outcome, tail: outcome.tail.map((/** @type {number} */ byte, /** @type {number} */ at) => (at === outcome.tail.length - 1_200 ? byte ^ 1 : byte)) });
  const [proven, , text] = await shown(flipped);
  assert.deepEqual([proven, text], [false, ""]);
  lie = (outcome) => outcome;
  for (const { report: each } of await pending(admin)) await settle(admin, each);
});
