/**
 * What the vault keeps of rooms: secrets of epochs, read marks, pins and room heads (docs/protocol.md §14.6).
 */
import { fromHex, toHex } from "../wire/bytes.js";
import { Refused } from "../keys/failure.js";
import { Items, seenKey } from "../crypto/vault_items.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/vault_item.js").ItemName} ItemName */
/** @typedef {import("../crypto/room/chain.js").RoomHead} RoomHead */
/** @typedef {import("../keys/requests.js").Entry} Entry */
/** @typedef {import("./page.js").Page} Page */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ run: string, sequence: string, message: string }} Mark
 * @typedef {{ number: string, head: string, fingerprint: string, verified: boolean, acknowledged: string }} Pin
 * @typedef {object} Sealer opens and seals items with the account's item keys
 * @property {import("../crypto/vault_items.js").Ways["begin"]} begin
 * @property {import("../crypto/vault_items.js").Ways["open"]} open
 * @property {(root: Uint8Array) => Promise<unknown>} renew takes a newer root
 * @property {(entries: Entry[]) => Promise<Uint8Array>} seal
 */

/** Kinds that are read, by their byte: secrets, marks, pins, heads. */
const KINDS = Object.freeze([3, 4, 1, 2]);
/** How often a change meets another device's before it is given up. */
const TRIES = 5;
/** What stands in the place of a secret that is forgotten: no epoch's. */
const NO_SECRET = "00".repeat(32);
/** Most items of one `vault.put`. */
const MOST_ITEMS = 1_024;

/** Items that are added by one `vault.put`, whose tail has a mebibyte at most: none of these has a kibibyte. */
const MOST_ADDED = 256;

/** The items of one account, as far as rooms need them. */
export class RoomVault {
  #now;
  #page;
  #sealer;
  #items;
  /** Secrets that the server has not taken yet. @type {Map<string, Entry>} */
  #unkept = new Map();
  /** Secrets that are forgotten and that the server has not written over yet. @type {Map<string, Entry>} */
  #toWrite = new Map();
  /** Those that it refused, which are in memory only. @type {Set<string>} */
  #refused = new Set();
  /** @type {Promise<void> | null} */
  #reading = null;
  #readAgain = false;

