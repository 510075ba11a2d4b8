/**
 * Who is typing: good for six seconds, unless it is said again (docs/protocol.md §14.11).
 */
/** For how long somebody is typing who does not say it again, in milliseconds. */
const TYPING_MS = 6_000;

/** Those who type in one channel. */
export class Typing {
  #tell;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /** @param {(account: string, on: boolean) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {string} account @param {boolean} on */
  said(account, on) {
    const timer = this.#timers.get(account);
    clearTimeout(timer);
    if (on) this.#timers.set(account, setTimeout(() => this.said(account, false), TYPING_MS));
    else this.#timers.delete(account);
    if (on !== (timer !== undefined)) this.#tell(account, on);
  }

  end() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
