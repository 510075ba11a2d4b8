/**
 * Sends what waits in the outbox for one channel, one after the other: a commit that is due goes first, and what the server refused for
 * a newer epoch is sealed anew (docs/protocol.md §14.10).
 */
import { SealError } from "../crypto/errors.js";
import { Refused } from "../keys/failure.js";
import { ChainStopped } from "./chain_keeper.js";
import { checkHeld } from "./files/upload.js";
import { ServerRefusal, backoff, pauseFor } from "./page.js";
/** @typedef {import("./outbox.js").Letter} Letter */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./sealing.js").Sealed} Sealed */
/** @typedef {import("./sealing.js").Sealing} Sealing */
/** @typedef {import("./page.js").Page} Page */

/**
 * What sending needs of its channel.
 * @typedef {object} Ways
 * @property {string} channel
 * @property {() => Letter[]} letters that wait, the oldest first
 * @property {() => boolean} isReady whether its room is followed and nothing stops it
 * @property {() => Promise<void>} prepare commits if that is due, and sees whether something may go to the members
 * @property {() => Promise<void>} refresh reads commits that are newer
 * @property {(hash: string) => number | null} placeOf where the message with this hash stands
 * @property {(message: string) => boolean} isDelivered whether an own message came back already
 * @property {(letter: Letter) => boolean} isSeen whether a row shows that it failed, so that its user can decide
 * @property {(letter: Letter, sequence: number) => void} sent the server has it
 * @property {(letter: Letter) => void} changed its state is another one
 * @property {() => void} held slow mode holds letters back from now on, or no more
 */

/** How often something is sent before its user decides. */
const TRIES = 8;
/** From this long a wait is shown as one, in milliseconds. */
const LONG_MS = 1_000;
/** Causes that end by themselves: the letter waits. */
const WAITS = new Set(["waiting_for_key", "keys_reset", "keys_changed", "unavailable", "locked"]);

/** One channel's sending. */
export class Sending {
  #page;
  #outbox;
  #sealing;
  #ways;
  #busy = false;
  #again = false;
  /** What was handed to the server under a connection that was cut: it goes again as it was, as long as its epoch lasts. @type {Sealed | null} */
  #open = null;
  /** As long as slow mode holds back what is said. @type {ReturnType<typeof setTimeout> | null} */
  #held = null;
  /** The letter that is on its way. @type {string | null} */
  current = null;

  /** @param {Page} page @param {Outbox} outbox @param {Sealing} sealing @param {Ways} ways */
  constructor(page, outbox, sealing, ways) {
    this.#page = page;
    this.#outbox = outbox;
    this.#sealing = sealing;
    this.#ways = ways;
  }

