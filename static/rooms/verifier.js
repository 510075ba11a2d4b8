/**
 * Verifies the signatures of many messages beside this worker, so that a page of history has two cores. Until the other worker is
 * there, and once it is broken, they are verified here: who asks sees no difference.
 */
import { OpenError } from "../crypto/errors.js";
/** @typedef {import("../crypto/signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../crypto/signature.js").VerifyingKeys} VerifyingKeys */
/** @typedef {Pick<Worker, "postMessage" | "addEventListener" | "terminate">} WorkerEnd */
/** @typedef {{ keys: VerifyingKeys, purpose: Uint8Array, body: Uint8Array, block: SignatureBlock, resolve: (verdict: void | Promise<void>) => void, reject: (error: Error) => void }} Waiting */

/** The one script of a worker within this one. */
const SCRIPT = new URL("../verifier.js", import.meta.url).href;
/** How long the other worker may answer nothing while something is asked of it, in milliseconds: a signature takes it some ten, and a phone that slept gives it its time back. */
const SILENT_MS = 5_000;

/** Where signatures are verified. */
export class Verifier {
  /** The other worker, while it answers. @type {WorkerEnd | null} */
  #worker = null;
  #next = 1;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** Numbers of keys that the other worker has. @type {WeakMap<VerifyingKeys, number>} */
  #numbers = new WeakMap();
  #silentMs;
  /** Runs while something is asked and not answered. @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;

  /** @param {WorkerEnd | null} worker null where there is only this one @param {number} [silentMs] after how long without any answer it is given up */
  constructor(worker, silentMs = SILENT_MS) {
    this.#silentMs = silentMs;
    worker?.addEventListener("message", (/** @type {any} */ { data }) => (data.ready ? (this.#worker = worker) : this.#receive(data)));
    worker?.addEventListener("error", () => this.#fail());
    worker?.addEventListener("messageerror", () => this.#fail());
  }

  /** Starts another worker where a core is left for it. */
  static start() {
    try {
      const alone = typeof Worker === "undefined" || navigator.hardwareConcurrency < 2;
      return new Verifier(alone ? null : new Worker(/** @type {string} */ (scriptUrl()), { type: "module", name: "signatures" }));
    } catch {
      return new Verifier(null);
    }
  }

  /**
   * As `VerifyingKeys.verify`.
   * @param {VerifyingKeys} keys
   * @param {Uint8Array} purpose the label
   * @param {Uint8Array} body
   * @param {SignatureBlock} block
   * @returns {Promise<void>}
   */
  verify(keys, purpose, body, block) {
    const worker = this.#worker;
    if (worker === null) return keys.verify(purpose, body, block);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { keys, purpose, body, block, resolve, reject });
      if (this.#waiting.size === 1) this.#listen();
      worker.postMessage({ id, ...this.#numbered(keys, id), signed: { purpose, body, block } });
    });
  }

  /** The number of keys, which are sent once. @param {VerifyingKeys} keys @param {number} id that no other keys have */
  #numbered(keys, id) {
    const number = this.#numbers.get(keys);
    if (number !== undefined) return { number };
    this.#numbers.set(keys, id);
    return { number: id, keys: { spki: keys.spki, y: keys.y } };
  }

  /** @param {{ id: number, cause?: import("../crypto/errors.js").OpenCause | null }} verdict */
  #receive({ id, cause }) {
    if (cause === undefined) return this.#fail();
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#listen();
    if (cause === null) waiting?.resolve();
    else waiting?.reject(new OpenError(cause));
  }

  /** Any answer shows that it is alive: it is waited for anew, as long as it owes one. */
  #listen() {
    clearTimeout(this.#silence);
    if (this.#waiting.size > 0) this.#silence = setTimeout(() => this.#fail(), this.#silentMs);
  }

  /** What it has not answered is verified here, and so is what follows. */
  #fail() {
    clearTimeout(this.#silence);
    this.#worker?.terminate();
    this.#worker = null;
    for (const { keys, purpose, body, block, resolve } of this.#waiting.values()) resolve(keys.verify(purpose, body, block));
    this.#waiting.clear();
  }
}

function scriptUrl() {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  return types === undefined ? SCRIPT : types.createPolicy("sealwire", { createScriptURL: () => SCRIPT }).createScriptURL("");
}
