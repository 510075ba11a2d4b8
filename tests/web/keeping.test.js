/** How long messages stay, as two pages show it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";
import { befriend } from "./harness/people.js";
import { makeGroupOf, rowOf, show } from "./harness/talks.js";

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first. */
const EXPECTED = [/status of 503/, /WebSocket connection/, /ERR_/];
const house = new House();

test("an owner chooses how long messages stay, and every member sees it", TIMEOUT, async () => {
  const ada = await house.account("Ada Keep", { expected: EXPECTED });
  const bob = await house.account("Bob Keep", { expected: EXPECTED });
  const cleo = await house.account("Cleo Keep", { expected: EXPECTED });
  await befriend(ada, bob);
  await makeGroupOf(ada, [bob.name, cleo.name], "Fading");
  await ada.say("hello");
  await show(bob, "Fading");
  await bob.hears("hello");
  await bob.waits(bob.page.locator(".keeping", { hasText: "Messages stay for ever" }));
  assert.equal(await bob.page.locator(".keeping [data-control=keep]:visible").count(), 0);
  await ada.page.locator(".keeping [data-control=keep]").click();
  await ada.page.locator("#keep-days").selectOption("7");
  await ada.waits(ada.page.locator("dialog .note", { hasText: "What is older than 7 days is forgotten at once." }));
  await ada.page.locator("dialog [data-control=go]").click();
  await bob.waits(rowOf(bob, /messages forgotten after 7 days/));
  await bob.waits(bob.page.locator(".keeping", { hasText: "forgotten after 7 days" }));
  await ada.gone(ada.page.locator("dialog"));
  await ada.say("and this");
  await bob.hears("and this");
  await bob.hears("hello");
});
