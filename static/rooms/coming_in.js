/**
 * Coming into a room by a commit of one's own: with an invitation, or without one where everybody may (docs/protocol.md §14.8).
 */
import { signRequest } from "../crypto/room/request.js";
import { Refused } from "../keys/failure.js";
import { ChainKeeper } from "./chain_keeper.js";
import { Committing } from "./committing.js";
import { comeIn } from "./plans.js";
import { Secrets } from "./secrets.js";
/** @typedef {import("../crypto/room/invitation.js").Invitation} Invitation */
/** @typedef {import("./session.js").Session} Session */

/**
 * Comes in. Throws `Refused` (`keys_reset`), a `RoomError` where the chain does not let in, or what a commit throws.
 * @param {Session} session
 * @param {string} room
 * @param {Invitation | null} invitation
 */
export async function join(session, room, invitation) {
  const { account, own } = session;
  const { fingerprint } = own.head;
  const keys = await own.signing(fingerprint);
  if (keys === null) throw new Refused("keys_reset");
  await session.keysets.read(account);
  const keeper = new ChainKeeper(session, room);
  await keeper.catchUp();
  if (invitation !== null) await keeper.judge(({ history }) => history.position(invitation.commit));
  const { members } = keeper.verified.head.record;
  if (members.get(account)?.fingerprint === fingerprint) return;
  const of = /** @type {const} */ ({ room, action: "join", account, commit: keeper.verified.head.hash, madeAt: session.now(), invitation });
  const request = await signRequest(keys, of);
  await session.page.call("rooms.request", {}, request.bytes);
  const committing = new Committing(session, room, keeper, new Secrets(session, room, keeper));
  await committing.commit(comeIn(account, fingerprint), request);
  await keeper.keep();
}
