import assert from "node:assert/strict";
import test from "node:test";
import { Chat } from "../../../static/model/chat.js";
import { storage } from "./storage.js";
import { turns } from "./turns.js";

const answer = (outcome) => new Response(JSON.stringify(outcome), { status: "ok" in outcome ? 200 : 401 });
const who = (name) => ({ ok: { member: "aa".repeat(16), name, rooms: [] } });
const NOBODY = { error: { code: "not_signed_in", message: "" } };

/** A chat that is signed in; further requests wait in `asked` until they are answered. */
async function scripted(t) {
  storage(t);
  const asked = [];
  t.mock.method(globalThis, "fetch", (path) => new Promise((resolve) => asked.push({ path, answer: (outcome) => resolve(answer(outcome)) })));
  const links = [];
  const link = (events) => {
    links.push(events);
    return { kind: "socket", command: async () => ({ error: { code: "cut", message: "" } }), publish: async () => ({}), close: () => {} };
  };
  const chat = new Chat({ socket: link, events: link, session: async () => NOBODY }, true);
  chat.signIn("Ada");
  asked.shift().answer(who("Ada"));
  await turns();
  return { chat, asked, links };
}

/** The proxy no longer knows the session. */
async function lose({ links }) {
  links.at(-1).onOpen();
  links.at(-1).onEnd({ opened: true, reason: "not_signed_in" });
  await turns();
}

test("a tab that lost its session takes up the one that another tab has signed in", async (t) => {
  const page = await scripted(t);
  await lose(page);
  assert.equal(page.chat.session.peek().phase, "returning");
  assert.equal(page.asked[0].path, "/api/session");
  page.asked[0].answer(who("Ada"));
  await turns();
  assert.equal(page.chat.session.peek().phase, "in");
  assert.deepEqual(page.asked.length, 1);
  page.chat.signOut();
});

test("where nobody is signed in, the name is signed in again", async (t) => {
  const page = await scripted(t);
  await lose(page);
  page.asked[0].answer(NOBODY);
  await turns();
  assert.equal(page.asked[1].path, "/api/auth.guest");
  page.asked[1].answer(who("Ada"));
  await turns();
  assert.equal(page.chat.session.peek().phase, "in");
  page.chat.signOut();
});

test("who wants another name is not signed in under the old one by a late answer", async (t) => {
  const page = await scripted(t);
  await lose(page);
  page.asked[0].answer(NOBODY);
  await turns();
  page.chat.signOut();
  assert.equal(page.asked[2].path, "/api/auth.logout");
  page.asked[2].answer({ ok: {} });
  await turns();
  page.asked[1].answer(who("Ada"));
  await turns();
  assert.equal(page.chat.session.peek().phase, "out");
  assert.equal(page.asked[3].path, "/api/auth.logout");
});
