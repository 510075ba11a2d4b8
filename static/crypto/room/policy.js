/**
 * What a room is and what it allows (docs/protocol.md §14.7).
 */
import { join, u16 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
/** @typedef {import("../record.js").FieldReader} FieldReader */

/**
 * @typedef {"public" | "private" | "group" | "direct"} RoomKind its first commit says so for good; a group and a direct
 *   conversation have one channel
 * @typedef {"open" | "by_invitation"} JoinPolicy who may join
 * @typedef {"from_joining" | "shared"} HistoryPolicy what of the past a newcomer may read
 * @typedef {"any_member" | "owners_and_admins"} InvitePolicy who may invite
 * @typedef {{ kind: RoomKind, join: JoinPolicy, history: HistoryPolicy, invite: InvitePolicy, keepDays: number }} Policy
 *   keepDays: after how many days the room forgets, 0 for never
 */

/** @type {readonly (RoomKind | undefined)[]} by their byte */
export const ROOM_KINDS = Object.freeze([undefined, "public", "private", "group", "direct"]);
/** @type {readonly (JoinPolicy | undefined)[]} by their byte */
export const JOIN = Object.freeze([undefined, "open", "by_invitation"]);
/** @type {readonly (HistoryPolicy | undefined)[]} by their byte */
export const HISTORY = Object.freeze([undefined, "from_joining", "shared"]);
/** @type {readonly (InvitePolicy | undefined)[]} by their byte */
export const INVITE = Object.freeze([undefined, "any_member", "owners_and_admins"]);
/** After how many days a room may forget. */
export const KEEP_DAYS = Object.freeze([0, 1, 7, 30, 90]);

/**
 * What a room of this kind begins with where its founder says nothing else.
 * @param {RoomKind} kind
 * @returns {Policy}
 */
export function newPolicy(kind) {
  const isPublic = kind === "public";
  return {
    kind,
    join: isPublic ? "open" : "by_invitation",
    history: isPublic ? "shared" : "from_joining",
    invite: "any_member",
    keepDays: 0,
  };
}

/**
 * Reads a policy where it stands; throws an `OpenError` (`field`) for a value that this version does not have.
 * @param {FieldReader} record
 * @returns {Policy}
 */
export function readPolicy(record) {
  const kind = ROOM_KINDS[record.u8()];
  const join = JOIN[record.u8()];
  const history = HISTORY[record.u8()];
  const invite = INVITE[record.u8()];
  const keepDays = record.u16();
  const zero = record.u16();
  if (kind === undefined || join === undefined || history === undefined || invite === undefined) throw new OpenError("field");
  if (!KEEP_DAYS.includes(keepDays) || zero !== 0) throw new OpenError("field");
  return { kind, join, history, invite, keepDays };
}

/** The policy as it stands in a record; throws a `SealError` (`field`). @param {Policy} policy */
export function encodePolicy(policy) {
  if (!KEEP_DAYS.includes(policy.keepDays)) throw new SealError("field");
  const { kind, history, invite, keepDays } = policy;
  return join(ROOM_KINDS.indexOf(kind), JOIN.indexOf(policy.join), HISTORY.indexOf(history), INVITE.indexOf(invite), u16(keepDays), u16(0));
}
