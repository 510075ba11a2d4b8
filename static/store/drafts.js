/**
 * Texts that were begun and not sent: they survive a reload, sealed as unsent messages are. Signing out leaves them here.
 */
import { utf8 } from "../wire/bytes.js";
import { makeLocalKey, openLocally, sealLocally } from "./local_seal.js";

/**
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./local_seal.js").LocallySealed} LocallySealed
 * @typedef {{ key: CryptoKey, kept: Readonly<Record<string, LocallySealed>> }} Shelf by room
 */

/** One account's drafts. */
export class Drafts {
  #database;
  #account;
  /** A text is sealed before it is kept, and a later one must not be overtaken by it. @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {Database} database @param {string} account */
  constructor(database, account) {
    this.#database = database;
    this.#account = account;
  }

  /** All of them; what does not open is left out. @returns {Promise<Array<{ room: string, text: string }>>} */
  async all() {
    /** @type {Shelf | undefined} */
    const shelf = await this.#database.get("drafts", this.#account);
    if (shelf === undefined) return [];
    const opened = Object.entries(shelf.kept).map(async ([room, kept]) => ({ room, text: String(await openLocally(shelf.key, utf8(room), kept)) }));
    return (await Promise.allSettled(opened)).flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  }

  /** Keeps the text that was begun in a room; an empty one is taken away. @param {string} room @param {string} text */
  put(room, text) {
    const done = this.#last.then(() => this.#put(room, text));
    this.#last = done.catch(() => {});
    return done;
  }

  /** @param {string} room @param {string} text */
  async #put(room, text) {
    /** @type {Shelf | undefined} */
    const shelf = await this.#database.get("drafts", this.#account);
    if (shelf === undefined && text === "") return;
    // Another tab may make a key meanwhile: what that one keeps counts, and this text is kept with the next change.
    const key = shelf?.key ?? (await makeLocalKey());
    const kept = text === "" ? null : await sealLocally(key, utf8(room), text);
    await this.#database.change("drafts", this.#account, (/** @type {Shelf | undefined} */ old) => (old !== undefined && shelf === undefined ? old : changed(old ?? { key, kept: {} }, room, kept)));
  }
}

/** @param {Shelf} shelf @param {string} room @param {LocallySealed | null} kept @returns {Shelf} */
function changed({ key, kept: before }, room, kept) {
  const { [room]: _, ...others } = before;
  return { key, kept: kept === null ? others : { ...others, [room]: kept } };
}
