/** The whole session without a mouse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";

const house = new House();

/** Presses Tab until what has the focus matches. @param {import("playwright-core").Page} page @param {string} selector */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not come to ${selector}`);
}

test("sign in, talk and sign out, all by keyboard", { timeout: 120_000 }, async () => {
  const anna = await house.guest("Anna");
  const { page } = await house.browsers.open(house.tiers.url);
  await tabTo(page, "#name");
  await page.keyboard.type("Ben");
  await page.keyboard.press("Enter");
  await page.locator("#composer").waitFor();
  await tabTo(page, "#composer");
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await anna.page.locator(".row.message .text").filter({ hasText: "second line" }).waitFor();
  assert.deepEqual(await anna.texts(), ["first line\nsecond line"]);
  await tabTo(page, 'button[aria-label="Sign out"]');
  await page.keyboard.press("Enter");
  await page.locator("#name").waitFor();
  await anna.sees("Ben left");
});