  /** @param {Page} page @param {Sealer} sealer @param {() => number} [now] the clock */
  constructor(page, sealer, now = Date.now) {
    this.#now = now;
    this.#page = page;
    this.#sealer = sealer;
    this.#items = new Items("rooms", {
      page: (fields) => page.call("vault.items", fields),
      begin: (takes) => sealer.begin(takes),
      open: (takes) => sealer.open(takes),
      renew: async () => sealer.renew((await page.call("vault.root")).tail),
    });
  }

  /** Reads what is new. Throws a `ServerRefusal`, or `Refused`. @returns {Promise<void>} */
  refresh() {
    this.#readAgain = this.#reading !== null;
    this.#reading ??= this.#readUntilQuiet().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** The secret of an epoch, and the hash of its commit. @param {string} room @param {number} n @returns {{ secret: Bytes, commit: string } | null} */
  secret(room, n) {
    const content = this.#content({ kind: "epoch_secret", room, n });
    return content === null ? null : { secret: fromHex(content.secret, 32), commit: content.commit };
  }

  /** With what `fork.js` reads. @param {string} room @returns {RoomHead | null} */
  head(room) {
    return /** @type {RoomHead | null} */ (this.#content({ kind: "room_head", room }));
  }

  /** Rooms of which a head is kept, also those in which the account is no more. @returns {string[]} */
  get rooms() {
    return this.#items.entries.flatMap(({ name }) => (name.kind === "room_head" ? [name.room] : []));
  }

  /** @param {string} channel @returns {Mark | null} */
  mark(channel) {
    return /** @type {Mark | null} */ (this.#content({ kind: "read_mark", channel }));
  }

  /** What is wrong with an item; null if nothing is. @param {ItemName} name */
  fault(name) {
    return this.#items.fault(name);
  }

  /** @param {string} account @returns {Pin | null} */
  pin(account) {
    return /** @type {Pin | null} */ (this.#content({ kind: "pin", account }));
  }

  /** Keeps secrets of a room's epochs, until they are due. @param {string} room @param {Array<{ n: number, commit: string, secret: Bytes, forgetAt?: number | null }>} secrets */
  async keepSecrets(room, secrets) {
    for (const { n, commit, secret, forgetAt = null } of secrets) {
      /** @type {ItemName} */
      const name = { kind: "epoch_secret", room, n };
      if (this.#items.get(name) !== undefined) continue;
      const entry = { name, number: this.#items.nextNumber(name, true) ?? 1, content: { secret: toHex(secret), commit }, ...(forgetAt === null ? {} : { forgetAt }) };
      // Of use here at once, whatever becomes of the vault.
      this.#items.put(entry);
      this.#unkept.set(seenKey(name), entry);
    }
    await this.#flush();
  }

  /**
   * Changes an item; what another device has changed meanwhile is read first. Throws a `ServerRefusal`, or `Refused`: also for one that
   * is wrong, where its user has not decided.
   * @param {ItemName} name
   * @param {(content: Record<string, any> | null) => Record<string, unknown> | null} change null leaves it as it is
   * @param {boolean} [decided]
   */
  async change(name, change, decided) {
    for (let tries = 1; ; tries++) {
      const content = change(this.#content(name));
      if (content === null) return;
      const number = this.#items.nextNumber(name, decided);
      if (number === null) throw new Refused(this.fault(name) ?? "vault_corrupt");
      const entry = { name, number, content };
      try {
        await this.#page.call("vault.put", {}, await this.#sealer.seal([entry]));
        this.#items.put(entry);
        return;
      } catch (error) {
        if (!isConflict(error) || tries === TRIES) throw error;
        await this.refresh();
      }
    }
  }

  /**
   * Adds items that are new, many in one command: all of a command or none, and then `change` knows what to do with each. Throws a
   * `ServerRefusal`, or `Refused`.
   * @param {Array<{ name: ItemName, content: Record<string, unknown> }>} items
   */
  async addAll(items) {
    for (let from = 0; from < items.length; from += MOST_ADDED) {
      const entries = items.slice(from, from + MOST_ADDED).map((item) => ({ ...item, number: this.#items.nextNumber(item.name) ?? 1 }));
      await this.#page.call("vault.put", {}, await this.#sealer.seal(entries));
      for (const entry of entries) this.#items.put(entry);
    }
  }

  /** Whether the secret of an epoch stands in the vault, as the server has taken it or given it. @param {string} room @param {number} n */
  hasKept(room, n) {
    const key = seenKey({ kind: "epoch_secret", room, n });
    return this.secret(room, n) !== null && !this.#unkept.has(key) && !this.#refused.has(key);
  }

  /** Epochs of a room whose secrets are here. @param {string} room */
  epochsOf(room) {
    return this.#secretsOf(room).map(({ name }) => name.n);
  }

  /**
   * Notes when secrets of a room are due, for all devices and the server; what is due now is written over, and let go of. Throws a
   * `ServerRefusal` after a cut, or `Refused`.
   * @param {string} room
   * @param {Array<{ n: number, at: number }>} due
   */
  async forgetSecrets(room, due) {
    const now = this.#now();
    const times = new Map(due.map(({ n, at }) => [n, at]));
    const wanted = this.#secretsOf(room).flatMap(({ entry, name }) => {
      const at = times.get(name.n);
      if (at === undefined || (at > now && entry.forgetAt === at)) return [];
      const content = at > now ? entry.content : { ...entry.content, secret: NO_SECRET };
      return [{ ...entry, content, name, number: entry.number + 1, forgetAt: Math.max(at, now) }];
    });
    // In memory it is gone at once, whatever becomes of the vault; what is not due yet is written again where it was not taken.
    for (const entry of wanted) if (entry.forgetAt <= now) this.#items.put(entry);
    for (const [key, { name }] of this.#unkept) if (name.kind === "epoch_secret" && name.room === room && (times.get(name.n) ?? Infinity) <= now) this.#unkept.delete(key);
    this.#items.forget(now);
    for (const entry of wanted) if (entry.forgetAt <= now) this.#toWrite.set(seenKey(entry.name), entry);
    const all = [...wanted.filter(({ forgetAt }) => forgetAt > now), ...this.#toWrite.values()];
    for (let from = 0; from < all.length; from += MOST_ITEMS) {
      const part = all.slice(from, from + MOST_ITEMS);
      await this.#putSecrets(part).catch(unlessCut);
      for (const entry of part) {
        if ((entry.forgetAt ?? 0) > now) this.#items.put(entry);
        this.#toWrite.delete(seenKey(entry.name));
      }
    }
  }

  /** @param {string} room */
  #secretsOf(room) {
    return this.#items.entries.flatMap((entry) => (entry.name.kind === "epoch_secret" && entry.name.room === room ? [{ entry, name: entry.name }] : []));
  }

  /** Puts the secrets that are not there yet, also those of before a cut. */
  async #flush() {
    const entries = [...this.#unkept.values()];
    for (let at = 0; at < entries.length; at += MOST_ITEMS) {
      const part = entries.slice(at, at + MOST_ITEMS);
      try {
        await this.#putSecrets(part);
      } catch (error) {
        if (!(error instanceof ServerRefusal) || error.isUnknown || error.isPassing) throw error;
        // It would be refused again.
        for (const { name } of part) this.#refused.add(seenKey(name));
      }
      for (const { name } of part) this.#unkept.delete(seenKey(name));
    }
  }

  /** A secret never changes: what another device has put there is the same one, sealed otherwise. @param {Entry[]} entries */
  async #putSecrets(entries) {
    try {
      await this.#page.call("vault.put", {}, await this.#sealer.seal(entries));
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (entries.length === 1) return;
      const middle = entries.length >> 1;
      await this.#putSecrets(entries.slice(0, middle));
      await this.#putSecrets(entries.slice(middle));
    }
  }

  async #readUntilQuiet() {
    do {
      this.#readAgain = false;
      for (const kind of KINDS) await this.#items.read(kind);
      await this.#flush().catch(unlessCut);
      // A copy that was put back may hold what was to be deleted.
      this.#items.forget(this.#now());
    } while (this.#readAgain);
    const { trouble } = this.#items;
    if (trouble !== null) this.#page.tell({ tell: "vault", trouble });
  }

  /** @param {ItemName} name */
  #content(name) {
    const { content = null, forgetAt = null } = this.#items.get(name) ?? {};
    return forgetAt !== null && forgetAt <= this.#now() ? null : content;
  }
}

/** What the vault does not take counts in memory all the same; a connection that was cut ends what is under way. @param {unknown} error */
export function unlessCut(error) {
  if (!(error instanceof ServerRefusal) || error.isUnknown) throw error;
}

/** @param {unknown} error */
function isConflict(error) {
  return error instanceof ServerRefusal && error.code === "vault_conflict";
}
