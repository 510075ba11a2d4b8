/**
 * The room record: policy, members and banned accounts after a commit, as all members agree on them. It is computed, and
 * never sent on its own authority (docs/protocol.md §14.7).
 */
import { fromHex, join, toHex, u32 } from "../../wire/bytes.js";
import { OpenError } from "../errors.js";
import { FieldReader, HASH_BYTES, ID_BYTES, label, sha256 } from "../record.js";
import { encodePolicy, readPolicy } from "./policy.js";
/** @typedef {import("./policy.js").Policy} Policy */

/**
 * @typedef {"owner" | "admin" | "member" | "muted"} Role
 * @typedef {{ fingerprint: string, role: Role }} Member with the keys that the room knows of this account
 * @typedef {{ policy: Policy, members: ReadonlyMap<string, Member>, banned: ReadonlySet<string> }} RoomRecord by account
 */

/** @type {readonly (Role | undefined)[]} by their byte */
export const ROLES = Object.freeze([undefined, "owner", "admin", "member", "muted"]);
/** Most members of a room, and most accounts that one may ban. */
export const MOST = Object.freeze({ members: 1_000, banned: 1_000 });

const LABEL = label("sealwire/v1/members");
/** Owner > admin > member = muted member. */
const RANK = Object.freeze({ owner: 2, admin: 1, member: 0, muted: 0 });

/** Whether a role is below another one; nobody has power over an equal. @param {Role} role @param {Role} other */
export function isBelow(role, other) {
  return RANK[role] < RANK[other];
}

/** Whether it is an owner's or an admin's. @param {Role | null} role */
export function isOverMembers(role) {
  return role === "owner" || role === "admin";
}

/** The accounts in a room, ascending: the order of a commit's shares. @param {RoomRecord} record */
export function accountsIn(record) {
  return [...record.members.keys()].sort();
}

/** Whether anybody in a room has this role. @param {RoomRecord} record @param {Role} role */
export function hasRole(record, role) {
  return [...record.members.values()].some((member) => member.role === role);
}

/** The record as it is hashed, and as a vault keeps it. @param {RoomRecord} record */
export function encodeRoomRecord(record) {
  const { policy, members, banned } = record;
  const parts = accountsIn(record).flatMap((account) => {
    const { fingerprint, role } = /** @type {Member} */ (members.get(account));
    return [fromHex(account, ID_BYTES), fromHex(fingerprint, HASH_BYTES), ROLES.indexOf(role)];
  });
  const out = [...banned].sort().map((account) => fromHex(account, ID_BYTES));
  return join(encodePolicy(policy), u32(members.size), ...parts, u32(banned.size), ...out);
}

/** What a commit says that it results in. @param {string} room @param {RoomRecord} record */
export async function membersHash(room, record) {
  return toHex(await sha256(LABEL, fromHex(room, ID_BYTES), encodeRoomRecord(record)));
}

/**
 * Reads a record that was kept; throws an `OpenError`. Nobody is in it twice, or both a member and banned.
 * @param {Uint8Array} bytes
 * @returns {RoomRecord}
 */
export function parseRoomRecord(bytes) {
  const record = new FieldReader(bytes);
  const policy = readPolicy(record);
  /** @type {Map<string, Member>} */
  const members = new Map();
  let last = "";
  for (let left = count(record, 1, MOST.members); left > 0; left--) {
    const account = record.id();
    const fingerprint = record.hash();
    const role = ROLES[record.u8()];
    if (role === undefined || account <= last) throw new OpenError("field");
    members.set(account, { fingerprint, role });
    last = account;
  }
  /** @type {Set<string>} */
  const banned = new Set();
  last = "";
  for (let left = count(record, 0, MOST.banned); left > 0; left--) {
    const account = record.id();
    if (account <= last || members.has(account)) throw new OpenError("field");
    banned.add(account);
    last = account;
  }
  record.finish();
  return { policy, members, banned };
}

/** @param {FieldReader} record @param {number} least @param {number} most */
function count(record, least, most) {
  const number = record.u32();
  if (number < least || number > most) throw new OpenError("field");
  return number;
}
