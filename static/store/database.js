/**
 * What must survive a reload, in IndexedDB. A browser that has none, or keeps no keys in it (private modes), is found out
 * at the start by trying; then everything is as long as the page.
 */

/** Object stores: vault keys, the numbers that were seen, what is unsent or only begun, and files on their way up; all by account. @typedef {"keys" | "seen" | "unsent" | "drafts" | "uploads"} Shelf */

const NAME = "sealwire";
const VERSION = 4;
/** @type {readonly Shelf[]} */
const SHELVES = Object.freeze(["keys", "seen", "unsent", "drafts", "uploads"]);
/** Where the self-test stands for a moment; no account has this id. */
const TEST = "self-test";

/**
 * @typedef {object} Database
 * @property {boolean} keepsKeys whether a key that was put here comes back after a reload
 * @property {(shelf: Shelf, account: string) => Promise<any>} get undefined if there is nothing
 * @property {(shelf: Shelf, account: string, change: (old: any) => any) => Promise<void>} change in one transaction; undefined
 *   takes it away
 */

/** Opens the database of this browser, or one in memory. @returns {Promise<Database>} */
export async function openDatabase() {
  try {
    const database = new Indexed(await open());
    await selfTest(database);
    return database;
  } catch {
    return new Memory();
  }
}

/** @implements {Database} */
export class Memory {
  keepsKeys = false;
  /** @type {Map<string, any>} */
  #values = new Map();

  /** @param {Shelf} shelf @param {string} account */
  async get(shelf, account) {
    return this.#values.get(`${shelf} ${account}`);
  }

  /** @param {Shelf} shelf @param {string} account @param {(old: any) => any} change */
  async change(shelf, account, change) {
    this.#values.set(`${shelf} ${account}`, change(this.#values.get(`${shelf} ${account}`)));
  }
}

/** @implements {Database} */
class Indexed {
  keepsKeys = true;
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @param {Shelf} shelf @param {string} account @returns {Promise<any>} */
  get(shelf, account) {
    return result(this.#database.transaction(shelf).objectStore(shelf).get(account));
  }

  /** @param {Shelf} shelf @param {string} account @param {(old: any) => any} change @returns {Promise<void>} */
  change(shelf, account, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(shelf, "readwrite");
      const store = transaction.objectStore(shelf);
      const read = store.get(account);
      read.onsuccess = () => {
        try {
          const value = change(read.result);
          if (value === undefined) store.delete(account);
          else store.put(value, account);
        } catch (error) {
          reject(error);
          transaction.abort();
        }
      };
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const { result: database } = request;
    for (const shelf of SHELVES) if (!database.objectStoreNames.contains(shelf)) database.createObjectStore(shelf);
  };
  // A page of a newer version does not wait for this one.
  request.addEventListener("success", () => (request.result.onversionchange = () => request.result.close()));
  return result(request);
}

/**
 * Puts a key in, takes it out and uses it; throws if any of that cannot be done.
 * @param {Database} database
 */
async function selfTest(database) {
  const key = await crypto.subtle.importKey("raw", crypto.getRandomValues(new Uint8Array(32)), "AES-CBC", false, ["encrypt"]);
  await database.change("keys", TEST, () => ({ key }));
  const back = await database.get("keys", TEST);
  await crypto.subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, back.key, new Uint8Array(1));
  await database.change("keys", TEST, () => undefined);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
