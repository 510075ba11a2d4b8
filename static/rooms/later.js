/**
 * What is done after a while, once: of several members of a room not all do the same at the same moment.
 */
/** How much longer one waits for each member that could do it as well, and at most, in milliseconds. */
const EACH_MS = 100;
const MOST_MS = 3_000;

/** Things that are to be done, by name. */
export class Later {
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /** Does something after so many milliseconds, unless it waits already. @param {string} name @param {number} ms @param {() => Promise<unknown> | void} task */
  at(name, ms, task) {
    if (this.#timers.has(name)) return;
    const run = () => {
      this.#timers.delete(name);
      // It was to be done in passing: the next catching up does what failed.
      Promise.resolve(task()).catch(() => {});
    };
    this.#timers.set(name, setTimeout(run, ms));
  }

  /** Does something at a moment of chance, the later the more could do it. @param {string} name @param {number} members @param {() => Promise<unknown> | void} task */
  soon(name, members, task) {
    this.at(name, Math.random() * Math.min(MOST_MS, EACH_MS * members), task);
  }

  /** Does nothing of what bears this word in its name. @param {string} word */
  forget(word) {
    for (const [name, timer] of this.#timers) {
      if (!name.split(" ").includes(word)) continue;
      clearTimeout(timer);
      this.#timers.delete(name);
    }
  }

  clear() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
