/**
 * How the account comes to be in a conversation: it makes one, joins one that is open, or answers an invitation.
 */
import { channelIdOf } from "../wire/ids.js";
import { join } from "./coming_in.js";
import { failureOf } from "./failure.js";
import { found } from "./founding.js";
import { unlessEnded } from "./page.js";
import { partner } from "./plans.js";
/** @typedef {import("./engine.js").Engine} Engine */
/** @typedef {import("./requests.js").RoomRequests} RoomRequests */
/** @typedef {{ room: string, channel: string }} Place a room and its main channel */

/** Makes a conversation, or gives the direct one that is there already. @param {Engine} engine @param {RoomRequests["conversation_create"]["takes"]} takes @returns {Promise<Place>} */
export async function create(engine, takes) {
  const { kind, accounts, name, topic = "" } = takes;
  const there = kind === "direct" ? directWith(engine, accounts[0]) : null;
  if (there !== null) return placeOf(there);
  const room = await found(engine.session, takes).catch((error) => taken(engine, error, accounts[0]));
  await engine.add(room, false);
  const isSealed = kind === "group" || kind === "private";
  if (isSealed && (name !== "" || topic !== "")) await engine.conversation(room).state.change((content) => ({ ...content, name, topic }));
  if (kind === "private" || kind === "public") await inviteAll(engine, room, accounts);
  return placeOf(room);
}

/** Joins an open public room. @param {Engine} engine @param {string} room @returns {Promise<Place>} */
export async function enter(engine, room) {
  if (!engine.conversations.has(room)) {
    await join(engine.session, room, null);
    await engine.add(room, false);
  }
  return placeOf(room);
}

/** @param {Engine} engine @param {RoomRequests["conversation_answer"]["takes"]} takes @returns {Promise<Place>} */
export async function answerInvitation(engine, { invitation, accept }) {
  const { room } = await engine.invitations.answer(invitation, accept);
  if (accept) await engine.add(room, false);
  return placeOf(room);
}

/** @param {string} room @returns {Promise<Place>} */
async function placeOf(room) {
  return { room, channel: await channelIdOf(room) };
}

/** Who cannot be invited now is invited later, by hand. @param {Engine} engine @param {string} room @param {readonly string[]} accounts */
async function inviteAll(engine, room, accounts) {
  const { keeper, face } = engine.conversation(room);
  for (const account of accounts) await engine.invitations.invite(keeper, account, face.name).catch(unlessEnded);
}

/** A direct conversation that another device or member has begun. @param {Engine} engine @param {unknown} error @param {string} account @returns {Promise<string>} */
async function taken(engine, error, account) {
  if (failureOf(error) !== "room_taken") throw error;
  await engine.readNewRooms();
  const there = directWith(engine, account);
  if (there === null) throw error;
  return there;
}

/** The direct conversation with somebody in which neither has begun anew with other keys since. @param {Engine} engine @param {string} account */
function directWith({ session, conversations }, account) {
  const { account: own, keysets } = session;
  for (const { room, keeper } of conversations.values()) {
    const record = keeper.chain?.head.record;
    if (record?.policy.kind !== "direct" || partner(record, own) !== account) continue;
    if (![...record.members].some(([one, { fingerprint }]) => keysets.isReset(one, fingerprint))) return room;
  }
  return null;
}
