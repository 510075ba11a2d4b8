/**
 * What a room forgets, and when: a message so many days after the server took it, the secret of an epoch so many days after it ended
 * (docs/protocol.md §14.16). What is due goes before anything is shown.
 */
import { RoomError } from "../crypto/room/errors.js";
import { ChainStopped } from "./chain_keeper.js";
import { DAY_MS, EPOCH_DAYS } from "./kept_spans.js";
/** @typedef {import("../crypto/room/history.js").History} History */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./channel.js").Channel} Channel */
/** @typedef {import("./opening.js").ContentItem} ContentItem */
/** @typedef {import("./opening.js").Item} Item */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./session.js").Session} Session */

/** How far the server's clock and a sender's may be apart, in milliseconds. */
const CLOCKS_APART_MS = 300_000;

/** So long after it was due a key that was published since opens nothing of it for sure, in milliseconds. */
export const WRAPS_APART_MS = 600_000;

/** Forgetting of one room. */
export class Forgetting {
  #session;
  #room;
  #keeper;
  #secrets;
  /** When the next row is due; null where none is. @type {number | null} */
  #nextRow = null;

  /** @param {Session} session @param {string} room @param {ChainKeeper} keeper @param {Secrets} secrets */
  constructor(session, room, keeper, secrets) {
    this.#session = session;
    this.#room = room;
    this.#keeper = keeper;
    this.#secrets = secrets;
  }

  /** After how many days the room forgets what is said in it now; 0 never. */
  get days() {
    return this.#keeper.known?.record.policy.keepDays ?? 0;
  }

