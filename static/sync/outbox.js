/**
 * Messages on their way. Each has an id made here once, so that sending it again is harmless; each channel sends one at a
 * time, in order, and only while its room is entered.
 */
import { WAITABLE } from "../wire/codes.js";

/**
 * @typedef {import("../wire/frame.js").Outcome} Outcome
 * What becomes of a message: `queued` until its turn, `sending`, `sent` with its place in the channel, `waiting` when the
 * server asked for patience (sent again by itself at `retryAt`), `failed` until the user decides.
 * @typedef {{ state: "queued" | "sending" }
 *   | { state: "sent", sequence: number }
 *   | { state: "waiting", code: string, retryAt: number }
 *   | { state: "failed", code: string }} SendState
 * @typedef {{ channel: string, message: string, payload: Uint8Array, tries: number, state: SendState["state"] }} Entry
 */

/** Waits of the server's choosing that are kept before the user is asked. */
const TRIES = 4;
const WAIT_MS = 2_000;
/** A shorter wait is not worth a word. */
const SHOWN_MS = 1_000;

/** Sends what is put in. */
export class Outbox {
  #publish;
  #report;
  /** @type {Map<string, Entry[]>} by channel, oldest first */
  #queues = new Map();
  /** @type {Set<string>} channels whose rooms are entered */
  #ready = new Set();
  /** @type {Set<string>} channels with a message in flight or a wait under way */
  #occupied = new Set();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} waits by channel */
  #waits = new Map();

  /**
   * @param {(channel: string, payload: Uint8Array) => Promise<Outcome>} publish
   * @param {(channel: string, message: string, state: SendState) => void} report
   */
  constructor(publish, report) {
    this.#publish = publish;
    this.#report = report;
  }

  /** How many messages have not arrived at the server. */
  get unsent() {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.length;
    return count;
  }

  /** @param {string} channel @param {string} message id @param {Uint8Array} payload */
  add(channel, message, payload) {
    const queue = this.#queues.get(channel) ?? [];
    queue.push({ channel, message, payload, tries: 0, state: "queued" });
    this.#queues.set(channel, queue);
    this.#report(channel, message, { state: "queued" });
    this.#pump(channel);
  }

  /** The room of this channel is entered: what waits is sent. @param {string} channel */
  ready(channel) {
    this.#ready.add(channel);
    this.#stopWaiting(channel);
    this.#pump(channel);
  }

  /** The link is gone: nothing is sent until `ready`. */
  pause() {
    this.#ready.clear();
    for (const channel of [...this.#waits.keys()]) {
      this.#stopWaiting(channel);
      const waiting = this.#queues.get(channel)?.find((entry) => entry.state === "waiting");
      if (waiting !== undefined) this.#move(waiting, { state: "queued" });
    }
  }

  /** Sends a failed or waiting message (again) now. @param {string} channel @param {string} message */
  retry(channel, message) {
    const entry = this.#find(channel, message);
    if (entry === undefined || entry.state === "sending") return;
    entry.tries = 0;
    this.#move(entry, { state: "queued" });
    this.#stopWaiting(channel);
    this.#pump(channel);
  }

  /** Forgets a message that its writer gave up, or that was seen to arrive. @param {string} channel @param {string} message */
  forget(channel, message) {
    const queue = this.#queues.get(channel);
    if (queue === undefined) return;
    const rest = queue.filter((entry) => entry.message !== message);
    if (rest.length === 0) this.#queues.delete(channel);
    else this.#queues.set(channel, rest);
    this.#pump(channel);
  }

  /** Forgets what was written into a room that its writer left. @param {string} channel */
  drop(channel) {
    this.#stopWaiting(channel);
    this.#queues.delete(channel);
    this.#ready.delete(channel);
  }

  /** Forgets everything. */
  clear() {
    for (const channel of [...this.#waits.keys()]) this.#stopWaiting(channel);
    this.#queues.clear();
    this.#ready.clear();
  }

  /** @param {string} channel */
  async #pump(channel) {
    if (!this.#ready.has(channel) || this.#occupied.has(channel)) return;
    const entry = this.#queues.get(channel)?.find((each) => each.state !== "failed");
    if (entry === undefined) return;
    this.#occupied.add(channel);
    this.#move(entry, { state: "sending" });
    entry.tries += 1;
    const outcome = await this.#publish(channel, entry.payload);
    this.#occupied.delete(channel);
    if (this.#find(channel, entry.message) === entry) this.#settle(entry, outcome);
    this.#pump(channel);
  }

  /** @param {Entry} entry @param {Outcome} outcome */
  #settle(entry, outcome) {
    if ("ok" in outcome) {
      this.#report(entry.channel, entry.message, { state: "sent", sequence: Number(outcome.ok.sequence) });
      this.forget(entry.channel, entry.message);
      return;
    }
    const { code, retry_after_ms: wait } = outcome.error;
    if (code === "cut" || code === "keys_unproven") {
      entry.tries -= 1;
      // A link that ended, or keys that are to be proven: not ready again before the room is entered again.
      this.#ready.delete(entry.channel);
      this.#move(entry, { state: "queued" });
    } else if (WAITABLE.has(code) && entry.tries < TRIES) {
      this.#wait(entry, code, wait ?? WAIT_MS);
    } else {
      this.#move(entry, { state: "failed", code });
    }
  }

  /** @param {Entry} entry @param {string} code @param {number} ms */
  #wait(entry, code, ms) {
    const channel = entry.channel;
    this.#move(entry, ms < SHOWN_MS ? { state: "queued" } : { state: "waiting", code, retryAt: Date.now() + ms });
    this.#occupied.add(channel);
    const timer = setTimeout(() => {
      this.#stopWaiting(channel);
      this.#pump(channel);
    }, ms);
    this.#waits.set(channel, timer);
  }

  /** @param {string} channel */
  #stopWaiting(channel) {
    const timer = this.#waits.get(channel);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#waits.delete(channel);
    this.#occupied.delete(channel);
  }

  /** @param {string} channel @param {string} message */
  #find(channel, message) {
    return this.#queues.get(channel)?.find((entry) => entry.message === message);
  }

  /** @param {Entry} entry @param {SendState} state */
  #move(entry, state) {
    entry.state = state.state;
    this.#report(entry.channel, entry.message, state);
  }
}
