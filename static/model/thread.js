/**
 * One thread that the page shows: a message and what answers it, oldest first, kept up to date.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {import("../rooms/requests.js").Row} Row
 * @typedef {import("../rooms/requests.js").MessageRow} MessageRow
 * @typedef {{ ok: { root: string, rows: Row[] } } | { error: { code: string } }} Reading
 */

/** A thread of a channel. */
export class Thread {
  /** @type {Signal<readonly Row[]>} */
  items = new Signal(/** @type {readonly Row[]} */ ([]));
  /** Whether it was read. */
  loaded = new Signal(false);
  /** Why it could not be read, by code, or null. @type {Signal<string | null>} */
  fault = new Signal(/** @type {string | null} */ (null));
  /** What is being written into it; to be changed in place. */
  draft;
  room;
  channel;
  /** Of its first message, as far as it was found. */
  hash;
  #read;
  /** What was told while it was being read: it is newer. @type {Array<{ rows: readonly Row[], gone: readonly string[] }>} */
  #held = [];
  #isReading = false;

  /** @param {{ room: string, channel: string }} place @param {string} hash of a message in it @param {import("./conversations.js").Draft} draft @param {() => Promise<Reading>} read */
  constructor({ room, channel }, hash, draft, read) {
    this.room = room;
    this.channel = channel;
    this.hash = hash;
    this.draft = draft;
    this.#read = read;
  }

  /** What a new answer is to: the first message, or the newest where that is deleted or not here. @returns {MessageRow | null} */
  get answered() {
    const rows = this.items.value.flatMap((row) => (row.kind === "message" && row.hash !== "" ? [row] : []));
    return rows.find(({ hash }) => hash === this.hash) ?? rows.at(-1) ?? null;
  }

  /** Reads it, once more after a fault. */
  async begin() {
    this.#isReading = true;
    const read = await this.#read();
    this.#isReading = false;
    this.fault.value = "error" in read ? read.error.code : null;
    const held = this.#held.splice(0);
    if ("error" in read) return;
    this.hash = read.ok.root;
    this.#merge(read.ok.rows, []);
    for (const { rows, gone } of held) this.#merge(rows, gone);
    this.loaded.value = true;
  }

  /** Takes what the worker told of the conversation. @param {readonly Row[]} rows @param {readonly string[]} gone keys */
  take(rows, gone) {
    if (this.loaded.peek()) this.#merge(rows, gone);
    else if (this.#isReading) this.#held.push({ rows, gone });
  }

  /** @param {readonly Row[]} rows @param {readonly string[]} gone */
  #merge(rows, gone) {
    const byKey = new Map(this.items.peek().map((row) => [row.key, row]));
    for (const key of gone) byKey.delete(key);
    for (const row of rows) {
      // What was deleted since stays where it was, and says so.
      if (this.#isIn(row) || (row.kind === "erased" && byKey.has(row.key))) byKey.set(row.key, row);
      else byKey.delete(row.key);
    }
    this.items.value = [...byKey.values()].sort((a, b) => placeOf(a) - placeOf(b) || a.time - b.time);
  }

  /** @param {Row} row */
  #isIn(row) {
    if (row.kind === "message") return row.hash === this.hash || row.thread === this.hash;
    return row.kind === "erased" && row.hash === this.hash;
  }
}

/** What is not sent yet comes last. @param {Row} row */
function placeOf({ sequence }) {
  return sequence === 0 ? Infinity : sequence;
}