  /** Sends what waits, if it is this tab's turn and the room is ready. @returns {Promise<void>} */
  async pump() {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#sendAll();
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Whether slow mode holds a letter back: the server has not taken it. No slow mode holds a deletion back. @param {Letter} letter */
  holds({ message, failed, content }) {
    return this.#held !== null && failed === null && content.type !== "tombstone" && message !== this.current;
  }

  /** What held letters back may be over: they are tried at once. */
  wake() {
    if (this.#held === null) return;
    this.end();
    this.#ways.held();
    // What cannot be kept or sent now goes with the next one.
    this.pump().catch(() => {});
  }

  /** Waits for nothing any more. */
  end() {
    if (this.#held !== null) clearTimeout(this.#held);
    this.#held = null;
  }

  async #sendAll() {
    await this.#giveUpUnseen();
    for (;;) {
      const letter = this.#ways.letters().find((each) => each.failed === null && !this.holds(each));
      if (letter === undefined || !this.#outbox.leads || !this.#ways.isReady()) return;
      this.current = letter.message;
      this.#ways.changed(letter);
      const went = await this.#send(letter).finally(() => (this.current = null));
      this.#ways.changed(letter);
      if (!went) return;
    }
  }

  /** What failed and is shown nowhere, or nowhere any more, would wait for a decision that nobody can take. */
  async #giveUpUnseen() {
    if (!this.#outbox.leads || !this.#ways.isReady()) return;
    for (const letter of this.#ways.letters()) if (letter.failed !== null && !this.#ways.isSeen(letter)) await this.#outbox.remove(letter);
  }

  /** Sends one; false if it has to wait for something else. @param {Letter} letter */
  async #send(letter) {
    for (let tries = 1; ; tries++) {
      if (this.#ways.isDelivered(letter.message)) return this.#done(letter, 0);
      try {
        await this.#ways.prepare();
        // Its user may have thought better of it meanwhile.
        if (!this.#ways.letters().some(({ message }) => message === letter.message)) return true;
        // It may have waited for longer than the server keeps what no message has.
        if (letter.content.type === "file") await checkHeld(this.#page, letter.content);
        return await this.#done(letter, await this.#publish(letter));
      } catch (error) {
        const code = codeOf(error);
        if (code === "wait" || !this.#ways.isReady()) return false;
        if (code !== "stale_epoch" && code !== "again") return this.#fail(letter, code);
        const held = heldFor(error, letter);
        if (held >= LONG_MS) return this.#hold(held);
        if (tries >= TRIES) return this.#fail(letter, code === "again" ? "unavailable" : code);
        const wait = error instanceof ServerRefusal ? (error.retryAfterMs ?? backoff(tries)) : backoff(tries);
        if (code === "again" || tries > 2) await this.#pause(letter, wait);
        await this.#ways.refresh().catch(() => {});
      }
    }
  }

  /** Nothing but deletions goes before the next one may; that is no try, since the server says when. @param {number} ms */
  #hold(ms) {
    this.end();
    this.current = null;
    this.#held = setTimeout(() => this.wake(), ms);
    this.#ways.held();
    return true;
  }

  /** Waits; what waits long is on its way no more meanwhile. @param {Letter} letter @param {number} ms */
  async #pause(letter, ms) {
    if (ms < LONG_MS) return pauseFor(ms);
    this.current = null;
    this.#ways.changed(letter);
    await pauseFor(ms);
    this.current = letter.message;
    this.#ways.changed(letter);
  }

  /** @param {Letter} letter @returns {Promise<number>} */
  async #publish(letter) {
    const again = this.#open?.message === letter.message ? this.#open : null;
    const sealed = again ?? (await this.#sealing.seal(letter.message, letter.content));
    this.#open = sealed;
    try {
      const sequence = await this.#hand(letter, sealed);
      this.#open = null;
      return sequence;
    } catch (error) {
      if (error instanceof ServerRefusal && error.isUnknown) this.#sealing.beginAnew();
      else {
        this.#open = null;
        this.#sealing.release(sealed);
      }
      throw error;
    }
  }

  /** @param {Letter} letter @param {Sealed} sealed @returns {Promise<number>} */
  async #hand({ content }, { payload, n }) {
    const { channel } = this.#ways;
    if (content.type !== "tombstone") return this.#page.publish({ channel, epoch: n, stored: true, payload });
    const sequence = this.#ways.placeOf(content.hash);
    if (sequence === null) throw new ServerRefusal("no_such_message");
    const { ok } = await this.#page.call("messages.delete", { channel, sequence: String(sequence), hash: content.hash, n: String(n) }, payload);
    return Number(ok.sequence);
  }

  /** @param {Letter} letter @param {number} sequence */
  async #done(letter, sequence) {
    this.#open = this.#open?.message === letter.message ? null : this.#open;
    this.#ways.sent(letter, sequence);
    await this.#outbox.remove(letter);
    return true;
  }

  /** @param {Letter} letter @param {string} code */
  async #fail(letter, code) {
    if (this.#ways.isSeen(letter)) await this.#outbox.mark(letter, code);
    else await this.#outbox.remove(letter);
    return true;
  }
}

/** For how long slow mode, or a rate, holds a letter back, in milliseconds. @param {unknown} error @param {Letter} letter */
function heldFor(error, { content }) {
  const isHeld = error instanceof ServerRefusal && error.code === "rate_limited" && content.type !== "tombstone";
  return isHeld ? (error.retryAfterMs ?? 0) : 0;
}

/** What an error means for the letter: to wait for the next connection or key, to try again, or the code of its failure. @param {unknown} error */
function codeOf(error) {
  if (error instanceof Refused) return WAITS.has(error.code) ? "wait" : error.code;
  if (error instanceof SealError) return error.cause === "too_large" ? "too_large" : "internal";
  if (error instanceof ChainStopped) return "wait";
  if (!(error instanceof ServerRefusal)) return "internal";
  // On a new connection rooms are entered when they are caught up.
  if (error.isCut || error.code === "not_in_room") return "wait";
  return error.isPassing || error.isUnknown ? "again" : error.code;
}
