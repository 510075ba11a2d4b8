/**
 * The newest wrap keys of accounts, verified by their chains (docs/protocol.md §14.4).
 */
import { OpenError } from "../crypto/errors.js";
import { parseList } from "../crypto/record_list.js";
import { readWrapKey, wrapKeyAccount } from "../crypto/wrap_key.js";
import { orElse } from "../keys/failure.js";
import { forEach } from "./turn.js";
/** @typedef {import("../crypto/wrap_key.js").WrapKey} WrapKey */
/** @typedef {import("./keysets.js").Keysets} Keysets */
/** @typedef {import("./page.js").Page} Page */

/** Accounts asked about at once. */
const MOST = 1_000;
/** Keys that are verified at once: the browser looks at one signature of each on threads of its own. */
const AT_ONCE = 8;

/** Reads wrap keys; one that was verified is not verified again. */
export class WrapKeys {
  #page;
  #keysets;
  /** @type {Map<string, WrapKey>} */
  #known = new Map();

  /** @param {Page} page @param {Keysets} keysets */
  constructor(page, keysets) {
    this.#page = page;
    this.#keysets = keysets;
  }

  /**
   * The newest wrap key of each account; one that has none is left out. Throws a `ServerRefusal`, or `Refused` (`keys_alarm`) for one
   * that does not hold.
   * @param {string[]} accounts at most 1 000
   * @returns {Promise<Map<string, WrapKey>>}
   */
  async newest(accounts) {
    const { tail } = await this.#page.call("keys.wraps", { accounts });
    const asked = new Set(accounts);
    /** @type {Map<string, Uint8Array>} */
    const records = new Map();
    for (const record of await orElse("bad_server", async () => parseList(tail, MOST))) {
      const account = await orElse("bad_server", async () => wrapKeyAccount(record));
      if (asked.has(account)) records.set(account, record);
    }
    // One after the other they would be waited for one after the other.
    await this.#keysets.knownAll([...records.keys()]);
    /** @type {Map<string, WrapKey>} */
    const found = new Map();
    await forEach(records, AT_ONCE, async ([account, record]) => found.set(account, await this.#verified(account, record)));
    return found;
  }

  /** @param {string} account @param {Uint8Array} record */
  async #verified(account, record) {
    const known = this.#known.get(account);
    if (known !== undefined && isSame(known.bytes, record)) return known;
    const read = await this.#read(account, record, known?.number ?? 0);
    this.#known.set(account, read);
    return read;
  }

  /** @param {string} account @param {Uint8Array} record @param {number} seen */
  async #read(account, record, seen) {
    const chain = await this.#keysets.known(account);
    try {
      return await readWrapKey(record, chain.head, seen);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      // Its owner has newer keys than those that were read here.
      const { head } = error.cause === "other_keys" ? await this.#keysets.read(account) : chain;
      return orElse("keys_alarm", () => readWrapKey(record, head, seen));
    }
  }
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function isSame(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
