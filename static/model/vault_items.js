/**
 * Items of the vault that the page uses: pins and preferences, opened, and kept up to date (docs/protocol.md §14.6).
 */
import { itemKey } from "./account.js";

/**
 * @typedef {import("./account.js").Account} Account
 * @typedef {import("./account.js").Refusal} Refusal
 * @typedef {import("./account.js").VaultEntry} VaultEntry
 * @typedef {import("./account.js").ItemName} ItemName
 */

/** Kinds that are read, by their byte: pins and preferences. */
const KINDS = Object.freeze([3, 5]);
const TRIES = 4;

/** The opened items of one account. */
export class VaultItems {
  #account;
  #holder;
  #refreshRoot;
  /** What was read, for this account. @type {{ account: string, revisions: Map<number, string>, entries: Map<string, VaultEntry> }} */
  #read = { account: "", revisions: new Map(), entries: new Map() };
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
  }

  /** Reads what is new. @returns {Promise<Refusal | null>} */
  refresh() {
    if (this.#reading !== null) {
      this.#readAgain = true;
      return this.#reading;
    }
    this.#reading = this.#readUntilQuiet().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /**
   * See `Account.change`.
   * @param {ItemName} name
   * @param {(content: Record<string, any> | null) => Record<string, unknown> | null} change
   * @returns {Promise<Refusal | null>}
   */
  async change(name, change) {
    if (this.#account.vault.peek() === null) {
      const failed = await this.refresh();
      if (failed !== null) return failed;
    }
    for (let tries = 0; tries < TRIES; tries++) {
      const old = this.#read.entries.get(itemKey(name));
      const content = change(old?.content ?? null);
      if (content === null) return null;
      const entry = { name, number: (old?.number ?? 0) + 1, content };
      const sealed = await (await this.#holder()).ask("seal_items", { entries: [entry] });
      if ("error" in sealed) return { code: sealed.error.code, message: "" };
      const answer = await this.#account.call("vault.put", {}, sealed.ok.tail);
      if ("ok" in answer) {
        this.#take([entry]);
        return null;
      }
      if (answer.error.code !== "vault_conflict") return answer.error;
      const failed = await this.refresh();
      if (failed !== null) return failed;
    }
    return { code: "vault_conflict", message: "" };
  }

  async #readUntilQuiet() {
    /** @type {Refusal | null} */
    let failed = null;
    do {
      this.#readAgain = false;
      this.#begin();
      for (const kind of KINDS) failed ??= await this.#readKind(kind);
      if (failed === null) this.#show();
    } while (this.#readAgain && failed === null);
    return failed;
  }

  /** Another account's items are nobody's business. */
  #begin() {
    const account = this.#account.account.peek();
    if (this.#read.account !== account || this.#account.vault.peek() === null) this.#read = { account, revisions: new Map(), entries: new Map() };
  }

  /** @param {number} kind @returns {Promise<Refusal | null>} */
  async #readKind(kind) {
    let freshRoot = false;
    for (;;) {
      const after = this.#read.revisions.get(kind);
      const answer = await this.#account.call("vault.items", after === undefined ? { kind } : { kind, after });
      if ("error" in answer) return answer.error;
      const given = await (await this.#holder()).ask("open_items", { tail: answer.tail });
      if ("error" in given) return this.#alarm(given.error.code);
      if (given.ok.skipped > 0 && !freshRoot) {
        // An item key that is not known here stands in a newer root.
        freshRoot = true;
        const failed = await this.#refreshRoot();
        if (failed !== null) return failed;
        continue;
      }
      if (given.ok.skipped > 0) this.#account.trouble.value = "vault_corrupt";
      this.#keep(given.ok.entries);
      this.#read.revisions.set(kind, String(answer.ok.revision));
      if (answer.ok.more !== true) return null;
    }
  }

  /** @param {string} code @returns {Refusal} */
  #alarm(code) {
    if (code === "vault_corrupt" || code === "vault_rolled_back") this.#account.trouble.value = code;
    return { code, message: "" };
  }

  /** @param {VaultEntry[]} entries */
  #take(entries) {
    this.#keep(entries);
    this.#show();
  }

  /** @param {VaultEntry[]} entries */
  #keep(entries) {
    for (const entry of entries) this.#read.entries.set(itemKey(entry.name), entry);
  }

  #show() {
    if (this.#read.account === this.#account.account.peek()) this.#account.vault.value = new Map(this.#read.entries);
  }
}
