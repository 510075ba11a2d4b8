/**
 * What is started ends with whoever started it.
 */

/** Stops, and ends with 1, when the input does. @param {() => Promise<void>} stop */
export function attend(stop) {
  process.stdin.on("end", () => stop().finally(() => process.exit(1)));
  process.stdin.resume();
  // Whoever looks after this does not keep it from ending by itself.
  /** @type {import("node:net").Socket} */ (process.stdin).unref();
}
