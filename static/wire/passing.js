/**
 * Bytes that pass through. What the browser itself makes of them (what it reads, seals, hands over or sends) it holds until its engine looks
 * for what nobody needs any more, and the engine looks when what scripts have made grows, not when the browser's own does: a file of a
 * gigabyte would leave gigabytes behind.
 */

/** After so many bytes the engine is to look, in this thread. */
const LOOK_EACH_BYTES = 4 * 1_048_576;
/** So much more of a script's own makes an engine look at once. Nobody writes there, so that no memory is behind it. */
const REASON_BYTES = 64 * 1_048_576;

let passed = 0;

/** Takes note of bytes that have passed, and are needed no more. @param {number} bytes */
export function hasPassed(bytes) {
  passed += bytes;
  if (passed < LOOK_EACH_BYTES) return;
  passed = 0;
  try {
    void new ArrayBuffer(REASON_BYTES);
  } catch {
    // Where not even that can be had, the engine has looked.
  }
}
