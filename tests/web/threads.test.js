/** Threads and pins on two pages: what answers a message stands beside the conversation, and what is pinned is found again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";
import { befriend } from "./harness/people.js";
import { edit, makeGroupOf, openMenu, remove, rowOf, show, writeTo } from "./harness/talks.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first. */
const EXPECTED = [/status of 503/, /WebSocket connection/, /ERR_/];
const house = new House();

/** @param {Person} person */
const thread = ({ page }) => page.locator(".thread-pane");
/** Says something into the thread that is shown. @param {Person} person @param {string} text */
async function answer(person, text) {
  await person.page.locator("#thread-composer").fill(text);
  await person.page.locator("#thread-composer").press("Enter");
}
/** @param {Person} person @param {string} text @param {string} item */
async function choose(person, text, item) {
  await openMenu(person, text);
  await person.page.getByRole("menuitem", { name: item }).click();
}

test("a message and its answers stand beside the conversation, are counted under it, and can be answered there", TIMEOUT, async () => {
  const ada = await house.account("Ada Thread", { expected: EXPECTED });
  const bob = await house.account("Bob Thread", { expected: EXPECTED });
  await befriend(ada, bob);
  await writeTo(ada, bob);
  await ada.say("shall we meet?");
  await ada.say("something else");
  await show(bob, ada.name);
  await bob.hears("something else");
  await choose(bob, "shall we meet?", "Show the thread");
  await bob.waits(thread(bob).locator(".text", { hasText: "shall we meet?" }));
  await answer(bob, "yes, at noon");
  await ada.waits(rowOf(ada, "shall we meet?").locator(".thread-link", { hasText: "1 answer" }));
  await rowOf(ada, "shall we meet?").locator(".thread-link").click();
  await ada.waits(thread(ada).locator(".text", { hasText: "yes, at noon" }));
  await answer(ada, "then at noon");
  await bob.waits(thread(bob).locator(".text", { hasText: "then at noon" }));
  // What belongs to no thread does not stand in one.
  assert.deepEqual(await thread(bob).locator(".text").allTextContents(), ["shall we meet?", "yes, at noon", "then at noon"]);
  await bob.waits(bob.page.locator("#timeline .thread-link", { hasText: "2 answers" }));
  await bob.page.locator("[data-control=close-thread]").click();
  await bob.gone(thread(bob));
  // From an answer it is the same thread, and the letter does what the menu does.
  await bob.page.locator("#timeline .row.message", { hasText: "then at noon" }).focus();
  await bob.page.keyboard.press("t");
  await bob.waits(thread(bob).locator(".text", { hasText: "shall we meet?" }));
  await show(bob, ada.name);
  await bob.page.locator(".sidebar [data-control=room]", { hasText: "Lobby" }).click();
  await bob.gone(thread(bob));
});

test("what is pinned is listed, found again, says what became of it, and is taken down", TIMEOUT, async () => {
  const cleo = await house.account("Cleo Pin", { expected: EXPECTED });
  const dan = await house.account("Dan Pin", { expected: EXPECTED });
  const eli = await house.account("Eli Pin", { expected: EXPECTED });
  await befriend(cleo, dan);
  await makeGroupOf(cleo, [dan.name, eli.name], "Pins");
  await cleo.say("the rules");
  await cleo.say("the address");
  await choose(cleo, "the rules", "Pin");
  await cleo.waits(cleo.page.locator("#timeline .pinned-mark"));
  await choose(cleo, "the address", "Pin");
  await show(dan, "Pins");
  const pins = dan.page.locator(".pins li");
  await dan.waits(pins.nth(1));
  assert.deepEqual(await pins.locator(".said").allTextContents(), ["the address", "the rules"]);
  // Only owners and admins take them down, or pin.
  assert.equal(await dan.page.locator("[data-control=unpin]").count(), 0);
  await openMenu(dan, "the rules");
  assert.equal(await dan.page.locator("[data-item='menu.pin'], [data-item='menu.unpin']").count(), 0);
  await dan.page.keyboard.press("Escape");
  await pins.filter({ hasText: "the rules" }).locator("[data-control=go-to-pin]").click();
  await dan.waits(dan.page.locator(".row:focus", { hasText: "the rules" }));

  await edit(cleo, "the address", "the new address");
  await dan.waits(pins.filter({ hasText: "the new address" }).filter({ hasText: "edited" }));
  await remove(cleo, "the rules");
  await dan.waits(pins.filter({ hasText: "A message that was deleted." }));
  assert.ok(await pins.filter({ hasText: "deleted" }).locator("[data-control=go-to-pin]").isDisabled());
  await cleo.page.locator(".pins li", { hasText: "deleted" }).locator("[data-control=unpin]").click();
  await dan.gone(pins.nth(1));
  await cleo.page.waitForFunction(() => document.activeElement?.matches(".pins [data-control=unpin]"));
  await choose(cleo, "the new address", "Unpin");
  await dan.gone(dan.page.locator(".pinned:visible"));
  await dan.gone(dan.page.locator("#timeline .pinned-mark"));
});
