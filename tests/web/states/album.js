/**
 * Looks at each state, and checks there what must always hold: what `checks.js` finds, nothing stands in the console, nothing was
 * asked of another origin. Pictures are taken where they are wanted.
 *
 * A state is seen in light and dark, wide and on a phone, in English and Chinese, and in every pair of two of these; all eight
 * together would find nothing more: what overflows depends on width and language, what lacks contrast on theme and width. So
 * English is looked at wide in light and on a phone in dark, Chinese the other way round. What axe says of the structure depends
 * on the width at most and is asked in English; its rules about colours and the language are run everywhere.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { faultsOf } from "./checks.js";

/** @typedef {"en" | "zh"} Language @typedef {"wide" | "phone"} Width @typedef {"light" | "dark"} Theme */

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** @type {Readonly<Record<Width, { width: number, height: number }>>} */
export const SIZES = Object.freeze({ wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } });
/** @type {readonly Theme[]} */
const THEMES = Object.freeze(["light", "dark"]);
/** @type {Readonly<Record<Language, Record<Width, Theme>>>} */
const PAIRS = Object.freeze({ en: { wide: "light", phone: "dark" }, zh: { wide: "dark", phone: "light" } });
/** Rules of axe, all of them where null. @type {Readonly<Record<Language, string[] | null>>} */
const RULES = Object.freeze({ en: null, zh: ["color-contrast", "html-has-lang", "html-lang-valid", "valid-lang"] });

/** What a browser writes by itself where a server refuses or is gone; only who brings that about may be watched with it. */
export const REFUSALS = /Failed to load resource|WebSocket connection to .* failed|net::ERR_/;

/** Runs before the page: axe, and a list of broken policies. */
const BEFORE = `${AXE}
addEventListener("securitypolicyviolation", (event) => {
  (globalThis.brokenPolicies ??= []).push(event.violatedDirective + " " + event.blockedURI);
});`;

/** Everything that is looked at in one run. */
export class Album {
  /** @type {string[]} */
  faults = [];
  /** Names of views that were seen. @type {Set<string>} */
  seen = new Set();
  #folder;
  #states;
  #everyTheme;

  /**
   * @param {Array<{ name: string, only?: string }>} states
   * @param {{ folder: string | null, everyTheme: boolean }} how where pictures are put, if they are wanted; and whether each width is
   *   looked at in both themes
   */
  constructor(states, { folder, everyTheme }) {
    this.#folder = folder;
    this.#states = new Map(states.map((state) => [state.name, state]));
    this.#everyTheme = everyTheme;
    if (folder !== null) mkdirSync(folder, { recursive: true });
  }

  /**
   * Makes a page watched. `tolerated` says what else its console may hold.
   * @param {import("playwright-core").Page} page
   * @param {string} who names it in faults
   * @param {RegExp} [tolerated]
   */
  async watch(page, who, tolerated) {
    await page.addInitScript({ content: BEFORE });
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const text = message.text();
      if (!tolerated?.test(text)) this.faults.push(`${who}: console: ${text} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.faults.push(`${who}: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      const own = new URL(page.url() === "about:blank" ? request.url() : page.url()).origin;
      if (protocol !== "data:" && protocol !== "blob:" && origin !== own) this.faults.push(`${who}: asked ${origin}`);
    });
  }

  /**
   * Looks at a state, which is on the page now, in the widths and themes of this language.
   * @param {import("playwright-core").Page} page
   * @param {string} name
   * @param {Language} language
   * @param {{ settle?: () => Promise<void> }} [how] `settle` is run after each change of width
   */
  async take(page, name, language, { settle } = {}) {
    const state = this.#states.get(name);
    if (state === undefined) throw new Error(`${name} is not in states.json`);
    for (const { width, themes } of this.#viewsOf(state, language)) {
      await page.setViewportSize(SIZES[width]);
      if (settle !== undefined) {
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        await settle();
      }
      for (const theme of themes) {
        await page.emulateMedia({ colorScheme: theme });
        await this.#look(page, viewName(name, theme, width, language), RULES[language]);
      }
    }
    await page.setViewportSize(SIZES.wide);
    await page.emulateMedia({ colorScheme: "light" });
  }

  /** What should have been seen and was not. @param {readonly Language[]} languages */
  missing(languages) {
    const wanted = [...this.#states.values()].flatMap((state) =>
      languages.flatMap((language) => this.#viewsOf(state, language).flatMap(({ width, themes }) => themes.map((theme) => viewName(state.name, theme, width, language)))),
    );
    return wanted.filter((view) => !this.seen.has(view));
  }

  /** @param {{ only?: string }} state @param {Language} language @returns {Array<{ width: Width, themes: readonly Theme[] }>} */
  #viewsOf({ only }, language) {
    const widths = /** @type {Width[]} */ (Object.keys(SIZES)).filter((width) => only === undefined || only === width);
    // A state of one width has no other view to make up the pairs with.
    const every = this.#everyTheme || only !== undefined;
    return widths.map((width) => ({ width, themes: every ? THEMES : [PAIRS[language][width]] }));
  }

  /** @param {import("playwright-core").Page} page @param {string} view @param {string[] | null} rules */
  async #look(page, view, rules) {
    for (const fault of await page.evaluate(faultsOf, rules)) this.faults.push(`${view}: ${fault}`);
    if (this.#folder !== null) await page.screenshot({ path: join(this.#folder, `${view}.png`), animations: "disabled", caret: "initial" });
    this.seen.add(view);
  }
}

/** @param {string} state @param {Theme} theme @param {Width} width @param {Language} language */
function viewName(state, theme, width, language) {
  return `${state}.${theme}.${width}.${language}`;
}
