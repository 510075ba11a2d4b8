/**
 * A room's chain of commits, as a member verifies it (docs/protocol.md §14.9).
 */
import { fromBase64, toBase64 } from "../../wire/base64.js";
import { replay } from "./apply.js";
import { parseCommit } from "./commit.js";
import { RoomError } from "./errors.js";
import { History } from "./history.js";
import { entryOf, placeOf, receive } from "./receive.js";
import { checkRequest } from "./request.js";
import { encodeRoomRecord, membersHash, parseRoomRecord } from "./room_record.js";
/** @typedef {import("./history.js").ChainEntry} ChainEntry */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./keys.js").Newcomers} Newcomers */
/** @typedef {import("./standing.js").Standing} Standing */

/**
 * What a vault keeps of a chain (item kind 4): number and hash of its head, and the room record in base64.
 * @typedef {{ n: string, commit: string, state: string }} RoomHead
 */

/** The commits of one room that were verified. Nothing changes when one is refused. */
export class RoomChain {
  #room;
  #history;

  /** @param {string} room @param {History} history with one commit or more */
  constructor(room, history) {
    this.#room = room;
    this.#history = history;
  }

  /**
   * Begins with commit 1, as a client does that sees a room for the first time. Throws an `OpenError` for what cannot be read,
   * a `RoomError` for what is not allowed.
   * @param {string} room
   * @param {Uint8Array} record
   * @param {Keysets} keysets
   */
  static async first(room, record, keysets) {
    const history = new History();
    const entry = await receive(room, await parseCommit(record), { history, keysets, newcomers: "any_of_theirs" });
    // Nothing is known in a history without a commit.
    if (entry === null) throw new RoomError("fork");
    return new RoomChain(room, history.with(entry));
  }

  /**
   * Takes the next commit: steps 1 to 7 of the document; step 8 is `openShare`. Throws an `OpenError` for what cannot be read,
   * a `RoomError` for what is not allowed.
   * @param {Uint8Array} record
   * @param {Keysets} keysets
   * @returns {Promise<"taken" | "known">} a known one is dropped silently
   */
  async extend(record, keysets) {
    const history = this.#history;
    const entry = await receive(this.#room, await parseCommit(record), { history, keysets, newcomers: "any_of_theirs" });
    // Another call may have taken its commit meanwhile: this one is judged by it.
    if (this.#history !== history) return this.extend(record, keysets);
    if (entry === null) return "known";
    this.#history = history.with(entry);
    return "taken";
  }

  /**
   * Takes the chain up again at the head that a vault kept, with that commit as the server has it. What is judged by older
   * commits needs `reread`. Throws an `OpenError`, or a `RoomError` (`not_kept`, `members_hash`).
   * @param {string} room
   * @param {RoomHead} kept
   * @param {Uint8Array} record
   */
  static async takeUp(room, kept, record) {
    const commit = await parseCommit(record);
    if (commit.room !== room || String(commit.n) !== kept.n || commit.hash !== kept.commit) throw new RoomError("not_kept");
    const state = parseRoomRecord(fromBase64(kept.state));
    if ((await membersHash(room, state)) !== commit.members) throw new RoomError("members_hash");
    // The hash covers everything; what was signed was looked at when it was kept.
    return new RoomChain(room, new History([entryOf(commit, state)]));
  }

  /**
   * Reads the whole chain again, from commit 1 up to the head that was kept. It costs no signature: each commit names the hash
   * of the one before it, and the last one has the hash that was kept. Throws an `OpenError`, or a `RoomError` (`not_kept`,
   * `members_hash`).
   * @param {string} room
   * @param {RoomHead} kept
   * @param {Iterable<Uint8Array>} records
   */
  static async reread(room, kept, records) {
    let history = new History();
    /** @type {import("./apply.js").Draft | null} one record for all of them: nobody sees it before the end */
    let record = null;
    for (const bytes of records) {
      const commit = await parseCommit(bytes);
      if (commit.room !== room || !follows(commit, history.head)) throw new RoomError("not_kept");
      record = replay(commit, record ?? undefined);
      if (record === null) throw new RoomError("not_kept");
      if ((await membersHash(room, record)) !== commit.members) throw new RoomError("members_hash");
      history = history.with(entryOf(commit, record));
    }
    const { head } = history;
    if (head === undefined || String(head.n) !== kept.n || head.hash !== kept.commit) throw new RoomError("not_kept");
    return new RoomChain(room, history);
  }

  get room() {
    return this.#room;
  }

  /** The newest verified commit, and the room after it. */
  get head() {
    return /** @type {ChainEntry & { record: import("./room_record.js").RoomRecord }} */ (this.#history.head);
  }

  /** All that is known, which stays as it is when the chain goes on. */
  get history() {
    return this.#history;
  }

  /** The commit of this number, as far back as this chain is known. @param {number} n */
  entry(n) {
    return this.#history.entry(n);
  }

  /** What a vault keeps of this chain. @returns {RoomHead} */
  get kept() {
    const { n, hash, record } = this.head;
    return { n: String(n), commit: hash, state: toBase64(encodeRoomRecord(record)) };
  }

  /**
   * Whether the next commit could take a request in: what is pending and cannot come in is left out.
   * @param {import("./request.js").Request} request
   * @param {Keysets} keysets
   * @param {number} now
   */
  async wouldTake(request, keysets, now) {
    try {
      await checkRequest(request, this.standing(keysets, "at_their_head", Math.max(now, this.head.madeAt)));
      return true;
    } catch (error) {
      if (!(error instanceof RoomError) || error.unknownKeys !== null || error.innermost === "older") throw error;
      return false;
    }
  }

  /**
   * How the room stands for a request that the next commit is to take in.
   * @param {Keysets} keysets
   * @param {Newcomers} newcomers
   * @param {number} madeAt
   * @returns {Standing}
   */
  standing(keysets, newcomers, madeAt) {
    return { room: this.#room, record: this.head.record, history: this.#history, keysets, newcomers, madeAt };
  }
}

/** @param {import("./commit.js").CommitBody} commit @param {ChainEntry | undefined} before */
function follows(commit, before) {
  try {
    return placeOf(commit, before) === "next";
  } catch (error) {
    if (error instanceof RoomError) return false;
    throw error;
  }
}
