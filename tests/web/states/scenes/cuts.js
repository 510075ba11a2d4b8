/**
 * Links that break, ways that are blocked, and sessions that end.
 */
import { REFUSALS } from "../album.js";
import { Wire, phoneDetails, say, seen } from "../cast.js";
import { closeFrame, eventFrame } from "../frames.js";
import { WORDS } from "./words.js";

/** @typedef {import("./words.js").Stage} Stage */

/** Links that break. @param {Stage} stage */
export async function cuts({ cast, take, language, backend }) {
  const words = WORDS[language];
  const gate = await cast.gate({ upgrade: true });
  // Her cookies are lost below, and with them the way to free the name.
  const page = await cast.member(words.grace, { gate });
  await say(page, words.lines[0]);
  await seen(page, words.lines[0]);
  await page.context().setOffline(true);
  await page.locator(".banner:visible").waitFor();
  await take(page, "offline");
  await page.context().setOffline(false);
  await page.locator(".banner").waitFor({ state: "hidden" });
  gate.close();
  await say(page, words.lines[1]);
  await page.locator(".banner:visible").waitFor();
  await take(page, "reconnecting");
  await page.locator(".self button").last().click();
  await page.locator("dialog").waitFor();
  await take(page, "sign-out-unsent");
  await page.keyboard.press("Escape");
  gate.open();
  await page.locator(".banner").waitFor({ state: "hidden" });
  await seen(page, words.lines[1]);
  await page.locator(".state").waitFor({ state: "detached" });
  if (backend !== null) {
    await backend.stop();
    await page.locator(".banner:visible").waitFor();
    await take(page, "backend-lost");
    await backend.start();
    await page.locator(".banner").waitFor({ state: "hidden", timeout: 60_000 });
  }
  gate.close();
  await page.context().clearCookies();
  // Nobody comes back while this is looked at.
  await page.route("**/api/auth.guest", (route) => route.fulfill({ status: 503, json: { error: { code: "unavailable", message: "" } } }));
  gate.open();
  await page.locator(".gate h1").waitFor();
  await take(page, "returning");
  await page.route("**/api/auth.guest", (route) => route.fulfill({ status: 403, json: { error: { code: "not_allowed", message: "" } } }));
  await page.locator(".notice:visible").waitFor({ timeout: 30_000 });
  await take(page, "name-lost");
}

/** WebSocket blocked, and endings. @param {Stage} stage */
export async function endings({ cast, take, language, backend }) {
  const words = WORDS[language];
  const events = await cast.member(words.mira, { gate: await cast.gate({ upgrade: false }) });
  await say(events, words.lines[0]);
  await seen(events, words.lines[0]);
  await events.locator(".state").waitFor({ state: "detached" });
  await take(events, "events", { settle: () => phoneDetails(events) });
  const twin = await cast.tab(events);
  await twin.locator(".self button").last().click();
  await twin.locator(".notice:visible").waitFor();
  await take(twin, "signed-out");
  await events.locator(".notice:visible").waitFor();
  await take(events, "signed-out-elsewhere");

  const hand = new Wire();
  const page = await cast.member(words.ada, { wire: hand, tolerated: REFUSALS });
  if (backend === null) {
    hand.send(eventFrame({ event: "backend.lost", retry_ms: 1000 }));
    await page.locator(".banner:visible").waitFor();
    await take(page, "backend-lost");
    hand.send(eventFrame({ event: "backend.back" }));
  }
  hand.send(eventFrame({ event: "session.resume", after_ms: 90_000 }), closeFrame(2));
  await page.locator(".banner:visible").waitFor();
  await take(page, "restarting");
  await hand.anew(page.reload());
  await page.locator("#composer").waitFor();
  hand.send(closeFrame(9));
  await page.locator(".gate h1").waitFor();
  await take(page, "outdated");
  await hand.anew(page.reload());
  await page.locator("#composer").waitFor();
  hand.send(closeFrame(10));
  await page.locator(".notice:visible").waitFor();
  await take(page, "replaced");
}
