/**
 * One after the other: what changes the same state waits for what came before it.
 */

/** A queue of tasks. */
export class Turn {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #waiting = 0;

  /** Whether nothing is done and nothing waits. */
  get isFree() {
    return this.#waiting === 0;
  }

  /**
   * Does a task after those that wait; its failure is its caller's and ends nothing else.
   * @template T
   * @param {() => Promise<T> | T} task
   * @returns {Promise<T>}
   */
  take(task) {
    this.#waiting += 1;
    const done = this.#last.then(task).finally(() => (this.#waiting -= 1));
    this.#last = done.catch(() => {});
    return done;
  }
}

/** Does the same for each, so many at a time. @template T @param {Iterable<T>} each @param {number} atOnce @param {(one: T) => Promise<unknown>} task */
export async function forEach(each, atOnce, task) {
  const rest = each[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await task(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
