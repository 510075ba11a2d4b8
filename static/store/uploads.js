/**
 * What a browser remembers of files that are on their way up, so that they go on after a reload once their user has chosen them again:
 * no byte of them, and sealed as unsent messages are. Signing out leaves it here.
 */
import { utf8 } from "../wire/bytes.js";
import { makeLocalKey, openLocally, sealLocally } from "./local_seal.js";

/**
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./local_seal.js").LocallySealed} LocallySealed
 *
 * `marks` has, for each chunk that was sealed, by what the same bytes are known again; an empty one for each that was not. `whole`: all of it
 * is there, and only its message is to be sent.
 * @typedef {{ file: string, message: string, room: string, channel?: string, at: number, marks: string[], whole?: boolean }} Begun
 * @typedef {{ key: CryptoKey, kept: Readonly<Record<string, LocallySealed>> }} Shelf by file
 */

/** One account's files on their way up. */
export class Uploads {
  #database;
  #account;
  /** One is sealed before it is kept, and a later one must not be overtaken by it. @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {Database} database @param {string} account */
  constructor(database, account) {
    this.#database = database;
    this.#account = account;
  }

  /** All of them; what does not open is left out. @returns {Promise<Begun[]>} */
  async all() {
    /** @type {Shelf | undefined} */
    const shelf = await this.#database.get("uploads", this.#account);
    if (shelf === undefined) return [];
    const opened = Object.entries(shelf.kept).map(([file, kept]) => openLocally(shelf.key, utf8(file), kept));
    return (await Promise.allSettled(opened)).flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  }

  /** @param {Begun} begun */
  put(begun) {
    return this.#afterOthers(async () => {
      const key = await this.#key();
      const sealed = await sealLocally(key, utf8(begun.file), begun);
      await this.#change((old) => ({ key, ...old, kept: { ...old?.kept, [begun.file]: sealed } }));
    });
  }

  /** It is there, or was given up. @param {string} file */
  remove(file) {
    return this.#afterOthers(() =>
      this.#change((old) => {
        if (old === undefined) return undefined;
        const { [file]: _, ...others } = old.kept;
        return { ...old, kept: others };
      }),
    );
  }

  /** The key of this account, made when the first file goes up. @returns {Promise<CryptoKey>} */
  async #key() {
    /** @type {Shelf | undefined} */
    const shelf = await this.#database.get("uploads", this.#account);
    if (shelf !== undefined) return shelf.key;
    const made = await makeLocalKey();
    // Another tab may have made one meanwhile: that one counts.
    await this.#change((old) => old ?? { key: made, kept: {} });
    return (await this.#database.get("uploads", this.#account)).key;
  }

  /** @param {(old: Shelf | undefined) => Shelf | undefined} change */
  #change(change) {
    return this.#database.change("uploads", this.#account, change);
  }

  /** @param {() => Promise<void>} task */
  #afterOthers(task) {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }
}
