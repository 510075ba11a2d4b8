/** Reporting a message on one page, and judging it on the page of an administrator who is in no room with either. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signInTo } from "./harness/accounts.js";
import { House } from "./harness/house.js";
import { PASSWORD } from "./harness/member.js";
import { befriend } from "./harness/people.js";
import { openMenu, show, writeTo } from "./harness/talks.js";

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first. */
const EXPECTED = [/status of 503/, /WebSocket connection/, /ERR_/];
const house = new House();

/** Who administrates the server; the setup token is used up by somebody without a page. */
async function administrator() {
  const { chat, name } = house.tiers;
  const made = await house.member("Zoe Judge").register(name, await chat?.setupToken());
  made.end();
  const person = await house.visitor({ expected: EXPECTED });
  await signInTo(person, made.name, PASSWORD);
  return person;
}

test("a reported message is proven to an administrator, who sees nothing else and settles it", TIMEOUT, async () => {
  const zoe = await administrator();
  const ada = await house.account("Ada Report", { expected: EXPECTED });
  const bob = await house.account("Bob Report", { expected: EXPECTED });
  await befriend(ada, bob);
  await writeTo(bob, ada);
  await bob.say("a secret");
  await bob.say("something unkind");
  await show(ada, bob.name);
  await ada.hears("something unkind");
  await openMenu(ada, "something unkind");
  await ada.page.getByRole("menuitem", { name: "Report…" }).click();
  // What is handed over is said before it is.
  await ada.waits(ada.page.locator("dialog", { hasText: "go to the administrators of the server" }));
  await ada.page.getByLabel("What is wrong with it").fill("He says this every day.");
  await ada.page.getByRole("button", { name: "Hand it over" }).click();
  await ada.gone(ada.page.locator("dialog"));

  await zoe.waits(zoe.page.locator("[data-control=reports] .badge", { hasText: "1" }));
  await zoe.page.locator("[data-control=reports]").click();
  const report = zoe.page.locator(".report");
  await zoe.waits(report.filter({ hasText: "something unkind" }));
  await zoe.waits(report.filter({ hasText: "He says this every day." }));
  await zoe.waits(report.filter({ hasText: "Proven:" }));
  assert.ok(!(await zoe.page.locator("body").innerText()).includes("a secret"));
  await report.getByRole("button", { name: "The reporter is right" }).click();
  await zoe.waits(zoe.page.locator("dialog", { hasText: "Nothing is reported." }));

  // One's own cannot be reported, and who is no administrator has no such list.
  await openMenu(bob, "something unkind");
  assert.equal(await bob.page.locator("[data-item='menu.report']").count(), 0);
  assert.equal(await ada.page.locator("[data-control=reports]:visible").count(), 0);
  await openMenu(ada, "something unkind");
  await ada.page.getByRole("menuitem", { name: "Report…" }).click();
  await ada.page.getByRole("button", { name: "Hand it over" }).click();
  await ada.gone(ada.page.locator("dialog"));
  await zoe.waits(report.filter({ hasText: "something unkind" }));
});
