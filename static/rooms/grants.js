/**
 * Keys of older epochs: asked for where they are missing, and given where the rules say so or an owner or admin decides
 * (docs/protocol.md §14.13).
 */
import { OpenError, SealError } from "../crypto/errors.js";
import { parseList } from "../crypto/record_list.js";
import { RoomError } from "../crypto/room/errors.js";
import { acceptGrant, parseGrant, signGrant } from "../crypto/room/grant.js";
import { MOST_EPOCHS, checkKeyRequest, claimOf, parseKeyRequest, signKeyRequest } from "../crypto/room/key_request.js";
import { isOverMembers } from "../crypto/room/room_record.js";
import { Refused } from "../keys/failure.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/key_request.js").KeyRequest} KeyRequest */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./session.js").Session} Session */

/** Most requests and grants that wait in a room. */
const MOST = 1_024;

/** Requests for keys, and grants, of one room. */
export class Grants {
  #session;
  #room;
  #keeper;
  #secrets;
  /** The own request that was made last. @type {KeyRequest | null} */
  #own = null;
  /** Why the last one was refused, as who decided says it: 1 not now, 2 only from joining on, 3 an unknown person. @type {number | null} */
  refusal = null;
  /** Requests that wait for a decision. @type {Map<string, KeyRequest>} */
  #undecided = new Map();
  /** What was said of requests. @type {Set<string>} */
  #said = new Set();
  /** Called when secrets have come, or were refused. @type {() => void} */
  onKeys = () => {};
  /** Called with what is to be said of a request in one line. @type {(note: import("./requests.js").Note) => void} */
  onNote = () => {};
  /** Called when the requests to decide have changed. @type {() => void} */
  onRequests = () => {};
  /** Called when a record shows another history of the room, with the commit that it names. @type {(commit: string) => void} */
  onFork = () => {};
  /** Called where keys that a member handed over are not those of their commits. @type {(account: string, n: number) => void} */
  onFalseKeys = () => {};

  /** @param {Session} session @param {string} room @param {ChainKeeper} keeper @param {Secrets} secrets */
  constructor(session, room, keeper, secrets) {
    this.#session = session;
    this.#room = room;
    this.#keeper = keeper;
    this.#secrets = secrets;
  }

