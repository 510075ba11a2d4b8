/**
 * Why a record of an end-to-end room is refused (docs/protocol.md §14.8 to §14.14). Nothing has changed when it is thrown.
 */
import { OpenError } from "../errors.js";

/**
 * The first check that fails. `older`: older commits of the chain are to be read first; of a room state, that a newer one
 * was seen. `signature`, `change`, `request`, `invitation`, `keyset`, `open`, `reporter`, `envelope`, `sender` and `message` have what failed inside.
 * @typedef {"other_room" | "gap" | "fork" | "previous" | "older" | "author" | "author_keys" | "unknown_keys" | "signature"
 *   | "time" | "order" | "change" | "author_gone" | "member_count" | "members_hash"
 *   | "founded" | "room_kind" | "not_allowed" | "not_member" | "member" | "not_banned" | "banned_full" | "other_keys"
 *   | "request" | "keyset" | "banned" | "unknown_commit" | "replayed" | "not_invited" | "invitation"
 *   | "other_invitee" | "used" | "inviter_keys" | "role" | "expired" | "not_kept"
 *   | "other_place" | "unknown_epoch" | "other_commit" | "muted" | "other_wrap_key" | "other_request" | "open"
 *   | "full" | "early" | "not_confirmed" | "reporter" | "envelope" | "sender" | "message" | "other_message"} RoomCause
 * @typedef {{ account: string, fingerprint: string }} NamedKeys
 */

/**
 * Causes that mean two histories of one room were shown: nothing is sent to it until its user has decided.
 * @type {ReadonlySet<RoomCause>}
 */
export const ROOM_ALARMS = new Set(/** @type {RoomCause[]} */ (["fork", "previous", "not_kept"]));

/** A record of a room is refused for what is known of the room. */
export class RoomError extends Error {
  /** @override @type {RoomCause} */
  cause;
  /** @type {RoomError | OpenError | null} what failed inside */
  inside;
  /** @type {string | null} a commit of the other history, which a member signed (`fork`, `previous`) */
  other;
  /** @type {NamedKeys | null} */
  #keys;

  /**
   * @param {RoomCause} cause
   * @param {{ inside?: RoomError | OpenError | null, keys?: NamedKeys | null, other?: string | null }} [more]
   */
  constructor(cause, { inside = null, keys = null, other = null } = {}) {
    super(`refused: ${cause}`);
    this.name = "RoomError";
    this.cause = cause;
    this.inside = inside;
    this.other = other;
    this.#keys = keys;
  }

  /** The causes from the outermost in, with slashes between them. @returns {string} */
  get path() {
    if (this.inside === null) return this.cause;
    return `${this.cause}/${this.inside instanceof RoomError ? this.inside.path : this.inside.cause}`;
  }

  /** The keys to read before it can be judged (`unknown_keys`, wherever it is). @returns {NamedKeys | null} */
  get unknownKeys() {
    return this.inside instanceof RoomError ? this.inside.unknownKeys : this.#keys;
  }

  /** The innermost cause. @returns {RoomCause | import("../errors.js").OpenCause} */
  get innermost() {
    return this.inside instanceof RoomError ? this.inside.innermost : (this.inside?.cause ?? this.cause);
  }
}

/**
 * Does a check; what it refuses failed inside of something.
 * @template T
 * @param {RoomCause} cause
 * @param {() => T | Promise<T>} check
 * @returns {Promise<T>}
 */
export async function within(cause, check) {
  try {
    return await check();
  } catch (error) {
    if (error instanceof RoomError || error instanceof OpenError) throw new RoomError(cause, { inside: error });
    throw error;
  }
}
