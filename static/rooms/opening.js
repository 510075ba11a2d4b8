/**
 * What becomes of one delivery: the receiver order of docs/protocol.md §9 and §14.10, and a verdict.
 */
import { OpenError } from "../crypto/errors.js";
import { accountOf } from "../crypto/room/change.js";
import { parseCommit } from "../crypto/room/commit.js";
import { parseContent } from "../crypto/room/content.js";
import { parseErased } from "../crypto/room/erased.js";
import { RoomError } from "../crypto/room/errors.js";
import { ReplayTable } from "../crypto/room/replay.js";
import { checkElsewhere, checkSender, envelopeHash, openEnvelope, parseSignedEnvelope } from "../crypto/room/signed_envelope.js";
import { Refused } from "../keys/failure.js";
import { ChainStopped } from "./chain_keeper.js";
import { CommitPlaces } from "./commit_places.js";
import { EpochPlaces } from "./epoch_places.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/content.js").RoomContent} RoomContent */
/** @typedef {import("../crypto/room/signed_envelope.js").SignedEnvelope} SignedEnvelope */
/** @typedef {import("../wire/frame.js").DeliverFrame} DeliverFrame */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./requests.js").Unreadable} Unreadable */
/** @typedef {import("./requests.js").Role} Role */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./verifier.js").Verifier} Verifier */

/**
 * Where a delivery stands, and who sent it by the server's word.
 * @typedef {{ sequence: number, time: number, sender: string }} Stand
 * @typedef {Stand & { kind: "content", hash: string, message: string, epoch: number, content: Exclude<RoomContent, { type: "newer" }>,
 *   sentAt?: number, cameAt?: number, clockOff: boolean, oldEpoch: boolean }} ContentItem cameAt: when it was seen to come, by the own clock
 * @typedef {Stand & { kind: "erased", hash: string, tombstone: number }} ErasedItem
 * @typedef {Stand & { kind: "unreadable", cause: Unreadable, epoch: number | null }} UnreadableItem
 * @typedef {Stand & { kind: "commit", n: number, reason: string, joined: string[], left: string[], removed: string[], banned: string[],
 *   unbanned: string[], rekeyed: string[], roles: Array<{ account: string, role: Role }>, keepDays: number | null }} CommitItem
 * @typedef {Stand & { kind: "dropped", forgotten?: true }} DroppedItem what is there and shows nothing: repeated, by somebody who is muted, or forgotten
 * @typedef {ContentItem | ErasedItem | UnreadableItem | CommitItem | DroppedItem} Item
 * @typedef {{ frame: DeliverFrame, live: boolean, at?: number, newest?: number, verified: SignedEnvelope | null }} Delivery at: when a live one came, by the own
 *   clock; newest: the epoch that was the newest known then; verified: its sender was found to have made it, so that it is not verified again when its key comes
 */

/** Deliver flags. */
const STORED = 0b01;
const COMMIT = 0b10;
/** Type of what stands in an erased message's place, in the second byte. */
const ERASED_TYPE = 0x1d;
/** What a commit is that ended the chain, by its alarm. @type {Readonly<Record<import("./chain_keeper.js").ChainAlarm, Unreadable>>} */
const REFUSED = Object.freeze({ fork: "other_history", commit_refused: "commit_refused", rolled_back: "commits_missing", keys_alarm: "commits_missing" });
/** How far a sender's clock may be off, in milliseconds. */
const CLOCKS_APART_MS = 300_000;

/** Opens what is delivered in one channel. */
export class Opening {
  #channel;
  #keeper;
  #secrets;
  #verifier;
  #replay = new ReplayTable();
  #places = new EpochPlaces();
  #commits = new CommitPlaces();
  /** Called when a live message came and the one before it, of the same start of its sender, is not here. @type {() => void} */
  onHole = () => {};
  /** Called where something of a later epoch stands than all before it: what is behind it and older is to be marked. @type {(sequence: number, epoch: number) => void} */
  onLaterEpoch = () => {};
  /** Called with the account whose used key came with another message, and where. @type {(account: string, sequence: number) => void} */
  onRepeated = () => {};
  /** Called with an account that wrote and was not in the room, and where. @type {(account: string, sequence: number) => void} */
  onGhost = () => {};
  /** Called where a member wrote under a commit that the chain does not have: another one has its place, or it is held back. @type {(shown: "fork" | "commit_withheld", n: number, commit: string) => void} */
  onElsewhere = () => {};

