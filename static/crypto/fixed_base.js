/**
 * Powers of numbers that come again: the generator of a group, and the keys of those who write much. An exponent stands in eight
 * rows of 32 bits, and one look-up takes a column of it (the comb of Lim and Lee, "More flexible exponentiation with
 * precomputation", 1994): a power is some 40 multiplications instead of 256 squarings and more. Exponents here are public.
 */

const ROWS = 8;
const COLUMNS = 32;
/** Columns that one table serves, one after the other with a squaring between them; four tables have 277 KB of numbers of 2048 bits. */
const PER_TABLE = 8;
/** A table costs as much as some three verifications without it: a base is worth one when it has come this often. */
const WORTH = 4;
/** Bases that are remembered; of more the one that was silent longest goes. */
const MOST_BASES = 64;

/**
 * Products of a base's powers by column, one table for every so many columns.
 * @typedef {bigint[][]} Tables
 * @typedef {{ modulus: bigint, uses: number, tables: Tables | null }} Known
 */

/** @type {Map<bigint, Known>} the longest silent first */
const known = new Map();

/**
 * A base's tables, or null as long as it is not worth them.
 * @param {bigint} modulus
 * @param {bigint} base
 * @returns {Tables | null}
 */
export function tablesOf(modulus, base) {
  const before = known.get(base);
  const entry = before?.modulus === modulus ? before : { modulus, uses: 0, tables: null };
  known.delete(base);
  known.set(base, entry);
  if (known.size > MOST_BASES) known.delete(/** @type {bigint} */ (known.keys().next().value));
  entry.uses += 1;
  if (entry.uses >= WORTH) entry.tables ??= productsOf(modulus, base);
  return entry.tables;
}

/**
 * Computes the product of powers of bases by their tables; the squarings are done once for all.
 * @param {bigint} modulus
 * @param {Array<{ tables: Tables, exponent: bigint }>} factors exponents below 2^256
 */
export function productBy(modulus, factors) {
  const rows = factors.map(({ exponent }) => rowsOf(exponent));
  let product = 1n;
  for (let place = PER_TABLE - 1; place >= 0; place--) {
    product = (product * product) % modulus;
    for (const [at, { tables }] of factors.entries()) {
      for (const [part, table] of tables.entries()) {
        const column = columnOf(rows[at], part * PER_TABLE + place);
        if (column > 0) product = (product * table[column]) % modulus;
      }
    }
  }
  return product;
}

/** @param {bigint} exponent below 2^256 */
function rowsOf(exponent) {
  return Array.from({ length: ROWS }, (_, row) => Number((exponent >> BigInt(row * COLUMNS)) & 0xffff_ffffn));
}

/** @param {number[]} rows @param {number} column */
function columnOf(rows, column) {
  return rows.reduce((bits, row, at) => bits | (((row >>> column) & 1) << at), 0);
}

/** @param {bigint} modulus @param {bigint} base @returns {Tables} */
function productsOf(modulus, base) {
  const powers = [base];
  for (let bit = 1; bit < ROWS * COLUMNS; bit++) powers.push((powers[bit - 1] * powers[bit - 1]) % modulus);
  return Array.from({ length: COLUMNS / PER_TABLE }, (_, part) => {
    const table = [1n];
    for (let row = 0; row < ROWS; row++) {
      const power = powers[row * COLUMNS + part * PER_TABLE];
      for (const product of [...table]) table.push((product * power) % modulus);
    }
    return table;
  });
}
