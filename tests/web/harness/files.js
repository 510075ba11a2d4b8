/** What tests of files do again and again: making them, sending and saving them at the page, and looking at those of a chat-server. */
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readFileSync, readSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** @typedef {import("./browser.js").Person} Person @typedef {import("./programs.js").Program} Program */

export const MIB = 1_048_576;
/** How often is looked whether a program has come far enough: it needs the processor more than who looks. */
const LOOK_MS = 5;
/** Bytes that are compared at once. */
const BLOCK = 16 * MIB;

/** @param {number} length @param {number} seed */
export function bytesOf(length, seed) {
  const bytes = Buffer.alloc(length);
  for (let at = 0, x = seed; at < length; at++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = x >>> 24;
  }
  return bytes;
}

/** A file that takes next to nothing on the disk: zeros, and something of its own in each MiB, so that none is taken for another. @param {string} path @param {number} size */
export function sparseFile(path, size) {
  const file = openSync(path, "wx");
  ftruncateSync(file, size);
  for (let at = 0; at + 32 <= size; at += MIB) writeSync(file, createHash("sha256").update(String(at)).digest(), 0, 32, at);
  closeSync(file);
  return path;
}

/** Whether two files have the same bytes. @param {string} one @param {string} other */
export function haveSameBytes(one, other) {
  const files = [openSync(one, "r"), openSync(other, "r")];
  const [a, b] = [Buffer.alloc(BLOCK), Buffer.alloc(BLOCK)];
  try {
    for (;;) {
      const [read, and] = [readSync(files[0], a, 0, BLOCK, null), readSync(files[1], b, 0, BLOCK, null)];
      if (read !== and || a.compare(b, 0, and, 0, read) !== 0) return false;
      if (read === 0) return true;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** @param {string} path */
export const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** The row of a file at the page. @param {Person} person @param {string} name */
export const fileRow = ({ page }, name) => page.locator(".row.message").filter({ has: page.locator(".file .name", { hasText: name }) });

/** Chooses files and sends them. @param {Person} person @param {string[]} paths @param {string} [caption] */
export async function sendFiles({ page }, paths, caption = "") {
  await page.locator("[data-control=files]").setInputFiles(paths);
  if (caption !== "") await page.getByLabel("Say something with it").fill(caption);
  await page.locator("dialog [data-control=go]").click();
}

/** Saves one; gives how it is called, and where it is until the page is closed. @param {Person} person @param {string} name @param {number} [nth] of those that are called so */
export async function saveFile(person, name, nth = 0) {
  const button = fileRow(person, name).nth(nth).locator("[data-control=file-save]");
  await person.waits(button);
  const download = person.page.waitForEvent("download");
  await button.click();
  const got = await download;
  return { name: got.suggestedFilename(), path: await got.path() };
}

/** Chunks that a chat-server keeps, by place, number and hash: one that is sealed once more is another. @param {string} data of the chat-server */
export function chunksOf(data) {
  const paths = readdirSync(join(data, "files"), { recursive: true, encoding: "utf8" });
  return new Set(paths.filter((path) => /\/[0-9a-f]{8}-[0-9a-f]{32}$/.test(path)));
}

/** Looks until something is so, as long as a program runs that brings it about. @param {Program} program @param {() => boolean} isSo */
export async function whileRuns(program, isSo) {
  while (!isSo()) {
    if (program.process.exitCode !== null) throw new Error(`${program.name} ended before that:\n${program.lines.join("\n")}`);
    await setTimeout(LOOK_MS);
  }
}