  /** @param {string} channel @param {ChainKeeper} keeper @param {Secrets} secrets @param {Verifier} verifier */
  constructor(channel, keeper, secrets, verifier) {
    this.#channel = channel;
    this.#keeper = keeper;
    this.#secrets = secrets;
    this.#verifier = verifier;
  }

  /** What was delivered is read anew: it is no repetition. */
  forget() {
    this.#replay = new ReplayTable();
    this.#places.clear();
    this.#commits.clear();
  }

  /** What was delivered before a place is held no more, and read again where it is wanted. @param {number} place */
  forgetBefore(place) {
    this.#replay.forgetBefore(place);
  }

  /** The room has forgotten what stood before a place: what is left shows nothing of it. @param {number} place */
  stepOver(place) {
    this.#places.forgetBefore(place);
    this.#commits.forgetBefore(place);
  }

  /** What the places of commits show: where one was left out, and where they go back. @param {boolean} isMain whether it is a main channel's */
  commitFaults(isMain) {
    return { leftOut: this.#commits.leftOut(this.#places.rises, isMain), disorder: this.#commits.disorder };
  }

  /** Holes in the counters of senders. @param {ReadonlyArray<{ sender: string, sequence: number }>} erased */
  holes(erased) {
    return this.#replay.holes(erased);
  }

  /**
   * Takes note of where commits of the chain and messages of its epochs stand, before what stands behind them is opened. Throws as
   * `open` does.
   * @param {DeliverFrame[]} frames
   */
  async place(frames) {
    for (const frame of frames) {
      const n = (frame.flags & COMMIT) === 0 ? epochOf(frame) : await this.#placedCommit(frame);
      if (n !== null && n <= this.#newest) this.#place(frame, n);
    }
  }

  /** The newest epoch that is known. */
  get #newest() {
    return this.#keeper.chain?.head.n ?? 0;
  }

  /** The number of a commit that the chain has; null of any other. @param {DeliverFrame} frame */
  async #placedCommit({ payload }) {
    const commit = await readCommit(payload);
    if (commit === null || commit.n > this.#newest) return null;
    return (await this.#entry(commit.n))?.hash === commit.hash ? commit.n : null;
  }

  /** @param {DeliverFrame} frame @param {number} epoch */
  #place({ sequence, flags }, epoch) {
    // What passes has no place.
    if (sequence === 0) return;
    if ((flags & COMMIT) !== 0) this.#commits.note(sequence, epoch);
    if (this.#places.note(sequence, epoch)) this.onLaterEpoch(sequence, epoch);
  }

  /**
   * Verifies several at once, beside whatever is opened meanwhile; what does not hold gets its verdict when it is opened.
   * @param {Delivery[]} deliveries
   */
  async verify(deliveries) {
    await Promise.all(deliveries.map((delivery) => this.#verify(delivery).catch(() => {})));
  }

  /**
   * The verdict on a delivery. Throws a `ServerRefusal` or `Refused` where something could not be read: nobody has looked at the
   * delivery then.
   * @param {Delivery} delivery
   * @returns {Promise<Item>}
   */
  async open(delivery) {
    const { frame } = delivery;
    try {
      if ((frame.flags & COMMIT) !== 0) return await this.#commit(frame);
      return frame.payload[1] === ERASED_TYPE ? this.#erased(frame) : await this.#message(delivery);
    } catch (error) {
      if (error instanceof ChainStopped) return unreadable(frame, (frame.flags & COMMIT) !== 0 ? REFUSED[error.alarm] : "commits_missing", null);
      if (!(error instanceof OpenError) && !(error instanceof RoomError)) throw error;
      const version = error instanceof OpenError && error.cause === "version";
      return unreadable(frame, version ? "newer" : "not_opened", null);
    }
  }

  /** @param {DeliverFrame} frame @returns {Promise<Item>} */
  async #commit(frame) {
    const commit = await readCommit(frame.payload);
    if (commit === null) return unreadable(frame, "commit_refused", null);
    if (commit.n > this.#newest) await this.#keeper.take(frame.payload);
    const known = await this.#entry(commit.n);
    // Another one in the place of one that was taken: a fork if its author signed it, and refused if not.
    if (known !== undefined && known.hash !== commit.hash) await this.#keeper.take(frame.payload);
    if (known?.hash !== commit.hash || commit.author !== frame.sender) return unreadable(frame, "commit_refused", commit.n);
    this.#place(frame, commit.n);
    return { ...standOf(frame), kind: "commit", n: commit.n, reason: commit.reason, ...summaryOf(commit.changes), keepDays: this.#otherKeepDays(commit.n) };
  }

  /** After how many days the room forgets from a commit on, where it did otherwise before. @param {number} n */
  #otherKeepDays(n) {
    const { history } = this.#keeper.verified;
    if (history.isBefore(n) || (n > 1 && history.isBefore(n - 1))) return null;
    const { keepDays } = history.policyAt(n);
    return keepDays === (n === 1 ? 0 : history.policyAt(n - 1).keepDays) ? null : keepDays;
  }

  /** The commit of this number, as the chain has it. @param {number} n */
  #entry(n) {
    return this.#keeper.judge(({ history }) => {
      if (history.isBefore(n)) throw new RoomError("older");
      return history.entry(n);
    });
  }

  /** @param {DeliverFrame} frame @returns {Item} */
  #erased(frame) {
    try {
      return { ...standOf(frame), kind: "erased", ...parseErased(frame.payload) };
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      return unreadable(frame, "not_opened", null);
    }
  }

