/**
 * Error correction of QR codes: Reed–Solomon over GF(2⁸), and how blocks are interleaved (ISO/IEC 18004:2015 §7.5, §7.6).
 */

/** x⁸ + x⁴ + x³ + x² + 1. */
const POLYNOMIAL = 0x11d;

/**
 * Splits data into blocks, appends the correction to each, and interleaves them.
 * @param {{ codewords: number, correction: number, blocks: number }} version
 * @param {readonly number[]} data as many codewords as the version holds
 * @returns {number[]}
 */
export function blocksOf({ codewords, correction, blocks }, data) {
  const shortest = Math.floor(codewords / blocks) - correction;
  // The blocks that hold one codeword more come last.
  const short = blocks - (codewords % blocks);
  const divisor = divisorOf(correction);
  const parts = [];
  for (let block = 0, at = 0; block < blocks; block++) {
    const part = data.slice(at, (at += shortest + (block < short ? 0 : 1)));
    parts.push({ part, ending: remainder(part, divisor) });
  }
  /** @type {number[]} */
  const out = [];
  for (let i = 0; i <= shortest; i++) for (const { part } of parts) if (i < part.length) out.push(part[i]);
  for (let i = 0; i < correction; i++) for (const { ending } of parts) out.push(ending[i]);
  return out;
}

/**
 * The generator polynomial (x − 1)(x − 2)(x − 2²)…, without its leading 1, the highest power first.
 * @param {number} degree
 */
function divisorOf(degree) {
  const out = new Array(degree).fill(0);
  out[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = multiply(root, 2)) {
    for (let at = 0; at < degree; at++) out[at] = multiply(out[at], root) ^ (out[at + 1] ?? 0);
  }
  return out;
}

/** @param {readonly number[]} data @param {readonly number[]} divisor */
function remainder(data, divisor) {
  const out = new Array(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ /** @type {number} */ (out.shift());
    out.push(0);
    for (let i = 0; i < divisor.length; i++) out[i] ^= multiply(divisor[i], factor);
  }
  return out;
}

/** @param {number} a @param {number} b */
function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * POLYNOMIAL);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}
