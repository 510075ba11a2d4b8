/**
 * The states of accounts: the door, the recovery code, a session without keys.
 */
import { REFUSALS } from "../album.js";
import { Wire, showRooms } from "../cast.js";
import { closeFrame } from "../frames.js";

/** @typedef {import("./words.js").Stage} Stage */
/** @typedef {import("playwright-core").Page} Page */

const PASSWORD = "kettle orbit thimble";
const NAMES = { en: { ada: "Ada Lovelace", grace: "Grace Hopper", mira: "Mira" }, zh: { ada: "林小明", grace: "陈晨光", mira: "王美玲" } };
/** Names are taken for good: each scene and each run has its own. */
let made = 0;
const named = (/** @type {string} */ name) => `${name} ${Date.now().toString(36).slice(-4)}${++made}`;

/** @param {Page} page @param {"account" | "new"} door */
const enter = (page, door) => page.locator(`[data-control=door-${door}]`).click();
/** @param {Page} page @param {"password" | "code" | "fresh"} way */
const choose = (page, way) => page.locator(`[data-control=way-${way}]`).click();
/** @param {Page} page */
const fault = (page) => page.locator("#form-fault:not(:empty)").waitFor();

/** @param {Page} page @param {string} name */
async function typeAccount(page, name) {
  await enter(page, "new");
  await page.fill("#account-name", name);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator(".code li").nth(6).waitFor();
  return page.locator(".code li").allTextContents();
}

/** From the code on to the lobby. @param {Page} page @param {string[]} groups */
async function rehearse(page, groups) {
  await page.locator(".steps .primary").click();
  for (const input of await page.locator("input.group").all()) await input.fill(groups[Number((await input.getAttribute("id"))?.split("-")[1])]);
  await page.locator(".steps .primary").click();
  await page.locator("#composer").waitFor();
}

/** The ways to sign in, and what can be wrong at them. @param {Stage} stage */
export async function accountDoor({ cast, take, language }) {
  const page = await cast.visitor("account door", { tolerated: REFUSALS });
  await enter(page, "account");
  await take(page, "account-sign-in");
  await page.fill("#account-name", NAMES[language].ada);
  await page.fill("#password", "not the password");
  await page.press("#password", "Enter");
  await fault(page);
  await take(page, "account-wrong-password");
  await page.route("**/api/auth.login", (route) => route.fulfill({ status: 429, json: { error: { code: "rate_limited", message: "", retry_after_ms: 90_000 } } }));
  await page.press("#password", "Enter");
  await page.locator("sw-countdown").waitFor();
  await take(page, "account-rate-limited");
  await page.unroute("**/api/auth.login");
  await page.context().setOffline(true);
  await choose(page, "code");
  await take(page, "account-code");
  await page.fill("#recovery-code", "C9XY-PRKV-8ZA1-96RY-RS5Z-0VTN-99G0");
  await page.press("#recovery-code", "Enter");
  await fault(page);
  await take(page, "account-offline");
  await page.context().setOffline(false);
  await choose(page, "fresh");
  await take(page, "account-fresh");
  await page.fill("#token", "00".repeat(32));
  await page.press("#token", "Enter");
  await fault(page);
  await take(page, "account-token-refused");
  await page.reload();
  await page.route("**/api/auth.params", (route) => route.fulfill({ json: { ok: { server: "chat.example", account: "00".repeat(16), salt: "00".repeat(16), rounds: 600_000 } } }));
  await enter(page, "account");
  await page.fill("#account-name", NAMES[language].ada);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator(".question:visible").waitFor();
  await take(page, "server-unknown");
}

/** Making an account. @param {Stage} stage */
export async function accountMade({ cast, take, language }) {
  const page = await cast.visitor("account made", { tolerated: REFUSALS });
  const name = named(NAMES[language].ada);
  await enter(page, "new");
  await take(page, "account-new");
  await page.fill("#account-name", name);
  await page.fill("#password", "aaaaaaaaaaaa");
  await take(page, "account-weak");
  await page.fill("#password", "password");
  await page.press("#password", "Enter");
  await fault(page);
  await page.locator(".more summary").click();
  await take(page, "account-common");
  await page.reload();
  const groups = await typeAccount(page, name);
  await take(page, "recovery-code");
  await page.locator(".steps .primary").click();
  await take(page, "rehearsal");
  for (const input of await page.locator("input.group").all()) await input.fill("0000");
  await page.locator(".steps .primary").click();
  await fault(page);
  await take(page, "rehearsal-wrong");
  await page.locator(".steps form .wide:not(.primary)").click();
  await take(page, "rehearsal-skip");
  await page.route("**/api/auth.register", (route) => route.fulfill({ status: 409, json: { error: { code: "name_taken", message: "" } } }));
  await page.locator(".steps .wide:not(.primary)").click();
  await fault(page);
  await take(page, "account-name-taken");
  await page.unroute("**/api/auth.register");
  await page.press("#password", "Enter");
  await page.locator("#composer").waitFor();
  await page.locator(".next .row-button").waitFor();
  await take(page, "account-unchecked", { settle: () => showRooms(page) });
  await page.locator(".next .row-button").click();
  await take(page, "check-code");
  await page.fill("#recovery-code", groups.join("-").replace(/.$/, "*"));
  await page.press("#recovery-code", "Enter");
  await fault(page);
  await take(page, "check-code-wrong");
  await page.fill("#recovery-code", groups.join("-"));
  await page.press("#recovery-code", "Enter");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await take(page, "account-lobby", { settle: () => showRooms(page) });
}