  /** @param {Delivery} delivery @returns {Promise<Item>} */
  async #message(delivery) {
    const { frame } = delivery;
    const envelope = delivery.verified ?? parseSignedEnvelope(frame.payload);
    const { header } = envelope;
    if (header.epoch > this.#newest) await this.#keeper.catchUp();
    const failed = delivery.verified === null ? await this.#check(envelope, frame) : null;
    if (failed !== null) return failed;
    delivery.verified = envelope;
    this.#place(frame, header.epoch);
    if (this.#replay.arrive(header, frame.sequence) && delivery.live) this.onHole();
    const hash = await envelopeHash(envelope);
    const seen = this.#replay.check(header, hash, frame.sequence);
    if (seen === "same_again") return { ...standOf(frame), kind: "dropped" };
    if (seen === "conflict") {
      this.onRepeated(header.sender, frame.sequence);
      return unreadable(frame, "not_opened", header.epoch);
    }
    const secret = await this.#secrets.of(header.epoch);
    if (secret === null) return unreadable(frame, this.#secrets.missing(header.epoch) ?? "waiting_for_key", header.epoch);
    const entry = await this.#keeper.judge((chain) => /** @type {import("../crypto/room/history.js").ChainEntry} */ (chain.entry(header.epoch)));
    return this.#content(delivery, envelope, hash, parseContent(await openEnvelope(envelope, entry, secret)));
  }

  /** @param {Delivery} delivery */
  async #verify(delivery) {
    const { frame } = delivery;
    if ((frame.flags & COMMIT) !== 0 || frame.payload[1] === ERASED_TYPE) return;
    const envelope = parseSignedEnvelope(frame.payload);
    if (envelope.header.epoch > this.#newest) return;
    const beside = this.#verifier.verify.bind(this.#verifier);
    await this.#keeper.judge((chain, keysets) => checkSender(envelope, this.#placeOf(frame), chain, keysets, beside));
    delivery.verified = envelope;
  }

  /** Membership, PSS and DSA. @param {SignedEnvelope} envelope @param {DeliverFrame} frame @returns {Promise<Item | null>} */
  async #check(envelope, frame) {
    try {
      await this.#keeper.judge((chain, keysets) => checkSender(envelope, this.#placeOf(frame), chain, keysets));
      return null;
    } catch (error) {
      if (error instanceof RoomError && error.cause === "muted") return { ...standOf(frame), kind: "dropped" };
      const cause = await this.#whyNot(error, envelope, frame);
      return unreadable(frame, cause, envelope.header.epoch);
    }
  }

  /** What a deliver frame says of the envelope in it. @param {DeliverFrame} frame */
  #placeOf({ sender, flags }) {
    return { channel: this.#channel, sender, stored: (flags & STORED) !== 0 };
  }

  /** Why nothing says that its sender made it; throws what says nothing of it. @param {unknown} error @param {SignedEnvelope} envelope @param {DeliverFrame} frame @returns {Promise<Unreadable>} */
  async #whyNot(error, envelope, { sequence }) {
    const { sender } = envelope.header;
    const keysUnread = error instanceof Refused || (error instanceof ServerRefusal && !error.isUnknown);
    if (keysUnread || (error instanceof RoomError && error.unknownKeys !== null)) return this.#keeper.isSwapped(sender) ? "keys_alarm" : "sender_unknown";
    if (!(error instanceof RoomError)) throw error;
    switch (error.cause) {
      case "not_member":
        this.onGhost(sender, sequence);
        return "not_member";
      case "unknown_epoch":
        await this.#elsewhere(envelope, "commit_withheld");
        return "commits_missing";
      case "other_commit":
        return (await this.#elsewhere(envelope, "fork")) ? "other_history" : "not_opened";
      default:
        throw error;
    }
  }

  /** Whether a member wrote under a commit that is not in the chain, which is an alarm. @param {SignedEnvelope} envelope @param {"fork" | "commit_withheld"} shown */
  async #elsewhere(envelope, shown) {
    try {
      await this.#keeper.judge((chain, keysets) => checkElsewhere(envelope, chain, keysets));
    } catch (error) {
      if (error instanceof RoomError || error instanceof Refused || (error instanceof ServerRefusal && !error.isUnknown)) return false;
      throw error;
    }
    this.onElsewhere(shown, envelope.header.epoch, envelope.header.commit);
    return true;
  }

