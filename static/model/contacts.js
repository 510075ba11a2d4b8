/**
 * Whose keys were seen, and what their user said of them: the pins of the vault (docs/protocol.md §14.3, §14.6 kind 3).
 *
 * A pin's `acknowledged` says up to which keyset its user has taken note. One that is lower than `number` waits: there was a
 * reset since. 0 says that the numbers of both sides were compared and differed.
 */
import { Signal } from "./signals.js";
import { itemKey } from "./account.js";

/**
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {import("./account.js").SeenKeys} SeenKeys
 * @typedef {{ number: string, head: string, fingerprint: string, verified: boolean, acknowledged: string }} Pin
 *
 * How far somebody's keys are to be trusted. `unknown` not seen yet · `pinned` seen and the same since · `verified` compared
 * by both · `changed` reset since, and never verified · `blocked` verified, and reset since · `differs` compared, and not
 * the same · `alarm` the server showed another history than before.
 * @typedef {"unknown" | "pinned" | "verified" | "changed" | "blocked" | "differs" | "alarm"} Trust
 *
 * What of the account is needed here.
 * @typedef {Pick<import("./account.js").Account, "vault" | "change" | "readKeys">} Vault
 */

/** States in which nothing is to be confided to somebody before their user has decided. @type {ReadonlySet<Trust>} */
export const HALTS = new Set(/** @type {Trust[]} */ (["changed", "blocked", "differs", "alarm"]));

/** The code of a chain that does not continue the pinned one. */
const ALARM = "keys_alarm";

/** Keys of other accounts. */
export class Contacts {
  /** Accounts whose chain is an alarm. @type {Signal<ReadonlySet<string>>} */
  #alarms = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
  /** Accounts whose keys were renewed, signed by the old ones, since this page is open. @type {Signal<ReadonlySet<string>>} */
  renewed = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
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
    const entry = this.#vault.vault.value?.get(itemKey({ kind: "pin", account }));
    return entry === undefined ? null : /** @type {Pin} */ (entry.content);
  }

  /** @param {string} account @returns {Trust} */
  trust(account) {
    if (this.#alarms.value.has(account)) return "alarm";
    return trustOf(this.pin(account));
  }

  /** Forgets what this page found out itself. */
  clear() {
    this.#checks.clear();
    this.#alarms.value = new Set();
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
      const pin = /** @type {Pin | null} */ (content);
      moved = pin?.head !== about.head;
      return pin === null || moved ? null : decide(pin);
    });
    return refused ?? (moved ? { code: "keys_conflict", message: "" } : null);
  }

  /** @param {string} account @param {string} name @returns {Promise<Refusal | null>} */
  async #check(account, name) {
    const before = this.pin(account);
    const pin = before === null ? null : { number: Number(before.number), head: before.head };
    const answer = await this.#vault.readKeys({ account, name, pin });
    if ("error" in answer) {
      if (answer.error.code !== ALARM) return answer.error;
      this.#alarm(account);
      return null;
    }
    this.#alarms.update((alarms) => without(alarms, account));
    const seen = answer.ok;
    const refused = await this.#vault.change({ kind: "pin", account }, (content) => moved(/** @type {Pin | null} */ (content), pin, seen));
    if (refused !== null) return refused;
    if (seen.since.includes("reset")) this.onHalt(account, this.trust(account));
    else if (seen.since.length > 0) this.renewed.update((renewed) => new Set([...renewed, account]));
    return null;
  }

  /** @param {string} account */
  #alarm(account) {
    if (this.#alarms.peek().has(account)) return;
    this.#alarms.update((alarms) => new Set([...alarms, account]));
    this.onHalt(account, "alarm");
  }
}

/** @param {Pin | null} pin @returns {Trust} */
export function trustOf(pin) {
  if (pin === null) return "unknown";
  if (pin.acknowledged === "0") return "differs";
  if (Number(pin.acknowledged) < Number(pin.number)) return pin.verified ? "blocked" : "changed";
  return pin.verified ? "verified" : "pinned";
}

/**
 * The pin after its chain was read; null if it stays. A rotation is taken note of by itself, unless a reset still waits.
 * @param {Pin | null} pin what the vault holds now
 * @param {{ number: number, head: string } | null} read the pin from which the chain was read
 * @param {SeenKeys} seen
 * @returns {Pin | null}
 */
export function moved(pin, read, { number, head, fingerprint, since }) {
  const next = { number: String(number), head, fingerprint };
  if (pin === null) return { ...next, verified: false, acknowledged: next.number };
  // Another device has moved it meanwhile: the next check begins there.
  if (pin.head !== read?.head || pin.head === head) return null;
  const waits = since.includes("reset") || Number(pin.acknowledged) < Number(pin.number);
  return { ...pin, ...next, acknowledged: waits ? pin.acknowledged : next.number };
}

/** @param {ReadonlySet<string>} set @param {string} gone */
function without(set, gone) {
  return set.has(gone) ? new Set([...set].filter((each) => each !== gone)) : set;
}
