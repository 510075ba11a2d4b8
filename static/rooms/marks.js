/**
 * How far somebody has read: the own mark is an item of the vault, those of others are what they say (docs/protocol.md §14.6 and
 * §14.11).
 */
import { randomId } from "../wire/ids.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("./vault.js").Mark} Mark */
/** @typedef {import("./vault.js").RoomVault} RoomVault */

/** The marks of one channel. */
export class Marks {
  #vault;
  #channel;
  /** The mark as the user moved it, until the vault has it. @type {{ mark: Mark, lowers: boolean } | null} */
  #wanted = null;
  #writing = false;
  /** @type {Map<string, number>} */
  #others = new Map();

  /** @param {RoomVault} vault @param {string} channel */
  constructor(vault, channel) {
    this.#vault = vault;
    this.#channel = channel;
  }

  /** The own mark; of another numbering there is none. @param {string} run */
  own(run) {
    const mark = this.#wanted?.mark ?? this.#vault.mark(this.#channel);
    return mark !== null && mark.run === run ? Number(mark.sequence) : 0;
  }

  /** What others said. */
  get others() {
    return [...this.#others].map(([account, read]) => ({ account, read }));
  }

  /** Somebody says how far. @param {string} account @param {number} sequence @returns {boolean} whether that is further than before */
  said(account, sequence) {
    if ((this.#others.get(account) ?? 0) >= sequence) return false;
    this.#others.set(account, sequence);
    return true;
  }

  /** Moves the own mark, also back. @param {string} run @param {number} sequence @param {string} [message] id */
  async move(run, sequence, message = randomId()) {
    const before = this.own(run);
    if (before === sequence) return;
    this.#wanted = { mark: { run, sequence: String(sequence), message }, lowers: sequence < before };
    await this.flush();
  }

  /** Writes a mark that the vault does not have yet. */
  async flush() {
    if (this.#writing) return;
    this.#writing = true;
    try {
      await this.#write();
    } finally {
      this.#writing = false;
    }
  }

  async #write() {
    for (let wanted = this.#wanted; wanted !== null; wanted = this.#wanted) {
      const { mark, lowers } = wanted;
      try {
        await this.#vault.change({ kind: "read_mark", channel: this.#channel }, (old) => (lowers ? { ...old, ...mark } : further(old, mark)));
      } catch (error) {
        // It is written with the next one that is moved, or after the next connection.
        if (error instanceof ServerRefusal) return;
        throw error;
      }
      if (this.#wanted === wanted) this.#wanted = null;
    }
  }
}

/** Of two marks the highest counts. @param {Record<string, any> | null} old @param {Mark} mark */
function further(old, mark) {
  const isBehind = old === null || old.run !== mark.run || Number(old.sequence) < Number(mark.sequence);
  return isBehind ? { ...old, ...mark } : null;
}
