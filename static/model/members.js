/**
 * Who is in a room. The server pages large rooms, so the count may be larger than the list. To the server each device of an
 * account is a member; to people they are one person.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {{ id: string, name: string, kind: "guest" | "account", fingerprint: string | null, account: string | null }} Member
 *   `account` says whose session it is, null for a guest
 * @typedef {{ key: string, name: string, kind: Member["kind"], account: string | null, members: readonly string[] }} Person
 *   `members` are the ids of this person's devices in the room
 */

/** One room's members. */
export class Members {
  /** @type {Map<string, Member>} */
  #byId = new Map();
  /** Grows by one with each change of the list. */
  version = new Signal(0);
  /** How many are in the room by the server's count: devices. */
  count = new Signal(0);
  /** How many people that are, as far as the list says whose the devices are. */
  headcount = new Signal(0);

  /** Starts over from the server's reply. @param {Member[]} members @param {number} count */
  replace(members, count) {
    this.#byId = new Map(members.map((member) => [member.id, member]));
    this.count.value = Math.max(count, this.#byId.size);
    this.#changed();
  }

  /** Adds a further page. @param {Member[]} members */
  extend(members) {
    for (const member of members) this.#byId.set(member.id, member);
    this.count.value = Math.max(this.count.peek(), this.#byId.size);
    this.#changed();
  }

  /** Takes in somebody; says whether they were not there before. @param {Member} member */
  add(member) {
    const fresh = !this.#byId.has(member.id);
    this.#byId.set(member.id, member);
    if (fresh) this.count.update((n) => n + 1);
    this.#changed();
    return fresh;
  }

  /** Lets somebody go; returns who it was, if known. @param {string} id */
  remove(id) {
    const member = this.#byId.get(id);
    this.#byId.delete(id);
    this.count.update((n) => Math.max(this.#byId.size, n - 1));
    this.#changed();
    return member;
  }

  /** @param {string} id */
  find(id) {
    return this.#byId.get(id);
  }

  /** All known members, in no particular order. */
  all() {
    return [...this.#byId.values()];
  }

  /** All known members as people, in no particular order. */
  people() {
    return peopleOf(this.#byId.values());
  }

  /** Whether another device of the same account is in the room. @param {Member} member */
  hasAnother({ id, account }) {
    return account !== null && this.all().some((each) => each.account === account && each.id !== id);
  }

  #changed() {
    this.headcount.value = this.count.peek() - this.#byId.size + new Set(this.all().map(keyOf)).size;
    this.version.update((n) => n + 1);
  }
}

/** Puts the devices of each account together. @param {Iterable<Member>} members @returns {Person[]} */
export function peopleOf(members) {
  /** @type {Map<string, Member[]>} */
  const devices = new Map();
  for (const member of members) devices.set(keyOf(member), [...(devices.get(keyOf(member)) ?? []), member]);
  return [...devices].map(([key, [first, ...others]]) => ({ key, name: first.name, kind: first.kind, account: first.account, members: [first, ...others].map(({ id }) => id) }));
}

/** Under which a person is one. @param {Member} member */
function keyOf({ id, account }) {
  return account ?? id;
}

/**
 * Checks a member that the server named.
 * @param {any} value
 * @returns {Member | null}
 */
export function parseMember(value) {
  if (typeof value !== "object" || value === null) return null;
  const { id, name, kind, fingerprint, account } = value;
  if (!isId(id) || typeof name !== "string") return null;
  return {
    id,
    name,
    kind: kind === "account" ? "account" : "guest",
    fingerprint: typeof fingerprint === "string" ? fingerprint : null,
    account: kind === "account" && isId(account) ? account : null,
  };
}

/** @param {unknown} value @returns {value is string} */
function isId(value) {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/** @param {unknown} values @returns {Member[]} */
export function parseMembers(values) {
  if (!Array.isArray(values)) return [];
  return values.map(parseMember).filter((member) => member !== null);
}
