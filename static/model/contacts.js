/**
 * Whose keys were seen, and what their user said of them: the pins of the vault (docs/protocol.md §14.3, §14.6 kind 3).
 */
import { moved, trustOf } from "../crypto/pin.js";
import { Signal } from "./signals.js";
import { itemKey } from "./account.js";

/**
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {import("./account.js").SeenKeys} SeenKeys
 * @typedef {import("../crypto/pin.js").Pin} Pin
 * @typedef {import("../crypto/pin.js").Trust | "alarm" | "lost"} Trust how far somebody's keys are to be trusted; `alarm`: the server showed
 *   another history than before; `lost`: what the vault kept of them does not open, or is left out
 *
 * What of the account is needed here.
 * @typedef {Pick<import("./account.js").Account, "vault" | "lostPins" | "change" | "readKeys">} Vault
 */

/** States in which nothing is to be confided to somebody before their user has decided. @type {ReadonlySet<Trust>} */
export const HALTS = new Set(/** @type {Trust[]} */ (["changed", "blocked", "differs", "alarm", "lost"]));

/** The code of a chain that does not continue the pinned one. */
const ALARM = "keys_alarm";

/** Keys of other accounts. */
export class Contacts {
  /** Accounts whose chain is an alarm. @type {Signal<ReadonlySet<string>>} */
  #alarms = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
  /** Accounts whose keys were renewed, signed by the old ones, since this page is open. @type {Signal<ReadonlySet<string>>} */
  renewed = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
  /** Keys that were read of accounts whose pins are lost: pinned when their user says so. @type {Signal<ReadonlyMap<string, Pin>>} */
  #shown = new Signal(/** @type {ReadonlyMap<string, Pin>} */ (new Map()));
  /** Called when a check found a reset or an alarm. @type {(account: string, trust: Trust) => void} */
  onHalt = () => {};
  #vault;
  /** Checks that wait, each account once, in order. @type {Map<string, Promise<Refusal | null>>} */
  #checks = new Map();
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {Vault} vault */
  constructor(vault) {
    this.#vault = vault;
  }

  /** What is pinned; an effect that asks runs again when it changes. @param {string} account @returns {Pin | null} */
  pin(account) {
    return this.#kept(account) ?? (this.#isLost(account) ? (this.#shown.value.get(account) ?? null) : null);
  }

  /** @param {string} account @returns {Trust} */
  trust(account) {
    if (this.#alarms.value.has(account)) return "alarm";
    if (this.#isLost(account)) return "lost";
    return trustOf(this.pin(account));
  }

  /** Forgets what this page found out itself. */
  clear() {
    this.#checks.clear();
    this.#alarms.value = new Set();
    this.#shown.value = new Map();
    this.renewed.value = new Set();
  }

  /**
   * Reads somebody's keys and moves the pin along. One check at a time, so that a long list floods nobody.
   * @param {string} account
   * @param {string} name
   * @returns {Promise<Refusal | null>} why the keys could not be read, or null; an alarm is a state and no refusal
   */
  check(account, name) {
    const waiting = this.#checks.get(account);
    if (waiting !== undefined) return waiting;
    const check = this.#last.then(() => {
      this.#checks.delete(account);
      return this.#check(account, name);
    });
    this.#checks.set(account, check);
    this.#last = check;
    return check;
  }

  /** The numbers are the same on both sides. @param {string} account @param {Pin} compared what was on the screen */
  match(account, compared) {
    return this.#decide(account, compared, (pin) => ({ ...pin, verified: true, acknowledged: pin.number }));
  }

  /** The numbers are not the same. @param {string} account @param {Pin} compared */
  differ(account, compared) {
    return this.#decide(account, compared, (pin) => ({ ...pin, verified: false, acknowledged: "0" }));
  }

  /** New keys are taken as they are, not compared. @param {string} account @param {Pin} seen */
  acknowledge(account, seen) {
    return this.#decide(account, seen, (pin) => ({ ...pin, verified: false, acknowledged: pin.number }));
  }

  /**
   * @param {string} account
   * @param {Pin} about the keys that were on the screen; of others nothing was said
   * @param {(pin: Pin) => Pin} decide
   * @returns {Promise<Refusal | null>}
   */
  async #decide(account, about, decide) {
    let moved = false;
    const refused = await this.#vault.change({ kind: "pin", account }, (content) => {
      const pin = /** @type {Pin | null} */ (content) ?? this.pin(account);
      moved = pin?.head !== about.head;
      return pin === null || moved ? null : decide(pin);
    }, this.#isLost(account));
    return refused ?? (moved ? { code: "keys_conflict", message: "" } : null);
  }

  /** @param {string} account @param {string} name @returns {Promise<Refusal | null>} */
  async #check(account, name) {
    const before = this.#kept(account);
    const pin = before === null ? null : { number: Number(before.number), head: before.head };
    const answer = await this.#vault.readKeys({ account, name, pin });
    if ("error" in answer) {
      if (answer.error.code !== ALARM) return answer.error;
      this.#alarm(account);
      return null;
    }
    this.#alarms.update((alarms) => without(alarms, account));
    const seen = answer.ok;
    if (this.#isLost(account)) return this.#show(account, seen);
    const refused = await this.#vault.change({ kind: "pin", account }, (content) => moved(/** @type {Pin | null} */ (content), pin, seen));
    if (refused !== null) return refused;
    if (seen.since.includes("reset")) this.onHalt(account, this.trust(account));
    else if (seen.since.length > 0) this.renewed.update((renewed) => new Set([...renewed, account]));
    return null;
  }

  /** @param {string} account @returns {Pin | null} */
  #kept(account) {
    const entry = this.#vault.vault.value?.get(itemKey({ kind: "pin", account }));
    return entry === undefined ? null : /** @type {Pin} */ (entry.content);
  }

  /** @param {string} account */
  #isLost(account) {
    return this.#vault.lostPins.value.has(account);
  }

  /** Nobody knows what was noted of these keys: it is for their user to say. @param {string} account @param {SeenKeys} seen */
  #show(account, { number, head, fingerprint }) {
    const pin = { number: String(number), head, fingerprint, verified: false, acknowledged: "0" };
    if (!this.#shown.peek().has(account)) this.onHalt(account, "lost");
    this.#shown.update((shown) => new Map([...shown, [account, pin]]));
    return null;
  }

  /** @param {string} account */
  #alarm(account) {
    if (this.#alarms.peek().has(account)) return;
    this.#alarms.update((alarms) => new Set([...alarms, account]));
    this.onHalt(account, "alarm");
  }
}

/** @param {ReadonlySet<string>} set @param {string} gone */
function without(set, gone) {
  return set.has(gone) ? new Set([...set].filter((each) => each !== gone)) : set;
}
