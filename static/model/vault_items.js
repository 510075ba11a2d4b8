/**
 * Items of the vault that the page uses: pins and preferences, opened, and kept up to date (docs/protocol.md §14.6).
 */
import { Items, kindOf } from "../crypto/vault_items.js";
import { itemKey } from "./account.js";

/**
 * @typedef {import("./account.js").Account} Account
 * @typedef {import("./account.js").Refusal} Refusal
 * @typedef {import("./account.js").ItemName} ItemName
 */

/** Kinds that are read, by their byte: pins and preferences. */
const KINDS = Object.freeze([3, 5]);
const TRIES = 4;

/** Why items cannot be read or written. */
class Failed extends Error {
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/** The opened items of one account. */
export class VaultItems {
  #account;
  #holder;
  #refreshRoot;
  /** What was read, and of which account. */
  #read;
  /** @type {Promise<Refusal | null> | null} */
  #reading = null;
  #readAgain = false;

  /**
   * @param {Account} account
   * @param {() => Promise<import("../sync/keyholder.js").Keyholder>} holder
   * @param {() => Promise<Refusal | null>} refreshRoot
   */
  constructor(account, holder, refreshRoot) {
    this.#account = account;
    this.#holder = holder;
    this.#refreshRoot = refreshRoot;
    this.#read = { account: "", items: this.#none() };
  }

  /** Reads what is new. @returns {Promise<Refusal | null>} */
  refresh() {
    if (this.#reading !== null) {
      this.#readAgain = true;
      return this.#reading;
    }
    this.#reading = refusalOf(() => this.#readUntilQuiet()).finally(() => (this.#reading = null));
    return this.#reading;
  }

  /**
   * See `Account.change`.
   * @param {ItemName} name
   * @param {(content: Record<string, any> | null) => Record<string, unknown> | null} change
   * @param {boolean} [decided]
   * @returns {Promise<Refusal | null>}
   */
  async change(name, change, decided) {
    if (this.#account.vault.peek() === null) {
      const failed = await this.refresh();
      if (failed !== null) return failed;
    }
    for (let tries = 0; tries < TRIES; tries++) {
      const failed = await refusalOf(() => this.#put(name, change, decided));
      if (failed?.code !== "vault_conflict") return failed;
      const unread = await this.refresh();
      if (unread !== null) return unread;
    }
    return { code: "vault_conflict", message: "" };
  }

  /**
   * @param {ItemName} name
   * @param {(content: Record<string, any> | null) => Record<string, unknown> | null} change
   * @param {boolean} [decided]
   */
  async #put(name, change, decided) {
    const { items } = this.#read;
    const content = change(items.get(name)?.content ?? null);
    if (content === null) return;
    const number = items.nextNumber(name, decided);
    if (number === null) throw new Failed({ code: items.fault(name) ?? "vault_corrupt", message: "" });
    const entry = { name, number, content };
    const { tail } = await this.#ask("seal_items", { entries: [entry] });
    await this.#call("vault.put", {}, tail);
    items.put(entry);
    this.#show();
  }

  async #readUntilQuiet() {
    do {
      this.#readAgain = false;
      this.#begin();
      for (const kind of KINDS) await this.#read.items.read(kind);
      this.#show();
    } while (this.#readAgain);
    const { trouble } = this.#read.items;
    if (trouble !== null) this.#account.trouble.value = trouble;
  }

  /** Another account's items are nobody's business. */
  #begin() {
    const account = this.#account.account.peek();
    if (this.#read.account !== account || this.#account.vault.peek() === null) this.#read = { account, items: this.#none() };
  }

  #none() {
    return new Items("page", {
      page: (fields) => this.#call("vault.items", fields),
      begin: (takes) => this.#ask("begin_items", takes),
      open: (takes) => this.#ask("open_items", takes),
      renew: async () => {
        const failed = await this.#refreshRoot();
        if (failed !== null) throw new Failed(failed);
      },
    });
  }

  /** @param {string} command @param {Record<string, unknown>} fields @param {Uint8Array} [tail] */
  async #call(command, fields, tail) {
    const answer = await this.#account.call(command, fields, tail);
    if ("error" in answer) throw new Failed(answer.error);
    return answer;
  }

  /**
   * @template {keyof import("../keys/requests.js").Requests} K
   * @param {K} ask
   * @param {import("../keys/requests.js").Requests[K]["takes"]} takes
   * @returns {Promise<import("../keys/requests.js").Requests[K]["gives"]>}
   */
  async #ask(ask, takes) {
    const given = await (await this.#holder()).ask(ask, /** @type {any} */ (takes));
    if ("ok" in given) return /** @type {any} */ (given.ok);
    const { code } = given.error;
    if (code === "vault_corrupt" || code === "vault_rolled_back") this.#account.trouble.value = code;
    throw new Failed({ code, message: "" });
  }

  #show() {
    const { account, items } = this.#read;
    if (account !== this.#account.account.peek()) return;
    this.#account.vault.value = new Map(items.entries.map((entry) => [itemKey(entry.name), entry]));
    this.#account.lostPins.value = new Set(items.wrong.filter((key) => key !== "" && kindOf(key) === "pin").map(accountOf));
  }
}

/** The account in a pin's name. @param {string} key as `seenKey` writes it @returns {string} */
function accountOf(key) {
  return JSON.parse(key)[1];
}

/** @param {() => Promise<void>} run @returns {Promise<Refusal | null>} */
async function refusalOf(run) {
  try {
    await run();
    return null;
  } catch (error) {
    if (error instanceof Failed) return error.refusal;
    throw error;
  }
}
