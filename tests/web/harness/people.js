/**
 * What tests of people do again and again.
 */
import { shownCode, typeBack } from "./accounts.js";

/** @typedef {import("./browser.js").Person} Person */

/** Somebody in the sidebar, as far as a word about them matters. @param {Person} person @param {Person} other @param {string} [word] */
export function row({ page }, other, word = "") {
  const found = page.locator(".friends li").filter({ has: page.locator(".name", { hasText: other.name }) });
  return (word === "" ? found : found.filter({ hasText: word })).locator("button").first();
}

/** A request that waits in the sidebar. @param {Person} person @param {Person} other */
export function request({ page }, other) {
  return page.locator(".request").filter({ hasText: other.name });
}

/** Asks by the dialogue. @param {Person} from @param {Person} to */
export async function ask(from, to) {
  await from.page.getByRole("button", { name: "Add somebody" }).click();
  await from.page.getByLabel("User name").fill(to.name);
  await from.page.keyboard.press("Enter");
  await from.page.getByRole("button", { name: "Ask to be friends" }).click();
  await from.waits(row(from, to, "asked"));
  await to.waits(request(to, from));
}

/** One asks, the other says yes, and both see it. @param {Person} from @param {Person} to */
export async function befriend(from, to) {
  await ask(from, to);
  await request(to, from).getByRole("button", { name: /^Accept/ }).click();
  await from.waits(row(from, to, "online"));
  await to.waits(row(to, from, "online"));
}

/** Opens the numbers that both compare. @param {Person} person @param {Person} other */
export async function compare(person, other) {
  await row(person, other).click();
  await person.page.getByRole("button", { name: "Compare safety numbers" }).click();
  await person.waits(person.page.locator(".safety"));
}

/** Opens one fold of the account's settings. @param {Person} person @param {string} section */
export async function openSection({ page }, section) {
  if ((await page.locator("dialog .setting-fold").count()) === 0) await page.getByRole("button", { name: "Your account" }).click();
  await page.locator(`[data-section="own.${section}"] summary`).click();
}

/** Notes the recovery code that is shown, and types two of its groups back. @param {Person} person */
export async function rehearse(person) {
  const code = await shownCode(person);
  await person.page.getByRole("button", { name: "I have written it down" }).click();
  await typeBack(person, code);
}
