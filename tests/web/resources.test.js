/** Links and documents that members keep in a room, in two browsers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";
import { befriend } from "./harness/people.js";
import { show, writeTo } from "./harness/talks.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 240_000 };
const house = new House();

/** @param {Person} person @param {string} title @param {string} url */
async function add({ page }, title, url) {
  await page.getByRole("button", { name: "Add a link" }).click();
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Address").fill(url);
  await page.getByRole("button", { name: "Save", exact: true }).click();
}
/** @param {Person} person @param {string[]} titles */
async function lists(person, ...titles) {
  const { page } = person;
  await page.waitForFunction((wanted) => [...document.querySelectorAll(".resources bdi")].map((each) => each.textContent).join("|") === wanted, titles.join("|"));
}

test("B6: a link is added, changed, moved, opened and removed, by either, and never fetched", TIMEOUT, async () => {
  const expected = [/status of 503/, /status of 403/];
  const [ada, bob] = [await house.account("Ada", { expected }), await house.account("Bob", { expected })];
  await befriend(ada, bob);
  await writeTo(ada, bob);
  await show(bob, ada.name);
  await add(ada, "The plan", "https://plan.example/path?a=1");
  await lists(bob, "The plan");
  await bob.waits(bob.page.locator(".row.resource", { hasText: "The plan" }));
  const link = bob.page.locator(".resources a");
  assert.deepEqual(
    await link.evaluate((/** @type {HTMLAnchorElement} */ each) => [each.href, each.target, each.rel, each.referrerPolicy]),
    ["https://plan.example/path?a=1", "_blank", "noopener noreferrer", "no-referrer"],
  );
  assert.equal(await bob.page.locator(".resources .host").textContent(), "plan.example");

  // What runs, or is no address, is refused where it is typed.
  await bob.page.getByRole("button", { name: "Add a link" }).click();
  await bob.page.getByLabel("Title").fill("Bad");
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "plan.example", "https://user@plan.example/"]) {
    await bob.page.getByLabel("Address").fill(bad);
    await bob.page.getByLabel("Address").press("Enter");
    await bob.waits(bob.page.locator("dialog .fault", { hasText: "https://" }));
  }
  await bob.page.keyboard.press("Escape");

  await add(bob, "Second \u202Etxt", "http://second.example/");
  await lists(ada, "The plan", "Second \uFFFDtxt");
  // By the keyboard alone.
  await ada.page.getByRole("button", { name: /^Change .*Second/ }).focus();
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("button", { name: "Move up" }).press("Enter");
  await lists(bob, "Second \uFFFDtxt", "The plan");
  await bob.page.getByRole("button", { name: /^Change .*The plan/ }).click();
  await bob.page.getByLabel("Title").fill("The new plan");
  await bob.page.getByLabel("Title").press("Enter");
  await lists(ada, "Second \uFFFDtxt", "The new plan");
  await ada.page.getByRole("button", { name: /^Change .*The new plan/ }).click();
  await ada.page.getByRole("button", { name: "Remove", exact: true }).click();
  await lists(bob, "Second \uFFFDtxt");
  await ada.page.waitForFunction(() => document.activeElement?.matches(".resources [data-control^=resource-]"));
  await bob.waits(bob.page.locator(".row.resource", { hasText: "removed" }));

  // Opened in a tab that cannot reach back; nothing of it was asked for before.
  const opened = bob.page.context().waitForEvent("page");
  await bob.page.context().route("http://second.example/", (route) => route.fulfill({ body: "<script>document.title = String(opener) + document.referrer</script>", contentType: "text/html" }));
  await bob.page.locator(".resources a").click();
  const tab = await opened;
  await tab.waitForLoadState();
  assert.equal(await tab.title(), "null");
  await tab.close();
});
