/**
 * States of files.
 */
import { REFUSALS } from "../album.js";
import { say, seen, showRooms } from "../cast.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts last as long as the server: each scene and language has names of its own. */
const NAMES = {
  en: { emmy: "Emmy Klenke", karl: "Karl Reinmuth", lida: "Lída Bém", notes: "observations.md", picture: "plate 12.png", caption: "The plate of last night.", text: "# Night of the 12th\n\n21:04  dome open\n21:30  first plate, 40 s\n" },
  zh: { emmy: "苏文", karl: "高原", lida: "白露", notes: "观测记录.md", picture: "底片 12.png", caption: "昨晚的底片。", text: "# 十二日夜\n\n21:04  圆顶开启\n21:30  第一张，40 秒\n" },
};
/** A picture of 240 × 160 pixels, of one colour. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAPAAAACgAQMAAAAIFXMmAAAAA1BMVEUOal6+Je8OAAAAHElEQVR42u3BMQEAAADCoPVPbQdvoAAAAACA1wATYAAB+o0sSQAAAABJRU5ErkJggg==",
  "base64",
);
/** Two in a group of their own. @param {Stage} stage @param {string} one @param {string} other @param {object} [how] of the first */
async function two({ cast }, one, other, how) {
  const [page, there] = [await cast.account(one, how), await cast.account(other)];
  await showRooms(page);
  await page.locator("[data-control=new-talk]").click();
  await page.fill("#pick-name", other);
  await page.press("#pick-name", "Enter");
  await page.locator(".picks input:checked").waitFor();
  await page.locator("dialog button[type=submit]").click();
  await page.locator(".seal.end-to-end").waitFor();
  return { page, there };
}

/** @param {Page} page @param {Array<{ name: string, mimeType: string, buffer: Buffer }>} files */
async function send(page, files) {
  await page.locator("[data-control=files]").setInputFiles(files);
  await page.locator("dialog [data-control=go]").click();
}

/** Files that came, and what can be seen of them. @param {Stage} stage */
export async function files(stage) {
  const { take, language } = stage;
  const { emmy, karl, notes, picture, caption, text } = NAMES[language];
  const { page, there } = await two(stage, `${emmy} 2`, `${karl} 2`);
  await say(page, caption);
  const both = [
    { name: picture, mimeType: "image/png", buffer: PICTURE },
    { name: notes, mimeType: "text/markdown", buffer: Buffer.from(text) },
  ];
  await page.locator("[data-control=files]").setInputFiles(both);
  await page.fill("#caption", caption);
  await take(page, "files-send");
  await page.locator("dialog [data-control=go]").click();
  await page.locator(".file [data-control=file-save]").nth(1).waitFor();
  await showRooms(there);
  await there.locator(".talk-row", { hasText: `${emmy} 2` }).click();
  await seen(there, caption);
  await there.locator(".file [data-control=file-show]").nth(1).waitFor();
  await take(there, "files");
  // Which of two files is whole first is a matter of chance.
  await there.locator(".file", { hasText: picture }).locator("[data-control=file-show]").click();
  await there.locator("img.file-picture").waitFor();
  await there.locator(".file", { hasText: notes }).locator("[data-control=file-show]").click();
  await there.locator("pre.file-text").waitFor();
  await take(there, "files-shown");
}

/** Files that do not arrive at once. @param {Stage} stage */
export async function filesUnderWay(stage) {
  const { take, language } = stage;
  const { emmy, karl, lida } = NAMES[language];
  const { page, there } = await two(stage, `${emmy} 3`, `${karl} 3`, { tolerated: REFUSALS });
  await say(page, lida);
  await seen(page, lida);
  let passed = 0;
  // The third chunk never gets an answer.
  await page.route("**/api/files.put", (route) => (++passed > 2 ? undefined : route.continue()));
  const plates = { name: `${lida}.zip`, mimeType: "application/zip", buffer: Buffer.alloc(6 * 1_048_576, 1) };
  await send(page, [plates]);
  await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.3);
  await take(page, "file-under-way");
  await page.reload();
  await page.locator(".file [data-control=file-choose]").waitFor();
  await take(page, "file-interrupted");
  await page.locator("[data-control=discard]").click();
  await page.locator(".file").waitFor({ state: "detached" });
  await page.unroute("**/api/files.put");
  await page.route("**/api/files.put", (route) => route.fulfill({ status: 413, contentType: "application/json", body: JSON.stringify({ error: { code: "over_quota", message: "" } }) }));
  await send(page, [plates]);
  await page.locator(".file [data-control=retry]").waitFor();
  await take(page, "file-refused");
  await page.locator("[data-control=discard]").click();
  await page.unroute("**/api/files.put");
  // What the server gives is none of it.
  await send(page, [{ ...plates, buffer: Buffer.from("small") }]);
  await page.locator(".file [data-control=file-save]").waitFor();
  await page.route("**/api/files.chunk", (route) => route.fulfill({ status: 404, contentType: "application/json", body: JSON.stringify({ error: { code: "no_such_file", message: "" } }) }));
  await page.locator(".file [data-control=file-save]").click();
  await page.locator(".file .fault:not(:empty)").waitFor();
  await take(page, "file-gone");
  await there.locator("#composer").waitFor();
}
