/**
 * The modules of a QR code: fixed patterns, data, mask, format and version (ISO/IEC 18004:2015 §7.7 to §7.10). `x` counts
 * columns from the left, `y` rows from the top.
 */

/** @typedef {(x: number, y: number) => boolean} Test */

/** The masks in the order of their numbers (Table 10). @type {readonly Test[]} */
const MASKS = Object.freeze([
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]);
/** Level M in the format information. */
const LEVEL_M = 0b00;
const FORMAT = Object.freeze({ divisor: 0x537, degree: 10, mask: 0x5412 });
const VERSION = Object.freeze({ divisor: 0x1f25, degree: 18 - 6, from: 7 });
/** What a mask is marked down for (Table 11), in points: a run of five, a square of four, what looks like a finder, 5 % off balance. */
const POINTS = Object.freeze({ run: 3, square: 3, finder: 40, balance: 10 });
/** A finder with its light side, as the 11 modules read one way and the other. */
const FINDERS = Object.freeze([0b10111010000, 0b00001011101]);

/**
 * Draws a code.
 * @param {{ number: number, centres: readonly number[] }} version
 * @param {readonly number[]} codewords data and correction, interleaved
 * @param {number} [mask]
 */
export function drawCode(version, codewords, mask) {
  const grid = new Grid(version.number * 4 + 17);
  drawPatterns(grid, version);
  drawCodewords(grid, codewords);
  const candidates = (mask === undefined ? [...MASKS.keys()] : [mask]).map((number) => masked(grid, number));
  const best = candidates.reduce((a, b) => (b.points < a.points ? b : a));
  const { size } = grid;
  return { size, dark: (/** @type {number} */ x, /** @type {number} */ y) => best.dark[y * size + x] === 1 };
}

/** Modules under construction, and which of them are fixed. */
class Grid {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    this.dark = new Uint8Array(size * size);
    this.fixed = new Uint8Array(size * size);
  }

  /** Fixes a module; outside the code nothing happens. @param {number} x @param {number} y @param {boolean | number} dark */
  fix(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y * this.size + x] = Number(dark);
    this.fixed[y * this.size + x] = 1;
  }
}

/** @param {Grid} grid @param {{ number: number, centres: readonly number[] }} version */
function drawPatterns(grid, { number, centres }) {
  const { size } = grid;
  for (let i = 0; i < size; i++) {
    grid.fix(6, i, i % 2 === 0);
    grid.fix(i, 6, i % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) drawRings(grid, x, y, 4, (ring) => ring !== 2 && ring !== 4);
  const last = centres.length - 1;
  for (const [i, x] of centres.entries()) {
    for (const [j, y] of centres.entries()) {
      const corner = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0);
      if (!corner) drawRings(grid, x, y, 2, (ring) => ring !== 1);
    }
  }
  // The places are fixed before the data comes; the mask writes the bits.
  drawFormat(grid, 0);
  if (number >= VERSION.from) drawVersion(grid, number);
}

/** @param {Grid} grid @param {number} x @param {number} y @param {number} radius @param {(ring: number) => boolean} dark */
function drawRings(grid, x, y, radius, dark) {
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) grid.fix(x + dx, y + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
  }
}

/** @param {Grid} grid @param {number} mask */
function drawFormat(grid, mask) {
  const { size } = grid;
  const data = (LEVEL_M << 3) | mask;
  const bits = ((data << FORMAT.degree) | remainder(data, FORMAT)) ^ FORMAT.mask;
  for (let i = 0; i < 15; i++) {
    const bit = (bits >> i) & 1;
    // Around the upper left finder, stepping over the timing patterns …
    if (i < 8) grid.fix(8, i < 6 ? i : i + 1, bit);
    else grid.fix(i === 8 ? 7 : 14 - i, 8, bit);
    // … and again beside the two others.
    if (i < 8) grid.fix(size - 1 - i, 8, bit);
    else grid.fix(8, size - 15 + i, bit);
  }
  grid.fix(8, size - 8, true);
}

/** @param {Grid} grid @param {number} number */
function drawVersion(grid, number) {
  const bits = (number << VERSION.degree) | remainder(number, VERSION);
  for (let i = 0; i < 18; i++) {
    const [near, far] = [Math.floor(i / 3), grid.size - 11 + (i % 3)];
    grid.fix(near, far, (bits >> i) & 1);
    grid.fix(far, near, (bits >> i) & 1);
  }
}

/** What is left of a BCH division (Annexes C and D). @param {number} data @param {{ divisor: number, degree: number }} code */
function remainder(data, { divisor, degree }) {
  let rest = data;
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * divisor);
  return rest;
}

/** Lays the bits in columns of two, from the lower right, up and down in turn. @param {Grid} grid @param {readonly number[]} codewords */
function drawCodewords({ size, dark, fixed }, codewords) {
  let bit = 0;
  let upward = true;
  for (let right = size - 1; right > 0; right -= 2, upward = !upward) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y * size + x] === 1) continue;
        dark[y * size + x] = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        bit += 1;
      }
    }
  }
}

/** The code under one mask, with what speaks against it. @param {Grid} grid @param {number} number */
function masked(grid, number) {
  const { size, fixed } = grid;
  const copy = new Grid(size);
  const dark = copy.dark;
  dark.set(grid.dark);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (fixed[y * size + x] === 0 && MASKS[number](x, y)) dark[y * size + x] ^= 1;
  }
  drawFormat(copy, number);
  return { dark, points: pointsOf(dark, size) };
}

/** @param {Uint8Array} dark @param {number} size */
function pointsOf(dark, size) {
  let points = 0;
  let count = 0;
  for (let y = 0; y < size; y++) {
    points += pointsOfLine(size, (i) => dark[y * size + i]) + pointsOfLine(size, (i) => dark[i * size + y]);
    for (let x = 0; x < size; x++) {
      const at = y * size + x;
      count += dark[at];
      if (x === 0 || y === 0) continue;
      const sum = dark[at] + dark[at - 1] + dark[at - size] + dark[at - size - 1];
      if (sum === 0 || sum === 4) points += POINTS.square;
    }
  }
  const off = Math.abs(count * 2 - size * size) * 10;
  return points + Math.floor(off / (size * size)) * POINTS.balance;
}

/** @param {number} size @param {(i: number) => number} module */
function pointsOfLine(size, module) {
  let points = 0;
  let run = 0;
  let eleven = 0;
  for (let i = 0; i < size; i++) {
    run = i > 0 && module(i) === module(i - 1) ? run + 1 : 1;
    if (run === 5) points += POINTS.run;
    else if (run > 5) points += 1;
    eleven = ((eleven << 1) | module(i)) & 0x7ff;
    if (i >= 10 && FINDERS.includes(eleven)) points += POINTS.finder;
  }
  return points;
}
