/**
 * Leaving a room: a signed request, which another member's commit carries out (docs/protocol.md §14.8).
 */
import { signRequest } from "../crypto/room/request.js";
import { Refused } from "../keys/failure.js";
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./session.js").Session} Session */

/** Asks to leave; from then on the server delivers nothing more. Throws `Refused`, or a `ServerRefusal`. @param {Session} session @param {ChainKeeper} keeper */
export async function leave(session, keeper) {
  await keeper.catchUp();
  const { account } = session;
  const { head, room } = keeper.verified;
  const own = head.record.members.get(account);
  if (own === undefined) return;
  const keys = await session.own.signing(own.fingerprint);
  if (keys === null) throw new Refused("keys_reset");
  const request = await signRequest(keys, { room, action: "leave", account, commit: head.hash, madeAt: session.now(), invitation: null });
  await session.page.call("rooms.request", {}, request.bytes);
}
