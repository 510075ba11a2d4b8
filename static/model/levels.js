/**
 * How much of a channel asks for its reader's attention: a preference of the vault, so that all devices have the same
 * (docs/protocol.md §14.6).
 */
import { toBase64 } from "../wire/base64.js";
import { fromHex } from "../wire/bytes.js";
import { itemKey } from "./account.js";

/**
 * @typedef {import("./account.js").Account} Account
 * @typedef {"all" | "mentions" | "none"} Level what asks: every message, those that mention the reader, or nothing
 */

/** Bytes of a channel's id. */
const ID_BYTES = 16;
/** @type {readonly Level[]} */
export const LEVELS = Object.freeze(/** @type {Level[]} */ (["all", "mentions", "none"]));

/** The vault's item with a channel's level. @param {string} channel @returns {import("./account.js").ItemName} */
export function levelItem(channel) {
  return { kind: "preference", name: `notify:${toBase64(fromHex(channel, ID_BYTES))}` };
}

/** How many of the unread messages ask for attention. @param {{ unread: number, mentioned?: number }} counted @param {Level} level */
export function asking({ unread, mentioned = 0 }, level) {
  if (level === "none") return 0;
  return level === "all" ? unread : mentioned;
}

/** The levels of all channels. */
export class Levels {
  #account;

  /** @param {Pick<Account, "vault" | "change">} account */
  constructor(account) {
    this.#account = account;
  }

  /** Whether they are known, and may be changed. */
  get isRead() {
    return this.#account.vault.value !== null;
  }

  /** Of a channel of which nothing was chosen, or something that only a newer version knows, everything asks. @param {string} channel @returns {Level} */
  of(channel) {
    const chosen = this.#account.vault.value?.get(itemKey(levelItem(channel)))?.content.level;
    return LEVELS.find((each) => each === chosen) ?? "all";
  }

  /** @param {string} channel @param {Level} level @returns {Promise<import("./account.js").Refusal | null>} why not, or null */
  choose(channel, level) {
    return this.#account.change(levelItem(channel), (content) => ({ ...content, level }));
  }
}
