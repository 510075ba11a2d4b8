/**
 * Writes a picture of every named state of the page (states.json) in light and dark, wide and phone, English and Chinese, and
 * fails if one is missing or if anything is not as it must be (states/album.js).
 *
 *   node states.js                       starts servers of its own from SEALWIRE_BIN_DIR (target/release)
 *   SEALWIRE_URL=http://127.0.0.1:5000 node states.js    against a web-proxy that runs already
 *   node states.js URL SCENE…            only some scenes, by name; what is missing is then no fault
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Album } from "./states/album.js";
import { Cast } from "./states/cast.js";
import { Servers } from "./states/servers.js";

const { states } = JSON.parse(readFileSync(new URL("states.json", import.meta.url), "utf8"));
const scenes = await import("./states/scenes.js");
const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const LANGUAGES = /** @type {const} */ (["en", "zh"]);

const [address = process.env.SEALWIRE_URL, ...wanted] = process.argv.slice(2);
const servers = address ? null : new Servers(process.env.SEALWIRE_BIN_DIR ?? `${target}/release`);
await servers?.start();
const url = new URL(address || `http://127.0.0.1:${servers?.proxyPort}/`);
const backend = servers && { stop: () => servers.stopBackend(), start: () => servers.startBackend() };
const album = new Album(`${target}/states`, states);
const browser = await chromium.launch({
  executablePath: process.env.SEALWIRE_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // A name that is not this machine's, so that the browser calls plain http insecure.
    "--host-resolver-rules=MAP insecure.example 127.0.0.1",
  ],
});
try {
  for (const language of LANGUAGES) {
    for (const [name, scene] of Object.entries(scenes)) {
      if (wanted.length === 0 || wanted.includes(name)) await play(name, scene, language);
    }
  }
} finally {
  await browser.close();
  await servers?.stop();
}
report();

/** @param {string} name @param {(stage: import("./states/scenes.js").Stage) => Promise<void>} scene @param {"en" | "zh"} language */
async function play(name, scene, language) {
  const cast = new Cast(browser, album, url, language);
  try {
    const take = (page, state, how) => album.take(page, state, language, how);
    await scene({ cast, take, target: { host: url.hostname, port: Number(url.port || (url.protocol === "https:" ? 443 : 80)) }, backend, language });
  } catch (error) {
    album.faults.push(`${name} (${language}): ${error instanceof Error ? error.message : error}`);
  } finally {
    await cast.end();
  }
}

function report() {
  const missing = wanted.length === 0 ? album.missing(LANGUAGES) : [];
  for (const fault of new Set(album.faults)) console.error(fault);
  for (const picture of missing) console.error(`no picture of ${picture}`);
  console.log(`${album.taken.size} pictures in ${target}/states`);
  process.exitCode = album.faults.length + missing.length > 0 ? 1 : 0;
}
