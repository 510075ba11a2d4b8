/**
 * The keyset chains of accounts that rooms are judged by: read when something asks for them, compared with the pins, and pinned at
 * first contact (docs/protocol.md §14.3).
 */
import { Chain } from "../crypto/chain.js";
import { OpenError } from "../crypto/errors.js";
import { moved, trustOf } from "../crypto/pin.js";
import { parseList } from "../crypto/record_list.js";
import { RoomError } from "../crypto/room/errors.js";
import { Refused } from "../keys/failure.js";
import { ServerRefusal } from "./page.js";
import { forEach } from "./turn.js";
import { unlessCut } from "./vault.js";
/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./vault.js").RoomVault} RoomVault */

/** Keysets of one `keys.chain`. */
const PAGE = 100;
/** Pages of a chain that are read: more keysets than anybody makes. */
const MOST_PAGES = 20;
/** How long keys that could not be read are not read again by the way, in milliseconds. */
const AGAIN_MS = 10_000;
/** How long keys count as read just now, in milliseconds: of friends the server tells what changes, of others it does not. */
const FRESH_MS = 60_000;
/** Chains that are read at once: each waits for the server, and is verified in between. */
const AT_ONCE = 8;
/** How many accounts' keys one check may ask for before it is given up: more than a commit names. */
const MOST_ASKED = 2_048;

/** How far keys are trusted to which nothing new is opened. @type {ReadonlySet<import("./requests.js").Trust>} */
export const DISTRUSTED = new Set(/** @type {import("./requests.js").Trust[]} */ (["changed", "lost", "alarm"]));

/** What was read, and the pin from which. @typedef {{ account: string, chain: Chain, read: import("../crypto/pin.js").Pin | null }} Read */

/** Chains that were read and verified; a room's records are judged by it. */
export class Keysets {
  #own;
  #page;
  #vault;
  /** @type {Map<string, Chain>} */
  #chains = new Map();
  /** @type {Map<string, Promise<Chain>>} */
  #reading = new Map();
  /** When the keys of accounts were read, of this connection. @type {Map<string, number>} */
  #fresh = new Map();
  /** When reading an account's keys failed. @type {Map<string, number>} */
  #failed = new Map();
  /** Accounts whose keys were read, and whose pin the vault has not taken: they are read again, from the pin that they have then. @type {Set<string>} */
  #unpinned = new Set();
  /** Accounts whose chain does not continue what was pinned. @type {Set<string>} */
  #alarms = new Set();

  /** @param {string} own account, which needs no pin @param {Page} page @param {RoomVault} vault */
  constructor(own, page, vault) {
    this.#own = own;
    this.#page = page;
    this.#vault = vault;
  }

  /** The chain as far as it was read. @param {string} account @returns {Chain | undefined} */
  get(account) {
    return this.#chains.get(account);
  }

  /** Accounts with an alarm. @returns {ReadonlySet<string>} */
  get alarms() {
    return this.#alarms;
  }

  /** The user name of an account; empty before its keys were read. @param {string} account */
  nameOf(account) {
    return this.#chains.get(account)?.head.name ?? "";
  }

