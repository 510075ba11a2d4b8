/** The settings of an account: display name, devices, secrets, a copy of the data, the end. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { PASSWORD, accountDoor, typePassword } from "./harness/accounts.js";
import { House } from "./harness/house.js";
import { befriend, openSection, rehearse, row } from "./harness/people.js";

const TIMEOUT = { timeout: 240_000 };
const ANOTHER = "four other words entirely 9";
/** What a browser writes by itself where a session has ended. */
const ENDED = [/status of (401|503)/, /WebSocket connection/];
const house = new House({ proxies: 2 });

test("a display name is seen by friends", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  const bob = await house.account("Bob", { proxy: 1, expected: ENDED });
  await openSection(ada, "profile");
  await ada.page.getByLabel("Display name").fill("Countess of Lovelace");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await ada.waits(ada.page.getByText("Saved."));
  await ada.page.keyboard.press("Escape");
  await befriend(ada, bob);
  await bob.waits(row(bob, ada, "Countess of Lovelace"));
});

test("devices are listed, and signing one out ends it there at once", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  const other = await house.device(ada, { proxy: 1, expected: ENDED });
  await openSection(ada, "sessions");
  await ada.waits(ada.page.locator(".sessions li").nth(1));
  assert.equal(await ada.page.locator(".sessions .mark-you").count(), 1);
  const devices = await ada.page.locator(".sessions li p:first-child bdi").allTextContents();
  assert.deepEqual(devices, ["Chromium on Linux", "Chromium on Linux"]);
  await ada.page.locator(".sessions").getByRole("button", { name: /^Sign out/ }).click();
  await ada.waits(ada.page.getByText("You are signed in only here."));
  await other.waits(other.door());
});

test("a changed password opens the account, the old one does not, and other devices are out", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  const other = await house.device(ada, { proxy: 1, expected: ENDED });
  await openSection(ada, "password");
  await ada.page.locator("#present").fill("not the password");
  await ada.page.locator("#next").fill(ANOTHER);
  await ada.page.locator("#next").press("Enter");
  await ada.waits(ada.page.getByText("The present password is wrong."));
  assert.deepEqual(await ada.page.locator("[aria-invalid]").evaluateAll((inputs) => inputs.map(({ id }) => id)), ["present"]);
  assert.equal(await ada.page.evaluate(() => document.activeElement?.id), "present");
  await ada.page.locator("#present").fill(PASSWORD);
  await ada.page.locator("#next").press("Enter");
  await rehearse(ada);
  await ada.waits(ada.page.getByText(/The password is changed/).first());
  await other.waits(other.door());
  await accountDoor(other);
  await typePassword(other, ada.name);
  await other.waits(other.page.getByText("Name or password is wrong."));
  await typePassword(other, ada.name, ANOTHER);
  await other.keyed();
});

test("a storage that is cleared in mid-session keeps nobody from changing the password", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  await ada.page.evaluate(() => localStorage.clear());
  await openSection(ada, "password");
  await ada.page.locator("#present").fill(PASSWORD);
  await ada.page.locator("#next").fill(ANOTHER);
  await ada.page.locator("#next").press("Enter");
  await rehearse(ada);
  await ada.waits(ada.page.getByText(/The password is changed/).first());
});

test("a browser that has forgotten how it signed in says so, and the way on is to sign in again", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  await ada.page.evaluate(() => localStorage.removeItem("sealwire.means"));
  await ada.page.reload();
  await ada.keyed();
  await openSection(ada, "password");
  await ada.page.locator("#present").fill(PASSWORD);
  await ada.page.locator("#next").fill(ANOTHER);
  await ada.page.locator("#next").press("Enter");
  await ada.waits(ada.page.getByText(/has forgotten how you signed in/));
  await ada.page.locator("dialog").getByRole("button", { name: "Sign out" }).last().click();
  await ada.waits(ada.door());
  await accountDoor(ada);
  await typePassword(ada, ada.name);
  await ada.keyed();
});

test("a new recovery code is made and typed back", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  await openSection(ada, "recovery");
  await ada.waits(ada.page.getByText(/You have typed your recovery code back/));
  await ada.page.locator("#present").fill(PASSWORD);
  await ada.page.locator("#present").press("Enter");
  await rehearse(ada);
  await ada.waits(ada.page.getByText(/The new recovery code is in place/).first());
  await ada.waits(ada.page.getByText(/You have typed your recovery code back/));
});

test("a lost device is out, and keys and password are new", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  const lost = await house.device(ada, { proxy: 1, expected: ENDED });
  await openSection(ada, "sessions");
  await ada.page.locator(".sessions").getByRole("button", { name: /^I lost/ }).click();
  await ada.waits(ada.page.getByText(/Only a reset of your keys does that/));
  await ada.page.locator("#present").fill(PASSWORD);
  await ada.page.locator("#next").fill(ANOTHER);
  await ada.page.locator("#next").press("Enter");
  await lost.waits(lost.door());
  await rehearse(ada);
  await ada.waits(ada.page.getByText(/The device is signed out, and/).first());
  await ada.page.keyboard.press("Escape");
  await ada.page.reload();
  await ada.keyed();
});

test("a copy of the data is whole and holds no secret", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  const bob = await house.account("Bob", { proxy: 1, expected: ENDED });
  await befriend(ada, bob);
  await openSection(ada, "export");
  const [download] = await Promise.all([ada.page.waitForEvent("download"), ada.page.getByRole("button", { name: "Save the file" }).click()]);
  assert.equal(download.suggestedFilename(), `sealwire-${ada.name}.json`);
  const text = await readFile(await download.path(), "utf8");
  const copy = JSON.parse(text);
  assert.equal(copy.account.name, ada.name);
  assert.deepEqual(copy.people.map((/** @type {any} */ { name, state }) => [name, state]), [[bob.name, "friend"]]);
  assert.equal(copy.pins[0].account, copy.people[0].account);
  assert.equal(copy.sessions.length, 1);
  assert.doesNotMatch(text, /"(pss|dsa|key|secret|login|token)"|MII/);
});

test("a deleted account is gone, from its friends, too", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: ENDED });
  const bob = await house.account("Bob", { proxy: 1, expected: ENDED });
  await befriend(ada, bob);
  await openSection(bob, "remove");
  await bob.page.locator("#remove-name").fill("Bobby");
  await bob.page.locator("#remove-password").fill(PASSWORD);
  await bob.page.getByRole("button", { name: "Delete my account for good" }).click();
  await bob.waits(bob.page.getByText("That is not your user name."));
  await bob.page.locator("#remove-name").fill(bob.name);
  await bob.page.getByRole("button", { name: "Delete my account for good" }).click();
  await bob.waits(bob.door());
  await ada.page.reload();
  await ada.waits(ada.page.getByText("Nobody yet."));
  assert.equal(await row(ada, bob).count(), 0);
});
