/**
 * Sealing what goes out of one channel: the newest epoch, the next counter (docs/protocol.md §9 and §14.10).
 */
import { randomId } from "../wire/ids.js";
import { encodeContent, isStored } from "../crypto/room/content.js";
import { sealEnvelope } from "../crypto/room/signed_envelope.js";
import { Refused } from "../keys/failure.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./session.js").Session} Session */

/**
 * @typedef {{ message: string, payload: Uint8Array, n: number, instance: string, counter: number, stored: boolean }} Sealed sealed under epoch n
 */

/** Where counters begin. */
const NONE = Object.freeze({ kept: 0, passing: 0 });

/** Seals for one channel. */
export class Sealing {
  #session;
  #channel;
  #keeper;
  #secrets;
  /** In every envelope: drawn whenever the counters begin anew, as in a room that is left and entered again, and never kept. */
  #instance = randomId();
  /** The next counters, of what is kept and of what is not. */
  #counters = NONE;

  /** @param {Session} session @param {string} channel @param {ChainKeeper} keeper @param {Secrets} secrets */
  constructor(session, channel, keeper, secrets) {
    this.#session = session;
    this.#channel = channel;
    this.#keeper = keeper;
    this.#secrets = secrets;
  }

  /**
   * Seals a content under the newest epoch. What the server refuses then stands nowhere, and is to be released. Throws `Refused`
   * (`waiting_for_key`, `keys_reset`, `not_allowed`), a `SealError`, or as `Secrets.of` does.
   * @param {string} message
   * @param {KnownContent} content
   * @returns {Promise<Sealed>}
   */
  async seal(message, content) {
    const stored = isStored(content);
    // Taken before anything is waited for: several may be sealed at once, and none under another's counter.
    const instance = this.#instance;
    const counter = this.#take(stored);
    try {
      return { message, ...(await this.#sealed(message, content, { instance, counter, stored })), instance, counter, stored };
    } catch (error) {
      this.release({ instance, counter, stored });
      throw error;
    }
  }

  /** The server refused it, and does not have it from before: the counter is free again. @param {Pick<Sealed, "instance" | "counter" | "stored">} sealed */
  release({ instance, counter, stored }) {
    const which = stored ? "kept" : "passing";
    if (instance === this.#instance && this.#counters[which] === counter + 1) this.#counters = { ...this.#counters, [which]: counter };
  }

  /** Nobody knows whether the server took something: what follows is counted on its own, so that it neither leaves a hole nor uses a counter twice. */
  beginAnew() {
    this.#instance = randomId();
    this.#counters = NONE;
  }

  /**
   * Sends what is not kept, and forgets it if it cannot be sent now.
   * @param {string} message
   * @param {KnownContent} content
   */
  async pass(message, content) {
    const { payload, n: epoch } = await this.seal(message, content);
    try {
      await this.#session.page.publish({ channel: this.#channel, epoch, stored: false, payload });
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
    }
  }

  /** @param {boolean} stored */
  #take(stored) {
    const which = stored ? "kept" : "passing";
    const counter = this.#counters[which];
    this.#counters = { ...this.#counters, [which]: counter + 1 };
    return counter;
  }

  /** @param {string} message @param {KnownContent} content @param {Pick<Sealed, "instance" | "counter" | "stored">} numbered */
  async #sealed(message, content, numbered) {
    const { account } = this.#session;
    const { head } = this.#keeper.verified;
    const member = head.record.members.get(account);
    const keys = member && (await this.#session.own.signing(member.fingerprint));
    if (!member || member.role === "muted") throw new Refused("not_allowed");
    if (!keys) throw new Refused("keys_reset");
    const secret = await this.#secrets.of(head.n);
    if (secret === null) throw new Refused(this.#secrets.missing(head.n) ?? "waiting_for_key");
    const of = { channel: this.#channel, sender: account, sentAt: this.#session.now(), message, ...numbered };
    return { payload: await sealEnvelope(keys, head, secret, of, encodeContent(content)), n: head.n };
  }
}
