/**
 * What is known of a room's past: its commits in a row, the newest last. It costs what the commits changed: each account has a
 * line of what happened to it, the room one of its policies, and only the newest list is there whole.
 */
import { RoomError } from "./errors.js";
/** @typedef {import("./commit.js").CommitReason} CommitReason */
/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {import("./room_record.js").Member} Member */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */
/** @typedef {import("./room_record.js").Role} Role */

/**
 * What a commit did to an account: it came in with a role, has another one or other keys from then on, or left or was removed.
 * @typedef {{ account: string, event: "came" | "became", role: Role } | { account: string, event: "went" | "rekeyed" }} AccountEvent
 */

/**
 * A verified commit.
 * @typedef {{ room: string, n: number, hash: string, author: string, madeAt: number, reason: CommitReason, commitment: string }} ChainEntry
 * One that follows, with what it did and the room record that results from it.
 * @typedef {ChainEntry & { record: RoomRecord, events: AccountEvent[] }} NextEntry
 * @typedef {{ n: number, event: AccountEvent, member: Member | null }} Moment what a commit made of an account
 * @typedef {{ entries: ChainEntry[], positions: Map<string, number>, accounts: Map<string, Moment[]>,
 *   policies: { n: number, policy: Policy }[], base: ReadonlyMap<string, Member> }} Line base: who was in the room at the first entry
 */

/** Commits in a row; the first one is commit 1 or where the chain was taken up. It never changes. */
export class History {
  /** @type {Line} */
  #line;
  #length;
  #record;

  /** @param {readonly NextEntry[]} [entries] */
  constructor(entries = []) {
    this.#line = { entries: [], positions: new Map(), accounts: new Map(), policies: [], base: new Map() };
    for (const entry of entries) put(this.#line, entry);
    this.#length = entries.length;
    this.#record = entries.at(-1)?.record;
  }

  /** Goes on from here; what is longer already is left as it is. @param {NextEntry} entry the next one */
  with(entry) {
    const next = new History();
    // Whoever holds this history sees no further than its own end, so the line itself is shared.
    next.#line = this.#line.entries.length === this.#length ? this.#line : cut(this.#line, this.#length);
    put(next.#line, entry);
    next.#length = this.#length + 1;
    next.#record = entry.record;
    return next;
  }

  /** The newest commit, and the room after it. @returns {(ChainEntry & { record: RoomRecord }) | undefined} */
  get head() {
    return this.#record && { ...this.#line.entries[this.#length - 1], record: this.#record };
  }

  /** The commit of this number, if it is known. @param {number} n @returns {ChainEntry | undefined} */
  entry(n) {
    const at = n - this.#first;
    return at < this.#length ? this.#line.entries[at] : undefined;
  }

  /** Whether a commit of this number was before those that are known. @param {number} n */
  isBefore(n) {
    return this.#length > 0 && n < this.#first;
  }

  /**
   * The number of the commit with this hash; throws a `RoomError`: `unknown_commit`, or `older` where only a part of the past
   * is known.
   * @param {string} commit hash
   */
  position(commit) {
    const n = this.#line.positions.get(commit);
    if (n !== undefined && n < this.#first + this.#length) return n;
    throw new RoomError(this.isWhole ? "unknown_commit" : "older");
  }

  /** What an account was in the room after a commit that is known; null if it was not there. @param {number} n @param {string} account */
  memberAt(n, account) {
    const moments = this.#line.accounts.get(account) ?? [];
    const at = firstBehind(moments, n);
    return at > 0 ? moments[at - 1].member : (this.#line.base.get(account) ?? null);
  }

  /** What the room allowed after a commit that is known. @param {number} n @returns {Policy} */
  policyAt(n) {
    return this.#line.policies[firstBehind(this.#line.policies, n) - 1].policy;
  }

  /** After how many days what was sealed in an epoch that is known is forgotten: a later policy counts where it is shorter; 0 never. @param {number} n */
  keepDays(n) {
    const { policies } = this.#line;
    const last = this.#first + this.#length - 1;
    const since = policies.slice(firstBehind(policies, Math.min(n, last)) - 1, firstBehind(policies, last));
    const days = since.map(({ policy }) => policy.keepDays).filter((each) => each > 0);
    return days.length === 0 ? 0 : Math.min(...days);
  }

  /** Whether a commit after this one let the account in or out. @param {number} since @param {string} account */
  cameOrWent(since, account) {
    return this.#momentsSince(since, account).some(({ event: { event } }) => event === "came" || event === "went");
  }

  /**
   * The roles that a member had in this commit and every one after it, where it neither came nor went since.
   * @param {number} since
   * @param {string} account
   * @returns {Role[]}
   */
  rolesSince(since, account) {
    const then = this.memberAt(since, account);
    const roles = this.#momentsSince(since, account).flatMap(({ event }) => ("role" in event ? [event.role] : []));
    return then === null ? roles : [then.role, ...roles];
  }

  /** Whether it is known from commit 1 on. */
  get isWhole() {
    return this.#length === 0 || this.#first === 1;
  }

  get #first() {
    return this.#line.entries[0]?.n ?? 0;
  }

  /** @param {number} since @param {string} account */
  #momentsSince(since, account) {
    const moments = this.#line.accounts.get(account) ?? [];
    return moments.slice(firstBehind(moments, since), firstBehind(moments, this.#first + this.#length - 1));
  }
}

/** @param {Line} line @param {NextEntry} entry */
function put(line, { record, events, ...entry }) {
  const { n } = entry;
  // Whoever is in after commit 1 came by it.
  if (line.entries.length === 0 && n > 1) line.base = record.members;
  line.entries.push(entry);
  line.positions.set(entry.hash, n);
  for (const event of events) {
    const moments = line.accounts.get(event.account) ?? [];
    moments.push({ n, event, member: record.members.get(event.account) ?? null });
    line.accounts.set(event.account, moments);
  }
  if (line.policies.at(-1)?.policy !== record.policy) line.policies.push({ n, policy: record.policy });
}

/** The first part of a line, for who goes on from there otherwise. @param {Line} line @param {number} length @returns {Line} */
function cut({ entries, accounts, policies, base }, length) {
  const kept = entries.slice(0, length);
  const last = kept.at(-1)?.n ?? 0;
  const moments = [...accounts].map(([account, all]) => /** @type {[string, Moment[]]} */ ([account, all.slice(0, firstBehind(all, last))]));
  return {
    entries: kept,
    positions: new Map(kept.map(({ n, hash }) => [hash, n])),
    accounts: new Map(moments),
    policies: policies.slice(0, firstBehind(policies, last)),
    base,
  };
}

/** Where in a line the first entry stands whose number is above n. @param {readonly { n: number }[]} line @param {number} n */
function firstBehind(line, n) {
  let [low, high] = [0, line.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (line[middle].n <= n) low = middle + 1;
    else high = middle;
  }
  return low;
}
