/**
 * The verified chain of one room: taken up where the vault kept it, gone on with what the server has, and read from its beginning
 * where older commits are asked for (docs/protocol.md §14.9).
 */
import { fromBase64 } from "../wire/base64.js";
import { OpenError } from "../crypto/errors.js";
import { parseList } from "../crypto/record_list.js";
import { RoomChain } from "../crypto/room/chain.js";
import { accountOf } from "../crypto/room/change.js";
import { parseCommit } from "../crypto/room/commit.js";
import { ROOM_ALARMS, RoomError } from "../crypto/room/errors.js";
import { parseRoomRecord } from "../crypto/room/room_record.js";
import { Refused } from "../keys/failure.js";
import { decided, forked, isDecided, isForked, passedOver } from "./fork.js";
import { nextHead } from "./kept_spans.js";
import { Turn } from "./turn.js";
import { unlessCut } from "./vault.js";
/** @typedef {import("./session.js").Session} Session */

/**
 * Why a chain does not go on: `fork` two histories were shown; `commit_refused` a commit that does not hold; `rolled_back` the server
 * shows an older room than the vault knows; `keys_alarm` it shows other keys than before of somebody by whom a commit is judged.
 * @typedef {"fork" | "commit_refused" | "rolled_back" | "keys_alarm"} ChainAlarm
 */

/** What a commit means that the chain lacks: another history, or one that the server holds back. @typedef {"fork" | "commit_withheld"} Elsewhere */

/** Most commits of one page of 1 MiB. */
const PAGE = 4_096;
/** Commits whose newcomers' keys are read before the first of them is judged: what a server makes up costs no more than these. */
const MET_AT_ONCE = 64;

/** The chain stays where it was; the room says so. */
export class ChainStopped extends Error {
  /** @param {ChainAlarm} alarm @param {number | null} n @param {string | null} [other] of a fork, a commit of the other history where a member signed it */
  constructor(alarm, n, other = null) {
    super(`stopped: ${alarm}`);
    this.name = "ChainStopped";
    this.alarm = alarm;
    this.n = n;
    this.other = other;
  }
}

/** One room's chain. */
export class ChainKeeper {
  #session;
  #room;
  /** @type {RoomChain | null} */
  #chain = null;
  #turn = new Turn();
  /** @type {import("../crypto/vault_item.js").ItemName} */
  #head;
  /** What the vault kept, as it was read last. @type {{ n: number, hash: string, madeAt: number, record: import("../crypto/room/room_record.js").RoomRecord } | null} */
  #kept = null;
  /** Commits that the chain lacks and somebody signed or knows, since the last decision, with their numbers where those are known. @type {Map<string, { shown: Elsewhere, n: number | null }>} */
  #others = new Map();
  /** Called when the chain does not go on, whoever wanted it to. @type {(stopped: ChainStopped) => void} */
  onStopped = () => {};
  /** Within which times something was sealed that the room is to forget. May throw. @type {() => Promise<import("../keys/requests.js").Span[]>} */
  spans = async () => [];

  /** @param {Session} session @param {string} room */
  constructor(session, room) {
    this.#session = session;
    this.#room = room;
    this.#head = { kind: "room_head", room };
  }

  /** What was verified; null before the first reading. */
  get chain() {
    return this.#chain;
  }

