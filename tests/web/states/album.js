/**
 * Takes the pictures, and checks at each of them what must always hold: axe finds nothing, nothing stands in the console, no
 * policy was broken, nothing was asked of another origin, nothing is wider than the window.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const SIZES = Object.freeze({ wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } });
const THEMES = /** @type {const} */ (["light", "dark"]);

/** What a browser writes by itself where a server refuses or is gone; only who brings that about may be watched with it. */
export const REFUSALS = /Failed to load resource|WebSocket connection to .* failed|net::ERR_/;

/** Runs before the page: axe, and a list of broken policies. */
const BEFORE = `${AXE}
addEventListener("securitypolicyviolation", (event) => {
  (globalThis.brokenPolicies ??= []).push(event.violatedDirective + " " + event.blockedURI);
});`;

/** All pictures of one run. */
export class Album {
  /** @type {string[]} */
  faults = [];
  /** @type {Set<string>} names of pictures that were taken */
  taken = new Set();
  #folder;
  #states;

  /** @param {string} folder @param {Array<{ name: string, only?: string }>} states */
  constructor(folder, states) {
    this.#folder = folder;
    this.#states = new Map(states.map((state) => [state.name, state]));
    mkdirSync(folder, { recursive: true });
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
   * Takes a state in both themes and in the widths that it has.
   * @param {import("playwright-core").Page} page
   * @param {string} name
   * @param {string} language
   * @param {{ settle?: () => Promise<void> }} [how] `settle` is run after each change of width
   */
  async take(page, name, language, { settle } = {}) {
    const state = this.#states.get(name);
    if (state === undefined) throw new Error(`${name} is not in states.json`);
    for (const [width, size] of Object.entries(SIZES)) {
      if (state.only !== undefined && state.only !== width) continue;
      await page.setViewportSize(size);
      // The page hears of the new width with the next frame.
      await page.waitForTimeout(100);
      await settle?.();
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        const picture = `${name}.${theme}.${width}.${language}`;
        await page.waitForTimeout(60);
        await page.screenshot({ path: join(this.#folder, `${picture}.png`), animations: "disabled", caret: "initial" });
        this.taken.add(picture);
        await this.#check(page, picture);
      }
    }
    await page.setViewportSize(SIZES.wide);
    await page.emulateMedia({ colorScheme: "light" });
  }

  /** What should be there and is not. @param {readonly string[]} languages */
  missing(languages) {
    const wanted = [...this.#states.values()].flatMap(({ name, only }) =>
      Object.keys(SIZES)
        .filter((width) => only === undefined || only === width)
        .flatMap((width) => THEMES.flatMap((theme) => languages.map((language) => `${name}.${theme}.${width}.${language}`))),
    );
    return wanted.filter((picture) => !this.taken.has(picture));
  }

  /** @param {import("playwright-core").Page} page @param {string} picture */
  async #check(page, picture) {
    const found = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      const wide = document.documentElement.scrollWidth > innerWidth;
      return {
        axe: violations.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`),
        policies: globalThis.brokenPolicies ?? [],
        wide,
        rows: document.querySelectorAll(".row").length,
      };
    });
    for (const violation of found.axe) this.faults.push(`${picture}: axe: ${violation}`);
    for (const policy of found.policies) this.faults.push(`${picture}: policy: ${policy}`);
    if (found.wide) this.faults.push(`${picture}: wider than the window`);
    if (found.rows > 300) this.faults.push(`${picture}: ${found.rows} rows in the document`);
  }
}
