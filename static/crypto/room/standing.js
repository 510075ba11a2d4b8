/**
 * What a request is judged by: how a room stands where a commit takes requests in.
 */
import { keysetOf, unknownKeys } from "./keys.js";
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./keys.js").Newcomers} Newcomers */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */

/**
 * Who is in the room before the commit and what it allows, its commits before this one, and when this one was made.
 * @typedef {{ room: string, record: RoomRecord, history: History, keysets: Keysets, newcomers: Newcomers, madeAt: number }} Standing
 */

/**
 * The keys that somebody comes in with, `null` if they may not be these; throws a `RoomError` (`unknown_keys`).
 * @param {Pick<Standing, "keysets" | "newcomers">} standing
 * @param {string} account
 * @param {string} fingerprint
 */
export function newcomer({ keysets, newcomers }, account, fingerprint) {
  if (newcomers === "any_of_theirs") return keysetOf(keysets, account, fingerprint);
  const chain = keysets.get(account);
  if (chain === undefined) throw unknownKeys(account, fingerprint);
  return chain.head.fingerprint === fingerprint ? chain.head : null;
}
