/**
 * Brings about every named state of the page (states.json), looks at it in light and dark, wide and on a phone, in English and
 * Chinese (states/album.js says in which pairs), and fails if one is missing or if anything is not as it must be.
 *
 *   node states.js                       starts servers of its own (harness/programs.js says from where)
 *   node states.js SCENE…                only some scenes, by name; what is missing is then no fault
 *   node states.js --pictures            writes a picture of each view, too
 *   node states.js --pictures --themes   the same with every width in both themes
 *   SEALWIRE_URL=http://127.0.0.1:5000 node states.js    against a web-proxy that runs already, and its chat-server
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Album } from "./states/album.js";
import { Cast } from "./states/cast.js";
import * as scenes from "./states/scenes/index.js";
import { launch } from "./harness/browser.js";
import { Tiers, start } from "./harness/programs.js";
import { Terminal } from "./harness/terminal.js";

/** @typedef {(stage: import("./states/scenes/words.js").Stage) => Promise<void>} Scene */

const LANGUAGES = /** @type {const} */ (["en", "zh"]);
/** The chat-server behind an address that was given, unless the environment says otherwise. */
const CHAT = process.env.SEALWIRE_SERVER ?? "127.0.0.1:4444";
/** Stages at once, each with servers and a browser of its own: much of a scene is waiting. */
const STAGES = 3;
/** Plays that are tried once more, alone and with other servers: more than these is no matter of chance. */
const MOST_AGAIN = 3;

const { values: options, positionals: wanted } = parseArgs({ allowPositionals: true, options: { pictures: { type: "boolean", default: false }, themes: { type: "boolean", default: false } } });
const { states } = JSON.parse(readFileSync(new URL("states.json", import.meta.url), "utf8"));
const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const folder = options.pictures ? join(target, "states") : null;
const album = new Album(states, { folder, everyTheme: options.themes });
const address = process.env.SEALWIRE_URL;
/** What is still to be played. @type {Array<{ name: string, scene: Scene, language: "en" | "zh" }>} */
const plays = Object.entries(scenes)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .flatMap(([name, scene]) => LANGUAGES.map((language) => ({ name, scene, language })));
/** Plays that did not get to their end. @type {typeof plays} */
const failed = [];
// At an address that was given all would meet in one lobby.
await Promise.all(Array.from({ length: address ? 1 : Math.min(STAGES, plays.length) }, stage));
const again = failed.length > 0 && failed.length <= MOST_AGAIN && !address ? failed.splice(0) : [];
if (again.length > 0) await onceMore(again);
report();

/** What comes to its end the second time is named as flaky. @param {typeof plays} failing */
async function onceMore(failing) {
  album.faults = album.faults.filter((fault) => !failing.some((play) => fault.startsWith(titleOf(play))));
  for (const play of failing) {
    plays.push(play);
    await stage();
  }
  for (const play of failing) if (!failed.includes(play)) console.log(`FLAKY ${titleOf(play)}`);
}

/** Plays what is left, one scene after the other. */
async function stage() {
  const tiers = address ? null : await ownTiers();
  // A name that is not this machine's, so that the browser calls plain http insecure.
  const browser = await launch("--host-resolver-rules=MAP insecure.example 127.0.0.1");
  const backend = tiers && { stop: () => tiers.chat?.kill(), start: () => tiers.startServer(tiers.server) };
  try {
    const administrator = tiers && (await administratorOf(tiers));
    for (let play = plays.shift(); play !== undefined; play = plays.shift()) await perform(play, new Cast(browser, album, new URL(address || tiers?.url || ""), play), { backend, administrator, server: tiers?.server ?? CHAT });
  } finally {
    await browser.close();
    await tiers?.stop();
  }
}

/** Servers of one's own: with many sign-ins, and with so few messages that a flood lasts longer than an eye blinks. */
async function ownTiers() {
  const own = new Tiers(mkdtempSync(join(tmpdir(), "sealwire-states-")));
  await own.startServer("127.0.0.1:0");
  own.proxy = start("web-proxy", ["--listen=127.0.0.1:0", `--backend=${own.server}`, `--data=${join(own.data, "proxy")}`, "--sign-in-rate=600/m", "--message-rate=30/m"]);
  own.url = `http://${await own.proxy.listening()}/`;
  return own;
}

/** Who administrates a server: an account that no page made; gives its name. @param {Tiers} tiers */
async function administratorOf(tiers) {
  const terminal = new Terminal(tiers.server);
  await terminal.register("Zoe", `--invitation=${await tiers.chat?.setupToken()}`);
  terminal.forget();
  return "Zoe";
}

/** @param {typeof plays[0]} play @param {Cast} cast @param {Pick<import("./states/scenes/words.js").Stage, "backend" | "administrator" | "server">} servers */
async function perform(play, cast, servers) {
  const { scene, language } = play;
  try {
    await scene({ cast, take: (page, state, how) => album.take(page, state, language, how), language, ...servers });
  } catch (error) {
    album.faults.push(`${titleOf(play)}: ${error instanceof Error ? error.message : error}`);
    failed.push(play);
  } finally {
    await cast.end();
  }
}

/** @param {{ name: string, language: string }} play */
function titleOf({ name, language }) {
  return `${name} (${language})`;
}

function report() {
  const missing = wanted.length === 0 ? album.missing(LANGUAGES) : [];
  for (const fault of new Set(album.faults)) console.error(fault);
  for (const view of missing) console.error(`${view} was not seen`);
  console.log(`${album.seen.size} views${folder === null ? "" : `, their pictures in ${folder}`}`);
  process.exitCode = album.faults.length + missing.length > 0 ? 1 : 0;
}
