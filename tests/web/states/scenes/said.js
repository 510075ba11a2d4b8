/**
 * States of what is done with messages: threads, pins, attention, reports, how long they stay.
 */
import { say, seen, showRooms } from "../cast.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts last as long as the server: each scene and language has names of its own. */
const NAMES = {
  en: { emma: "Emma Castelnuovo", lotte: "Lotte Reiniger", ruth: "Ruth Wilder", hal: "Hal Ashby", nina: "Nina Simone", otto: "Otto Preminger", group: "Shadow theatre", lines: ["Who brings the lamp?", "The scissors are here.", "I do, and a second one.", "Then we begin at eight."] },
  zh: { emma: "艾玛文", lotte: "洛特安", ruth: "如思", hal: "海尔安", nina: "尼娜安", otto: "奥托文", group: "皮影戏", lines: ["谁带灯来？", "剪刀在这里。", "我带，还会多带一盏。", "那就八点开始。"] },
};

/** A message with answers, pinned, in a group that asks for little attention. @param {Stage} stage */
export async function saidOfMessages({ cast, take, language }) {
  const { emma: name, lotte: other, group, lines } = NAMES[language];
  const emma = await cast.account(name);
  const lotte = await cast.account(other);
  await cast.account(`${name} 2`);
  await makeGroup(emma, [other, `${name} 2`], group);
  await say(emma, lines[0]);
  await say(emma, lines[1]);
  await showTalk(lotte, group);
  await seen(lotte, lines[1]);
  await openMenu(emma, lines[1]);
  await emma.locator("[data-item='menu.pin']").click();
  await lotte.locator(".pins li").waitFor({ state: "attached" });
  await openMenu(emma, lines[0]);
  await emma.locator("[data-item='menu.pin']").click();
  await emma.locator(".pins li").nth(1).waitFor({ state: "attached" });
  await take(emma, "talk-pins", { settle: () => showDetails(emma) });
  await openMenu(lotte, lines[0]);
  await lotte.locator("[data-item='menu.thread']").click();
  for (const line of lines.slice(2)) {
    await lotte.fill("#thread-composer", line);
    await lotte.press("#thread-composer", "Enter");
    await lotte.locator(".thread-pane .text", { hasText: line }).waitFor();
  }
  await emma.locator(".thread-link").waitFor();
  await take(lotte, "talk-thread", { settle: () => showDetails(lotte) });
  await showDetails(emma);
  await emma.locator("[data-control=level-mentions]").click();
  await emma.locator(".level-mark").waitFor({ state: "attached" });
  await take(emma, "talk-level", { settle: () => showDetails(emma) });
  await showRooms(emma);
  await emma.locator(".sidebar [data-control=room]").last().click();
  await say(lotte, lines[3]);
  await say(lotte, `@${name} ${lines[2]}`);
  await emma.locator(".mention-badge").waitFor({ state: "attached" });
  await take(emma, "talk-mentioned", { settle: () => showRooms(emma) });
}

/** A message is reported, and how long messages stay is changed. @param {Stage} stage */
export async function reportedAndKept({ cast, take, language }) {
  const { ruth: name, hal: other, group, lines } = NAMES[language];
  const ruth = await cast.account(name);
  const hal = await cast.account(other);
  await cast.account(`${name} 2`);
  await makeGroup(ruth, [other, `${name} 2`], `${group} 2`);
  await showTalk(hal, `${group} 2`);
  await say(hal, lines[1]);
  await seen(ruth, lines[1]);
  await openMenu(ruth, lines[1]);
  await ruth.locator("[data-item='menu.report']").click();
  await ruth.fill("#report-reason", lines[0]);
  await take(ruth, "talk-report");
  await ruth.fill("#report-reason", "x".repeat(1_025));
  await ruth.locator("dialog [data-control=go]").click();
  await ruth.locator("#report-fault:not(:empty)").waitFor();
  await take(ruth, "talk-report-fault");
  await ruth.keyboard.press("Escape");
  await openMenu(ruth, lines[1]);
  await ruth.locator("[data-item='menu.delete']").click();
  await ruth.fill("#erase-reason", lines[0]);
  await take(ruth, "talk-erase-other");
  await ruth.keyboard.press("Escape");
  await showDetails(ruth);
  await ruth.locator("[data-control=keep]").click();
  await ruth.locator("#keep-days").selectOption("7");
  await take(ruth, "talk-keep");
  await ruth.locator("dialog [data-control=go]").click();
  await hal.locator(".row.commit").nth(1).waitFor();
  await take(hal, "talk-kept", { settle: () => showDetails(hal) });
}

