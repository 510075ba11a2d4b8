/**
 * A browser that nobody watches: what the tests' one keeps of every request for whoever may ask, a megabyte of text for each megabyte
 * that is sent, is memory and time of the page's process.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { commandLine } from "../../web/harness/browser.js";

/** How often a page is looked at, in milliseconds. */
const LOOK_MS = 20;

/** One page of a profile. */
export class PlainBrowser {
  #process;
  #next = 1;
  #session = "";
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** Opens a page in a profile. @param {string} folder @param {string} url */
  static async open(folder, url) {
    const { path, flags } = commandLine();
    const browser = new PlainBrowser(spawn(path, [...flags, "--headless", "--remote-debugging-pipe", `--user-data-dir=${folder}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] }));
    try {
      const { targetInfos } = await browser.#call("Target.getTargets");
      const { targetId } = targetInfos.find((/** @type {any} */ { type }) => type === "page");
      browser.#session = (await browser.#call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
      await browser.#call("Page.navigate", { url });
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** @param {import("node:child_process").ChildProcess} process */
  constructor(process) {
    this.#process = process;
    let rest = "";
    this.#from.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop() ?? "";
      for (const message of messages) this.#take(JSON.parse(message));
    });
    process.once("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The browser has ended."));
    });
  }

  get #to() {
    return /** @type {import("node:stream").Writable} */ (this.#process.stdio[3]);
  }

  get #from() {
    return /** @type {import("node:stream").Readable} */ (this.#process.stdio[4]);
  }

  get pid() {
    return this.#process.pid ?? 0;
  }

  /** What a function gives in the page. @template T, V @param {(value: V) => T} task that needs nothing around it @param {V} [value] @returns {Promise<Awaited<T>>} */
  async evaluate(task, value) {
    const expression = `(${task})(${JSON.stringify(value ?? null)})`;
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until elements are there. @param {string} selector @param {number} [count] */
  async waitFor(selector, count = 1) {
    const look = (/** @type {string} */ what) => document.querySelectorAll(what).length;
    while ((await this.evaluate(look, selector)) < count) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  /** Clicks an element when it is there. @param {string} selector */
  async click(selector) {
    await this.waitFor(selector);
    await this.evaluate((/** @type {string} */ what) => /** @type {HTMLElement | null} */ (document.querySelector(what))?.click(), selector);
  }

  /** Chooses a file. @param {string} selector @param {string} path */
  async choose(selector, path) {
    await this.waitFor(selector);
    const { root } = await this.#call("DOM.getDocument");
    const { nodeId } = await this.#call("DOM.querySelector", { nodeId: root.nodeId, selector });
    await this.#call("DOM.setFileInputFiles", { nodeId, files: [path] });
  }

  async close() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#session = "";
    this.#call("Browser.close").catch(() => {});
    await ended;
  }

  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  #call(method, params = {}) {
    const id = this.#next++;
    const session = this.#session === "" ? {} : { sessionId: this.#session };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#to.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    });
  }

  /** @param {{ id?: number, result?: any, error?: { message: string } }} message */
  #take({ id, result, error }) {
    const waiting = this.#waiting.get(id ?? 0);
    if (waiting === undefined) return;
    this.#waiting.delete(id ?? 0);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}
