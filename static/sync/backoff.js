/**
 * How long to wait before the next try: doubled each time, capped, and jittered so that a thousand pages do not return
 * in the same moment.
 */

const FIRST_MS = 500;
const MOST_MS = 15_000;

/** Counts tries. */
export class Backoff {
  #tries = 0;
  #random;

  /** @param {() => number} random in [0, 1) */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** The wait before the next try in milliseconds: between half and all of the step. */
  next() {
    const step = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(this.#tries, 10));
    this.#tries += 1;
    return Math.round(step * (0.5 + this.#random() / 2));
  }

  /** Starts over after a success. */
  reset() {
    this.#tries = 0;
  }
}
