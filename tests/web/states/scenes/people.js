/**
 * States of what an account sees of other people, and of its own settings.
 */
import { parseKeyset, resetKeyset } from "../../../../static/crypto/keyset.js";
import { encodeList, parseList } from "../../../../static/crypto/record_list.js";
import { SigningKeys } from "../../../../static/crypto/signature.js";
import { REFUSALS } from "../album.js";
import { Wire, refuse, say, showRooms } from "../cast.js";
import { replyFrame } from "../frames.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts last as long as the server: each scene and language has names of its own. */
const NAMES = {
  en: { ada: "Ada Byron", bob: "Bob Kahn", carl: "Carl Gauß", dora: "Dora Richter", emmy: "Emmy Noether", kay: "Kay Antonelli", fay: "Fay Ajzenberg", gus: "Gus Kirchhoff", hal: "Hal Abelson", ida: "Ida Rhodes", joan: "Joan Clarke", display: "Countess of Lovelace" },
  zh: { ada: "林雪", bob: "王建国", carl: "陈立", dora: "赵美玲", emmy: "周思远", kay: "吴凯", fay: "郑芳", gus: "冯国强", hal: "韩磊", ida: "何艾达", joan: "蒋珍", display: "林老师" },
};
const REQUEST = ".request .answers button";
const PERSON = ".friends [data-control=person]";
const [ADD, INVITE] = [".people-part > .row-button >> nth=0", ".people-part > .row-button >> nth=1"];
/** On a phone the list of rooms and people is a pane of its own. @param {Page} page */
const inList = (page) => ({ settle: () => showRooms(page) });

/** Finding each other, and what may come of it. @param {Stage} stage */
export async function people({ cast, take, language }) {
  const names = NAMES[language];
  const ada = await cast.account(names.ada);
  await ada.locator(".people-part .quiet:visible").waitFor();
  await take(ada, "people-empty", inList(ada));
  await showRooms(ada);
  await ada.locator(ADD).click();
  await take(ada, "add-person");
  await ada.fill("#add-name", "nobody at all");
  await ada.press("#add-name", "Enter");
  await ada.locator("#add-fault:not(:empty)").waitFor();
  await take(ada, "add-person-fault");
  const bob = await cast.account(names.bob);
  const carl = await cast.account(names.carl, { tolerated: REFUSALS });
  await cast.account(names.dora);
  await ada.fill("#add-name", names.bob);
  await ada.press("#add-name", "Enter");
  await ada.locator(".found button").waitFor();
  await take(ada, "add-person-found");
  await ada.locator(".found button").click();
  for (const name of [names.carl, names.dora]) await ask(ada, name);
  await bob.locator(REQUEST).first().waitFor();
  await take(bob, "people-request", inList(bob));
  for (const page of [bob, carl]) {
    await showRooms(page);
    await page.locator(REQUEST).first().click();
    await page.locator(PERSON).waitFor();
  }
  await carl.locator(".self button").last().click();
  await ada.locator(".here[data-online=true]").first().waitFor();
  await ada.locator(".here[data-online=false]").first().waitFor();
  await ada.locator(PERSON).nth(2).waitFor();
  await take(ada, "people", inList(ada));
  await showRooms(ada);
  await ada.locator(PERSON).first().click();
  await take(ada, "person");
  await ada.locator("dialog [data-control=verify]").click();
  await ada.locator(".safety").waitFor();
  await take(ada, "verify");
  await ada.locator(".verify .primary").first().click();
  await ada.locator("dialog").waitFor({ state: "detached" });
  await ada.locator(PERSON).first().click();
  await take(ada, "person-verified");
  await ada.keyboard.press("Escape");
  await ada.locator(PERSON).nth(1).click();
  await ada.locator("dialog [data-control=verify]").click();
  await ada.locator(".safety").waitFor();
  await ada.locator(".verify .answers button").nth(1).click();
  await ada.locator(".verify .warning").waitFor();
  await take(ada, "verify-differed");
  await ada.keyboard.press("Escape");
  await ada.locator(".trust.warn").waitFor();
  await take(ada, "people-blocked", inList(ada));
}

/** A list that does not come. @param {Stage} stage */
export async function peopleTrouble({ cast, take, language }) {
  const wire = new Wire();
  const page = await cast.account(NAMES[language].emmy, { wire, tolerated: REFUSALS });
  const asks = (/** @type {Buffer} */ frame) => frame[0] === 1 && frame.includes('"friends.list"');
  wire.judge = (frame) => !asks(frame);
  await page.reload();
  await page.locator(".people-part .quiet:visible").waitFor();
  await take(page, "people-loading", inList(page));
  wire.judge = (frame) => (asks(frame) ? refuse(frame, "unavailable") : true);
  await page.reload();
  await page.locator(".people-part [role=status] button").waitFor();
  await take(page, "people-error", inList(page));
}