  /** The requests that this user may decide. */
  get undecided() {
    return [...this.#undecided.values()].map(({ hash, account, from, to }) => ({ request: hash, account, from, to }));
  }

  /** What waited while nothing was heard. Throws a `ServerRefusal`, or as `ChainKeeper.catchUp` does. */
  async catchUp() {
    const requests = await this.#session.page.call("epochs.key_requests", { room: this.#room });
    this.#undecided.clear();
    for (const record of parseList(requests.tail, MOST)) await this.requested(record);
    this.onRequests();
    if (this.#secrets.missingEpochs.length === 0) return;
    const { request, refused, reason } = await this.collect();
    if (typeof request === "string" && refused === true) this.refused(request, typeof reason === "number" ? reason : null);
  }

  /** Takes the grants that wait; gives what the server says of the request that they answer. Throws as `catchUp` does. */
  async collect() {
    const { ok, tail } = await this.#session.page.call("epochs.grants", { room: this.#room });
    if (typeof ok.request === "string") for (const record of parseList(tail, MOST)) await this.granted(record, ok.request);
    return ok;
  }

  /**
   * Asks for the secrets of epochs. Throws a `ServerRefusal`, or `Refused` (`not_asked` where none is missing).
   * @param {number[]} epochs ascending
   */
  async ask(epochs) {
    const to = epochs.at(-1);
    if (to === undefined) throw new Refused("not_asked");
    // Of more than may be asked for at once, the newest first.
    const from = Math.max(epochs[0], to - MOST_EPOCHS + 1);
    const { head } = this.#keeper.verified;
    const { account } = this.#session;
    const keys = await this.#ownKeys();
    const of = { room: this.#room, account, commit: head.hash, from, to, wrap: this.#session.own.wrap, madeAt: this.#session.now() };
    this.#own = await signKeyRequest(keys, of);
    await this.#session.page.call("epochs.request_keys", {}, this.#own.bytes);
    this.#secrets.asked(from, to);
    this.onKeys();
  }

  /** Somebody asks; answered at once where the rules give it. @param {Uint8Array} record */
  async requested(record) {
    try {
      const request = await parseKeyRequest(record);
      if (request.account !== this.#session.account) await this.#consider(request);
      else if (this.#own === null) this.#takeOwn(request);
    } catch (error) {
      this.#note(error);
    }
  }

  /** Somebody answered. @param {Uint8Array} record @param {string | null} [hash] of the own request, by the server's word */
  async granted(record, hash = null) {
    try {
      const grant = parseGrant(record);
      const key = await this.#session.own.wrapKey(grant.wrap);
      if (key === null) throw new OpenError("share");
      const pending = this.#pending(grant.request, hash);
      if (pending === null) return;
      const { secrets, dropped } = await this.#judge((chain, keysets) => acceptGrant(grant, pending, { number: grant.wrap, key }, chain, keysets));
      for (const { n, cause } of dropped) if (cause === "share_commitment") this.onFalseKeys(grant.granter, n);
      const count = secrets.filter(({ n }) => this.#wasAway(n) && this.#secrets.known(n) === null).length;
      await this.#secrets.take(secrets);
      if (count > 0) this.onNote({ what: "given", account: this.#session.account, by: grant.granter, count });
      this.onKeys();
    } catch (error) {
      this.#note(error);
    }
  }

  /** Who decides said no. @param {string} hash @param {number | null} [reason] */
  refused(hash, reason = null) {
    if (this.#undecided.delete(hash)) this.onRequests();
    // Another one of before is answered by the one that took its place.
    const own = this.#own === null || this.#own.hash === hash ? this.#pending(hash, hash) : null;
    if (own === null) return;
    this.refusal = reason;
    this.#secrets.refused(own.from, own.to);
    this.#say(hash, { what: "refused", account: own.account, by: "", count: countOf(own) });
    this.onKeys();
  }

  /** An owner or admin decides, and may say why not. @param {string} hash @param {boolean} grant @param {number} [reason] */
  async decide(hash, grant, reason) {
    const request = this.#undecided.get(hash);
    if (request === undefined) throw new Refused("not_asked");
    if (grant && this.#halts(request)) throw new Refused("keys_changed");
    const { account: by } = this.#session;
    if (grant) await this.#grant(request, () => true);
    else await this.#session.page.call("epochs.refuse", { room: this.#room, request: hash, ...(reason === undefined ? {} : { reason }) });
    this.#undecided.delete(hash);
    this.#say(hash, { what: grant ? "given" : "refused", account: request.account, by, count: countOf(request) });
    this.onRequests();
  }

  /** @param {KeyRequest} request */
  async #consider(request) {
    const newest = (await this.#session.wrapKeys.newest([request.account])).get(request.account);
    if (newest === undefined) return;
    await this.#judge((chain, keysets) => checkKeyRequest(request, chain, keysets, newest.number));
    const isWhole = !this.#halts(request) && (await this.#grant(request, (claim) => claim !== "decision"));
    const own = this.#keeper.verified.head.record.members.get(this.#session.account);
    if (isWhole || own === undefined || !isOverMembers(own.role)) return;
    this.#undecided.set(request.hash, request);
    this.#say(request.hash, { what: "asked", account: request.account, by: "", count: countOf(request) });
    this.onRequests();
  }

  /** Says something of a request once: what waits is told anew with each connection. @param {string} hash @param {import("./requests.js").Note} note */
  #say(hash, note) {
    const said = `${note.what} ${hash}`;
    if (this.#said.has(said)) return;
    this.#said.add(said);
    this.onNote(note);
  }

  /** Whether an epoch was before the own account was there: what only a lost share had closed is nothing that somebody decided. @param {number} n */
  #wasAway(n) {
    const { history } = this.#keeper.verified;
    return !history.isBefore(n) && history.memberAt(n, this.#session.account) === null;
  }

  /** Whether the user has to look at the asker's keys first. @param {KeyRequest} request */
  #halts({ account, fingerprint }) {
    const isDirect = this.#keeper.verified.head.record.policy.kind === "direct";
    return this.#session.keysets.halts(account, isDirect ? null : fingerprint);
  }

  /**
   * Gives the secrets that are here and may be given; whether those are all that were asked for.
   * @param {KeyRequest} request
   * @param {(claim: import("../crypto/room/key_request.js").Claim) => boolean} may
   */
  async #grant(request, may) {
    const claims = await this.#judge((chain, keysets) => epochsOf(request, chain.head.n).map((n) => ({ n, claim: this.#secrets.isOver(n) ? null : claimOf(request, n, chain, keysets) })));
    const secrets = [];
    for (const { n, claim } of claims) {
      const secret = claim !== null && may(claim) ? await this.#secrets.of(n) : null;
      if (secret !== null) secrets.push({ n, secret });
    }
    const wrapKey = (await this.#session.wrapKeys.newest([request.account])).get(request.account);
    if (secrets.length > 0 && wrapKey !== undefined) {
      const keys = await this.#ownKeys();
      const of = { request, granter: this.#session.account, madeAt: this.#session.now(), wrapKey, secrets };
      const grant = await this.#judge((chain, keysets) => signGrant(keys, chain, keysets, of));
      await this.#session.page.call("epochs.grant", {}, grant);
    }
    return secrets.length === claims.filter(({ claim }) => claim !== null).length;
  }

  /**
   * Judges by the chain; a record that names a commit which is not in it is judged again by the newest chain before it is a fork.
   * @template T
   * @param {(chain: import("../crypto/room/chain.js").RoomChain, keysets: import("./keysets.js").Keysets) => Promise<T> | T} check
   * @returns {Promise<T>}
   */
  async #judge(check) {
    try {
      return await this.#keeper.judge(check);
    } catch (error) {
      if (!(error instanceof RoomError) || error.cause !== "fork") throw error;
      await this.#keeper.catchUp();
      return this.#keeper.judge(check);
    }
  }

  /**
   * The own request that a grant answers. One of before a reload is known by its hash: each secret is compared with its commit anyway.
   * @param {string} request
   * @param {string | null} hash
   * @returns {KeyRequest | null}
   */
  #pending(request, hash) {
    if (this.#own?.hash === request) return this.#own;
    if (request !== hash) return null;
    const { account } = this.#session;
    return /** @type {KeyRequest} */ ({ room: this.#room, account, hash, from: 1, to: this.#keeper.verified.head.n });
  }

  async #ownKeys() {
    const own = this.#keeper.verified.head.record.members.get(this.#session.account);
    const keys = own === undefined ? null : await this.#session.own.signing(own.fingerprint);
    if (keys === null) throw new Refused("keys_reset");
    return keys;
  }

  /** What was asked for before this start. @param {KeyRequest} request */
  #takeOwn(request) {
    this.#own = request;
    this.#secrets.asked(request.from, request.to);
  }

  /** What others sent and does not hold is left; what shows another history is an alarm. @param {unknown} error */
  #note(error) {
    if (error instanceof RoomError && error.cause === "fork" && error.other !== null) return this.onFork(error.other);
    const isTheirs = error instanceof RoomError || error instanceof OpenError || error instanceof SealError;
    if (isTheirs || error instanceof Refused || (error instanceof ServerRefusal && !error.isUnknown)) return;
    throw error;
  }
}

/** How many epochs it asks for. @param {Pick<KeyRequest, "from" | "to">} request */
function countOf({ from, to }) {
  return to - from + 1;
}

/** @param {KeyRequest} request @param {number} head */
function epochsOf({ from, to }, head) {
  return Array.from({ length: Math.max(0, Math.min(to, head) - from + 1) }, (_, at) => from + at);
}
