/**
 * An open vault: its keys sign, seal and open here, and leave only sealed (docs/protocol.md §14.4 to §14.6).
 */
import { fromBase64 } from "../wire/base64.js";
import { fromHex, toHex } from "../wire/bytes.js";
import { OpenError } from "../crypto/errors.js";
import { prove } from "../crypto/proof.js";
import { encodeList, parseList } from "../crypto/record_list.js";
import { WrapPrivateKey } from "../crypto/rsa.js";
import { SigningKeys } from "../crypto/signature.js";
import { mergeContent } from "../crypto/vault_content.js";
import { openItem, parseItem, sealItem } from "../crypto/vault_item.js";
import { seenKey } from "../crypto/vault_items.js";
import { parseRoot } from "../crypto/vault_root.js";
import { readWrapKey, signWrapKey } from "../crypto/wrap_key.js";
import { Refused, orElse } from "./failure.js";
import { rotation, withNextWrap } from "./rotation.js";

/**
 * @typedef {import("../crypto/keyset.js").Keyset} Keyset
 * @typedef {import("../crypto/vault_root.js").OpenedRoot} OpenedRoot
 * @typedef {import("../crypto/vault_content.js").RootContent} RootContent
 * @typedef {import("./requests.js").Entry} Entry
 * @typedef {import("./requests.js").Span} Span
 * @typedef {{ root: OpenedRoot, record: Uint8Array | null }} Change the root to come, and the wrap key that goes with it
 */

/** A wrap key is replaced at the first sign-in after this long. */
export const WRAP_AGE_MS = 7 * 86_400_000;
/** How far clocks may be apart where it is asked which wrap key was the newest at a time, in milliseconds. */
const CLOCKS_APART_MS = 600_000;
/** Items of one `vault.items`: 1 MiB of records with the shortest possible ones is fewer. */
const MOST_ITEMS = 16_384;

/** The keys of one account. */
export class Opened {
  #head;
  #root;
  #signing;
  /** @type {Change | null} */
  #change = null;
  /** Keys that were made of the root's bytes, by their entry: one is used for many records. @type {WeakMap<object, Promise<any>>} */
  #made = new WeakMap();

  /** @param {Keyset} head @param {OpenedRoot} root @param {SigningKeys} signing */
  constructor(head, root, signing) {
    this.#head = head;
    this.#root = root;
    this.#signing = signing;
  }

  /**
   * Takes a vault that was opened: the newest identity must be the one at the chain's head. Throws `Refused` (`vault_corrupt`).
   * @param {Keyset} head
   * @param {OpenedRoot} root
   */
  static async take(head, root) {
    const newest = root.content.identity[root.content.identity.length - 1];
    const signing = await orElse("vault_corrupt", () => SigningKeys.fromBytes(fromBase64(newest.pss), fromHex(newest.dsa, 32)));
    const own = signing.verifying;
    const same = newest.number === String(head.number) && toHex(await own.fingerprint()) === head.fingerprint;
    if (!same) throw new Refused("vault_corrupt");
    return new Opened(head, root, signing);
  }

  get account() {
    return this.#head.account;
  }

  get head() {
    return this.#head;
  }

  get root() {
    return this.#root;
  }

