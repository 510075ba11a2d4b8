/**
 * What a commit is wanted for: each plan looks at the newest verified chain, and sees whether another member has done it already.
 */
import { parseKeyset } from "../crypto/keyset.js";
import { accountsIn } from "../crypto/room/room_record.js";
/** @typedef {import("../crypto/chain.js").Chain} Chain */
/** @typedef {import("../crypto/room/change.js").Change} Change */
/** @typedef {import("../crypto/room/commit.js").CommitReason} CommitReason */
/** @typedef {import("../crypto/room/policy.js").Policy} Policy */
/** @typedef {import("../crypto/room/room_record.js").Role} Role */
/** @typedef {import("./committing.js").Plan} Plan */

/** Why the server says that a commit is due, and what the commit says. @type {Readonly<Record<string, CommitReason>>} */
const REASONS = Object.freeze({ joined: "membership", left: "membership", age: "age", count: "count", demand: "on_demand", bad_share: "bad_share", rekeyed: "rekeyed" });

/** New keys for what follows, unless there is a newer epoch already. @param {number} n the newest epoch when it was wanted @param {CommitReason} [reason] @returns {Plan} */
export function rotate(n, reason = "on_demand") {
  return ({ head }) => (head.n > n ? null : { changes: [], reason });
}

/** Takes in what is asked for, if nobody has. @param {number} n @returns {Plan} */
export function takeIn(n) {
  return ({ head }) => (head.n > n ? null : { changes: [], reason: "membership", ifPending: true });
}

/** What the server says is due. @param {number} n @param {string} due @param {Chain | undefined} own chain of keysets @returns {Plan} */
export function whatIsDue(n, due, own) {
  return async (chain) => {
    if (chain.head.n > n) return null;
    const changes = await rekeyedChanges(chain, own);
    // Who asked may have been let in, or have thought better of it.
    if (changes.length === 0 && (due === "joined" || due === "left")) return takeIn(n)(chain);
    return { changes, reason: REASONS[due] ?? "on_demand" };
  };
}

/** @param {string} account @param {boolean} banned @returns {Plan} */
export function remove(account, banned) {
  return ({ head: { record } }) => {
    const isDone = banned ? record.banned.has(account) : !record.members.has(account);
    return isDone ? null : { changes: [{ kind: "removed", account, banned }], reason: "membership" };
  };
}

/** @param {string} account @returns {Plan} */
export function unban(account) {
  return ({ head: { record } }) => (record.banned.has(account) ? { changes: [{ kind: "unbanned", account }], reason: "roles_or_policy" } : null);
}

/** Other rules; what is not named stays. @param {Partial<Omit<Policy, "kind">>} change @returns {Plan} */
export function changePolicy(change) {
  return ({ head: { record } }) => {
    const policy = { ...record.policy, ...change, kind: record.policy.kind };
    const isSame = JSON.stringify(policy) === JSON.stringify(record.policy);
    return isSame ? null : { changes: [{ kind: "policy", policy }], reason: "roles_or_policy" };
  };
}

/** Makes another one an owner, and oneself an admin, in one commit: nobody sees the room without an owner. @param {string} account @param {string} own @returns {Plan} */
export function transfer(account, own) {
  return ({ head: { record } }) => {
    const [other, self] = [record.members.get(account)?.role, record.members.get(own)?.role];
    if (self !== "owner" || other === undefined) return null;
    /** @type {Change[]} */
    const changes = [{ kind: "role", account: own, role: "admin" }];
    if (other !== "owner") changes.push({ kind: "role", account, role: "owner" });
    return { changes, reason: "roles_or_policy" };
  };
}

/** @param {string} account @param {Role} role @returns {Plan} */
export function changeRole(account, role) {
  return ({ head: { record } }) => {
    const member = record.members.get(account);
    return member === undefined || member.role === role ? null : { changes: [{ kind: "role", account, role }], reason: "roles_or_policy" };
  };
}

/** Comes in by an own commit. @param {string} account @param {string} fingerprint @returns {Plan} */
export function comeIn(account, fingerprint) {
  return ({ head: { record } }) => (record.members.get(account)?.fingerprint === fingerprint ? null : { changes: [], reason: "membership" });
}

/** Puts newer keys of one's own, signed by those in the list, into the list. @param {Chain | undefined} own @returns {Plan} */
export function rekey(own) {
  return async (chain) => {
    const changes = await rekeyedChanges(chain, own);
    return changes.length === 0 ? null : { changes, reason: "rekeyed" };
  };
}

/** The other member of a direct conversation. @param {import("../crypto/room/room_record.js").RoomRecord} record @param {string} own @returns {string | null} */
export function partner(record, own) {
  return accountsIn(record).find((account) => account !== own) ?? null;
}

/** One step a commit: the keyset that follows the one in the list. @param {import("../crypto/room/chain.js").RoomChain} chain @param {Chain | undefined} own @returns {Promise<Change[]>} */
async function rekeyedChanges({ head: { record } }, own) {
  const listed = own && record.members.get(own.head.account)?.fingerprint;
  const at = own?.keysets.findIndex(({ fingerprint }) => fingerprint === listed) ?? -1;
  const next = at < 0 ? undefined : own?.keysets[at + 1];
  // A reset is no step: who made one asks to be let in anew.
  return next?.link === "rotated" ? [{ kind: "rekeyed", keyset: await parseKeyset(next.bytes) }] : [];
}
