/**
 * Who is in a room. The server pages large rooms, so the count may be larger than the list.
 */
import { Signal } from "./signals.js";

/** @typedef {{ id: string, name: string, kind: "guest" | "account", fingerprint: string | null }} Member */

/** One room's members. */
export class Members {
  /** @type {Map<string, Member>} */
  #byId = new Map();
  /** Grows by one with each change of the list. */
  version = new Signal(0);
  /** How many are in the room by the server's count. */
  count = new Signal(0);

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

  #changed() {
    this.version.update((n) => n + 1);
  }
}

/**
 * Checks a member that the server named.
 * @param {any} value
 * @returns {Member | null}
 */
export function parseMember(value) {
  if (typeof value !== "object" || value === null) return null;
  const { id, name, kind, fingerprint } = value;
  if (typeof id !== "string" || !/^[0-9a-f]{32}$/.test(id) || typeof name !== "string") return null;
  return { id, name, kind: kind === "account" ? "account" : "guest", fingerprint: typeof fingerprint === "string" ? fingerprint : null };
}

/** @param {unknown} values @returns {Member[]} */
export function parseMembers(values) {
  if (!Array.isArray(values)) return [];
  return values.map(parseMember).filter((member) => member !== null);
}