/** A guest keeps the name. @param {Stage} stage */
export async function upgrade({ cast, take, language }) {
  const page = await cast.member(named(NAMES[language].mira), { tolerated: REFUSALS });
  await showRooms(page);
  await page.locator(".next .row-button").click();
  await page.locator("dialog #password").waitFor();
  await take(page, "upgrade");
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator(".code li").nth(6).waitFor();
  await take(page, "upgrade-code");
}

/** A session whose keys are not here, or not to be trusted. @param {Stage} stage */
export async function keyless({ cast, take, language }) {
  const hand = new Wire();
  const page = await cast.visitor("keyless", { tolerated: REFUSALS, wire: hand });
  const groups = await typeAccount(page, named(NAMES[language].grace));
  await rehearse(page, groups);
  await forgetKeys(page);
  await page.reload();
  await page.locator("#password").waitFor();
  await take(page, "locked");
  await page.fill("#password", "not the password");
  await page.press("#password", "Enter");
  await fault(page);
  await take(page, "locked-wrong-password");
  await choose(page, "fresh");
  await take(page, "locked-fresh");
  await page.route("**/api/vault.root", async (route) => {
    const response = await route.fetch();
    const body = Buffer.from(await response.body());
    body[body.length - 1] ^= 1;
    await route.fulfill({ response, body });
  });
  await choose(page, "password");
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator(".again").waitFor();
  await take(page, "vault-corrupt");
  await choose(page, "fresh");
  await page.locator(".way button.danger").waitFor();
  await page.locator(".way button.danger").click();
  await page.locator(".steps #password").waitFor();
  await take(page, "renew-fresh");
  await page.evaluate(() => localStorage.removeItem("sealwire.renewal"));
  await page.unroute("**/api/vault.root");
  await answerSession(page, { server: "chat.example" });
  await page.reload();
  await page.locator("#password").waitFor();
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator(".again").waitFor();
  await take(page, "server-changed");
  await page.unroute("**/api/session");
  await answerSession(page, { challenge: "00".repeat(32) });
  await page.route("**/api/auth.prove", (route) => route.fulfill({ status: 403, json: { error: { code: "not_allowed", message: "" } } }));
  await page.reload();
  await page.locator(".again").waitFor();
  await take(page, "proof-refused");
  await page.unroute("**/api/auth.prove");
  await page.unroute("**/api/session");
  await hand.anew(page.locator(".again button").click());
  await page.locator("#composer").waitFor();
  hand.send(closeFrame(11));
  await page.locator(".notice:visible").waitFor();
  await take(page, "revoked");
  await enter(page, "account");
  await choose(page, "code");
  await page.fill("#recovery-code", groups.join("-"));
  await page.press("#recovery-code", "Enter");
  await page.locator(".steps #password").waitFor();
  await take(page, "renew");
}

/** A browser without a place for keys. @param {Stage} stage */
export async function unkept({ cast, take, language }) {
  const before = (/** @type {Page} */ page) =>
    page.context().route("**/store/database.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace("indexedDB.open(", "indexedDB.nothing(") });
    });
  const page = await cast.visitor("unkept", { tolerated: REFUSALS, before });
  await rehearse(page, await typeAccount(page, named(NAMES[language].ada)));
  await take(page, "keys-not-kept", { settle: () => showRooms(page) });
  await page.reload();
  await page.locator("#password").waitFor();
  await take(page, "locked-not-kept");
}

/** Lets the page hear something else of its session. @param {Page} page @param {object} other */
function answerSession(page, other) {
  return page.route("**/api/session", async (route) => {
    const response = await route.fetch();
    const said = await response.json();
    await route.fulfill({ response, json: { ok: { ...said.ok, ...other } } });
  });
}

/** As a browser does that clears its storage. @param {Page} page */
function forgetKeys(page) {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("sealwire");
        request.onerror = reject;
        request.onsuccess = () => {
          const transaction = request.result.transaction("keys", "readwrite");
          transaction.objectStore("keys").clear();
          transaction.oncomplete = () => {
            request.result.close();
            resolve(null);
          };
        };
      }),
  );
}
