/**
 * The door and what can be wrong at it, and the screens before and instead of it.
 */
import { REFUSALS } from "../album.js";
import { signIn } from "../cast.js";
import { WORDS } from "./words.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** The door and what can be wrong at it. @param {Stage} stage */
export async function door({ cast, take, language }) {
  const { ada } = WORDS[language];
  const page = await cast.visitor("door", { tolerated: REFUSALS });
  await take(page, "sign-in");
  await page.fill("#name", "x");
  await page.press("#name", "Enter");
  await take(page, "sign-in-fault");
  await page.fill("#name", "a\u200B\u0007<>");
  await page.press("#name", "Enter");
  await page.locator("#name-fault:not(:empty)").waitFor();
  await take(page, "sign-in-name-invalid");
  const owner = await cast.member(ada);
  await page.fill("#name", ada);
  await page.press("#name", "Enter");
  await page.locator("#name-fault:not(:empty)").waitFor();
  await take(page, "sign-in-name-taken");
  await owner.locator(".self button").last().click();
  await owner.locator(".notice:visible").waitFor();
  const answer = (/** @type {number} */ status, /** @type {object} */ error) =>
    page.route("**/api/auth.guest", (route) => route.fulfill({ status, json: { error: { message: "", ...error } } }));
  await answer(429, { code: "rate_limited", retry_after_ms: 90_000 });
  await page.fill("#name", "Mia");
  await page.press("#name", "Enter");
  await page.locator("sw-countdown").waitFor();
  await take(page, "sign-in-rate-limited");
  await page.reload();
  await answer(503, { code: "unavailable" });
  await page.fill("#name", "Mia");
  await page.press("#name", "Enter");
  await page.locator("#name-fault:not(:empty)").waitFor();
  await take(page, "sign-in-unavailable");
  await page.route("**/api/auth.guest", () => {});
  await page.press("#name", "Enter");
  await page.locator("button[type=submit][disabled]").waitFor();
  await take(page, "sign-in-under-way");
}

/** Screens before and instead of the door. @param {Stage} stage */
export async function screens({ cast, take }) {
  const plain = await cast.visitor("insecure", { host: "insecure.example", tolerated: /Cross-Origin-Opener-Policy/ });
  await plain.locator(".gate h1").waitFor();
  await take(plain, "insecure");
  const before = async (/** @type {Page} */ page) => {
    await page.addInitScript(() => localStorage.setItem("sealwire.session", "Ada"));
    await page.route("**/api/session", (route) => route.fulfill({ status: 503, json: { error: { code: "unavailable", message: "", retry_after_ms: 60_000 } } }));
  };
  const starting = await cast.visitor("starting", { tolerated: REFUSALS, before });
  await starting.locator("p[role=status]:not(:empty)").waitFor();
  await take(starting, "starting");
  const pseudo = await cast.visitor("made-up language", { before: (page) => page.addInitScript(() => localStorage.setItem("sealwire.language", "pseudo")) });
  await signIn(pseudo, "Pseudo Person");
  await pseudo.locator(".about dd").first().waitFor();
  await take(pseudo, "made-up-language");
}