  /** How far its keys are to be trusted. @param {string} account @returns {import("./requests.js").Trust} */
  trust(account) {
    if (this.#alarms.has(account)) return "alarm";
    if (this.#isLost(account)) return "lost";
    const trust = trustOf(this.#vault.pin(account));
    if (trust === "verified") return "verified";
    return trust === "unknown" || trust === "pinned" ? "seen" : "changed";
  }

  /** Whether an account has begun anew with other keys since these, as far as is known. @param {string} account @param {string} listed fingerprint */
  isReset(account, listed) {
    const chain = this.#chains.get(account);
    return chain?.changeBetween(listed, chain.head.fingerprint) === "reset";
  }

  /** Whether the user compared the numbers of an account. @param {string} account */
  isVerified(account) {
    return this.#vault.pin(account)?.verified === true;
  }

  /**
   * Whether nothing goes to an account's keys before the user has looked at them: they were swapped, or differ from what was compared,
   * or were verified and reset, or nobody knows what they were.
   * @param {string} account
   * @param {string | null} listed fingerprint that a room lists; one of before the reset is as good as it was
   */
  halts(account, listed) {
    if (this.#alarms.has(account) || this.#isLost(account)) return true;
    const pin = this.#vault.pin(account);
    const trust = trustOf(pin);
    if (trust !== "blocked") return trust === "differs";
    const chain = this.#chains.get(account);
    const taken = chain?.keysets[Number(pin?.acknowledged) - 1];
    return listed === null || taken === undefined || chain?.changeBetween(taken.fingerprint, listed) === "reset";
  }

  /** Whether something was kept of an account's keys that does not open, or is left out. @param {string} account */
  #isLost(account) {
    return this.#vault.fault({ kind: "pin", account }) !== null;
  }

  /** A new connection: keys may have changed meanwhile, and what failed may be had. */
  age() {
    this.#fresh.clear();
    this.#failed.clear();
  }

  /** Reads what is new of an account's keys, unless that was done just now. Throws as `read` does. @param {string} account */
  async fresh(account) {
    const known = this.#chains.get(account);
    return known !== undefined && Date.now() - (this.#fresh.get(account) ?? 0) < FRESH_MS ? known : this.read(account);
  }

  /** Reads the keys of an account, if they were not read yet. @param {string} account */
  async known(account) {
    return this.#settled(account) ?? this.read(account);
  }

  /** The chain, if it was read, and compared with its pin or pinned. @param {string} account */
  #settled(account) {
    return this.#unpinned.has(account) ? undefined : this.#chains.get(account);
  }

  /** Pins what could not be pinned under an earlier connection. Throws as `knownAll` does. */
  pinLeft() {
    return this.knownAll([...this.#unpinned]);
  }

  /**
   * Reads the keys of accounts that were not read yet, and pins them together. Of those that cannot be read nothing is said: who asks for
   * them hears why. Throws a `ServerRefusal` of a connection that was cut.
   * @param {string[]} accounts
   */
  async knownAll(accounts) {
    /** @type {Read[]} */
    const unpinned = [];
    /** @type {ServerRefusal | null} */
    let cut = null;
    await forEach(accounts, AT_ONCE, async (account) => {
      if (cut !== null || this.#settled(account) !== undefined || this.#hasJustFailed(account)) return;
      await this.#begin(account, unpinned).catch((error) => {
        this.#failed.delete(account);
        if (error instanceof ServerRefusal && error.isUnknown) cut ??= error;
      });
    });
    try {
      if (cut !== null) throw cut;
      await this.#pinAll(unpinned);
    } catch (error) {
      for (const { account } of unpinned) this.#unpinned.add(account);
      throw error;
    }
  }

  /**
   * Reads what is new of an account's chain. Throws a `ServerRefusal`, or `Refused` (`keys_alarm`, also for a chain that cannot be
   * read).
   * @param {string} account
   * @returns {Promise<Chain>}
   */
  read(account) {
    return this.#begin(account);
  }

  /** @param {string} account @param {Read[]} [later] takes what is to be pinned, instead of pinning it */
  #begin(account, later) {
    const reading = this.#reading.get(account) ?? this.#readOnce(account, later);
    this.#reading.set(account, reading);
    return reading;
  }

  /** @param {string} account @param {Read[]} [later] */
  async #readOnce(account, later) {
    try {
      const read = await this.#read(account);
      if (later === undefined) await this.#pin(read);
      else later.push(read);
      this.#failed.delete(account);
      return read.chain;
    } catch (error) {
      this.#failed.set(account, Date.now());
      throw error;
    } finally {
      this.#reading.delete(account);
    }
  }

  /** A page of messages by one whose keys cannot be read asks for them once. @param {string} account */
  #hasJustFailed(account) {
    return Date.now() - (this.#failed.get(account) ?? 0) < AGAIN_MS;
  }

  /**
   * Judges something, and reads the keys that it lacks. Throws what the check throws.
   * @template T
   * @param {(keysets: Keysets) => Promise<T> | T} check
   * @returns {Promise<T>}
   */
  async judge(check) {
    const asked = new Set();
    for (;;) {
      try {
        return await check(this);
      } catch (error) {
        const keys = error instanceof RoomError ? error.unknownKeys : null;
        if (keys === null || asked.has(keys.account) || asked.size === MOST_ASKED || this.#hasJustFailed(keys.account)) throw error;
        asked.add(keys.account);
        await this.read(keys.account);
      }
    }
  }

  /** @param {string} account @returns {Promise<Read>} */
  async #read(account) {
    const known = this.#chains.get(account);
    const { head, records } = await this.#records(account, known?.head.number ?? 0);
    try {
      const chain = known ?? (await Chain.first(account, null, records.shift() ?? new Uint8Array()));
      for (const record of records) await chain.extend(record);
      if (chain.head.number !== head) throw new OpenError("shorter");
      const pin = this.#vault.pin(account);
      compare(chain, pin);
      this.#chains.set(account, chain);
      this.#fresh.set(account, Date.now());
      this.#alarms.delete(account);
      return { account, chain, read: pin };
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      this.#alarms.add(account);
      throw new Refused("keys_alarm");
    }
  }

  /** @param {string} account @param {number} after */
  async #records(account, after) {
    /** @type {Uint8Array[]} */
    const records = [];
    for (let page = 0; page < MOST_PAGES; page++) {
      const from = after + records.length;
      const { ok, tail } = await this.#page.call("keys.chain", from === 0 ? { account } : { account, after: String(from) });
      try {
        records.push(...parseList(tail, PAGE));
      } catch (error) {
        if (!(error instanceof OpenError)) throw error;
        throw new Refused("keys_alarm");
      }
      if (ok.more !== true) return { head: Number(ok.head), records };
    }
    throw new Refused("keys_alarm");
  }

  /** Pins at first contact those that nobody has pinned, together; the others one by one. @param {Read[]} unpinned */
  async #pinAll(unpinned) {
    const isNew = (/** @type {Read} */ { account }) => account !== this.#own && this.#vault.pin(account) === null && !this.#isLost(account);
    const first = unpinned.filter(isNew).map(({ account, chain: { head: { number, hash, fingerprint } } }) => {
      const pin = moved(null, null, { number, head: hash, fingerprint, since: [] });
      return { name: /** @type {const} */ ({ kind: "pin", account }), content: { ...pin } };
    });
    await this.#vault.addAll(first).catch(unlessCut);
    // Those that the vault has by now stay as they are.
    for (const read of unpinned) await this.#pin(read);
  }

