/**
 * The rows of one end-to-end conversation that the page holds: the newest, and older ones as far as somebody read back.
 *
 * Rows are immutable: a change puts another object in its place under the same key. What is not sent yet has sequence 0 and
 * stands at the end.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {import("../rooms/requests.js").Row} Row
 * @typedef {import("../rooms/requests.js").MessageRow} MessageRow
 * @typedef {{ ok: { rows: Row[], more: boolean } } | { error: { code: string } }} Page
 */

/** Rows of one reading. */
export const PAGE_ROWS = 100;
/** Rows in memory; the oldest are let go, and read again when somebody reads back. */
const MOST_ROWS = 3_000;

/** One conversation's rows. */
export class ConversationRows {
  /** Oldest first. @type {Signal<readonly Row[]>} */
  items = new Signal(/** @type {readonly Row[]} */ ([]));
  /** Whether the newest were read. */
  loaded = new Signal(false);
  /** Why they could not be read, by code, or null. @type {Signal<string | null>} */
  fault = new Signal(/** @type {string | null} */ (null));
  #read;
  #more = true;
  /** What was told while a page was being read: it is newer than that page. @type {Array<{ rows: Row[], gone: string[] }> | null} */
  #held = null;
  /** A reading of older rows under way, which all who ask wait for. @type {Promise<boolean> | null} */
  #reading = null;

  /** @param {(before: number | null, count: number) => Promise<Page>} read */
  constructor(read) {
    this.#read = read;
  }

  /** Reads the newest; does nothing while they are here. @param {number} [count] how many at least */
  async begin(count = PAGE_ROWS) {
    if (this.loaded.peek() || this.#held !== null) return;
    if (await this.#page(null, count)) this.loaded.value = true;
  }

  /** Reads what is before the oldest; says whether there may be more, which there may be as well after a fault. */
  async older() {
    const oldest = this.items.peek().find((row) => row.sequence > 0);
    if (!this.#more || oldest === undefined) return this.#more;
    if (this.#reading === null && this.#held === null) {
      this.#reading = this.#page(oldest.sequence, PAGE_ROWS);
      this.#reading.finally(() => (this.#reading = null));
    }
    await this.#reading;
    return this.#more;
  }

  /**
   * Takes what the worker told.
   * @param {Row[]} rows @param {string[]} gone keys
   * @returns {Row[]} those that stand behind everything that was here
   */
  take(rows, gone) {
    if (this.#held !== null) this.#held.push({ rows, gone });
    if (!this.loaded.peek()) return [];
    const before = this.items.peek();
    const known = new Set(before.map((row) => row.key));
    const first = before.find((row) => row.sequence > 0)?.sequence ?? 0;
    const last = newestOf(before);
    // What is older than all that is here comes when somebody reads back.
    const wanted = rows.filter((row) => known.has(row.key) || row.sequence === 0 || !this.#more || row.sequence > first || (row.kind === "note" && row.sequence === first));
    this.#merge(wanted, gone);
    return wanted.filter((row) => !known.has(row.key) && row.sequence > last);
  }

  /** The newest sequence that is here, or 0. */
  get newest() {
    return newestOf(this.items.peek());
  }

  /** A message by its id. @param {string} message */
  message(message) {
    return /** @type {MessageRow | undefined} */ (this.items.peek().findLast((row) => row.kind === "message" && row.message === message));
  }

  /** @param {number | null} before @param {number} count */
  async #page(before, count) {
    this.#held = [];
    const page = await this.#read(before, count);
    const held = this.#held;
    this.#held = null;
    this.fault.value = "error" in page ? page.error.code : null;
    if ("error" in page) return false;
    this.#more = page.ok.more;
    this.#merge(page.ok.rows, []);
    for (const { rows, gone } of held) this.#merge(before === null ? rows : rows.filter((row) => this.#holds(row.key)), gone);
    return true;
  }

  /** @param {string} key */
  #holds(key) {
    return this.items.peek().some((row) => row.key === key);
  }

  /** @param {readonly Row[]} rows @param {readonly string[]} gone */
  #merge(rows, gone) {
    const byKey = new Map(this.items.peek().map((row) => [row.key, row]));
    for (const key of gone) byKey.delete(key);
    for (const row of rows) byKey.set(row.key, row);
    const items = [...byKey.values()].sort(order);
    const over = Math.max(0, items.length - MOST_ROWS);
    if (over > 0) this.#more = true;
    this.items.value = items.slice(over);
  }
}

/** @param {readonly Row[]} rows */
function newestOf(rows) {
  return rows.findLast((row) => row.sequence > 0)?.sequence ?? 0;
}

/** @param {Row} a @param {Row} b */
function order(a, b) {
  if (a.sequence === 0 || b.sequence === 0) return Number(a.sequence === 0) - Number(b.sequence === 0) || a.time - b.time;
  // A line stands behind what it was said after.
  return a.sequence - b.sequence || Number(a.kind === "note") - Number(b.kind === "note") || a.time - b.time;
}
