/**
 * What tests of public and private rooms do at the page again and again.
 */

/** @typedef {import("./browser.js").Person} Person */

/** Makes a room. @param {Person} person @param {{ kind?: "Public" | "Private", name: string, topic?: string, shared?: boolean }} how */
export async function makeRoom(person, { kind = "Public", name, topic = "", shared }) {
  const { page } = person;
  await page.getByRole("button", { name: "New room" }).click();
  await page.locator("dialog").getByRole("radio", { name: new RegExp(`^${kind}`) }).check();
  await page.getByLabel("Name of the room").fill(name);
  if (topic !== "") await page.getByLabel("What it is for").fill(topic);
  if (shared !== undefined) await page.locator("dialog").getByRole("radio", { name: shared ? /^Everything/ : /^From joining on/ }).check();
  await page.getByRole("button", { name: "Make the room" }).click();
  await inChannel(person, name, "general");
}

/** Waits until a channel is on the screen. @param {Person} person @param {string} room @param {string} channel */
export async function inChannel(person, room, channel) {
  await person.waits(person.page.locator(".conversation .bar h2", { hasText: `${room} # ${channel}` }));
  await person.waits(person.page.locator(".seal.end-to-end"));
}

/** Looks for a public room, and joins it. @param {Person} person @param {string} name */
export async function joinRoom(person, name) {
  await lookAt(person, name);
  await person.page.locator("dialog [data-control=join]").click();
  await inChannel(person, name, "general");
}

/** Opens what is known of a public room from outside. @param {Person} person @param {string} name */
export async function lookAt(person, name) {
  const { page } = person;
  await page.getByRole("button", { name: "Browse rooms" }).click();
  await page.getByLabel("Part of the name").fill(name);
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator("dialog summary", { hasText: name }).click();
  await person.waits(page.locator("dialog .looked-channels"));
}

/** A channel in the sidebar; with what else stands in its entry. @param {Person} person @param {string} room @param {string} channel @param {string} [word] */
export function channelRow({ page }, room, channel, word = "") {
  const item = page.locator(".room-item").filter({ has: page.locator(".room-row .name", { hasText: room }) });
  const row = item.locator(".channel-row").filter({ has: page.locator(".name", { hasText: channel }) });
  return word === "" ? row : row.filter({ hasText: word });
}

/** Shows a channel. @param {Person} person @param {string} room @param {string} channel */
export async function goTo(person, room, channel) {
  await channelRow(person, room, channel).click();
  await inChannel(person, room, channel);
}

/** Makes a channel in the room on the screen. @param {Person} person @param {string} room @param {string} channel */
export async function makeChannel(person, room, channel) {
  const { page } = person;
  await page.locator("[data-control='channel.new']").click();
  await page.getByLabel("Name of the channel").fill(channel);
  await page.getByRole("button", { name: "Make the channel" }).click();
  await inChannel(person, room, channel);
}

/** Opens a member of the conversation on the screen. @param {Person} person @param {{ name: string }} other */
export async function openMember({ page }, other) {
  await page.locator(".members [data-control=member]", { hasText: other.name }).click();
  await page.locator("dialog").waitFor();
}

/** Gives a role to a member. @param {Person} person @param {{ name: string }} other @param {"admin" | "member" | "muted"} role */
export async function giveRole(person, other, role) {
  await openMember(person, other);
  await person.page.locator(`dialog [data-control=role-${role}]`).click();
  await person.gone(person.page.locator("dialog"));
}
