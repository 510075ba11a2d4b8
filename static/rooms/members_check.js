/**
 * Whether something may go to the members of a room: to nobody whose keys were swapped, differ, or were verified and reset, before the
 * user has looked at them (docs/protocol.md §14.3).
 */
import { Refused } from "../keys/failure.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/room_record.js").RoomRecord} RoomRecord */
/** @typedef {import("./session.js").Session} Session */

/** The first member to whose keys nothing goes, by what is known; null if there is none. @param {Session} session @param {RoomRecord} record */
export function haltedBy({ account: own, keysets }, { policy, members }) {
  const isDirect = policy.kind === "direct";
  for (const [account, { fingerprint }] of members) if (account !== own && keysets.halts(account, isDirect ? null : fingerprint)) return account;
  return null;
}

/**
 * Reads the keys that matter, if this connection has not, and throws `Refused` (`keys_changed`) where something halts; a `ServerRefusal`
 * where the server was not reached.
 * @param {Session} session
 * @param {RoomRecord} record
 */
export async function checkMembers(session, record) {
  const { account: own, keysets } = session;
  const isDirect = record.policy.kind === "direct";
  for (const account of record.members.keys()) {
    if (account !== own && (isDirect || keysets.isVerified(account))) await keysets.fresh(account).catch(unlessCut);
  }
  if (haltedBy(session, record) !== null) throw new Refused("keys_changed");
}

/** What does not hold is an alarm by now, and who has no keys any more gets no share. @param {unknown} error */
function unlessCut(error) {
  if (error instanceof Refused || (error instanceof ServerRefusal && error.code === "no_such_account")) return;
  throw error;
}
