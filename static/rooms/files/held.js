/**
 * Of several tabs one moves a file: it holds a lock as long as it does.
 */
import { Refused } from "../../keys/failure.js";

/** @param {string} file */
const nameOf = (file) => `sealwire.file.${file}`;

/**
 * Holds a file until what this gives is called, which waits until others can have it. Throws `Refused` (`file_elsewhere`) if another tab
 * holds it.
 * @param {string} file
 * @returns {Promise<() => Promise<void>>}
 */
export async function hold(file) {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return async () => {};
  return new Promise((resolve, reject) => {
    const request = locks.request(nameOf(file), { ifAvailable: true }, (lock) => {
      if (lock === null) throw new Refused("file_elsewhere");
      return new Promise((/** @type {(value: void) => void} */ done) => resolve(() => (done(), request)));
    });
    request.catch(reject);
  });
}

/** What other tabs move. */
export class Elsewhere {
  #over;
  /** Files whose lock is waited for, each once. @type {Set<string>} */
  #waiting = new Set();

  /** @param {() => void} over called once no other tab moves a file that one did */
  constructor(over) {
    this.#over = over;
  }

  /** Whether another tab moves it. @param {string} file */
  async has(file) {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) return false;
    if (this.#waiting.has(file)) return true;
    const { held = [] } = await locks.query();
    if (!held.some(({ name }) => name === nameOf(file))) return false;
    // Asked twice at once, it was held for both.
    if (!this.#waiting.has(file)) this.#wait(locks, file);
    return true;
  }

  /** @param {LockManager} locks @param {string} file */
  #wait(locks, file) {
    this.#waiting.add(file);
    const over = () => {
      this.#waiting.delete(file);
      this.#over();
    };
    // Only when this tab has let go of the lock again is nobody seen with it.
    locks.request(nameOf(file), () => {}).then(over, () => this.#waiting.delete(file));
  }
}
