/**
 * Whose keys are whose: what a room's records are judged by beside its chain (docs/protocol.md §14.3).
 */
import { RoomError } from "./errors.js";
/** @typedef {import("../chain.js").Chain} Chain */
/** @typedef {import("../keyset.js").Keyset} Keyset */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */

/**
 * The keyset chains that were read and verified, by account. One that was taken up at its pinned head may lack the keyset
 * that signed a record: that is refused (`unknown_keys`), and judged again when the chain was read from its beginning.
 * @typedef {{ get(account: string): Chain | undefined }} Keysets
 */

/**
 * Which keys somebody who comes into a room must have: those of the chain head, as the server asks, and so whoever makes a
 * commit; or any of the chain, as receivers take it, since what they read may be older than the newest keys.
 * @typedef {"at_their_head" | "any_of_theirs"} Newcomers
 */

/** @param {string} account @param {string} fingerprint */
export function unknownKeys(account, fingerprint) {
  return new RoomError("unknown_keys", { keys: { account, fingerprint } });
}

/**
 * The keyset of an account with this fingerprint; throws a `RoomError` (`unknown_keys`).
 * @param {Keysets} keysets
 * @param {string} account
 * @param {string} fingerprint
 */
export function keysetOf(keysets, account, fingerprint) {
  const keyset = keysets.get(account)?.withFingerprint(fingerprint);
  if (keyset === undefined) throw unknownKeys(account, fingerprint);
  return keyset;
}

/**
 * How the later keys of an account came after the earlier ones, `null` if they did not; throws a `RoomError`
 * (`unknown_keys`).
 * @param {Keysets} keysets
 * @param {string} account
 * @param {string} earlier fingerprint
 * @param {string} later fingerprint
 */
export function changeBetween(keysets, account, earlier, later) {
  const chain = keysets.get(account);
  if (chain === undefined) throw unknownKeys(account, later);
  for (const fingerprint of [earlier, later]) {
    if (chain.withFingerprint(fingerprint) === undefined) throw unknownKeys(account, fingerprint);
  }
  return chain.changeBetween(earlier, later);
}

/**
 * The wrap key to which a member's secrets go: its own, signed by the keys in the list or by ones that rotations alone led from
 * there to; null where there is none, because its keys were reset or its account is gone. Throws a `RoomError` (`unknown_keys`).
 * @param {RoomRecord} record
 * @param {Keysets} keysets
 * @param {string} account
 * @param {import("../wrap_key.js").WrapKey | undefined} wrapKey the newest that is published
 */
export function wrapKeyFor(record, keysets, account, wrapKey) {
  if (wrapKey?.account !== account) return null;
  return isMemberWith(record, keysets, account, wrapKey.fingerprint) ? wrapKey : null;
}

/**
 * Whether an account is in a list with these keys, or with ones that rotations led from to them.
 * @param {RoomRecord} record
 * @param {Keysets} keysets
 * @param {string} account
 * @param {string} fingerprint
 */
export function isMemberWith(record, keysets, account, fingerprint) {
  return isOneWith(record.members.get(account), keysets, account, fingerprint);
}

/**
 * The same of what an account was after some commit.
 * @param {import("./room_record.js").Member | null | undefined} member
 * @param {Keysets} keysets
 * @param {string} account
 * @param {string} fingerprint
 */
export function isOneWith(member, keysets, account, fingerprint) {
  if (member === null || member === undefined) return false;
  return member.fingerprint === fingerprint || changeBetween(keysets, account, member.fingerprint, fingerprint) === "rotated";
}

/**
 * Checks that a member who signed something knows the same room; throws a `RoomError`: `fork`, or `older` where only a part of the
 * chain is known.
 * @param {import("./chain.js").RoomChain} chain
 * @param {string} commit the newest one that they know
 */
export function isInChain(chain, commit) {
  try {
    chain.history.position(commit);
  } catch (error) {
    throw error instanceof RoomError && error.cause === "unknown_commit" ? new RoomError("fork", { other: commit }) : error;
  }
}
