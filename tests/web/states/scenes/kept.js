/**
 * States of what a room keeps.
 */
import { phoneDetails, showRooms } from "../cast.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts last as long as the server: each scene and language has names of its own. */
const NAMES = {
  en: { emmy: "Emmy Ryder", karl: "Karl Jansky", title: "Calibration handbook", other: "How we name plates", bad: "plates" },
  zh: { emmy: "苏雅", karl: "高天", title: "校准手册", other: "底片命名规则", bad: "底片" },
};
/** The details are a pane of their own on a phone. @param {Page} page */
const inDetails = (page) => ({ settle: () => phoneDetails(page) });

/** Links that members keep. @param {Stage} stage */
export async function resources({ cast, take, language }) {
  const { emmy, karl, title, other, bad } = NAMES[language];
  const page = await cast.account(emmy);
  await cast.account(karl);
  await showRooms(page);
  await page.locator("[data-control=new-talk]").click();
  await page.fill("#pick-name", karl);
  await page.press("#pick-name", "Enter");
  await page.locator(".picks input:checked").waitFor();
  await page.locator("dialog button[type=submit]").click();
  await page.locator(".seal.end-to-end").waitFor();
  await phoneDetails(page);
  await page.locator("[data-control=resource-add]").click();
  await page.fill("#resource-title", title);
  await page.fill("#resource-url", bad);
  await take(page, "resource-add");
  await page.press("#resource-url", "Enter");
  await page.locator("dialog .fault:not(:empty)").waitFor();
  await take(page, "resource-refused");
  for (const [name, url] of [[title, "https://calibration.example/handbook/2026"], [other, "http://plates.example:8080/"]]) {
    if (!(await page.locator("dialog").isVisible())) await page.locator("[data-control=resource-add]").click();
    await page.fill("#resource-title", name);
    await page.fill("#resource-url", url);
    await page.press("#resource-url", "Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.locator(".resources bdi", { hasText: name }).waitFor();
  }
  await take(page, "resources", inDetails(page));
  await phoneDetails(page);
  await page.locator(".resources button").last().click();
  await take(page, "resource-change");
  await page.keyboard.press("Escape");
}
