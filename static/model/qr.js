/**
 * QR codes (ISO/IEC 18004:2015) for the texts that Sealwire shows to a camera: model 2, error correction M, one segment, in
 * the versions that an account's text or an invitation's link can need.
 */
import { blocksOf } from "./qr_correction.js";
import { drawCode } from "./qr_grid.js";
import { utf8 } from "../wire/bytes.js";

/**
 * @typedef {object} Version what a size holds at level M (Tables 1, 9 and E.1)
 * @property {number} number
 * @property {number} codewords in all
 * @property {number} correction codewords of error correction in each block
 * @property {number} blocks
 * @property {readonly number[]} centres rows and columns of the alignment patterns
 *
 * @typedef {{ size: number, dark: (x: number, y: number) => boolean }} QrCode modules a side, without the light margin
 */

/** 5 is what an account's text takes; 13 holds a link of 331 bytes. @type {readonly Version[]} */
const VERSIONS = Object.freeze([
  { number: 5, codewords: 134, correction: 24, blocks: 2, centres: [6, 30] },
  { number: 6, codewords: 172, correction: 16, blocks: 4, centres: [6, 34] },
  { number: 7, codewords: 196, correction: 18, blocks: 4, centres: [6, 22, 38] },
  { number: 8, codewords: 242, correction: 22, blocks: 4, centres: [6, 24, 42] },
  { number: 9, codewords: 292, correction: 22, blocks: 5, centres: [6, 26, 46] },
  { number: 10, codewords: 346, correction: 26, blocks: 5, centres: [6, 28, 50] },
  { number: 11, codewords: 404, correction: 30, blocks: 5, centres: [6, 30, 54] },
  { number: 12, codewords: 466, correction: 22, blocks: 8, centres: [6, 32, 58] },
  { number: 13, codewords: 532, correction: 22, blocks: 9, centres: [6, 34, 62] },
]);
/** From this version on the count of characters has more bits. */
const LONG_COUNT_FROM = 10;

/** The characters of the alphanumeric mode by their values (Table 5). */
const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MODE = Object.freeze({ alphanumeric: 0b0010, byte: 0b0100 });
const TERMINATOR_BITS = 4;
const PAD = Object.freeze([0xec, 0x11]);

/** Light modules around a code, so that a camera finds it (§6.3.8). */
export const MARGIN = 4;

/**
 * Encodes a text; null for one that is too long.
 * @param {string} text
 * @param {number} [mask] 0–7; the best one unless a vector says otherwise
 * @returns {QrCode | null}
 */
export function encodeQr(text, mask) {
  const segment = segmentOf(text);
  for (const version of VERSIONS) {
    const data = dataCodewords(segment, version);
    if (data !== null) return drawCode(version, blocksOf(version, data), mask);
  }
  return null;
}

/**
 * The dark modules as the path of an SVG whose user units are modules, the light margin included.
 * @param {QrCode} code
 */
export function pathOf({ size, dark }) {
  let path = "";
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!dark(x, y)) continue;
      const from = x;
      while (x + 1 < size && dark(x + 1, y)) x++;
      const width = x + 1 - from;
      path += `M${from + MARGIN} ${y + MARGIN}h${width}v1h-${width}z`;
    }
  }
  return path;
}

/**
 * A text in the mode that makes it shortest, as pairs of value and bits.
 * @typedef {{ mode: number, count: number, countBits: { short: number, long: number }, body: [number, number][] }} Segment
 * @param {string} text
 * @returns {Segment}
 */
function segmentOf(text) {
  const values = [...text].map((character) => ALPHANUMERIC.indexOf(character));
  if (values.includes(-1)) {
    const bytes = utf8(text);
    return { mode: MODE.byte, count: bytes.length, countBits: { short: 8, long: 16 }, body: Array.from(bytes, (byte) => [byte, 8]) };
  }
  /** @type {[number, number][]} */
  const body = [];
  for (let i = 0; i < values.length; i += 2) body.push(i + 1 < values.length ? [values[i] * ALPHANUMERIC.length + values[i + 1], 11] : [values[i], 6]);
  return { mode: MODE.alphanumeric, count: values.length, countBits: { short: 9, long: 11 }, body };
}

/**
 * The data of a code, filled up to what the version holds; null if it holds less.
 * @param {Segment} segment
 * @param {Version} version
 * @returns {number[] | null}
 */
function dataCodewords({ mode, count, countBits, body }, { number, codewords, correction, blocks }) {
  const capacity = (codewords - correction * blocks) * 8;
  const width = number < LONG_COUNT_FROM ? countBits.short : countBits.long;
  /** @type {number[]} */
  const bits = [];
  for (const [value, length] of /** @type {[number, number][]} */ ([[mode, 4], [count, width], ...body])) {
    for (let bit = length - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  }
  if (bits.length > capacity || count >= 1 << width) return null;
  const end = Math.min(capacity, bits.length + TERMINATOR_BITS);
  const words = Array.from({ length: Math.ceil(end / 8) }, (_, word) => {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) byte = (byte << 1) | (bits[word * 8 + bit] ?? 0);
    return byte;
  });
  for (let pad = 0; words.length < capacity / 8; pad++) words.push(PAD[pad % PAD.length]);
  return words;
}