  /** Number of the newest wrap key in the vault. */
  get wrap() {
    return Number(newestWrap(this.#root.content).number);
  }

  /**
   * The identity keys with this fingerprint: after a rotation the old ones sign in each room until its list has the new ones.
   * Null if the vault has none.
   * @param {string} fingerprint
   * @returns {Promise<SigningKeys | null>}
   */
  async signing(fingerprint) {
    if (fingerprint === this.#head.fingerprint) return this.#signing;
    for (const entry of this.#root.content.identity) {
      const keys = await this.#once(entry, () => SigningKeys.fromBytes(fromBase64(entry.pss), fromHex(entry.dsa, 32)));
      if (toHex(await keys.verifying.fingerprint()) === fingerprint) return keys;
    }
    return null;
  }

  /** The private half of a wrap key; null if the vault has it no more. @param {number} number @returns {Promise<WrapPrivateKey | null>} */
  async wrapKey(number) {
    const entry = this.#root.content.wraps.find((each) => each.number === String(number));
    return entry === undefined ? null : this.#once(entry, () => WrapPrivateKey.fromPkcs8(fromBase64(entry.key)));
  }

  /** @param {{ session: string, challenge: string, server: string, now: number }} of */
  prove({ session, challenge, server, now }) {
    return prove(this.#signing, { account: this.account, session, challenge, server, madeAt: now });
  }

  /**
   * Compares the vault with the published wrap key; throws `Refused`. Gives its number and whether it is to be replaced.
   * @param {Uint8Array} wraps record list
   * @param {number} seen
   * @param {number} now
   */
  async checkWrap(wraps, seen, now) {
    const [record] = await orElse("vault_corrupt", async () => parseList(wraps, 1));
    if (record === undefined) throw new Refused("vault_corrupt");
    let published;
    try {
      published = await readWrapKey(record, this.#head, seen);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      throw new Refused(error.cause === "older" ? "vault_rolled_back" : "vault_corrupt");
    }
    if (this.wrap < published.number) throw new Refused("vault_rolled_back");
    return { number: published.number, due: this.wrap === published.number && now - published.madeAt >= WRAP_AGE_MS };
  }

  /**
   * Makes the next wrap key. The old private halves stay in the vault: that every share to them was opened, on every device, cannot
   * be seen from here.
   * @param {WrapPrivateKey} key
   * @param {number} now
   */
  async replaceWrap(key, now) {
    const { number, content, lock } = this.#root;
    const { number: next, wraps } = await withNextWrap(content, key, now);
    const record = await signWrapKey(this.#signing, { account: this.account, number: next, madeAt: now, key: key.publicKey });
    this.#change = { root: { number: number + 1, content: { ...content, wraps }, lock }, record };
    return this.#changeTail(this.#change);
  }

  /**
   * A root without the private halves that may open what was sealed within these spans; `tail` is null where there is none,
   * or where the newest one is among them: then a newer one comes first (docs/protocol.md §14.16).
   * @param {readonly Span[]} spans
   * @returns {Promise<{ tail: Uint8Array | null, newest: boolean }>}
   */
  async withoutWraps(spans) {
    const { number, content, lock } = this.#root;
    const wraps = content.wraps.filter((entry) => !mayOpen(entry, spans));
    const newest = wraps.at(-1) !== newestWrap(content);
    if (newest || wraps.length === content.wraps.length) return { tail: null, newest };
    const next = { number: number + 1, content: { ...content, wraps }, lock };
    this.#change = { root: next, record: null };
    return { tail: await lock.seal(next.number, next.content), newest: false };
  }

  /** New keys as `keys.rotate` takes them. Nothing changes here: once the server has them the vault is opened anew. @param {import("./draft.js").NewKeys} keys @param {number} now */
  rotate(keys, now) {
    return rotation({ head: this.#head, signing: this.#signing, root: this.#root }, keys, now);
  }

  /**
   * Brings what is under way upon a newer root, which another device has put there. Null if that one has a wrap key of the same
   * number: the other device was first.
   * @param {Uint8Array} bytes
   */
  async rebase(bytes) {
    const theirs = await orElse("stale_root", async () => this.#root.lock.open(parseRoot(bytes)));
    if (theirs.number < this.#root.number) throw new Refused("vault_rolled_back");
    const change = this.#change;
    const base = this.#root.content;
    this.#root = theirs;
    this.#change = null;
    if (change === null || Number(newestWrap(theirs.content).number) >= Number(newestWrap(change.root.content).number)) return null;
    const content = mergeContent(base, change.root.content, theirs.content);
    this.#change = { root: { number: theirs.number + 1, content, lock: theirs.lock }, record: change.record };
    return this.#changeTail(this.#change);
  }

  /** The server took the change. */
  commit() {
    if (this.#change !== null) this.#root = this.#change.root;
    this.#change = null;
  }

  /**
   * Opens items, and names those that do not open or are older than what was seen; an empty key stands for what has no name that can
   * be read.
   * @param {Uint8Array} tail record list
   * @param {(key: string) => number} seen the highest number that was seen of an item
   */
  async openItems(tail, seen) {
    /** @type {Entry[]} */
    const entries = [];
    /** @type {import("./requests.js").BadItem[]} */
    const bad = [];
    for (const record of await orElse("vault_corrupt", async () => parseList(tail, MOST_ITEMS))) {
      const item = this.#ownItem(record);
      const key = item === null ? "" : seenKey(item.name);
      const number = item?.number ?? 0;
      const content = item === null ? "vault_corrupt" : number < seen(key) ? "vault_rolled_back" : await this.#openItem(item);
      if (item === null || typeof content === "string") bad.push({ key, number: Math.max(number, seen(key)), fault: /** @type {any} */ (content) });
      else entries.push({ name: item.name, number, content, ...(item.forgetAt === null ? {} : { forgetAt: item.forgetAt }) });
    }
    return { entries, bad };
  }

  /** @param {Uint8Array} record */
  #ownItem(record) {
    try {
      const item = parseItem(record);
      return item.account === this.account ? item : null;
    } catch (error) {
      if (error instanceof OpenError) return null;
      throw error;
    }
  }

  /** @param {import("../crypto/vault_item.js").VaultItem} item */
  async #openItem(item) {
    const key = this.#root.content.item_keys.find(({ id }) => id === item.itemKey);
    if (key === undefined) return "other_key";
    try {
      return await openItem(item, key);
    } catch (error) {
      if (error instanceof OpenError) return "vault_corrupt";
      throw error;
    }
  }

  /** Seals items under the newest item key. @param {Entry[]} entries */
  async sealItems(entries) {
    const keys = this.#root.content.item_keys;
    const key = keys[keys.length - 1];
    const records = [];
    for (const { name, number, content, forgetAt = null } of entries) {
      records.push(await sealItem(key, { account: this.account, name, number, forgetAt }, content));
    }
    return encodeList(records);
  }

  /** @template T @param {object} entry of the root @param {() => Promise<T>} make @returns {Promise<T>} */
  #once(entry, make) {
    const made = this.#made.get(entry) ?? make();
    this.#made.set(entry, made);
    return made;
  }

  /** @param {Change} change */
  async #changeTail({ root, record }) {
    const sealed = await root.lock.seal(root.number, root.content);
    return encodeList(record === null ? [sealed] : [record, sealed]);
  }
}

/**
 * Whether a wrap key was the newest at any time within one of these spans, as far as clocks agree. One that does not say when it was
 * published is older than all of them.
 * @param {RootContent["wraps"][0]} entry
 * @param {readonly Span[]} spans
 */
function mayOpen({ made_at = "0", superseded_at }, spans) {
  const made = Number(made_at);
  const until = superseded_at === null ? Infinity : Number(superseded_at);
  return spans.some((span) => made < span.to + CLOCKS_APART_MS && until > span.from - CLOCKS_APART_MS);
}

/** @param {RootContent} content */
function newestWrap(content) {
  return content.wraps[content.wraps.length - 1];
}
