/** Web Locks as a browser has them, as much of them as one of several tabs needs; Node has none. */

/** @param {import("node:test").TestContext} t */
export function locks(t) {
  const stub = new LocksStub();
  Object.defineProperty(globalThis, "navigator", { value: { locks: stub }, configurable: true });
  t.after(() => delete globalThis.navigator);
  return stub;
}

class LocksStub {
  /** Who waits for each that is held, by name. */
  #queues = new Map();
  /** How often a lock was asked for, or looked for. */
  asked = 0;

  async query() {
    this.asked += 1;
    return { held: [...this.#queues.keys()].map((name) => ({ name })) };
  }

  async request(name, ...rest) {
    this.asked += 1;
    const [{ ifAvailable = false }, task] = rest.length === 1 ? [{}, rest[0]] : rest;
    const queue = this.#queues.get(name);
    if (queue !== undefined && ifAvailable) return task(null);
    if (queue === undefined) this.#queues.set(name, []);
    else await new Promise((resolve) => queue.push(resolve));
    try {
      return await task({ name });
    } finally {
      const next = this.#queues.get(name).shift();
      if (next === undefined) this.#queues.delete(name);
      else next();
    }
  }

  /** Another tab takes one; gives what lets go of it. @param {string} name */
  elsewhere(name) {
    let release = () => {};
    void this.request(name, () => new Promise((resolve) => (release = resolve)));
    return () => release();
  }
}
