/**
 * States of public and private rooms with several channels.
 */
import { REFUSALS } from "../album.js";
import { say, seen, showRooms } from "../cast.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts and names of public rooms last as long as the server. */
const NAMES = {
  en: { rosa: "Rosalind Franklin", emmy: "Emmy Destinn", open: "Observatory", topic: "The dome, the instruments, and who has the key", side: "nights", sideTopic: "Who is up, and until when", quiet: "Council", lines: ["Clear until two, the forecast says.", "Then I take the first half of the night.", "I bring tea."] },
  zh: { rosa: "林慧中", emmy: "艾明", open: "天文台", topic: "圆顶、仪器，以及钥匙在谁手里", side: "夜间", sideTopic: "谁值班，到几点", quiet: "委员会", lines: ["预报说两点之前都是晴天。", "那我值上半夜。", "我带茶来。"] },
};

/** On a phone the list is a pane of its own. @param {Page} page */
const inList = (page) => ({ settle: () => showRooms(page) });
/** And so are the details. @param {Page} page */
const inDetails = (page) => ({ settle: () => showDetails(page) });

/** A public room, a private one, and what is done in them. @param {Stage} stage */
export async function halls({ cast, take, language }) {
  const names = NAMES[language];
  const rosa = await cast.account(names.rosa, { tolerated: REFUSALS });
  const emmy = await cast.account(names.emmy, { tolerated: REFUSALS });
  await founding({ rosa, names, take });
  await looking({ emmy, names, take });
  await rosa.locator(".row.commit").nth(1).waitFor();
  await talking({ rosa, emmy, names, take });
  await leading({ rosa, emmy, names, take });
}

/** @param {{ rosa: Page, names: typeof NAMES.en, take: Stage["take"] }} of */
async function founding({ rosa, names, take }) {
  await showRooms(rosa);
  await rosa.locator("[data-control='room.browse']").click();
  await rosa.locator("dialog [role=status]:not(:empty)").waitFor();
  await take(rosa, "directory-none");
  await rosa.keyboard.press("Escape");
  await showRooms(rosa);
  await rosa.locator("[data-control='room.new']").click();
  await take(rosa, "room-new");
  await rosa.locator("dialog input[value=public]").check();
  await rosa.locator("dialog button.primary").click();
  await rosa.locator("dialog .fault:not(:empty)").waitFor();
  await take(rosa, "room-new-fault");
  await rosa.fill("#found-name", names.open);
  await rosa.fill("#found-topic", names.topic);
  await rosa.locator("dialog button.primary").click();
  await rosa.locator(".place-in-room:not(:empty)").waitFor();
  await rosa.locator(".empty:visible").waitFor();
  await say(rosa, names.lines[0]);
}

/** @param {{ emmy: Page, names: typeof NAMES.en, take: Stage["take"] }} of */
async function looking({ emmy, names, take }) {
  await showRooms(emmy);
  await emmy.locator("[data-control='room.browse']").click();
  await emmy.locator(".directory summary").first().waitFor();
  await take(emmy, "directory");
  await emmy.locator(".directory summary", { hasText: names.open }).click();
  await emmy.locator("dialog [data-control=join]").waitFor();
  await take(emmy, "directory-look");
  await emmy.fill("#directory-find", "nothing like it");
  await emmy.locator("dialog form button").click();
  await emmy.locator("dialog [role=status]:visible").waitFor();
  await take(emmy, "directory-nothing");
  await emmy.fill("#directory-find", "");
  await emmy.locator("dialog form button").click();
  await emmy.locator(".directory summary", { hasText: names.open }).click();
  await emmy.locator("dialog [data-control=join]").click();
  await emmy.locator(".place-in-room:not(:empty)").waitFor();
  await seen(emmy, names.lines[0]);
}

/** @param {{ rosa: Page, emmy: Page, names: typeof NAMES.en, take: Stage["take"] }} of */
async function talking({ rosa, emmy, names, take }) {
  await showDetails(rosa);
  await rosa.locator("[data-control='channel.new']").click();
  await rosa.fill("#channel-name", names.side);
  await rosa.fill("#channel-topic", names.sideTopic);
  await take(rosa, "channel-new");
  await rosa.locator("dialog button[type=submit]").click();
  await rosa.locator(".place-in-room", { hasText: names.side }).waitFor();
  await say(rosa, names.lines[1]);
  await showRooms(emmy);
  await emmy.locator(".channel-row .badge").waitFor();
  await take(emmy, "rooms-and-channels", inList(emmy));
  await showRooms(emmy);
  await emmy.locator(".channel-row", { hasText: names.side }).click();
  await seen(emmy, names.lines[1]);
  await say(emmy, names.lines[2]);
  await seen(rosa, names.lines[2]);
  await take(rosa, "channel");
  await take(rosa, "room-details", inDetails(rosa));
}

/** @param {{ rosa: Page, emmy: Page, names: typeof NAMES.en, take: Stage["take"] }} of */
async function leading({ rosa, emmy, names, take }) {
  await showDetails(rosa);
  await rosa.locator(".epochs-fold summary").click();
  await rosa.locator(".epochs li").first().waitFor();
  await take(rosa, "key-versions", inDetails(rosa));
  await showDetails(rosa);
  await rosa.locator(".channels [data-control^='change-']").last().click();
  await take(rosa, "channel-change");
  await rosa.locator("#channel-slow").selectOption("30");
  await rosa.locator("dialog button[type=submit]").click();
  await emmy.locator(".slow:visible").waitFor();
  await take(emmy, "channel-slow");
  await showDetails(rosa);
  await rosa.locator("[data-control='setup.title']").click();
  await take(rosa, "room-settings");
  await rosa.locator("dialog [data-control=archive]").click();
  await take(rosa, "room-archive");
  await rosa.keyboard.press("Escape");
  await showDetails(rosa);
  await rosa.locator("[data-control=member]", { hasText: names.emmy }).click();
  await take(rosa, "room-member");
  await rosa.keyboard.press("Escape");
  await showDetails(rosa);
  await rosa.locator(".channels [data-control^='change-']").last().click();
  await rosa.locator("dialog [data-control=archive]").click();
  await emmy.locator(".composer .waiting:not(:empty)").waitFor();
  await take(emmy, "channel-archived");
}

/** @param {Page} page */
async function showDetails(page) {
  const people = page.locator(".conversation .bar > button:last-child");
  if ((await people.isVisible()) && (await people.getAttribute("aria-expanded")) === "false") await people.click();
}
