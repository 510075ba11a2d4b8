/**
 * The page's end of the worker that holds an account's keys: few typed requests go in, and no key comes out. The worker has no
 * connection of its own: what it wants of the server, it has the page ask.
 */

import { handedOver } from "../wire/bytes.js";

/** @typedef {import("../keys/requests.js").Requests & import("../rooms/requests.js").RoomRequests} Requests */
/** @typedef {import("../keys/requests.js").Failure} Failure */
/** @typedef {import("../rooms/requests.js").Tell} Tell */
/** @typedef {import("../rooms/requests.js").Want} Want */
/** @typedef {import("../rooms/requests.js").Outcome} Outcome */
/** @typedef {import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame} Frame */

/**
 * What a request gave, or why not.
 * @template {keyof Requests} K
 * @typedef {{ ok: Requests[K]["gives"] } | { error: Failure }} Given
 */

/** The one script that this page runs in a worker. */
const SCRIPT = new URL("../crypto_worker.js", import.meta.url).href;

/** Asks the worker, one answer a request. */
export class Keyholder {
  /** Called with what the worker tells of conversations. @type {(tell: Tell) => void} */
  onTell = () => {};
  /** Asks the server for the worker. @type {(want: Want) => Promise<Outcome>} */
  onWant = async () => ({ error: { code: "cut" } });
  /** Called once if the worker did not load, or broke. */
  onBroken = () => {};
  #worker;
  #next = 1;
  #broken = false;
  /** @type {Map<number, (given: any) => void>} */
  #waiting = new Map();

  /** @param {Pick<Worker, "postMessage" | "addEventListener" | "terminate">} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", (/** @type {any} */ { data }) => this.#receive(data));
    worker.addEventListener("error", () => this.#fail());
  }

  /** Starts the worker. */
  static start() {
    return new Keyholder(new Worker(/** @type {string} */ (scriptUrl()), { type: "module", name: "keys" }));
  }

  /** Whether the worker answers nothing any more. */
  get broken() {
    return this.#broken;
  }

  /**
   * Asks for something; never throws.
   * @template {keyof Requests} K
   * @param {K} ask
   * @param {Requests[K]["takes"]} takes
   * @returns {Promise<Given<K>>}
   */
  ask(ask, takes) {
    if (this.#broken) return Promise.resolve({ error: { code: "no_worker" } });
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, ask, takes });
    });
  }

  /** Hands in what the server sent. @param {Frame} frame */
  hand(frame) {
    if (!this.#broken) this.#worker.postMessage({ frame });
  }

  /** @param {any} data */
  #receive(data) {
    if (data.tell !== undefined) return this.onTell(data);
    if (data.want !== undefined) return void this.#want(data);
    const resolve = this.#waiting.get(data.id);
    this.#waiting.delete(data.id);
    resolve?.("ok" in data ? { ok: data.ok } : { error: data.error });
  }

  /** @param {{ want: number } & Want} data */
  async #want({ want, ...wanted }) {
    const outcome = await this.onWant(/** @type {Want} */ (wanted)).catch(() => ({ error: { code: "internal" } }));
    this.#worker.postMessage({ want, outcome }, handedOver("ok" in outcome ? outcome.tail : undefined));
  }

  /** A worker that did not load or broke answers nothing any more. */
  #fail() {
    if (this.#broken) return;
    this.#broken = true;
    for (const resolve of this.#waiting.values()) resolve({ error: { code: "no_worker" } });
    this.#waiting.clear();
    this.onBroken();
  }
}

/** @type {any} the one policy that this page has: it says nothing but that constant, and can be made once */
let policy = null;

function scriptUrl() {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (types === undefined) return SCRIPT;
  policy ??= types.createPolicy("sealwire", { createScriptURL: () => SCRIPT });
  return policy.createScriptURL("");
}
