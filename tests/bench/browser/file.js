/**
 * Measures a file that a page in Chromium sends and fetches, before both tiers, and prints MB a second and bytes of memory as one JSON
 * object.
 *
 * node file.js --file PATH [--attended]
 *
 * --attended    ends, with everything that it started, when its input does
 *
 * The programs are those of SEALWIRE_BIN_DIR.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createAccount } from "../../web/harness/accounts.js";
import { openProfile } from "../../web/harness/browser.js";
import { makeRoom } from "../../web/harness/halls_page.js";
import { Tiers } from "../../web/harness/programs.js";
import { attend } from "./attend.js";
import { renderersOf, watchMemory } from "./memory.js";
import { modules } from "./modules.js";
import { PlainBrowser } from "./plain_browser.js";
import { EXPECTED, UNLIMITED } from "./settings.js";

/** What any step may take, in milliseconds. */
const PATIENCE_MS = 600_000;
/** Chunks that are sealed to see how fast sealing alone is. */
const CHUNKS_ALONE = 64;
/** A message whose file is there. */
const SAVE = ".row.message [data-control=file-save]";

const { values } = parseArgs({ options: { file: { type: "string" }, attended: { type: "boolean" } } });
const { file = "", attended = false } = values;
const { size } = statSync(file);

const tiers = await Tiers.start(UNLIMITED);
// On disk, as a user's: what a private window keeps, it keeps in memory.
const folder = mkdtempSync(join(tmpdir(), "sealwire-bench-"));
/** @type {{ close: () => Promise<void> } | null} */
let open = null;
if (attended) attend(stop);
try {
  await prepared();
  console.log(JSON.stringify(await figures(), null, 2));
} finally {
  await stop();
}

/** An account and a room in the profile. */
async function prepared() {
  const person = await openProfile(folder, tiers.url, EXPECTED);
  const context = person.page.context();
  open = context;
  person.page.setDefaultTimeout(PATIENCE_MS);
  await createAccount(person, "Ada", { skip: true });
  await makeRoom(person, { kind: "Private", name: "Files" });
  await context.close();
}

/** Of a browser that nobody watches. */
async function figures() {
  const browser = await PlainBrowser.open(folder, tiers.url);
  open = browser;
  await browser.waitFor("[data-control=files]");
  await browser.choose("[data-control=files]", file);
  await browser.waitFor("dialog [data-control=go]");
  const up = await measured(async () => {
    await browser.click("dialog [data-control=go]");
    await browser.waitFor(SAVE);
  });

  await browser.evaluate(chooseOwnFile);
  const down = await measured(async () => {
    await browser.click(SAVE);
    await browser.waitFor(".row.message [data-control=file-cancel]");
    await browser.waitFor(SAVE);
  });
  const saved = await browser.evaluate(sizeOfOwnFile);
  if (saved !== size) throw new Error(`${saved} bytes came of ${size}`);

  const base = await modules({ page: browser });
  const alone = await browser.evaluate(sealAlone, { count: CHUNKS_ALONE, base });
  const most = (/** @type {"page" | "proxy"} */ of) => Math.max(up.extra[of], down.extra[of]);
  return { up: up.rate, down: down.rate, alone, extra: { page: most("page"), proxy: most("proxy") } };
}

/** MB a second, and what memory it took in the meantime. @param {() => Promise<void>} task */
async function measured(task) {
  const page = watchMemory(renderersOf(folder));
  const proxy = watchMemory([tiers.proxy?.process.pid ?? 0]);
  const from = performance.now();
  await task();
  const rate = size / 1e3 / (performance.now() - from);
  return { rate, extra: { page: page(), proxy: proxy() } };
}

/** In the page: a file of its own in place of the browser's dialogue, which nothing here can reach. */
function chooseOwnFile() {
  Object.assign(globalThis, { showSaveFilePicker: async () => (await navigator.storage.getDirectory()).getFileHandle("saved.bin", { create: true }) });
}

/** In the page. */
async function sizeOfOwnFile() {
  return (await (await (await navigator.storage.getDirectory()).getFileHandle("saved.bin")).getFile()).size;
}

/** In the page: MB a second that AES-256-CBC and HMAC-SHA-512 do, over chunks one after the other. @param {{ count: number, base: string }} what */
async function sealAlone({ count, base }) {
  const { holdKey, seal } = await import(`${base}crypto/seal.js`);
  const key = await holdKey(new Uint8Array(64));
  const [iv, head, chunk] = [new Uint8Array(16), new Uint8Array(23), new Uint8Array(1_048_576)];
  const from = performance.now();
  for (let number = 0; number < count; number++) await seal(key, iv, head, chunk);
  return (count * chunk.length) / 1e3 / (performance.now() - from);
}

async function stop() {
  await open?.close();
  await tiers.stop();
  rmSync(folder, { recursive: true, force: true });
}
