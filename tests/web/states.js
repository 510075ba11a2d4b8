/**
 * Writes a picture of every named state of the page (states.json) in light and dark, wide and phone, English and Chinese, and
 * fails if one is missing or if anything is not as it must be (states/album.js).
 *
 *   node states.js                       starts servers of its own (harness/programs.js says from where)
 *   SEALWIRE_URL=http://127.0.0.1:5000 node states.js    against a web-proxy that runs already
 *   node states.js URL SCENE…            only some scenes, by name; what is missing is then no fault
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Album } from "./states/album.js";
import { Cast } from "./states/cast.js";
import { launch } from "./harness/browser.js";
import { Tiers, start } from "./harness/programs.js";

const { states } = JSON.parse(readFileSync(new URL("states.json", import.meta.url), "utf8"));
const scenes = { ...(await import("./states/scenes.js")), ...(await import("./states/accounts.js")), ...(await import("./states/people_scenes.js")) };
const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const LANGUAGES = /** @type {const} */ (["en", "zh"]);

const [address = process.env.SEALWIRE_URL, ...wanted] = process.argv.slice(2);
const tiers = address ? null : await ownTiers();
const url = new URL(address || tiers?.url || "");
const backend = tiers && { stop: () => tiers.chat?.kill(), start: () => tiers.startServer(tiers.server) };
const album = new Album(`${target}/states`, states);
// A name that is not this machine's, so that the browser calls plain http insecure.
const browser = await launch("--host-resolver-rules=MAP insecure.example 127.0.0.1");
try {
  for (const language of LANGUAGES) {
    for (const [name, scene] of Object.entries(scenes)) {
      if (wanted.length === 0 || wanted.includes(name)) await play(name, scene, language);
    }
  }
} finally {
  await browser.close();
  await tiers?.stop();
}
report();

/** Servers of one's own: with many sign-ins, and with so few messages that a flood lasts longer than an eye blinks. */
async function ownTiers() {
  const own = new Tiers(mkdtempSync(join(tmpdir(), "sealwire-states-")));
  await own.startServer("127.0.0.1:0");
  own.proxy = start("web-proxy", ["--listen=127.0.0.1:0", `--backend=${own.server}`, `--data=${join(own.data, "proxy")}`, "--sign-in-rate=600/m", "--message-rate=30/m"]);
  own.url = `http://${await own.proxy.listening()}/`;
  return own;
}

/** @param {string} name @param {(stage: import("./states/scenes.js").Stage) => Promise<void>} scene @param {"en" | "zh"} language */
async function play(name, scene, language) {
  const cast = new Cast(browser, album, url, language);
  try {
    const take = (page, state, how) => album.take(page, state, language, how);
    await scene({ cast, take, backend, language });
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
