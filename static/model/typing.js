/**
 * Who is writing, and telling others that one is.
 */
import { Signal } from "./signals.js";

/** What was told holds this long (docs/protocol.md §14.11), in milliseconds … */
const HOLDS_MS = 6_000;
/** … and is told again before it ends. */
const AGAIN_MS = 4_000;

/** Who is writing where. */
export class Typing {
  /** Grows with each change. */
  version = new Signal(0);
  #tell;
  /** @type {Map<string, Map<string, ReturnType<typeof setTimeout>>>} by channel and account */
  #others = new Map();
  /** @type {Map<string, number>} when it was told last that one is writing, by channel */
  #told = new Map();

  /** @param {(channel: string, on: boolean) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** Accounts that are writing in a channel; reading subscribes. @param {string} channel */
  in(channel) {
    void this.version.value;
    return [...(this.#others.get(channel)?.keys() ?? [])];
  }

  /** @param {string} channel @param {string} account @param {boolean} on */
  told(channel, account, on) {
    const others = this.#others.get(channel) ?? new Map();
    const there = others.get(account);
    clearTimeout(there);
    if (!on && there === undefined) return;
    if (on) others.set(account, setTimeout(() => this.told(channel, account, false), HOLDS_MS));
    else others.delete(account);
    this.#others.set(channel, others);
    if (on !== (there !== undefined)) this.version.update((n) => n + 1);
  }

  /** Something was typed, or nothing is left of it. @param {string} channel @param {boolean} on @param {number} [now] */
  own(channel, on, now = Date.now()) {
    const told = this.#told.get(channel);
    if (on ? told !== undefined && now - told < AGAIN_MS : told === undefined) return;
    if (on) this.#told.set(channel, now);
    else this.#told.delete(channel);
    this.#tell(channel, on);
  }

  /** Sent: others see the message itself. @param {string} channel */
  sent(channel) {
    this.#told.delete(channel);
  }

  clear() {
    for (const others of this.#others.values()) for (const timer of others.values()) clearTimeout(timer);
    this.#others.clear();
    this.#told.clear();
    this.version.update((n) => n + 1);
  }
}
