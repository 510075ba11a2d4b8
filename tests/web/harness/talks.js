/**
 * What tests of end-to-end conversations do again and again.
 */
import { row } from "./people.js";

/** @typedef {import("./browser.js").Person} Person */

/** A conversation in the sidebar, by its title; with what else stands in its entry. @param {Person} person @param {string} title @param {string} [word] */
export function talk({ page }, title, word = "") {
  const found = page.locator(".talk-row").filter({ has: page.locator(".name", { hasText: title }) });
  return word === "" ? found : found.filter({ hasText: word });
}

/** Shows a conversation, and waits for it. @param {Person} person @param {string} title */
export async function show(person, title) {
  await person.waits(talk(person, title));
  await talk(person, title).first().click();
  await shown(person, title);
}

/** Waits until a conversation is on the screen. @param {Person} person @param {string} title */
export async function shown(person, title) {
  await person.waits(person.page.locator(".conversation .bar h2", { hasText: title }));
  await person.waits(person.page.locator(".seal.end-to-end"));
}

/** Begins the direct conversation with a friend. @param {Person} person @param {Person} other */
export async function writeTo(person, other) {
  await row(person, other).click();
  await person.page.getByRole("button", { name: "Write", exact: true }).click();
  await shown(person, other.name);
}

/** Begins the direct conversation with somebody by the exact user name. @param {Person} person @param {string} name */
export async function begin(person, name) {
  const { page } = person;
  await page.getByRole("button", { name: "New conversation" }).click();
  await pick(person, name);
  await page.getByRole("button", { name: "Begin", exact: true }).click();
  await shown(person, name);
}

/** Chooses somebody by the exact user name, where people are chosen. @param {Person} person @param {string} name */
export async function pick({ page }, name) {
  const before = await page.locator("dialog .picks input:checked").count();
  await page.getByLabel("Somebody else").fill(name);
  await page.keyboard.press("Enter");
  await page.locator("dialog .picks input:checked").nth(before).waitFor();
}

/** Makes a group of people who are found by their exact user names. @param {Person} person @param {string[]} names @param {string} title */
export async function makeGroupOf(person, names, title) {
  const { page } = person;
  await page.getByRole("button", { name: "New conversation" }).click();
  for (const name of names) await pick(person, name);
  await page.getByLabel("Name of the group").fill(title);
  await page.getByRole("button", { name: "Make the group" }).click();
  await shown(person, title);
}

/** Makes a group of friends. @param {Person} person @param {Person[]} others @param {{ name: string, shared?: boolean }} how */
export async function makeGroup(person, others, { name, shared = false }) {
  const { page } = person;
  await page.getByRole("button", { name: "New conversation" }).click();
  for (const other of others) await page.locator("dialog .pick", { hasText: other.name }).click();
  await page.getByLabel("Name of the group").fill(name);
  if (shared) await page.getByLabel("Everything").check();
  await page.getByRole("button", { name: "Make the group" }).click();
  await shown(person, name);
}

/** Invites somebody, found by the whole name, into the group on the screen. @param {Person} person @param {{ name: string }} other @param {RegExp} told */
export async function invite(person, other, told) {
  const { page } = person;
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await pick(person, other.name);
  await page.locator("dialog").getByRole("button", { name: "Invite", exact: true }).click();
  await person.waits(page.locator("dialog .note", { hasText: told }));
  await page.keyboard.press("Escape");
}

/** Opens what can be done with a message. @param {Person} person @param {string} text */
export async function openMenu({ page }, text) {
  // Not one that quotes it.
  const message = page.locator(".row.message").filter({ has: page.locator(".text", { hasText: text }) });
  await message.hover();
  await message.locator("[data-control=menu]").click();
}

/** Answers a message. @param {Person} person @param {string} text @param {string} answer */
export async function answer(person, text, answer) {
  await openMenu(person, text);
  await person.page.getByRole("menuitem", { name: "Answer" }).click();
  await person.say(answer);
}

/** Puts another text in the place of an own one. @param {Person} person @param {string} text @param {string} next */
export async function edit(person, text, next) {
  await openMenu(person, text);
  await person.page.getByRole("menuitem", { name: "Edit" }).click();
  await person.say(next);
}

/** Deletes a message for everybody. @param {Person} person @param {string} text */
export async function remove(person, text) {
  await openMenu(person, text);
  await person.page.getByRole("menuitem", { name: "Delete" }).click();
  await person.page.getByRole("button", { name: "Delete for everybody" }).click();
  await person.gone(person.page.locator("dialog"));
}

/** Reacts to a message. @param {Person} person @param {string} text @param {string} emoji */
export async function react(person, text, emoji) {
  await openMenu(person, text);
  await person.page.getByRole("menuitemcheckbox", { name: emoji }).click();
}

/** Waits until a message stands in the conversation, and everything that was sent before it. @param {Person} person @param {string} text */
export async function sent(person, text) {
  await person.hears(text);
  await person.page.locator(".row.message .state", { hasText: /Sending|Waiting/ }).first().waitFor({ state: "detached" });
}

/** A row with this text in it. @param {Person} person @param {string | RegExp} text */
export function rowOf({ page }, text) {
  return page.locator(".row", { hasText: text });
}