/** An administrator is handed a message, and closes the server to newcomers for a while. @param {Stage} stage */
export async function administered({ cast, take, language, administrator }) {
  if (administrator === null) return;
  const { nina: name, otto: other, group, lines } = NAMES[language];
  const zoe = await cast.account(administrator, { again: true });
  const nina = await cast.account(name);
  const otto = await cast.account(other);
  await cast.account(`${name} 2`);
  await makeGroup(nina, [other, `${name} 2`], `${group} 3`);
  await showTalk(otto, `${group} 3`);
  await say(otto, lines[1]);
  await seen(nina, lines[1]);
  await openMenu(nina, lines[1]);
  await nina.locator("[data-item='menu.report']").click();
  await nina.fill("#report-reason", lines[0]);
  await nina.locator("dialog [data-control=go]").click();
  await nina.locator("dialog").waitFor({ state: "detached" });
  await administers(zoe);
  await zoe.locator(".report").first().waitFor();
  await take(zoe, "administration");
  try {
    await zoe.locator("[data-control='newcomers.close']").click();
    await take(zoe, "administration-sure");
    await zoe.locator(".newcomers [data-control=go]").click();
    await zoe.locator("[data-control='newcomers.reopen']").waitFor();
    await take(zoe, "administration-closed");
    await zoe.keyboard.press("Escape");
    await take(zoe, "rooms-closed", { settle: () => showRooms(zoe) });
    await showRooms(nina);
    await nina.locator("[data-control='room.new']").click();
    await nina.locator("dialog .warning").waitFor();
    await take(nina, "room-new-closed");
    await nina.keyboard.press("Escape");
  } finally {
    // The next scene has newcomers.
    await zoe.evaluate(() => fetch("/api/server.mode", { method: "POST", headers: { "content-type": "application/json" }, body: '{"emergency":false}' }));
  }
}

/** @param {Page} page */
async function administers(page) {
  await showRooms(page);
  await page.locator("[data-control=reports]").click();
  await page.locator("dialog .newcomers").waitFor();
}

/** @param {Page} page @param {string[]} names @param {string} title */
async function makeGroup(page, names, title) {
  await showRooms(page);
  await page.locator("[data-control=new-talk]").click();
  for (const each of names) {
    await page.fill("#pick-name", each);
    await page.press("#pick-name", "Enter");
    await page.locator(".pick", { hasText: each }).locator("input:checked").waitFor();
  }
  await page.fill("#group-name", title);
  await page.locator("dialog button[type=submit]").click();
  await page.locator(".seal.end-to-end").waitFor();
}

/** @param {Page} page @param {string} text */
async function openMenu(page, text) {
  const row = page.locator("#timeline .row.message").filter({ has: page.locator(".text", { hasText: text }) });
  await row.hover();
  await row.locator("[data-control=menu]").click();
  await page.locator(".menu").waitFor();
}

/** @param {Page} page @param {string} title */
async function showTalk(page, title) {
  await showRooms(page);
  await page.locator(".talk-row", { hasText: title }).click();
  await page.locator(".seal.end-to-end").waitFor();
}

/** @param {Page} page */
async function showDetails(page) {
  const people = page.locator(".conversation .bar > button:last-child");
  if ((await people.isVisible()) && (await people.getAttribute("aria-expanded")) === "false") await people.click();
}
