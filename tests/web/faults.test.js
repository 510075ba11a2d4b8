/** What a page lives through: a blocked WebSocket, a chat-server that goes and comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";

const TIMEOUT = { timeout: 180_000 };
const house = new House();

test("where WebSocket is blocked the same conversation goes over events and posts", TIMEOUT, async (t) => {
  const gate = await Gate.start(house.tiers.url);
  t.after(() => gate.stop());
  const anna = await house.guest("Anna");
  const ben = await house.guest("Ben", { expected: [/WebSocket connection/], url: gate.url });
  await ben.page.locator(".about").filter({ hasText: "because WebSocket is blocked here" }).waitFor();
  await anna.say("over the socket");
  await ben.hears("over the socket");
  await ben.say("over a post");
  await anna.hears("over a post");
  assert.ok(gate.refused > 0, "an upgrade was tried and refused");
  await ben.signOut();
  await anna.sees("Ben left");
  await house.browsers.close();
});

test("a restart of the chat-server heals without a reload, and nothing is shown twice", TIMEOUT, async () => {
  const anna = await house.guest("Anna", { expected: [/status of 503/] });
  const ben = await house.guest("Ben", { expected: [/status of 503/] });
  await anna.say("before");
  await ben.hears("before");
  await house.tiers.restartServer();
  await ben.sees("The chat server was restarted");
  await anna.sees("The chat server was restarted");
  await anna.say("after");
  await ben.hears("after");
  await ben.say("yes, after");
  await anna.hears("yes, after");
  for (const person of [anna, ben]) {
    assert.deepEqual(await person.texts(), ["before", "after", "yes, after"]);
    assert.equal(person.loads, 1, "the page was loaded once");
  }
});

test("a cut of the page's own connection heals, with what was said meanwhile", TIMEOUT, async (t) => {
  const gate = await Gate.start(house.tiers.url, { upgrade: true });
  t.after(() => gate.stop());
  const anna = await house.guest("Anna");
  const ben = await house.guest("Ben", { expected: [/WebSocket connection/, /ERR_/], url: gate.url });
  await anna.say("one");
  await ben.hears("one");
  gate.close();
  await anna.say("two");
  await anna.say("three");
  gate.open();
  await ben.hears("three");
  await ben.say("four");
  await anna.hears("four");
  assert.deepEqual(await ben.texts(), ["one", "two", "three", "four"]);
  assert.equal(ben.loads, 1);
  await house.browsers.close();
});

test("a killed proxy that comes back takes its people in again without a reload", TIMEOUT, async () => {
  const expected = [/WebSocket connection/, /ERR_/, /status of 401/, /status of 503/];
  const anna = await house.guest("Anna", { expected });
  const terminal = house.terminal("terminal");
  await anna.sees("terminal came in");
  await anna.say("before");
  await terminal.line((line) => line.includes("before"));
  await house.tiers.restartProxy();
  await anna.page.locator("#composer").waitFor();
  await anna.keyed();
  terminal.types("welcome back");
  await anna.hears("welcome back");
  await anna.say("after");
  await terminal.line((line) => line.includes("after"));
  assert.deepEqual(await anna.texts(), ["before", "welcome back", "after"]);
  assert.equal(anna.loads, 1, "the page was loaded once");
  assert.equal(await terminal.leave(), 0);
});
