/**
 * Commits of one room: what is wanted, with the requests that are pending, until it is in the chain or another member's commit has
 * done it (docs/protocol.md §14.9).
 */
import { OpenError } from "../crypto/errors.js";
import { parseList } from "../crypto/record_list.js";
import { accountOf } from "../crypto/room/change.js";
import { commitTail, signCommit } from "../crypto/room/draft.js";
import { parseRequest } from "../crypto/room/request.js";
import { accountsIn } from "../crypto/room/room_record.js";
import { SECRET_BYTES } from "../crypto/room/secret.js";
import { Refused } from "../keys/failure.js";
import { ServerRefusal, backoff, pauseFor } from "./page.js";
/** @typedef {import("../crypto/room/chain.js").RoomChain} RoomChain */
/** @typedef {import("../crypto/room/change.js").Change} Change */
/** @typedef {import("../crypto/room/commit.js").CommitReason} CommitReason */
/** @typedef {import("../crypto/room/request.js").Request} Request */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./session.js").Session} Session */

/**
 * @typedef {{ changes: Change[], reason: CommitReason, ifPending?: boolean }} Wanted ifPending: only to take in requests that wait
 * What is wanted of the next commit, by the newest verified chain; null if there is nothing to do any more.
 * @typedef {(chain: RoomChain) => Promise<Wanted | null> | Wanted | null} Plan
 */

/** How often a commit meets another one before it is given up. */
const TRIES = 8;
/** Most requests that wait in a room. */
const MOST_PENDING = 2_048;
/** Conflicts after which what the server has is read, and the commit made anew. */
const CONFLICTS = new Set(["commit_conflict", "requests_pending", "wrap_superseded", "commit_invalid"]);

/** Commits for one room. */
export class Committing {
  #session;
  #room;
  #keeper;
  #secrets;
  /** Called when an own commit was taken. @type {() => void} */
  onCommitted = () => {};

  /** @param {Session} session @param {string} room @param {ChainKeeper} keeper @param {Secrets} secrets */
  constructor(session, room, keeper, secrets) {
    this.#session = session;
    this.#room = room;
    this.#keeper = keeper;
    this.#secrets = secrets;
  }

  /**
   * Commits until the plan has nothing left to do. Throws `Refused`, a `RoomError` for what nobody would accept, a `ServerRefusal`, or
   * as `ChainKeeper.catchUp` does.
   * @param {Plan} plan
   * @param {Request | null} [own] the own request to join, which the commit takes in
   */
  async commit(plan, own = null) {
    for (let tries = 1; ; tries++) {
      await this.#keeper.catchUp();
      const { n } = this.#keeper.verified.head;
      const wanted = await plan(this.#keeper.verified);
      if (wanted === null) return;
      try {
        await this.#commitOnce(n, wanted, own);
        return;
      } catch (error) {
        if (!(error instanceof ServerRefusal) || !CONFLICTS.has(error.code) || tries === TRIES) throw error;
        // What the server refuses as not allowed may be judged by newer keys than those here.
        if (error.code === "commit_invalid" && tries > 2) throw error;
        if (tries > 1) await pauseFor(backoff(tries - 1));
      }
    }
  }

  /** The requests that the next commit has to take in, and could. @param {Request | null} own */
  async pending(own = null) {
    const { tail } = await this.#session.page.call("epochs.pending", { room: this.#room });
    /** @type {Request[]} */
    const requests = [];
    for (const record of parseList(tail, MOST_PENDING)) {
      const request = await readRequest(record);
      if (request === null || request.room !== this.#room) continue;
      if (request.account === this.#session.account && request.hash !== own?.hash) continue;
      if (await this.#wouldTake(request)) requests.push(request);
    }
    return requests;
  }

  /** Commits behind epoch n, by which it was looked what is wanted; a commit that has come there meanwhile is a conflict, as it is to the server. @param {number} n @param {Wanted} wanted @param {Request | null} own */
  async #commitOnce(n, { changes, reason, ifPending }, own) {
    const requests = await this.pending(own);
    this.#checkHead(n);
    if (ifPending && requests.length === 0) return;
    const all = merged(changes, own === null || requests.some(({ hash }) => hash === own.hash) ? requests : [...requests, own]);
    const chain = this.#keeper.verified;
    const { account: author } = this.#session;
    const member = chain.head.record.members.get(author);
    const keys = await this.#session.own.signing(own?.fingerprint ?? member?.fingerprint ?? "");
    if (keys === null) throw new Refused("keys_reset");
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    const draft = { author, madeAt: this.#session.now(), reason: reasonOf(all, reason), changes: all, secret };
    const signed = await this.#keeper.judge((known, keysets) => {
      this.#checkHead(n);
      return signCommit(keys, { room: this.#room, history: known.history }, draft, keysets);
    });
    const wrapKeys = await this.#session.wrapKeys.newest(accountsIn(signed.record));
    const { wraps, tail } = await this.#session.keysets.judge((keysets) => commitTail(signed, wrapKeys, secret, keysets));
    const { commit } = signed;
    await this.#session.page.call("epochs.commit", { room: this.#room, n: String(commit.n), wraps }, tail);
    await this.#keeper.take(commit.bytes);
    this.#secrets.takeOwn(commit, secret);
    this.onCommitted();
  }

  /** @param {number} n */
  #checkHead(n) {
    if (this.#keeper.verified.head.n !== n) throw new ServerRefusal("commit_conflict");
  }

  /** Newcomers are taken by their newest keys. @param {Request} request */
  async #wouldTake(request) {
    if (request.action === "join") await this.#session.keysets.read(request.account).catch(ignoreRefusal);
    try {
      return await this.#keeper.judge((chain, keysets) => chain.wouldTake(request, keysets, this.#session.now()));
    } catch (error) {
      ignoreRefusal(error);
      return false;
    }
  }
}

/** Somebody whose keys cannot be read comes in another time; a connection that was cut ends it all. @param {unknown} error */
function ignoreRefusal(error) {
  if (error instanceof Refused || (error instanceof ServerRefusal && !error.isUnknown)) return;
  throw error;
}

/**
 * Changes with those of requests: who leaves by their own wish is not removed as well, unless it is for good.
 * @param {Change[]} changes
 * @param {Request[]} requests
 * @returns {Change[]}
 */
export function merged(changes, requests) {
  const leaving = new Set(requests.filter(({ action }) => action === "leave").map(({ account }) => account));
  const kept = changes.filter((change) => !leaving.has(accountOf(change) ?? "") || (change.kind === "removed" && change.banned));
  return [...kept, ...requests.map((request) => /** @type {Change} */ ({ kind: request.action === "join" ? "joined" : "left", request }))];
}

/** What a commit says that it is for. @param {Change[]} changes @param {CommitReason} wanted @returns {CommitReason} */
export function reasonOf(changes, wanted) {
  if (changes.some(({ kind }) => kind === "joined" || kind === "left" || kind === "removed")) return "membership";
  if (changes.some(({ kind }) => kind === "role" || kind === "policy" || kind === "unbanned")) return "roles_or_policy";
  return changes.length > 0 ? "rekeyed" : wanted;
}

/** @param {Uint8Array} record */
async function readRequest(record) {
  try {
    return await parseRequest(record);
  } catch (error) {
    if (error instanceof OpenError) return null;
    throw error;
  }
}
