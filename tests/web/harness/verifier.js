/**
 * The page's worker for signatures, in a thread of Node's, which may be made to die.
 */
import { Worker } from "node:worker_threads";

const SCRIPT = new URL("../../../static/verifier.js", import.meta.url).href;
/** What a browser's worker has of itself. */
const BROWSER = `
import { parentPort } from "node:worker_threads";
globalThis.addEventListener = (type, listener) => parentPort.on(type, (data) => listener({ data }));
globalThis.postMessage = (data) => parentPort.postMessage(data);
await import(${JSON.stringify(SCRIPT)});`;

/** Its end at whoever started it. */
export class VerifierThread {
  /** Messages that were sent to it. @type {any[]} */
  posted = [];
  ended = false;
  /** Called after each of them. */
  onPosted = () => {};
  /** @type {Record<string, Array<(event: any) => void>>} */
  #listeners = { message: [], error: [], messageerror: [] };
  #thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(BROWSER)}`));

  constructor() {
    this.#thread.on("message", (data) => this.says(data));
  }

  /** @param {any} data */
  postMessage(data) {
    this.posted.push(data);
    this.#thread.postMessage(data);
    this.onPosted();
  }

  /** @param {string} type @param {(event: any) => void} listener */
  addEventListener(type, listener) {
    this.#listeners[type].push(listener);
  }

  /** Waits until it can verify. */
  ready() {
    return new Promise((resolve) => this.addEventListener("message", ({ data }) => data.ready && resolve(undefined)));
  }

  /** Whoever started it has given it up. */
  terminate() {
    this.ended = true;
    return this.#thread.terminate();
  }

  /** As if it had said something. @param {any} data */
  says(data) {
    for (const listener of this.#listeners.message) listener({ data });
  }

  /** Ends it without an answer to what it was asked. */
  async die() {
    this.#thread.removeAllListeners("message");
    for (const listener of this.#listeners.error) listener({});
    await this.#thread.terminate();
  }
}