  /** @param {Delivery} delivery @param {SignedEnvelope} envelope @param {string} hash @param {RoomContent} content @returns {Item} */
  #content({ frame, live, at = Date.now(), newest = 0 }, { header }, hash, content) {
    const shown = this.#replay.record(header, hash, frame.sequence);
    if (shown === "again") return { ...standOf(frame), kind: "dropped" };
    if (content.type === "newer") return unreadable(frame, "newer", header.epoch);
    const { message, epoch, sentAt } = header;
    const clockOff = live && Math.abs(sentAt - at) > CLOCKS_APART_MS;
    // What came before its epoch ended came in time, even if it is opened later.
    const oldEpoch = epoch < newest || this.#places.isBehind(frame.sequence, epoch);
    return { ...standOf(frame), kind: "content", hash, message, epoch, content, sentAt, clockOff, oldEpoch };
  }
}

/** @param {DeliverFrame} frame @returns {Stand} */
function standOf({ sequence, time, sender }) {
  return { sequence, time, sender };
}

/** @param {DeliverFrame} frame @param {Unreadable} cause @param {number | null} epoch @returns {UnreadableItem} */
function unreadable(frame, cause, epoch) {
  return { ...standOf(frame), kind: "unreadable", cause, epoch };
}

/** The epoch under which an envelope says that it was sealed; null of what is none. @param {DeliverFrame} frame */
function epochOf({ payload }) {
  try {
    return parseSignedEnvelope(payload).header.epoch;
  } catch (error) {
    if (error instanceof OpenError) return null;
    throw error;
  }
}

/** @param {Uint8Array} record */
async function readCommit(record) {
  try {
    return await parseCommit(record);
  } catch (error) {
    if (error instanceof OpenError) return null;
    throw error;
  }
}

/** What a commit changed, as it is shown. @param {import("../crypto/room/change.js").Change[]} changes */
function summaryOf(changes) {
  const accounts = (/** @type {(change: import("../crypto/room/change.js").Change) => boolean} */ of) => changes.filter(of).map((change) => accountOf(change) ?? "");
  return {
    joined: accounts(({ kind }) => kind === "joined" || kind === "placed"),
    left: accounts(({ kind }) => kind === "left"),
    removed: accounts((change) => change.kind === "removed" && !change.banned),
    banned: accounts((change) => change.kind === "removed" && change.banned),
    unbanned: accounts(({ kind }) => kind === "unbanned"),
    rekeyed: accounts(({ kind }) => kind === "rekeyed"),
    roles: changes.flatMap((change) => (change.kind === "role" ? [{ account: change.account, role: change.role }] : [])),
  };
}
