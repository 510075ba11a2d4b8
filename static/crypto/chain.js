/**
 * The chain of an account's keysets, and what is remembered of it (docs/protocol.md §14.3, *Receiver checks*).
 */
import { OpenError } from "./errors.js";
import { NO_HASH, parseKeyset, verifyKeyset } from "./keyset.js";

/**
 * @typedef {import("./keyset.js").Keyset} Keyset
 * @typedef {{ account: string, number: number, head: string }} Pin number and hash of the newest keyset that was seen
 */

/** Keysets of one account that follow each other, each verified. Nothing changes when one is refused. */
export class Chain {
  /** @type {Keyset[]} the newest last */
  #keysets;

  /** @param {Keyset} keyset */
  constructor(keyset) {
    this.#keysets = [keyset];
  }

  /**
   * Begins with keyset 1, as at first contact. Throws an `OpenError`.
   * @param {string} account id
   * @param {string | null} name the user name that was asked for
   * @param {Uint8Array} record
   */
  static async first(account, name, record) {
    const keyset = await parseKeyset(record);
    if (keyset.account !== account) throw new OpenError("other_account");
    if (name !== null && keyset.name !== name) throw new OpenError("other_name");
    if (keyset.number !== 1) throw new OpenError("number");
    if (keyset.link !== "first") throw new OpenError("link");
    if (keyset.previous !== NO_HASH) throw new OpenError("previous");
    return new Chain(await verifyKeyset(keyset, "known"));
  }

  /**
   * Takes the chain up again with the keyset that was pinned; the keys before it were looked at then. Throws an
   * `OpenError`.
   * @param {Pin} pin
   * @param {number} newest number by the server's word
   * @param {Uint8Array} record
   */
  static async pinned(pin, newest, record) {
    if (newest < pin.number) throw new OpenError("shorter");
    const keyset = await parseKeyset(record);
    if (keyset.account !== pin.account) throw new OpenError("other_account");
    if (keyset.number !== pin.number) throw new OpenError("number");
    if (keyset.hash !== pin.head) throw new OpenError("not_pinned");
    return new Chain(await verifyKeyset(keyset, "known"));
  }

  /**
   * Takes the next keyset; throws an `OpenError`.
   * @param {Uint8Array} record
   * @returns {Promise<"rotated" | "reset">} how it follows the head
   */
  async extend(record) {
    const { head } = this;
    const keyset = await parseKeyset(record);
    if (keyset.account !== head.account) throw new OpenError("other_account");
    if (keyset.name !== head.name) throw new OpenError("other_name");
    if (keyset.number !== head.number + 1) throw new OpenError("number");
    if (keyset.link === "first") throw new OpenError("link");
    if (keyset.previous !== head.hash) throw new OpenError("previous");
    const verified = await verifyKeyset(keyset, head.keys);
    // Another call may have taken its keyset meanwhile: one head has one successor.
    if (this.head !== head) throw new OpenError("number");
    this.#keysets.push(verified);
    return keyset.link;
  }

  /** The newest keyset. */
  get head() {
    return this.#keysets[this.#keysets.length - 1];
  }

  /** What to remember. @returns {Pin} */
  get pin() {
    const { account, number, hash } = this.head;
    return { account, number, head: hash };
  }

  /** The keyset with this fingerprint, as far back as the chain was read. @param {string} fingerprint */
  withFingerprint(fingerprint) {
    return this.#keysets.findLast((keyset) => keyset.fingerprint === fingerprint);
  }
}
