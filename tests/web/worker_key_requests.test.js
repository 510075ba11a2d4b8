/** Older keys at a real chat-server: what the asker and who decides are told of a request. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVER, WorkerStage, rows, send } from "./harness/worker_stage.js";

const TIMEOUT = { timeout: 180_000 };
const stage = new WorkerStage();

/** @typedef {import("./harness/member.js").Member} Member */

/** Lines about keys, as they were told. @param {Member} of @param {string} room */
const notes = (of, room) => rows(of, room).filter(({ kind }) => kind === "note").map(({ what, account, by, count }) => ({ what, account, by, count }));

/** A group of two that a third has joined, who has read it as far as it opens. @param {string} test */
async function withNewcomer(test) {
  const { ada, bob, room } = await stage.pair(test);
  const carol = await stage.member(`carol ${test}`).register(SERVER);
  await ada.ask("conversation_invite", { room, account: carol.account });
  const { invitation } = await carol.until(() => carol.list.invitations[0], "the invitation");
  await carol.ask("conversation_answer", { invitation, accept: true });
  await send(carol, room, "after");
  await carol.shows(room, "after");
  await carol.ask("conversation_rows", { room, before: null, count: 50 });
  await carol.until(() => closed(carol, room).length > 0, "what is closed");
  return { ada, bob, carol, room };
}

/** Why what cannot be read cannot. @param {Member} of @param {string} room */
const closed = (of, room) => rows(of, room).filter(({ kind }) => kind === "unreadable").map(({ cause }) => cause);
/** Asks for what is closed; what who decides is asked. @param {Member} from @param {Member} by @param {string} room */
async function ask(from, by, room) {
  const before = by.conversation(room).keyRequests.map((/** @type {any} */ { request }) => request);
  await from.ask("conversation_ask_keys", { room });
  return by.until(() => by.conversation(room).keyRequests.find((/** @type {any} */ { request }) => !before.includes(request)), "the request");
}

test("a request is said to who decides, a refusal to who asked, and a grant to both, in a line each", TIMEOUT, async () => {
  const { ada, bob, carol, room } = await withNewcomer("keys 1");
  const first = await ask(carol, ada, room);
  const count = first.to - first.from + 1;
  await ada.until(() => notes(ada, room).length === 1, "the line");
  await ada.ask("conversation_decide_keys", { room, request: first.request, grant: false });
  await carol.until(() => closed(carol, room).includes("keys_refused"), "the refusal");
  assert.deepEqual(notes(carol, room), [{ what: "refused", account: carol.account, by: "", count }]);

  const { request } = await ask(carol, ada, room);
  await ada.ask("conversation_decide_keys", { room, request, grant: true });
  await carol.shows(room, "first", "after");
  await carol.until(() => notes(carol, room).length === 2, "who gave them");
  assert.deepEqual(notes(carol, room)[1], { what: "given", account: carol.account, by: ada.account, count });
  assert.deepEqual(notes(ada, room).map(({ what }) => what), ["asked", "refused", "asked", "given"]);
  // Who may not decide is told nothing.
  assert.deepEqual(notes(bob, room), []);
  for (const each of [ada, bob, carol]) assert.deepEqual(each.alarms(room), []);
});
