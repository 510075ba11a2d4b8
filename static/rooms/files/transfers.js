/**
 * What is on its way, as the page is told: changes not oftener than somebody can see.
 */
import { Refused } from "../../keys/failure.js";
/** @typedef {import("./requests.js").Transfer} Transfer */

/** How long changes are gathered, in milliseconds. */
const TELL_AFTER_MS = 100;

/** All transfers of one account. */
export class Transfers {
  #tell;
  /** @type {Map<string, Transfer>} */
  #here = new Map();
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;

  /** @param {(transfers: Transfer[]) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {string} id */
  get(id) {
    return this.#here.get(id);
  }

  /** A new one is told at once: what it is about must not be shown without it. @param {Transfer} transfer */
  put(transfer) {
    const isNew = !this.#here.has(transfer.id);
    this.#here.set(transfer.id, transfer);
    if (isNew) this.#now();
    else this.#soon();
  }

  /** @param {string} id @param {Partial<Transfer>} change */
  change(id, change) {
    const before = this.#here.get(id);
    if (before !== undefined) this.put({ ...before, ...change });
  }

  /** @param {string} id */
  remove(id) {
    if (this.#here.delete(id)) this.#soon();
  }

  end() {
    this.#cancel();
    this.#here.clear();
  }

  #soon() {
    this.#timer ??= setTimeout(() => this.#now(), TELL_AFTER_MS);
  }

  #now() {
    this.#cancel();
    this.#tell([...this.#here.values()]);
  }

  #cancel() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Places for so many tasks at once; the others wait in their order. */
export class Places {
  #free;
  /** @type {Array<() => void>} */
  #waiting = [];

  /** @param {number} most */
  constructor(most) {
    this.#free = most;
  }

  /**
   * Does a task when there is a place; throws what it throws, or `Refused` (`stopped_by_user`) if it was not begun before the signal.
   * @template T @param {() => Promise<T>} task @param {AbortSignal} [signal] @returns {Promise<T>}
   */
  async take(task, signal) {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** @param {AbortSignal} [signal] @returns {Promise<void>} */
  #wait(signal) {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        this.#waiting = this.#waiting.filter((each) => each !== begin);
        reject(new Refused("stopped_by_user"));
      };
      if (signal?.aborted) return reject(new Refused("stopped_by_user"));
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiting.push(begin);
    });
  }
}

/** Waits for the next connection: what was cut goes on with it, or after a while without one. */
export class Comeback {
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** It is there, and keys are proven. */
  arrived() {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** @param {number} ms at most @param {AbortSignal} signal ends it, too @returns {Promise<void>} */
  wait(ms, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }
}