  /**
   * The newest commit that is known, and the room after it: before the chain was read, and where the server does not give it, what the
   * vault kept. Null of a room that was never seen.
   * @returns {{ n: number, hash: string, madeAt: number, record: import("../crypto/room/room_record.js").RoomRecord } | null}
   */
  get known() {
    if (this.#chain !== null) return this.#chain.head;
    const kept = this.#session.vault.head(this.#room);
    if (kept === null) return null;
    if (this.#kept?.hash !== kept.commit) this.#kept = readKept(kept);
    return this.#kept;
  }

  /** What was verified; throws `Refused` (`unavailable`) before the first reading. */
  get verified() {
    if (this.#chain === null) throw new Refused("unavailable");
    return this.#chain;
  }

  /** Whether two histories were shown, on whichever device, and the user has not decided since. */
  get isForked() {
    return isForked(this.#session.vault.head(this.#room));
  }

  /** Whether the server shows other keys of an account than before. @param {string} account */
  isSwapped(account) {
    return this.#session.keysets.alarms.has(account);
  }

  /** Whether the vault kept a head that does not open, or is left out: nothing here is compared with it. */
  get isHeadLost() {
    return this.#session.vault.fault(this.#head) !== null;
  }

  /**
   * A commit was shown that the chain lacks; whether that is news: the user has not decided against it, on whichever device. Without a
   * chain it always is, for there is nothing to go on with.
   * @param {Elsewhere} shown
   * @param {string} other its hash
   * @param {number | null} n
   */
  isNews(shown, other, n) {
    if (this.#chain !== null && isDecided(this.#session.vault.head(this.#room), other)) return false;
    if (this.#others.get(other)?.shown !== "fork") this.#others.set(other, { shown, n });
    return true;
  }

  /** A commit of another history that was shown here and not decided about; null where none is named. */
  get otherHistory() {
    for (const [hash, { shown }] of this.#others) if (shown === "fork") return hash;
    return null;
  }

  /**
   * Two histories were shown: that holds on every device and after every start until the user decides. Throws as `keep` does.
   * @param {string | null} other a commit of the other one
   */
  async noteFork(other) {
    await this.keep();
    if (this.isHeadLost) return;
    await this.#session.vault.change(this.#head, (old) => (old === null ? null : forked(old, other))).catch(unlessCut);
  }

  /**
   * The user goes on with what is known here: what alarms of this kind showed beside it stops nothing again, on no device; of
   * `rolled_back` with what the server shows, where what was kept is lost. Throws a `ServerRefusal`, or `Refused`.
   * @param {import("./requests.js").Alarm["kind"]} kind
   */
  async decide(kind) {
    const { vault } = this.#session;
    if (kind === "rolled_back") return this.isHeadLost ? vault.change(this.#head, (old) => ({ ...old, ...this.verified.kept }), true) : undefined;
    const shown = [...this.#others].filter(([, other]) => other.shown === kind);
    // A commit that was held back may have come since.
    const others = shown.filter(([hash, { n }]) => n === null || this.#chain?.entry(n)?.hash !== hash).map(([hash]) => hash);
    const after = kind === "fork" ? decided : passedOver;
    await vault.change(this.#head, (old) => (old === null ? null : after(old, others)));
    for (const [hash] of shown) this.#others.delete(hash);
  }

  /** Reads what the server has behind the verified head. Throws a `ChainStopped`, a `ServerRefusal` or `Refused`. @returns {Promise<void>} */
  catchUp() {
    return this.#next(() => (this.#chain === null ? this.#begin() : this.#goOn()));
  }

  /**
   * Takes a commit that was delivered; of one that is further on the ones before are read. Throws as `catchUp` does.
   * @param {Uint8Array} record
   */
  take(record) {
    return this.#next(() => this.#take(record));
  }

  /** Knows the chain from its first commit on. Throws as `catchUp` does. */
  whole() {
    return this.#next(() => this.#readWhole());
  }

  /**
   * Judges something by the chain and the keys that it names; reads what is missing of both. Throws what the check throws, and as
   * `catchUp` does.
   * @template T
   * @param {(chain: RoomChain, keysets: import("./keysets.js").Keysets) => Promise<T> | T} check
   * @returns {Promise<T>}
   */
  async judge(check) {
    try {
      return await this.#session.keysets.judge((keysets) => check(this.verified, keysets));
    } catch (error) {
      if (!(error instanceof RoomError) || error.innermost !== "older" || this.verified.history.isWhole) throw error;
      await this.whole();
      return this.judge(check);
    }
  }

  /** Writes the head into the vault, unless a newer one is there, or one that its user has to decide on. Throws a `ServerRefusal` after a cut, or `Refused`. */
  async keep() {
    const { kept } = this.verified;
    if (this.isHeadLost) return;
    // Those of a room that stopped are not known.
    const spans = await this.spans().catch(() => []);
    await this.#session.vault.change(this.#head, (old) => nextHead(old, kept, spans, this.#session.now())).catch(unlessCut);
  }

  /** @param {() => Promise<void>} task @returns {Promise<void>} */
  #next(task) {
    return this.#turn.take(task).catch((error) => {
      if (error instanceof ChainStopped) this.onStopped(error);
      throw error;
    });
  }

  async #begin() {
    const kept = this.#session.vault.head(this.#room);
    if (kept === null) return this.#first();
    const n = Number(kept.n);
    const pages = this.#pages(n - 1, n);
    const { value: first } = await pages.next();
    if (first === undefined) throw new ChainStopped("rolled_back", n);
    try {
      this.#chain = await RoomChain.takeUp(this.#room, kept, first);
    } catch (error) {
      // A record of the vault that is not the head's: the chain itself is judged from its beginning.
      if (error instanceof RoomError && error.cause === "members_hash") return this.#first();
      throw stopped(error, n);
    }
    for await (const record of pages) await this.#extend(record);
  }

  async #first() {
    for await (const record of this.#pages(0, 1)) {
      if (this.#chain !== null) await this.#extend(record);
      else {
        try {
          this.#chain = await this.#session.keysets.judge((keysets) => RoomChain.first(this.#room, record, keysets));
        } catch (error) {
          throw stopped(error, 1);
        }
      }
    }
    if (this.#chain === null) throw new ChainStopped("commit_refused", 1);
  }

  async #goOn() {
    const { n } = this.verified.head;
    // Another device may know more.
    const known = Math.max(n, Number(this.#session.vault.head(this.#room)?.n ?? 0));
    for await (const record of this.#pages(n, known)) await this.#extend(record);
  }

  /** @param {Uint8Array} record */
  async #take(record) {
    if (this.#chain === null) return this.#begin();
    await this.#meet([record]);
    try {
      await this.#extend(record);
    } catch (error) {
      if (!(error instanceof ChainStopped) || error.cause !== "gap") throw error;
      await this.#goOn();
    }
  }

  /** Reads the keys of whom commits let in: each would be judged from its beginning again for each that is missing. @param {Uint8Array[]} records */
  async #meet(records) {
    const met = await Promise.all(records.map(newcomersIn));
    await this.#session.keysets.knownAll([...new Set(met.flat())]);
  }

  /** @param {Uint8Array} record */
  async #extend(record) {
    try {
      await this.#session.keysets.judge((keysets) => this.verified.extend(record, keysets));
    } catch (error) {
      if (!(error instanceof RoomError) || error.innermost !== "older" || this.verified.history.isWhole) throw stopped(error, this.verified.head.n + 1);
      await this.#readWhole();
      await this.#extend(record);
    }
  }

  async #readWhole() {
    const chain = this.verified;
    if (chain.history.isWhole) return;
    const { kept } = chain;
    /** @type {Uint8Array[]} */
    const records = [];
    for await (const record of this.#pages(0, chain.head.n, false)) {
      records.push(record);
      if (records.length === chain.head.n) break;
    }
    try {
      this.#chain = await RoomChain.reread(this.#room, kept, records);
    } catch (error) {
      throw stopped(error, chain.head.n);
    }
  }

  /**
   * The commits behind a number.
   * @param {number} after
   * @param {number} known a server that has fewer shows an older room
   * @param {boolean} [judged] whether they are judged, and not only compared with what was kept
   */
  async *#pages(after, known, judged = true) {
    for (let from = after; ; ) {
      const { ok, tail } = await this.#session.page.call("epochs.chain", from === 0 ? { room: this.#room } : { room: this.#room, after: String(from) });
      if (Number(ok.head) < known) throw new ChainStopped("rolled_back", Number(ok.head));
      const records = parseRecords(tail, from + 1);
      for (let at = 0; at < records.length; at += MET_AT_ONCE) {
        const some = records.slice(at, at + MET_AT_ONCE);
        if (judged) await this.#meet(some);
        yield* some;
      }
      from += records.length;
      if (ok.more !== true || records.length === 0) return;
    }
  }
}

/** @param {import("../crypto/room/chain.js").RoomHead} kept */
function readKept({ n, commit, state }) {
  try {
    return { n: Number(n), hash: commit, madeAt: 0, record: parseRoomRecord(fromBase64(state)) };
  } catch (error) {
    if (error instanceof OpenError) return null;
    throw error;
  }
}

/** Whom a commit lets in; of one that cannot be read nobody. @param {Uint8Array} record @returns {Promise<string[]>} */
async function newcomersIn(record) {
  try {
    const { changes } = await parseCommit(record);
    return changes.flatMap((change) => (change.kind === "joined" || change.kind === "placed" ? (accountOf(change) ?? []) : []));
  } catch (error) {
    if (error instanceof OpenError) return [];
    throw error;
  }
}

/** @param {Uint8Array} tail @param {number} n */
function parseRecords(tail, n) {
  try {
    return parseList(tail, PAGE);
  } catch (error) {
    throw stopped(error, n);
  }
}

/** What a refused commit means; whatever is not about the commit stays what it is. @param {unknown} error @param {number} n */
function stopped(error, n) {
  if (error instanceof OpenError) return new ChainStopped("commit_refused", n);
  if (error instanceof Refused && error.code === "keys_alarm") return new ChainStopped("keys_alarm", n);
  if (!(error instanceof RoomError)) return error;
  // Whose keys could not be read just now is read again: nothing is said of the commit.
  if (error.unknownKeys !== null) return new Refused("unavailable");
  const alarm = new ChainStopped(ROOM_ALARMS.has(error.cause) ? "fork" : "commit_refused", n, error.other);
  alarm.cause = error.cause;
  return alarm;
}
