/**
 * What the page was told of the rows of one channel: a row that is as it was is not told again, and of one that is gone its key is.
 */
import { keyOf } from "./shown.js";
/** @typedef {import("./opening.js").Item} Item */
/** @typedef {import("./requests.js").Row} Row */

/** Rows as they were told. */
export class Told {
  /** By key. @type {Map<string, string>} */
  #rows = new Map();
  /** Keys by place. @type {Map<number, string>} */
  #keys = new Map();
  /** Keys of what has no place yet. @type {Set<string>} */
  #unsent = new Set();

  /** Notes a row; whether it is another one than it was told. @param {Row} row @param {boolean} hasPlace */
  tell(row, hasPlace) {
    const { key, sequence } = row;
    const text = JSON.stringify(row);
    const isOther = this.#rows.get(key) !== text;
    this.#rows.set(key, text);
    if (hasPlace) this.#keys.set(sequence, key);
    else this.#unsent.add(key);
    return isOther;
  }

  /** The key that was told of a place. @param {number} sequence */
  at(sequence) {
    return this.#keys.get(sequence);
  }

  /** A place shows nothing any more. @param {number} sequence */
  leave(sequence) {
    this.#keys.delete(sequence);
  }

  /** What had no place has one, or is gone. @param {string} key */
  leaveUnsent(key) {
    this.#unsent.delete(key);
  }

  /** An item is let go of, of which the page is told nothing. @param {number} sequence @param {Item | undefined} item */
  letGo(sequence, item) {
    this.#keys.delete(sequence);
    this.#rows.delete(`s ${sequence}`);
    if (item?.kind === "content") this.#rows.delete(keyOf(item.sender, item.message));
  }

  /** Of keys that left their place, those that stand nowhere else. @param {ReadonlySet<string>} left @returns {string[]} */
  forget(left) {
    if (left.size === 0) return [];
    const here = new Set([...this.#keys.values(), ...this.#unsent]);
    const gone = [...left].filter((key) => !here.has(key));
    for (const key of gone) this.#rows.delete(key);
    return gone;
  }
}
