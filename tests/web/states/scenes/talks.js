/**
 * States of end-to-end conversations.
 */
import { REFUSALS } from "../album.js";
import { say, seen, showRooms } from "../cast.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts last as long as the server: each scene and language has names of its own. */
const NAMES = {
  en: { lise: "Lise Meitner", otto: "Otto Frisch", max: "Max Planck", vera: "Vera Rubin", jane: "Jane Goodall", group: "Night shift", lines: ["Do we open tonight?", "The list:\n\n> check the **dome**\n> then `open --slow`\n\nSee https://example.org/list", "All is ready.", "Thank you!"], hello: "Good evening, we have not met." },
  zh: { lise: "梁思雨", otto: "欧阳明", max: "马思远", vera: "魏兰", jane: "简宁", group: "夜班", lines: ["今晚开放吗？", "清单：\n\n> 检查**圆顶**\n> 然后 `open --slow`\n\n见 https://example.org/list", "都准备好了。", "谢谢！"], hello: "晚上好，我们还没有见过面。" },
};
/** On a phone the list is a pane of its own. @param {Page} page */
const inList = (page) => ({ settle: () => showRooms(page) });
/** And so are the details. @param {Page} page */
const inDetails = (page) => ({ settle: () => showDetails(page) });

/** Two people, and what they do with messages. @param {Stage} stage */
export async function conversations({ cast, take, language }) {
  const { lise: name, otto: other, lines } = NAMES[language];
  const lise = await cast.account(name);
  await lise.locator(".talks .quiet:visible").waitFor();
  await take(lise, "talks-empty", inList(lise));
  const otto = await cast.account(other);
  await showRooms(lise);
  await newTalk(lise);
  await take(lise, "talk-new");
  await pick(lise, "nobody at all");
  await lise.locator("#pick-fault:not(:empty)").waitFor();
  await take(lise, "talk-new-fault");
  await pick(lise, other);
  await lise.locator(".picks input:checked").waitFor();
  await lise.locator("dialog button[type=submit]").click();
  await lise.locator(".seal.end-to-end").waitFor();
  await lise.locator(".empty:visible").waitFor();
  await take(lise, "talk-empty");
  await say(lise, lines[0]);
  await showTalk(otto, name);
  await seen(otto, lines[0]);
  await take(otto, "talk-request");
  await say(otto, lines[1]);
  await lise.locator(".row blockquote").waitFor();
  await say(lise, lines[2]);
  await seen(otto, lines[2]);
  await lise.locator(".row .state").last().waitFor();
  await take(lise, "talk");
  await otto.locator(".row.message").last().hover();
  await otto.locator(".row.message [data-control=menu]").last().click();
  await take(otto, "talk-menu", { settle: () => otto.locator(".row.message [data-control=menu]").last().click() });
  await otto.locator(".menu [role=menuitemcheckbox]").first().click();
  await lise.locator(".reaction").waitFor();
  await otto.locator(".row.message [data-control=menu]").last().click();
  await otto.locator("[data-item='menu.reply']").click();
  await otto.fill("#composer", `@${name.slice(0, 2)}`);
  await otto.locator("#composer").press("End");
  await otto.locator("#composer").dispatchEvent("click");
  await otto.locator(".mention-list:visible").waitFor();
  await take(otto, "talk-answering");
  await otto.press("#composer", "Enter");
  await otto.press("#composer", "Enter");
  await lise.locator(".quote").waitFor();
  await lise.locator(".row.message [data-control=menu]").nth(2).focus();
  await lise.keyboard.press("Enter");
  await lise.locator("[data-item='menu.edit']").click();
  await take(lise, "talk-editing");
  await lise.keyboard.type(" ✓");
  await lise.keyboard.press("Enter");
  await lise.locator(".edited").waitFor();
  await lise.locator(".row.message").first().focus();
  await lise.keyboard.press("Delete");
  await lise.locator("dialog .danger").waitFor();
  await take(lise, "talk-erase");
  await lise.locator("dialog .danger").click();
  await lise.locator(".erased-note").waitFor();
  await take(lise, "talk-changed");
  await take(lise, "talk-details", inDetails(lise));
  await showDetails(lise);
  await lise.locator(".about summary").click();
  await take(lise, "talk-number", inDetails(lise));
  await showDetails(lise);
  await lise.locator("[data-control='talks.leave']").click();
  await take(lise, "talk-leave");
  await lise.keyboard.press("Escape");
}

/** A group, an invitation, and a newcomer. @param {Stage} stage */
export async function groups({ cast, take, language }) {
  const names = NAMES[language];
  const { lines } = names;
  const max = await cast.account(names.max, { tolerated: REFUSALS });
  const vera = await cast.account(names.vera);
  const jane = await cast.account(names.jane);
  await cast.account(`${names.max} 2`);
  await showRooms(max);
  await newTalk(max);
  for (const name of [names.vera, `${names.max} 2`]) {
    await pick(max, name);
    await max.locator(".pick", { hasText: name }).locator("input:checked").waitFor();
  }
  await max.fill("#group-name", names.group);
  await take(max, "talk-new-group");
  await max.locator("dialog button[type=submit]").click();
  await max.locator(".seal.end-to-end").waitFor();
  await say(max, lines[0]);
  await showTalk(vera, names.group);
  await seen(vera, lines[0]);
  await say(vera, lines[3]);
  await seen(max, lines[3]);
  await showDetails(max);
  await max.locator("[data-control='talk.invite']").click();
  await pick(max, names.jane);
  await max.locator(".picks input:checked").waitFor();
  await max.locator("dialog button[type=submit]").click();
  await max.locator("dialog .note:not(:empty)").waitFor();
  await take(max, "talk-invite");
  await max.keyboard.press("Escape");
  await showRooms(jane);
  await jane.locator("[data-control=invitation]").waitFor();
  await take(jane, "talk-invited", inList(jane));
  await showRooms(jane);
  await jane.locator("[data-control=invitation]").click();
  await jane.locator("dialog .safety").waitFor();
  await take(jane, "talk-invitation");
  await jane.locator("[data-control='invited.accept_anyway']").click();
  await jane.locator(".seal.end-to-end").waitFor();
  await jane.locator("[data-control=ask-keys]").waitFor();
  await take(jane, "talk-older-messages");
  await jane.locator("[data-control=ask-keys]").click();
  await max.locator(".notice").waitFor();
  await take(max, "talk-keys-asked");
  await max.locator("[data-control='notice.refuse']").click();
  await jane.locator(".cause.keys_refused").first().waitFor();
  await take(jane, "talk-keys-refused");
  await showDetails(max);
  await max.locator("[data-control=member]", { hasText: names.vera }).click();
  await take(max, "talk-member");
  await max.locator("[data-control=remove]").click();
  await take(max, "talk-remove");
  await max.locator("[data-control=go]").click();
  await max.locator("dialog").waitFor({ state: "detached" });
  await showDetails(max);
  await max.locator("[data-control='rename.title']").click();
  await take(max, "talk-rename");
  await max.keyboard.press("Escape");
}

/** @param {Page} page */
function newTalk(page) {
  return page.locator("[data-control=new-talk]").click();
}

/** Finds somebody by name in a dialogue. @param {Page} page @param {string} name */
async function pick(page, name) {
  await page.fill("#pick-name", name);
  await page.press("#pick-name", "Enter");
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
