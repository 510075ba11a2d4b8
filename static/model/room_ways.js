/**
 * How the worker's conversations reach the server: it wants, the page asks; the server sends, the page hands it in.
 */

import { postTailed } from "../sync/api.js";
import { hasPassed } from "../wire/passing.js";

/**
 * @typedef {import("../sync/keyholder.js").Keyholder} Keyholder
 * @typedef {import("../rooms/requests.js").RoomRequests} RoomRequests
 * @typedef {import("../rooms/requests.js").Tell} Tell
 * @typedef {import("../rooms/requests.js").Want} Want
 * @typedef {import("../rooms/requests.js").Outcome} Outcome
 * @typedef {import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame} Frame
 * @typedef {import("./conversations.js").Page} Page
 */

/** Events that the worker follows; the rest is none of its business. */
const EVENTS = new Set([
  "room.added",
  "room.removed",
  "room.invited",
  "room.requested",
  "room.state",
  "room.forgot",
  "room.updated",
  "channel.updated",
  "epoch.committed",
  "commit.due",
  "epoch.keys_requested",
  "epoch.granted",
  "epoch.refused",
  "keys.changed",
  "vault.changed",
]);
/** Commands with as much as a frame can carry: they have requests of their own, so that no message waits behind them … */
const BULK = new Set(["files.put", "files.chunk"]);
/** … and longer to answer, on a slow line, in milliseconds. */
const BULK_WITHIN_MS = 120_000;
/** Accounts of one `presence.of`. */
const PRESENCE = 1_000;

/** The ways between the worker and the page's connection. */
export class RoomWays {
  #page;
  #onTell;
  #onBroken;
  /** @type {Promise<Keyholder> | null} */
  #holder = null;

  /** @param {Page} page @param {(tell: Tell) => void} onTell @param {() => void} onBroken */
  constructor(page, onTell, onBroken) {
    this.#page = page;
    this.#onTell = onTell;
    this.#onBroken = onBroken;
  }

  /**
   * Asks the worker; never throws.
   * @template {keyof RoomRequests} K
   * @param {K} ask
   * @param {RoomRequests[K]["takes"]} takes
   * @returns {Promise<{ ok: RoomRequests[K]["gives"] } | { error: { code: string } }>}
   */
  async ask(ask, takes) {
    try {
      const holder = await this.#open();
      if (ask === "conversations_begin") this.#page.onFrame = (frame) => this.#hand(holder, frame);
      return await holder.ask(ask, takes);
    } catch {
      return { error: { code: "no_worker" } };
    }
  }

  /** Tells the worker that nobody is signed in, and hands in nothing any more. */
  async end() {
    this.#page.onFrame = () => {};
    if (this.#holder === null) return;
    await this.ask("conversations_end", {});
  }

  /** Who of these is there; null if that cannot be known now. @param {string[]} accounts @returns {Promise<Set<string> | null>} */
  async presence(accounts) {
    const online = new Set();
    if (this.#isOver) return null;
    for (let from = 0; from < accounts.length; from += PRESENCE) {
      const answer = await this.#page.account.call("presence.of", { accounts: accounts.slice(from, from + PRESENCE) });
      if ("error" in answer || !Array.isArray(answer.ok.online)) return null;
      for (const account of answer.ok.online) online.add(String(account));
    }
    return online;
  }

  /** @returns {Promise<Keyholder>} */
  async #open() {
    const holder = await (this.#holder ??= this.#page.keyholder());
    if (holder.onTell !== this.#onTell) {
      holder.onTell = this.#onTell;
      holder.onWant = (want) => this.#want(want);
      holder.onBroken = this.#onBroken;
    }
    return holder;
  }

  /** @param {Keyholder} holder @param {Frame} frame */
  #hand(holder, frame) {
    if (frame.kind === "deliver" || EVENTS.has(frame.header.event)) holder.hand(frame);
  }

  /** Whether nobody is signed in any more: a request could only be refused. */
  get #isOver() {
    return this.#page.account.phase.peek() === "signed_out";
  }

  /** @param {Want} want @returns {Promise<Outcome>} */
  async #want(want) {
    if (this.#isOver) return { error: { code: "not_signed_in" } };
    if ("publish" in want) {
      const { channel, payload, epoch, stored } = want.publish;
      const outcome = await this.#page.publish(channel, payload, { epoch, stored });
      return "ok" in outcome ? { ok: outcome.ok, sequence: Number(outcome.ok.sequence) } : refused(outcome.error);
    }
    if (BULK.has(want.command)) {
      const outcome = await postTailed(want.command, want.fields, want.tail, BULK_WITHIN_MS);
      const tail = ("ok" in outcome && outcome.tail) || new Uint8Array();
      hasPassed(want.tail.length + tail.length);
      return "ok" in outcome ? { ok: outcome.ok, tail } : refused(outcome.error);
    }
    const answer = await this.#page.account.call(want.command, want.fields, want.tail);
    return "ok" in answer ? { ok: answer.ok, tail: answer.tail } : refused(answer.error);
  }
}

/** @param {import("../wire/frame.js").Refusal} refusal @returns {Outcome} */
function refused({ code, retry_after_ms: wait }) {
  return { error: wait === undefined ? { code } : { code, retryAfterMs: wait } };
}
