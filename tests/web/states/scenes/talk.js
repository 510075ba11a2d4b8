/**
 * Rooms in which all is well: what is said there, and where it is written.
 */
import { REFUSALS } from "../album.js";
import { openRoom, say, seen, showRooms } from "../cast.js";
import { WORDS } from "./words.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page @typedef {import("./words.js").Words} Words */

/** Two people in the lobby. @param {Stage} stage */
export async function lobby({ cast, take, language }) {
  const words = WORDS[language];
  const ada = await cast.member(words.ada);
  const mira = await cast.member(words.mira);
  await say(mira, words.lines[0]);
  await seen(ada, words.lines[0]);
  await say(mira, words.lines[1]);
  await seen(ada, words.lines[1]);
  await say(ada, words.lines[2]);
  await seen(mira, words.lines[2]);
  await say(mira, words.lines[3]);
  await seen(ada, words.lines[3]);
  await take(ada, "lobby");
  const people = ada.locator(".conversation .bar > button:last-child");
  const open = async () => {
    if ((await people.getAttribute("aria-expanded")) === "false") await people.click();
  };
  await take(ada, "lobby-details", { settle: open });
  await ada.keyboard.press("Escape");
  await people.click();
  await take(ada, "lobby-details-hidden");
  await people.click();
  await take(ada, "lobby-rooms", { settle: () => showRooms(ada) });
  await ada.keyboard.press("Escape");
  for (let i = 0; i < 3; i++) await ada.keyboard.press("Shift+Tab");
  await take(ada, "keyboard-focus");
  await dialogues(ada, take);
  await texts(mira, ada, take, words);
  await compose(ada, take, words);
}

/** @param {Page} page @param {Stage["take"]} take */
async function dialogues(page, take) {
  await page.locator("#timeline").focus();
  await page.keyboard.press("?");
  await take(page, "help");
  await page.keyboard.press("Escape");
  await page.locator(".self button:not([hidden])").first().click();
  await take(page, "settings");
  await page.keyboard.press("Escape");
}

/** @param {Page} from @param {Page} to @param {Stage["take"]} take @param {Words} words */
async function texts(from, to, take, words) {
  const all = ["12:30", "exit", "<script>alert(1)</script> <b>bold?</b>", "مرحبا بالجميع، الموعد 12:30", "👩‍👩‍👧‍👦 e\u0301 ÅÅ", "two\n  lines\n\n\tand a tab"];
  for (const text of all) {
    await say(from, text);
    await to.waitForFunction((expected) => [...document.querySelectorAll(".row .text")].some((each) => each.textContent === expected), text);
  }
  await take(to, "text-is-text");
  const long = words.long.repeat(Math.ceil(100_000 / Buffer.byteLength(words.long)));
  await say(from, long);
  const fold = to.locator("[data-control=fold]").last();
  await fold.waitFor();
  await take(to, "long-message-folded");
  await fold.click();
  await to.waitForFunction((length) => [...document.querySelectorAll(".row .text")].some((each) => each.textContent?.length === length), long.length);
  await take(to, "long-message-open");
  await to.locator("[data-control=fold]").last().click();
}

/** @param {Page} page @param {Stage["take"]} take @param {Words} words */
async function compose(page, take, words) {
  await page.fill("#composer", words.lines.join("\n"));
  await take(page, "composer-lines");
  await page.fill("#composer", "x".repeat(250_000));
  await take(page, "composer-limit");
  await page.fill("#composer", "x".repeat(300_000));
  await page.press("#composer", "Enter");
  await page.locator("#composer-fault:not(:empty)").waitFor();
  await take(page, "composer-too-long");
  await page.fill("#composer", "");
}

/** Rooms beside the lobby. @param {Stage} stage */
export async function rooms({ cast, take, language }) {
  const words = WORDS[language];
  const mira = await cast.member(words.mira);
  await openRoom(mira, words.other);
  const ada = await cast.member(words.ada, { tolerated: REFUSALS });
  await ada.locator(".sidebar .row-button", { hasText: words.other }).waitFor();
  await take(ada, "rooms", { settle: () => showRooms(ada) });
  await ada.keyboard.press("Escape");
  await ada.locator(".sidebar .scroll > .row-button").click();
  await ada.fill("#room-name", words.room);
  await take(ada, "open-room");
  await ada.fill("#room-name", "x".repeat(65));
  await ada.press("#room-name", "Enter");
  await ada.locator("#room-fault:not(:empty)").waitFor();
  await take(ada, "open-room-fault");
  await ada.fill("#room-name", words.room);
  await ada.press("#room-name", "Enter");
  await ada.locator(".conversation .bar h2", { hasText: words.room }).waitFor();
  await take(ada, "other-room");
  await mira.locator(".sidebar .list .row-button").first().click();
  await mira.locator("#composer").waitFor();
  await say(mira, words.lines[0]);
  await ada.locator(".badge").waitFor();
  await take(ada, "unread", { settle: () => showRooms(ada) });
}
