/**
 * The page's end of the worker that holds an account's keys: few typed requests go in, and no key comes out.
 */

/** @typedef {import("../keys/requests.js").Requests} Requests */
/** @typedef {import("../keys/requests.js").Failure} Failure */

/**
 * What a request gave, or why not.
 * @template {keyof Requests} K
 * @typedef {{ ok: Requests[K]["gives"] } | { error: Failure }} Given
 */

/** The one script that this page runs in a worker. */
const SCRIPT = new URL("../crypto_worker.js", import.meta.url).href;

/** Asks the worker, one answer a request. */
export class Keyholder {
  #worker;
  #next = 1;
  #broken = false;
  /** @type {Map<number, (given: any) => void>} */
  #waiting = new Map();

  /** @param {Pick<Worker, "postMessage" | "addEventListener" | "terminate">} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", (/** @type {any} */ { data }) => {
      const resolve = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      resolve?.("ok" in data ? { ok: data.ok } : { error: data.error });
    });
    worker.addEventListener("error", () => this.#fail());
  }

  /** Starts the worker. */
  static start() {
    return new Keyholder(new Worker(/** @type {string} */ (scriptUrl()), { type: "module", name: "keys" }));
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

  /** A worker that did not load or broke answers nothing any more. */
  #fail() {
    this.#broken = true;
    for (const resolve of this.#waiting.values()) resolve({ error: { code: "no_worker" } });
    this.#waiting.clear();
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
