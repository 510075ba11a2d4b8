/**
 * Messages that have not reached the server yet: they survive a reload, sealed under a key that nobody can read out of this
 * browser. Signing out leaves them here.
 */
import { join, utf8 } from "../wire/bytes.js";
import { makeLocalKey, openLocally, sealLocally } from "./local_seal.js";

/**
 * @typedef {import("./database.js").Database} Database
 * One message that waits; `failed` why its user has to decide, null while it is only waiting. Without a channel it is for the room's main one.
 * @typedef {{ message: string, room: string, channel?: string, at: number, failed: string | null, content: Record<string, any> }} Waiting
 * @typedef {{ message: string, room: string, channel?: string, at: number, failed: string | null, iv: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer> }} Kept
 * @typedef {{ key: CryptoKey, kept: Kept[] }} Shelf in the order in which they were written
 */

/** One account's unsent messages. */
export class Unsent {
  #database;
  #account;

  /** @param {Database} database @param {string} account */
  constructor(database, account) {
    this.#database = database;
    this.#account = account;
  }

  /** All of them, the oldest first; what does not open is left out. @returns {Promise<Waiting[]>} */
  async all() {
    /** @type {Shelf | undefined} */
    const shelf = await this.#database.get("unsent", this.#account);
    const opened = (shelf?.kept ?? []).map((kept) => open(/** @type {Shelf} */ (shelf).key, kept).catch(() => null));
    return (await Promise.all(opened)).filter((waiting) => waiting !== null);
  }

  /** Puts one behind the others. @param {Waiting} waiting */
  async add(waiting) {
    const key = await this.#key();
    const kept = await seal(key, waiting);
    await this.#change((shelf) => ({ key: shelf?.key ?? key, kept: [...(shelf?.kept ?? []), kept] }));
  }

  /** It has arrived, or was given up. @param {string} message */
  remove(message) {
    return this.#change((shelf) => shelf && { ...shelf, kept: shelf.kept.filter((each) => each.message !== message) });
  }

  /** Whether one waits for its user. @param {string} message @param {string | null} failed */
  mark(message, failed) {
    return this.#change((shelf) => shelf && { ...shelf, kept: shelf.kept.map((each) => (each.message === message ? { ...each, failed } : each)) });
  }

  /** The key of this account, made when the first message waits. @returns {Promise<CryptoKey>} */
  async #key() {
    /** @type {Shelf | undefined} */
    const shelf = await this.#database.get("unsent", this.#account);
    if (shelf !== undefined) return shelf.key;
    const made = await makeLocalKey();
    // Another tab may have made one meanwhile: that one counts.
    await this.#change((old) => old ?? { key: made, kept: [] });
    return (await this.#database.get("unsent", this.#account)).key;
  }

  /** @param {(old: Shelf | undefined) => Shelf | undefined} change */
  #change(change) {
    return this.#database.change("unsent", this.#account, change);
  }
}

/** @param {CryptoKey} key @param {Waiting} waiting @returns {Promise<Kept>} */
async function seal(key, { content, ...named }) {
  return { ...named, ...(await sealLocally(key, nameOf(named), content)) };
}

/** @param {CryptoKey} key @param {Kept} kept @returns {Promise<Waiting>} */
async function open(key, { iv, sealed, ...named }) {
  return { ...named, content: await openLocally(key, nameOf(named), { iv, sealed }) };
}

/** @param {{ room: string, channel?: string, message: string }} named */
function nameOf({ room, channel = "", message }) {
  return join(utf8(room), utf8(message), utf8(channel));
}