  /** Pins at first contact, and moves along the pin from which it was read. @param {Read} of */
  async #pin({ account, chain, read }) {
    const { keysets, head: { number, hash, fingerprint } } = chain;
    if (account === this.#own || this.#vault.pin(account)?.head === hash || this.#isLost(account)) {
      this.#unpinned.delete(account);
      return;
    }
    this.#unpinned.add(account);
    const since = keysets.slice(Number(read?.number ?? number)).map(({ link }) => /** @type {"rotated" | "reset"} */ (link));
    const from = read && { number: Number(read.number), head: read.head };
    const pin = { number, head: hash, fingerprint, since };
    try {
      await this.#vault.change({ kind: "pin", account }, (content) => moved(/** @type {import("../crypto/pin.js").Pin | null} */ (content), from, pin));
    } catch (error) {
      unlessCut(error);
      // What the vault does not take at all counts in memory.
      if (!(error instanceof ServerRefusal && error.isPassing)) this.#unpinned.delete(account);
      return;
    }
    // One that another device has set meanwhile is what the next reading is compared with.
    if (this.#vault.pin(account)?.head === hash) this.#unpinned.delete(account);
  }
}

/** A chain that does not have the pinned keyset is another one. @param {Chain} chain @param {import("../crypto/pin.js").Pin | null} pin */
function compare(chain, pin) {
  if (pin !== null && chain.keysets[Number(pin.number) - 1]?.hash !== pin.head) throw new OpenError("not_pinned");
}
