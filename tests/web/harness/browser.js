/**
 * Real browsers, each a profile of its own, watched for everything that must not happen.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @typedef {import("playwright-core").Page} Page */

/** What every page is opened with. */
const PAGE = Object.freeze({ locale: "en-US", viewport: { width: 1200, height: 800 } });

/** How Chromium is started. @param {string[]} more flags */
export function commandLine(...more) {
  const path = process.env.SEALWIRE_CHROMIUM ?? CHROMIUM.find((each) => existsSync(each));
  if (path === undefined) throw new Error("There is no Chromium: tests/run installs it.");
  return { path, flags: [...FLAGS, ...more] };
}

/** @param {string[]} more flags */
function settings(more) {
  const { path, flags } = commandLine(...more);
  return { executablePath: path, args: flags, headless: true };
}

/** Starts Chromium with whatever else a test needs of it. @param {string[]} flags */
export function launch(...flags) {
  return chromium.launch(settings(flags));
}

/** Opens the page in a profile that is kept in a folder; its end is its caller's. @param {string} folder @param {string} url @param {RegExp[]} [expected] */
export async function openProfile(folder, url, expected = []) {
  const context = await chromium.launchPersistentContext(folder, { ...settings([]), ...PAGE });
  const person = new Person(context.pages()[0] ?? (await context.newPage()), url, expected);
  await person.begin();
  return person;
}

export class Browsers {
  /** @type {Person[]} */
  #people = [];

  static async start() {
    return new Browsers(await launch());
  }

  /** @param {import("playwright-core").Browser} browser */
  constructor(browser) {
    this.browser = browser;
  }

  /** Opens the page in a new profile. @param {string} url @param {RegExp[]} [expected] console errors that belong to the test */
  async open(url, expected = []) {
    const context = await this.browser.newContext(PAGE);
    const person = new Person(await context.newPage(), url, expected);
    this.#people.push(person);
    await person.begin();
    return person;
  }

  /** Opens another tab of somebody; what happens there happens to them. @param {Person} owner */
  async tab(owner) {
    const tab = new Person(await owner.page.context().newPage(), owner.url, owner.expected);
    tab.name = owner.name;
    tab.faults = owner.faults;
    await tab.begin();
    return tab;
  }

  /** Closes everybody's page and asserts that nothing happened there that must not. */
  async close() {
    const people = this.#people.splice(0);
    for (const person of people) await person.leave();
    for (const person of people) assert.deepEqual(person.faults, [], `on the page of ${person.name}`);
  }

  async stop() {
    try {
      await this.close();
    } finally {
      await this.browser.close();
    }
  }
}

/** Somebody before a page. */
export class Person {
  /** @type {string[]} console errors, CSP reports, foreign requests, exceptions */
  faults = [];
  name = "";
  loads = 0;
  left = false;

  /** @param {Page} page @param {string} url @param {RegExp[]} expected */
  constructor(page, url, expected) {
    this.page = page;
    this.url = url;
    this.expected = expected;
    const origin = new URL(url).origin;
    const socketOrigin = origin.replace(/^http/, "ws");
    const fault = (/** @type {string} */ what) => {
      if (!this.left && !expected.some((pattern) => pattern.test(what))) this.faults.push(what);
    };
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") fault(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => fault(`exception: ${error.stack || String(error)}`));
    page.on("load", () => (this.loads += 1));
    page.on("request", (request) => {
      const to = new URL(request.url());
      if (to.origin !== origin && !["data:", "blob:"].includes(to.protocol)) fault(`foreign request: ${request.url()}`);
    });
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).origin !== socketOrigin) fault(`foreign socket: ${socket.url()}`);
    });
  }

  async begin() {
    await this.page.exposeFunction("reportOfTest", (/** @type {string} */ what) => this.faults.push(`CSP: ${what}`));
    await this.page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        // @ts-expect-error: exposed by the test
        void window.reportOfTest(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    const answer = await this.page.goto(this.url);
    assert.equal(answer?.status(), 200);
  }

  /** Signs in through the form and waits until the lobby's key is there. @param {string} name */
  async signIn(name) {
    this.name = name;
    await this.page.locator("#name").fill(name);
    await this.page.locator("#name").press("Enter");
    await this.keyed();
  }

  /** Waits until something is on the page; says what was there instead. @param {import("playwright-core").Locator} locator */
  async waits(locator) {
    try {
      await locator.first().waitFor();
    } catch (error) {
      const shown = await this.page.locator("body").innerText();
      throw new Error(`${this.name} waits for ${locator}, and sees:\n${shown.slice(0, 4_000)}\n${this.faults.join("\n")}`, { cause: error });
    }
  }

  /** Waits until something has gone from the page. @param {import("playwright-core").Locator} locator */
  async gone(locator) {
    await locator.first().waitFor({ state: "detached" });
  }

  /** Waits until the room can be talked in. */
  async keyed() {
    await this.waits(this.page.locator(".about dd").first().filter({ hasText: /Number \d+/ }));
  }

  /** @param {string} text */
  async say(text) {
    const box = this.page.locator("#composer");
    await box.fill(text);
    // Under an open dialog it takes nothing, and nothing else would say so.
    assert.equal(await box.inputValue(), text, `the composer of ${this.name} takes the text`);
    await box.press("Enter");
  }

  /** Says something long, put into the box at once. @param {string} text */
  async paste(text) {
    const box = this.page.locator("#composer");
    await box.evaluate((element, value) => {
      /** @type {HTMLTextAreaElement} */ (element).value = value;
      element.dispatchEvent(new Event("input", { bubbles: true }));
    }, text);
    await box.press("Enter");
  }

  /** A message of exactly this text. @param {string} text */
  message(text) {
    return this.page.locator(".row.message .text").getByText(text, { exact: true });
  }

  /** Waits for a message. @param {string} text */
  async hears(text) {
    await this.waits(this.message(text));
  }

  /** Waits for a line of the timeline that is no message; names in it stand between direction marks. @param {string} text */
  async sees(text) {
    const words = text.split(" ").map((word) => word.replace(/[^\p{L}\p{N}]/gu, "\\$&"));
    const pattern = new RegExp(words.join("[\u2068\u2069]* [\u2068\u2069]*"), "u");
    await this.waits(this.page.locator(".row .line").filter({ hasText: pattern }));
  }

  /** Waits for somebody's name in the list of people. @param {string} name */
  async seesPerson(name) {
    await this.waits(this.page.locator(".people li").filter({ hasText: name }));
  }

  /** All texts of messages on the page, in order. */
  texts() {
    return this.page.locator(".row.message .text").allTextContents();
  }

  /** Signs out, if that was not done, so that the name is free for the next test, and closes the page. */
  async leave() {
    this.left = true;
    const page = this.page.isClosed() ? this.page.context().pages()[0] : this.page;
    await page.evaluate(() => fetch("/api/auth.logout", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }).then(() => {}, () => {}));
    await this.page.context().close();
  }

  async signOut() {
    await this.page.getByRole("button", { name: "Sign out" }).click();
    await this.waits(this.door());
  }

  /** Where nobody is signed in. */
  door() {
    return this.page.locator("#name");
  }
}
