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

export class Browsers {
  /** @type {Person[]} */
  #people = [];

  static async start() {
    const executablePath = process.env.SEALWIRE_CHROMIUM ?? CHROMIUM.find((path) => existsSync(path));
    if (executablePath === undefined) throw new Error("There is no Chromium: tests/run installs it.");
    return new Browsers(await chromium.launch({ executablePath, args: FLAGS, headless: true }));
  }

  /** @param {import("playwright-core").Browser} browser */
  constructor(browser) {
    this.browser = browser;
  }

  /** Opens the page in a new profile. @param {string} url @param {RegExp[]} [expected] console errors that belong to the test */
  async open(url, expected = []) {
    const context = await this.browser.newContext({ locale: "en-US", viewport: { width: 1200, height: 800 } });
    const person = new Person(await context.newPage(), url, expected);
    this.#people.push(person);
    await person.begin();
    return person;
  }

  /** Closes everybody's page and asserts that nothing happened there that must not. */
  async close() {
    const people = this.#people.splice(0);
    for (const person of people) await person.page.context().close();
    for (const person of people) assert.deepEqual(person.faults, [], `on the page of ${person.name}`);
  }

  async stop() {
    await this.close();
    await this.browser.close();
  }
}

/** Somebody before a page. */
export class Person {
  /** @type {string[]} console errors, CSP reports, foreign requests, exceptions */
  faults = [];
  name = "";
  loads = 0;

  /** @param {Page} page @param {string} url @param {RegExp[]} expected */
  constructor(page, url, expected) {
    this.page = page;
    this.url = url;
    const origin = new URL(url).origin;
    const socketOrigin = origin.replace(/^http/, "ws");
    const fault = (/** @type {string} */ what) => {
      if (!expected.some((pattern) => pattern.test(what))) this.faults.push(what);
    };
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") fault(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => fault(`exception: ${error.stack ?? error.message}`));
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

  /** Waits until the room can be talked in. */
  async keyed() {
    await this.page.locator(".about dd").first().filter({ hasText: /Number \d+/ }).waitFor();
  }

  /** @param {string} text */
  async say(text) {
    await this.page.locator("#composer").fill(text);
    await this.page.locator("#composer").press("Enter");
  }

  /** A message of exactly this text. @param {string} text */
  message(text) {
    return this.page.locator(".row.message .text").getByText(text, { exact: true });
  }

  /** Waits for a message. @param {string} text */
  async hears(text) {
    await this.message(text).first().waitFor();
  }

  /** Waits for a line of the timeline that is no message. @param {string | RegExp} text */
  async sees(text) {
    await this.page.locator(".row .line").filter({ hasText: text }).first().waitFor();
  }

  /** Waits for somebody's name in the list of people. @param {string} name */
  async seesPerson(name) {
    await this.page.locator(".people li").filter({ hasText: name }).first().waitFor();
  }

  /** All texts of messages on the page, in order. */
  texts() {
    return this.page.locator(".row.message .text").allTextContents();
  }

  async signOut() {
    await this.page.getByRole("button", { name: "Sign out" }).click();
    await this.page.locator("#name").waitFor();
  }
}
