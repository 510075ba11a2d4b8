/**
 * What a browser keeps for an account: the vault key, which nobody can read out, and the numbers that it saw, so that older
 * data are noticed (docs/protocol.md §14.6). Signing out takes the key away and leaves the numbers, which are no secret.
 */

/**
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("../crypto/vault_root.js").HeldVaultKey} HeldVaultKey
 *
 * The highest numbers that were seen, 0 for none; `head` is the hash of keyset `chain`; `items` by kind and name.
 * @typedef {{ root: number, wrap: number, chain: number, head: string, items: Record<string, number> }} Seen
 */

/** @type {Readonly<Seen>} */
const NOTHING = Object.freeze({ root: 0, wrap: 0, chain: 0, head: "", items: Object.freeze({}) });

/** One browser's memory. */
export class Kept {
  #database;

  /** @param {Database} database */
  constructor(database) {
    this.#database = database;
  }

  /** Whether a vault key is still here after a reload. */
  get keepsKeys() {
    return this.#database.keepsKeys;
  }

  /** @param {string} account @returns {Promise<HeldVaultKey | null>} */
  async key(account) {
    return (await this.#database.get("keys", account)) ?? null;
  }

  /** @param {HeldVaultKey} held */
  keep(held) {
    return this.#database.change("keys", held.account, () => held);
  }

  /** @param {string} account */
  forget(account) {
    return this.#database.change("keys", account, () => undefined);
  }

  /** @param {string} account @returns {Promise<Seen>} */
  async seen(account) {
    return (await this.#database.get("seen", account)) ?? NOTHING;
  }

  /** The account began anew, with an empty vault. @param {string} account */
  forgetItems(account) {
    return this.#database.change("seen", account, (/** @type {Seen | undefined} */ old) => old && { ...old, items: {} });
  }

  /** Remembers what is newer than before; another tab may do the same meanwhile. @param {string} account @param {Partial<Seen>} now */
  see(account, now) {
    return this.#database.change("seen", account, (/** @type {Seen | undefined} */ old) => newer(old ?? NOTHING, now));
  }
}

/**
 * @param {Seen} old
 * @param {Partial<Seen>} now
 * @returns {Seen}
 */
function newer(old, now) {
  const chain = now.chain !== undefined && now.head !== undefined && now.chain > old.chain ? { chain: now.chain, head: now.head } : { chain: old.chain, head: old.head };
  const items = { ...old.items };
  for (const [key, number] of Object.entries(now.items ?? {})) items[key] = Math.max(items[key] ?? 0, number);
  return { root: Math.max(old.root, now.root ?? 0), wrap: Math.max(old.wrap, now.wrap ?? 0), ...chain, items };
}
