/**
 * What the changes of a commit make of a room record, whoever made them.
 */
import { accountOf } from "./change.js";
/** @typedef {import("./change.js").Change} Change */
/** @typedef {import("./commit.js").CommitBody} CommitBody */
/** @typedef {import("./history.js").AccountEvent} AccountEvent */
/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {import("./room_record.js").Member} Member */
/** @typedef {import("./room_record.js").Role} Role */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */

/** @typedef {{ policy: Policy, members: Map<string, Member>, banned: Set<string> }} Draft a room record that changes */

/**
 * The record that changes are applied to, a copy of the one before or a founded one; `null` for a first commit that makes no
 * room.
 * @param {CommitBody} body
 * @param {RoomRecord | undefined} before
 * @returns {Draft | null}
 */
export function begin({ author, fingerprint, changes }, before) {
  if (before !== undefined) return copyOf(before);
  const [founded] = changes;
  if (founded?.kind !== "founded") return null;
  return { policy: founded.policy, members: new Map([[author, { fingerprint, role: "owner" }]]), banned: new Set() };
}

/** A record that changes without the one it was. @param {RoomRecord} record @returns {Draft} */
export function copyOf({ policy, members, banned }) {
  return { policy, members: new Map(members), banned: new Set(banned) };
}

/** Applies one change. @param {Change} change @param {Draft} record */
export function apply(change, record) {
  const { members, banned } = record;
  switch (change.kind) {
    case "founded":
      break;
    case "placed":
      members.set(change.account, { fingerprint: change.fingerprint, role: placedRole(record.policy) });
      break;
    case "joined":
      members.set(change.request.account, { fingerprint: change.request.fingerprint, role: "member" });
      break;
    case "left":
      members.delete(change.request.account);
      break;
    case "removed":
      members.delete(change.account);
      if (change.banned) banned.add(change.account);
      break;
    case "role":
      alter(members, change.account, { role: change.role });
      break;
    case "policy":
      record.policy = change.policy;
      break;
    case "rekeyed":
      alter(members, change.keyset.account, { fingerprint: change.keyset.fingerprint });
      break;
    case "unbanned":
      banned.delete(change.account);
      break;
  }
}

/**
 * Goes on with a commit whose hash is known to be good, and changes the record that was there before; `null` if it is none of
 * this chain.
 * @param {CommitBody} body
 * @param {Draft | undefined} before
 * @returns {Draft | null}
 */
export function replay(body, before) {
  const record = before ?? begin(body, undefined);
  if (record !== null) for (const change of body.changes) apply(change, record);
  return record;
}

/** What a commit does to accounts, in its order. @param {CommitBody} body @returns {AccountEvent[]} */
export function eventsOf({ author, changes }) {
  /** @type {Role} */
  let placed = "member";
  return changes.flatMap((change) => {
    const account = accountOf(change) ?? author;
    switch (change.kind) {
      case "founded":
        placed = placedRole(change.policy);
        return { account, event: "came", role: "owner" };
      case "placed":
        return { account, event: "came", role: placed };
      case "joined":
        return { account, event: "came", role: "member" };
      case "left":
      case "removed":
        return { account, event: "went" };
      case "role":
        return { account, event: "became", role: change.role };
      case "rekeyed":
        return { account, event: "rekeyed" };
      default:
        return [];
    }
  });
}

/** @param {Policy} policy @returns {Role} */
function placedRole({ kind }) {
  return kind === "direct" ? "owner" : "member";
}

/** @param {Map<string, Member>} members @param {string} account @param {Partial<Member>} change */
function alter(members, account, change) {
  const member = members.get(account);
  if (member !== undefined) members.set(account, { ...member, ...change });
}
