/** What asks for attention on two pages: mentions counted on their own, and levels that are in step on every device. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";
import { befriend } from "./harness/people.js";
import { makeGroupOf, show, talk } from "./harness/talks.js";

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first. */
const EXPECTED = [/status of 503/, /WebSocket connection/, /ERR_/];
const house = new House();

/** Waits for a window's title. @param {import("./harness/browser.js").Person} person @param {RegExp} title */
const titled = ({ page }, title) => page.waitForFunction((wanted) => new RegExp(wanted).test(document.title), title.source);

test("mentions are counted on their own, and a channel asks for as much attention as its reader wants, on every device", TIMEOUT, async () => {
  const ada = await house.account("Ada Level", { expected: EXPECTED });
  const bob = await house.account("Bob Level", { expected: EXPECTED });
  const cleo = await house.account("Cleo Level", { expected: EXPECTED });
  await befriend(ada, bob);
  await makeGroupOf(ada, [bob.name, cleo.name], "Levels");
  await ada.say("nobody in particular");
  await ada.say(`@${bob.name} have a look`);
  await bob.waits(talk(bob, "Levels", "2 unread messages"));
  await bob.waits(talk(bob, "Levels", "1 mention of you"));
  await titled(bob, /^\(2\)/);
  const second = await house.device(bob, { expected: EXPECTED });
  await second.waits(talk(second, "Levels", "1 mention of you"));

  await show(bob, "Levels");
  await bob.gone(talk(bob, "Levels", "unread"));
  await bob.page.getByRole("button", { name: "Mentions", exact: true }).click();
  await second.waits(talk(second, "Levels", "Only mentions of you"));
  // Somewhere else, so that nothing here is read at once.
  await second.page.locator(".sidebar [data-control=room]", { hasText: "Lobby" }).click();
  await bob.page.locator(".sidebar [data-control=room]", { hasText: "Lobby" }).click();
  await ada.say("for everybody");
  await second.waits(talk(second, "Levels", "1 unread message"));
  await second.waits(talk(second, "Levels").locator(".quiet-badge"));
  assert.doesNotMatch(await second.page.title(), /^\(/);
  await ada.say(`and for @${bob.name}`);
  await second.waits(talk(second, "Levels", "1 mention of you"));
  await titled(second, /^\(1\)/);

  await show(second, "Levels");
  await second.gone(talk(second, "Levels", "unread"));
  await second.page.getByRole("button", { name: "None", exact: true }).click();
  await second.page.locator(".sidebar [data-control=room]", { hasText: "Lobby" }).click();
  await bob.waits(talk(bob, "Levels", "Nothing here asks for attention"));
  await ada.say(`@${bob.name} again`);
  await bob.waits(talk(bob, "Levels", "1 unread message"));
  await bob.waits(talk(bob, "Levels", "1 mention of you"));
  assert.doesNotMatch(await bob.page.title(), /^\(/);
});
