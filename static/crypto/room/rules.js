/**
 * What a commit results in, and whether its author may do that (docs/protocol.md §14.9, *who may*).
 */
import { OpenError } from "../errors.js";
import { apply, begin, copyOf } from "./apply.js";
import { compareChanges } from "./change.js";
import { RoomError, within } from "./errors.js";
import { keysetOf, unknownKeys } from "./keys.js";
import { checkRequest } from "./request.js";
import { MOST, hasRole, isBelow, isOverMembers } from "./room_record.js";
import { newcomer } from "./standing.js";
/** @typedef {import("./change.js").Change} Change */
/** @typedef {import("./commit.js").CommitBody} CommitBody */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./keys.js").Newcomers} Newcomers */
/** @typedef {import("./room_record.js").Role} Role */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */
/** @typedef {import("./standing.js").Standing} Standing */

/**
 * What a commit is judged by.
 * @typedef {{ history: History, keysets: Keysets, newcomers: Newcomers }} Ground
 * A commit, and the room as it was before; in a first commit as it was founded.
 * @typedef {{ body: CommitBody, isFirst: boolean, before: RoomRecord, ground: Ground }} Bench
 */

/**
 * The record that results, if every change is in order, allowed and valid: steps 6 and 7 of the document, save the members
 * hash. Throws a `RoomError`.
 * @param {CommitBody} body
 * @param {Ground} ground
 * @returns {Promise<RoomRecord>}
 */
export async function judge(body, ground) {
  const { changes, author } = body;
  if (changes.some((change, at) => at > 0 && compareChanges(changes[at - 1], change) >= 0)) throw new RoomError("order");
  const before = ground.history.head?.record;
  const after = begin(body, before);
  if (after === null) throw new RoomError("change", { inside: new RoomError("founded") });
  const isFirst = before === undefined;
  const bench = { body, isFirst, before: before ?? copyOf(after), ground };
  for (const change of changes) {
    await within("change", () => allow(bench, change, after));
    apply(change, after);
  }
  if (!after.members.has(author)) throw new RoomError("author_gone");
  const isNoPair = isFirst && after.policy.kind === "direct" && after.members.size !== 2;
  if (after.members.size > MOST.members || isNoPair) throw new RoomError("member_count");
  return before !== undefined && changes.length === 0 ? before : after;
}

/**
 * Whether the author may make this change where the ones before it have led to `record`.
 * @param {Bench} bench
 * @param {Change} change
 * @param {RoomRecord} record
 */
async function allow(bench, change, record) {
  const { isFirst } = bench;
  const { kind } = record.policy;
  if (kind === "direct" && !isFirst && change.kind !== "left" && change.kind !== "rekeyed") throw new RoomError("room_kind");
  switch (change.kind) {
    case "founded":
      if (!isFirst) throw new RoomError("founded");
      return;
    case "placed":
      if (!isFirst || (kind !== "group" && kind !== "direct")) throw new RoomError("room_kind");
      if (record.members.has(change.account)) throw new RoomError("member");
      if (newcomer(bench.ground, change.account, change.fingerprint) === null) throw new RoomError("other_keys");
      return;
    case "joined":
      return within("request", () => checkRequest(change.request, standing(bench)));
    case "left":
      await within("request", () => checkRequest(change.request, standing(bench)));
      // Who came back by this very commit has not asked to leave since.
      if (roleBefore(bench, change.request.account, record) === null) throw new RoomError("not_member");
      return;
    case "removed":
      return allowRemoved(bench, change, record);
    case "role":
      return allowRole(bench, change.account, change.role, record);
    case "policy":
      if (power(bench) !== "owner") throw new RoomError("not_allowed");
      if (change.policy.kind !== kind) throw new RoomError("room_kind");
      return;
    case "rekeyed": {
      const member = record.members.get(change.keyset.account);
      if (member === undefined) throw new RoomError("not_member");
      return within("keyset", () => allowKeyset(bench.ground, change.keyset, member.fingerprint));
    }
    case "unbanned":
      if (!isOverMembers(power(bench))) throw new RoomError("not_allowed");
      if (!record.banned.has(change.account)) throw new RoomError("not_banned");
  }
}

