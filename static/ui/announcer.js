/**
 * What a screen reader hears: one polite region, spoken to in batches so that a busy room does not drown everything.
 */
import { h, fill } from "./dom.js";

const BATCH_MS = 1_500;
/** More than this many at once are counted instead of read out. */
const READ_OUT = 3;
const CHARACTERS = 200;

/** The region. */
export class Announcer {
  element = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  /** @type {string[]} */
  #batch = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The sentence for many. @type {(count: number) => string} */
  #many = String;

  /** @param {string} sentence @param {(count: number) => string} [many] the sentence for more than can be read out */
  say(sentence, many) {
    this.#batch.push(sentence.length > CHARACTERS ? `${sentence.slice(0, CHARACTERS)}…` : sentence);
    if (many !== undefined) this.#many = many;
    this.#timer ??= setTimeout(() => this.#speak(), BATCH_MS);
  }

  #speak() {
    const batch = this.#batch.splice(0);
    this.#timer = undefined;
    const sentences = batch.length > READ_OUT ? [this.#many(batch.length)] : batch;
    fill(this.element, ...sentences.map((sentence) => h("p", {}, sentence)));
  }
}