/** Keys that change: resets and another history, as a server would have to show them. @param {Stage} stage */
export async function keys({ cast, take, language }) {
  const names = NAMES[language];
  const wire = new Wire();
  const kay = await cast.account(names.kay, { wire, tolerated: REFUSALS });
  const fay = await cast.account(names.fay);
  await ask(kay, names.fay);
  await fay.locator(REQUEST).first().click();
  await kay.locator(".here[data-online=true]").waitFor();
  await say(fay, language === "zh" ? "你好，凯！" : "Good morning, Kay!");
  const real = await chainOf(fay);
  const reset = await withReset(real.records);
  /** Shows a chain in place of Fay's from now on. @param {Uint8Array[]} records @param {string} trust */
  const show = async (records, trust) => {
    wire.judge = (frame) => {
      if (frame[0] !== 1 || !frame.includes('"keys.chain"') || !frame.includes(real.account)) return true;
      const { after = "0" } = JSON.parse(frame.subarray(9, 9 + frame.readUInt32BE(5)).toString());
      return replyFrame(frame, { ok: { head: String(records.length), more: false } }, Buffer.from(encodeList(records.slice(Number(after)))));
    };
    await kay.reload();
    await kay.locator(".conversation .account-part .banner:visible").waitFor();
    await kay.locator(".trust.warn").waitFor();
    await take(kay, `keys-${trust}-banner`);
    await kay.locator(".conversation .account-part .banner button").click();
    await take(kay, `keys-${trust}`);
    await kay.keyboard.press("Escape");
  };
  await show([], "alarm");
  await show(reset, "changed");
  await kay.locator(".conversation .account-part .banner button").click();
  await kay.locator("dialog .answers button").nth(1).click();
  await kay.locator(".trust.warn").waitFor({ state: "detached" });
  await kay.locator("dialog [data-control=verify]").click();
  await kay.locator(".verify .primary").first().click();
  await kay.locator("dialog").waitFor({ state: "detached" });
  await show(await withReset(reset), "blocked");
}

/** Invitations, given and taken. @param {Stage} stage */
export async function invitations({ cast, take, language }) {
  const names = NAMES[language];
  const gus = await cast.account(names.gus);
  await showRooms(gus);
  await gus.locator(INVITE).click();
  const link = new URL(await gus.locator("#invite-link").inputValue());
  await take(gus, "invite");
  const hal = await cast.account(names.hal, { fragment: link.hash });
  await hal.locator(".offer:visible").waitFor();
  await take(hal, "offer-matches", inList(hal));
  const forged = link.hash.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const ida = await cast.account(names.ida, { fragment: forged });
  await ida.locator(".offer:visible").waitFor();
  await take(ida, "offer-differs", inList(ida));
}

/** The account's own settings. @param {Stage} stage */
export async function settings({ cast, take, language }) {
  const names = NAMES[language];
  const joan = await cast.account(names.joan);
  await cast.account(names.joan, { again: true });
  await showRooms(joan);
  await joan.locator(".self button:not([hidden])").first().click();
  await take(joan, "own-account");
  const open = async (/** @type {string} */ section) => {
    await joan.locator(`[data-section="own.${section}"] summary`).click();
    await joan.locator(`[data-section="own.${section}"] .fold-body > *`).waitFor();
  };
  await open("profile");
  await joan.locator("#display:enabled").fill(names.display);
  await joan.keyboard.press("Enter");
  await joan.locator(".fold-body [role=status]:not(:empty)").waitFor();
  await take(joan, "own-profile");
  await open("sessions");
  await joan.locator(".sessions li").nth(1).waitFor();
  await take(joan, "own-devices");
  await open("password");
  await take(joan, "own-password");
  await joan.fill("#present", "wrong");
  await joan.fill("#next", "a long enough sentence 7");
  await joan.press("#next", "Enter");
  await joan.locator("#form-fault:not(:empty)").waitFor();
  await take(joan, "own-password-fault");
  for (const section of ["recovery", "rotate", "export", "remove"]) {
    await open(section);
    await take(joan, `own-${section}`);
  }
  await open("sessions");
  await joan.locator(".sessions .answers button").nth(1).click();
  await joan.locator("dialog .warning").waitFor();
  await take(joan, "lost-device");
}

/** @param {Page} page @param {string} name */
async function ask(page, name) {
  await showRooms(page);
  await page.locator(ADD).click();
  await page.fill("#add-name", name);
  await page.press("#add-name", "Enter");
  await page.locator(".found button").click();
  await page.locator("dialog").waitFor({ state: "detached" });
}

/** A chain that goes on with keys of somebody else, as a reset does, whether its owner made it or not. @param {Uint8Array[]} records */
async function withReset(records) {
  const head = await parseKeyset(records[records.length - 1]);
  return [...records, await resetKeyset(await SigningKeys.generate(), /** @type {any} */ (head), Date.now())];
}

/** The chain of whoever is signed in on a page. @param {Page} page */
async function chainOf(page) {
  const { origin } = new URL(page.url());
  const session = await (await page.request.get(`${origin}/api/session`)).json();
  const { account } = session.ok;
  const fields = Buffer.from(JSON.stringify({ account }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(fields.length);
  const answer = await page.request.post(`${origin}/api/keys.chain`, { headers: { Origin: origin, "Content-Type": "application/octet-stream" }, data: Buffer.concat([length, fields]) });
  const body = await answer.body();
  return { account: String(account), records: parseList(new Uint8Array(body.subarray(4 + body.readUInt32BE(0))), 100) };
}
