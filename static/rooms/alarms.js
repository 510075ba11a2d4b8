/**
 * What needs the user's eye in one room; two histories stop it until its user decides (docs/protocol.md §14.9).
 */
import { ChainStopped } from "./chain_keeper.js";
/** @typedef {import("./requests.js").Alarm} Alarm */

/** Alarms after which nothing is sent until the user decides. @type {ReadonlySet<Alarm["kind"]>} */
const STOPS = new Set(/** @type {Alarm["kind"][]} */ (["fork", "commit_withheld", "rolled_back"]));
/** Alarms that are over when the commit is here that was not shown. @type {ReadonlySet<Alarm["kind"]>} */
const OVER_WITH_COMMIT = new Set(/** @type {Alarm["kind"][]} */ (["commit_withheld", "keys_alarm"]));

/** One room's alarms. */
export class Alarms {
  #changed;
  /** @type {Alarm[]} */
  #all = [];

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @returns {readonly Alarm[]} */
  get all() {
    return this.#all;
  }

  /** Whether one waits for a decision. */
  get stop() {
    return this.#all.some(({ kind }) => STOPS.has(kind));
  }

  /**
   * Of a kind that is told of somebody, the newest: one that was put away shows again where it has happened anew.
   * @param {Alarm["kind"]} kind
   * @param {ReadonlyMap<string, number>} newest by account
   * @param {string} [channel] in which it happened; those of others stay
   */
  set(kind, newest, channel) {
    const isOf = (/** @type {Alarm} */ alarm) => alarm.kind === kind && alarm.channel === channel;
    const before = this.#all.filter(isOf);
    if (before.length === newest.size && before.every(({ account, n }) => newest.get(account ?? "") === n)) return;
    this.#all = [...this.#all.filter((alarm) => !isOf(alarm)), ...[...newest].map(([account, n]) => alarmOf(kind, account, n, channel))];
    this.#changed();
  }

  /** What `set` has put there. @param {Alarm["kind"]} kind @param {string} [channel] */
  newest(kind, channel) {
    return new Map(this.#all.filter((alarm) => alarm.kind === kind && alarm.channel === channel).map(({ account, n }) => [account ?? "", n ?? 0]));
  }

  /** Names something, once. @param {Alarm["kind"]} kind @param {string | null} account @param {number | null} [n] @param {string} [channel] */
  add(kind, account, n = null, channel) {
    if (this.#all.some((alarm) => alarm.kind === kind && alarm.account === account && alarm.n === n && alarm.channel === channel)) return;
    this.#all = [...this.#all, alarmOf(kind, account, n, channel)];
    this.#changed();
  }

  /** Alarms of one kind are over, or decided about; others stay. @param {Alarm["kind"]} kind @param {(n: number | null) => boolean} [isOver] */
  lift(kind, isOver = () => true) {
    const before = this.#all.length;
    this.#all = this.#all.filter((alarm) => alarm.kind !== kind || !isOver(alarm.n));
    if (this.#all.length < before) this.#changed();
  }

  /** The chain has gone on: what it lacked up to there is here. @param {number} n its newest commit */
  reached(n) {
    const before = this.#all.length;
    this.#all = this.#all.filter((alarm) => !OVER_WITH_COMMIT.has(alarm.kind) || alarm.n === null || alarm.n > n);
    if (this.#all.length < before) this.#changed();
  }

  /** Does something that a commit may end which does not hold, and is an alarm then; whether none did. @param {() => Promise<unknown>} task */
  async guard(task) {
    try {
      await task();
      return true;
    } catch (error) {
      if (!(error instanceof ChainStopped)) throw error;
      return false;
    }
  }
}

/** @param {Alarm["kind"]} kind @param {string | null} account @param {number | null} n @param {string | undefined} channel @returns {Alarm} */
function alarmOf(kind, account, n, channel) {
  return channel === undefined ? { kind, account, n } : { kind, account, n, channel };
}