  /** The shortest time after which it has ever forgotten, in days, as far as is known; 0 if it never did. */
  get shortest() {
    const history = this.#history;
    return history === null ? this.days : history.keepDays(history.isWhole ? 1 : (this.#keeper.chain?.head.n ?? 1));
  }

  /** After how many days an item is forgotten; 0 never. @param {Item} item */
  daysOf(item) {
    return this.#daysOf(epochOf(item));
  }

  /** Whether the server may have let go of what was said here: the room forgets, or did at any time. Throws as `ChainKeeper.judge` does. */
  async mayHaveForgotten() {
    if (this.days > 0) return true;
    try {
      return (await this.#keeper.judge((chain) => whole(chain.history))).keepDays(1) > 0;
    } catch (error) {
      // In a room that is stopped nothing is shown to be missing.
      if (error instanceof ChainStopped) return true;
      throw error;
    }
  }

  /** Whether the newest epoch is over by its age, so that a commit comes before anything else. */
  get isHeadOver() {
    const head = this.#keeper.chain?.head;
    return head !== undefined && this.days > 0 && this.#endOf(head.n, this.#history) <= this.#session.now();
  }

  /** When something of an epoch is due that the server took at a time; null never. @param {number} time @param {number | null} epoch null where nobody knows it */
  dueAt(time, epoch) {
    const days = this.#daysOf(epoch);
    return days === 0 ? null : time + days * DAY_MS;
  }

  /** Whether an item is due. The commits stay. @param {Item} item */
  isDue(item) {
    const at = this.#itemDueAt(item);
    return at !== null && at <= this.#session.now();
  }

  /** Whether an item that is due has nothing in front of it that is not: what stood there is gone for everybody. @param {Item} item @param {Iterable<Item>} items that are here */
  isInFront(item, items) {
    const at = this.#latest(this.dueAt(item.time, epochOf(item)), epochOf(item));
    if (at === null || at > this.#session.now()) return false;
    for (const other of items) if (other.sequence < item.sequence && !isPlace(other) && !this.isDue(other)) return false;
    return true;
  }

  /** When the secret of an epoch is due, or will be at the latest; null never. @param {number} n */
  secretDueAt(n) {
    const history = this.#history;
    if (history === null || history.isBefore(n) || history.entry(n) === undefined) return null;
    const end = this.#endOf(n, history);
    return end === Infinity ? null : this.dueAt(end, n);
  }

  /** Whether the secret of an epoch is due: nobody asks for it, or hands it over. @param {number} n */
  isOver(n) {
    const at = this.secretDueAt(n);
    return at !== null && at <= this.#session.now();
  }

  /**
   * Deletes what is due of channels, secrets and vault, and notes there when the others will be. Throws as `RoomVault.forgetSecrets` does.
   * @param {Iterable<Channel>} channels
   * @returns {Promise<number | null>} when something is due next
   */
  async sweep(channels) {
    this.#nextRow = this.#sweepRows(channels);
    const due = await this.#sweepSecrets();
    return due.reduce(earlier, this.#nextRow);
  }

  /** Deletes rows that are due by now, before somebody sees them. @param {Iterable<Channel>} channels */
  sweepDue(channels) {
    if (this.#nextRow !== null && this.#nextRow <= this.#session.now()) this.#nextRow = this.#sweepRows(channels);
  }

  /** Takes note of an item that is shown from now on. @param {Item} item */
  note(item) {
    const at = this.#itemDueAt(item);
    if (at !== null) this.#nextRow = earlier(this.#nextRow, at);
  }

  /** @param {Iterable<Channel>} channels @returns {number | null} when the next is due */
  #sweepRows(channels) {
    const now = this.#session.now();
    let next = null;
    for (const channel of channels) {
      for (const item of channel.rows.items) {
        const at = this.#itemDueAt(item);
        if (at !== null && at > now) next = earlier(next, at);
      }
      this.#forgetRows(channel);
    }
    return next;
  }

  /**
   * From when to when something may have been sealed to this account's keys that opens what is forgotten by now: from the commit of each
   * epoch that is due until it was. Throws as `ChainKeeper.judge` does.
   * @returns {Promise<import("../keys/requests.js").Span[]>}
   */
  async overSpans() {
    const over = this.#session.now() - WRAPS_APART_MS;
    return (await this.spans()).filter(({ to }) => to <= over);
  }

  /**
   * The same of every epoch that will be forgotten, as far as is known now. Throws as `ChainKeeper.judge` does.
   * @returns {Promise<import("../keys/requests.js").Span[]>}
   */
  async spans() {
    if (this.shortest === 0) return [];
    return (await this.#ownEpochs()).flatMap(({ n, madeAt: from }) => {
      const to = this.secretDueAt(n);
      return to === null ? [] : [{ from, to }];
    });
  }

  /**
   * Opens every share that is addressed to this account and not due; whether all of their secrets stand in the vault now. Throws as
   * `Secrets.of` does.
   */
  async openShares() {
    if (this.#keeper.chain === null) return false;
    let isSettled = true;
    for (const { n } of await this.#ownEpochs()) {
      if (this.isOver(n)) continue;
      if (!this.#session.vault.hasKept(this.#room, n)) await this.#secrets.of(n);
      if (!this.#session.vault.hasKept(this.#room, n)) isSettled = false;
    }
    return isSettled;
  }

  /** Epochs in which the account was there. */
  async #ownEpochs() {
    if (this.#keeper.chain === null) return [];
    const history = await this.#keeper.judge((chain) => whole(chain.history));
    const epochs = Array.from({ length: this.#keeper.verified.head.n }, (_, at) => history.entry(at + 1));
    return epochs.flatMap((entry) => (entry !== undefined && history.memberAt(entry.n, this.#session.account) !== null ? [entry] : []));
  }

  /** @param {Channel} channel */
  #forgetRows(channel) {
    const { items } = channel.rows;
    const due = items.filter((item) => this.isDue(item));
    const left = items.find((item) => !isPlace(item) && !this.isDue(item))?.sequence ?? Infinity;
    const last = due.findLast((item) => item.sequence < left && this.isInFront(item, []));
    // What is missing is named before that by which it is seen goes.
    if (last !== undefined) channel.forgetBefore(last.sequence + 1);
    for (const { sequence } of due) channel.rows.forget(sequence);
    if (last !== undefined) channel.rows.forgotten(last.sequence, last.time, this.daysOf(last));
  }

  /** @returns {Promise<number[]>} when those that are left are due */
  async #sweepSecrets() {
    const { vault } = this.#session;
    const epochs = new Set([...this.#secrets.held, ...vault.epochsOf(this.#room)]);
    const due = [...epochs].flatMap((n) => {
      const at = this.secretDueAt(n);
      return at === null ? [] : [{ n, at }];
    });
    for (const { n } of due) if (this.isOver(n)) this.#secrets.forget(n);
    await vault.forgetSecrets(this.#room, due);
    return due.filter(({ n }) => !this.isOver(n)).map(({ at }) => at);
  }

  /** By the server's time, where that is not far from what else says when it was sent; at the latest when the secret that opens it is due. @param {Item} item */
  #itemDueAt(item) {
    if (isPlace(item)) return null;
    const sentAt = item.kind === "content" ? this.#sentAt(item) : item.time;
    const epoch = epochOf(item);
    return this.#latest(this.dueAt(Math.abs(item.time - sentAt) > CLOCKS_APART_MS ? sentAt : item.time, epoch), epoch);
  }

  /** When a message was sent, whatever the server says: not long before it was seen to come, or as its sender signed, though not before the commit of its epoch. @param {ContentItem} item */
  #sentAt({ time, sentAt = time, cameAt, epoch }) {
    return cameAt ?? Math.max(sentAt, this.#history?.entry(epoch)?.madeAt ?? 0);
  }

  /** @param {number | null} at when a message is due by itself @param {number | null} epoch */
  #latest(at, epoch) {
    const latest = at === null || epoch === null ? null : this.secretDueAt(epoch);
    return at === null || latest === null ? at : Math.min(at, latest);
  }

  /** When an epoch ended, or does at the latest. @param {number} n @param {History | null} history */
  #endOf(n, history) {
    const next = history?.entry(n + 1);
    if (next !== undefined) return next.madeAt;
    return this.days === 0 ? Infinity : (history?.entry(n)?.madeAt ?? Infinity) + Math.min(EPOCH_DAYS, this.days) * DAY_MS;
  }

  /** Where older commits are not known, what the room allows now counts: nothing of before it is shown without them. @param {number | null} epoch */
  #daysOf(epoch) {
    const history = this.#history;
    if (history === null || epoch === null || history.isBefore(epoch)) return this.days;
    return history.keepDays(epoch);
  }

  /** @returns {History | null} */
  get #history() {
    return this.#keeper.chain?.history ?? null;
  }
}

/** The epoch of an item; null where nobody knows it. @param {Item} item */
function epochOf(item) {
  return "epoch" in item ? item.epoch : null;
}

/** Whether nothing is shown of it that could be forgotten. @param {Item} item */
function isPlace({ kind }) {
  return kind === "commit" || kind === "dropped";
}

/** @param {number | null} one @param {number} other */
function earlier(one, other) {
  return one === null || other < one ? other : one;
}

/** @param {History} history */
function whole(history) {
  if (!history.isWhole) throw new RoomError("older");
  return history;
}