/**
 * Whether a keyset is the one that follows the listed keys in its account's own chain; there it was verified.
 * @param {Ground} ground
 * @param {import("../keyset.js").UnverifiedKeyset} keyset
 * @param {string} listed fingerprint
 */
function allowKeyset({ keysets }, { account, fingerprint, number, hash }, listed) {
  const before = keysetOf(keysets, account, listed);
  if (number !== before.number + 1) throw new OpenError("number");
  const known = keysets.get(account)?.keysets.find((each) => each.number === number);
  if (known === undefined) throw unknownKeys(account, fingerprint);
  if (known.hash !== hash) throw new OpenError("other_keyset");
}

/**
 * Somebody is banned who has left, too, so that a leave does not outrun it.
 * @param {Bench} bench
 * @param {{ account: string, banned: boolean }} change
 * @param {RoomRecord} record
 */
function allowRemoved(bench, { account, banned }, record) {
  if (record.members.has(account) || !banned) powerOver(bench, account, record);
  else {
    const acting = overMembers(bench);
    const left = bench.before.members.get(account);
    if (left !== undefined && !isBelow(left.role, acting)) throw new RoomError("not_allowed");
    if (record.banned.has(account)) throw new RoomError("banned");
  }
  if (banned && record.banned.size >= MOST.banned) throw new RoomError("banned_full");
}

/** @param {Bench} bench @param {string} account @param {Role} role @param {RoomRecord} record */
function allowRole(bench, account, role, record) {
  const own = ownRole(bench);
  const lowersItself = account === bench.body.author && own !== null && isOverMembers(own) && isBelow(role, own);
  if (lowersItself && record.members.has(account)) return;
  const acting = powerOver(bench, account, record);
  if (!isBelow(role, acting) && !(acting === "owner" && role === "owner")) throw new RoomError("not_allowed");
}

/**
 * What the author may act as towards an account that is below that.
 * @param {Bench} bench
 * @param {string} account
 * @param {RoomRecord} record
 */
function powerOver(bench, account, record) {
  const acting = overMembers(bench);
  if (!record.members.has(account)) throw new RoomError("not_member");
  // Who comes in by this commit had no role before it, and is a member.
  if (!isBelow(roleBefore(bench, account, record) ?? "member", acting)) throw new RoomError("not_allowed");
  return acting;
}

/** The role of an author who may act towards others. @param {Bench} bench @returns {Role} */
function overMembers(bench) {
  const acting = power(bench);
  if (acting === null || !isOverMembers(acting)) throw new RoomError("not_allowed");
  return acting;
}

/** The role that the author may act in: when no owner is left, admins do what owners may. @param {Bench} bench */
function power(bench) {
  const own = ownRole(bench);
  return own === "admin" && !hasRole(bench.before, "owner") ? "owner" : own;
}

/** The author's role before, with the keys that sign; none where they came by this commit. @param {Bench} bench */
function ownRole({ body, isFirst, before }) {
  const member = before.members.get(body.author);
  return !isFirst && member?.fingerprint === body.fingerprint ? member.role : null;
}

/**
 * The role before of somebody who is in the room with the same keys as before.
 * @param {Bench} bench
 * @param {string} account
 * @param {RoomRecord} record
 */
function roleBefore({ before }, account, record) {
  const then = before.members.get(account);
  return then !== undefined && then.fingerprint === record.members.get(account)?.fingerprint ? then.role : null;
}

/** @param {Bench} bench @returns {Standing} */
function standing({ body: { room, madeAt }, before, ground }) {
  return { room, record: before, madeAt, ...ground };
}
