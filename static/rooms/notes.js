/**
 * Lines of a timeline that are no deliveries: what was asked for, given and refused of keys while this device was there, and what the
 * room has forgotten. Each stands behind what was there when it came, and lasts as long as the page.
 */
/** @typedef {import("./requests.js").Note} Note */
/** @typedef {import("./requests.js").NoteRow} NoteRow */

/** Lines of one channel; the oldest go first. */
const MOST = 200;

/** The notes of one channel. */
export class Notes {
  /** @type {Map<string, NoteRow>} by key */
  #rows = new Map();
  /** Those that nobody was told of. @type {Set<string>} */
  #untold = new Set();
  #count = 0;

  /** @param {number} sequence of what it stands behind, 1 and up @param {number} time @param {Note} note */
  add(sequence, time, note) {
    this.#count += 1;
    this.put(`${this.#count}`, sequence, time, note);
  }

  /** Puts a line in place of the one with this name. @param {string} name @param {number} sequence @param {number} time @param {Note} note */
  put(name, sequence, time, note) {
    const key = keyOf(name);
    this.#rows.set(key, { ...note, kind: "note", key, sequence, time });
    this.#untold.add(key);
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= MOST) break;
      this.#rows.delete(oldest);
    }
  }

  /** Where the line with this name stands; 0 where it does not. @param {string} name */
  placeOf(name) {
    return this.#rows.get(keyOf(name))?.sequence ?? 0;
  }

  /** Those from a place on, and before another one, in their order. @param {number} from @param {number | null} to */
  between(from, to) {
    const rows = [...this.#rows.values()].filter(({ sequence }) => sequence >= from && (to === null || sequence < to));
    return rows.sort((a, b) => a.sequence - b.sequence);
  }

  /** Those that are others than when this was asked last. */
  untold() {
    const rows = [...this.#untold].flatMap((key) => this.#rows.get(key) ?? []);
    this.#untold.clear();
    return rows;
  }
}

/** @param {string} name */
function keyOf(name) {
  return `n ${name}`;
}
