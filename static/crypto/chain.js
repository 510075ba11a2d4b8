/**
 * The chain of an account's keysets, and what is remembered of it (docs/protocol.md §14.3, *Receiver checks*).
 */
import { OpenError } from "./errors.js";
import { NO_HASH, parseKeyset, verifyKeyset, verifyNextKeyset } from "./keyset.js";

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
    const verified = await verifyNextKeyset(keyset, head);
    if (this.withFingerprint(keyset.fingerprint) !== undefined) throw new OpenError("keys_again");
    // Another call may have taken its keyset meanwhile: one head has one successor.
    if (this.head !== head) throw new OpenError("number");
    this.#keysets.push(verified);
    return keyset.link === "reset" ? "reset" : "rotated";
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

  /** The keysets, as far back as the chain was read, the newest last. @returns {readonly Keyset[]} */
  get keysets() {
    return this.#keysets;
  }

  /** The keyset with this fingerprint, as far back as the chain was read. @param {string} fingerprint */
  withFingerprint(fingerprint) {
    return this.#keysets.findLast((keyset) => keyset.fingerprint === fingerprint);
  }

  /**
   * How the later keys came after the earlier ones: by rotations alone, or with a reset among them; `null` if they did not.
   * @param {string} earlier fingerprint
   * @param {string} later fingerprint
   * @returns {"rotated" | "reset" | null}
   */
  changeBetween(earlier, later) {
    const from = this.#keysets.findIndex((keyset) => keyset.fingerprint === earlier);
    if (from < 0) return null;
    if (earlier === later) return "rotated";
    const length = this.#keysets.slice(from + 1).findIndex((keyset) => keyset.fingerprint === later) + 1;
    if (length === 0) return null;
    return this.#keysets.slice(from + 1, from + 1 + length).some(({ link }) => link === "reset") ? "reset" : "rotated";
  }
}
