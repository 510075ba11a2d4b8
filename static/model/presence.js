/**
 * Which members of conversations are there, by the server's word.
 */
import { Signal } from "./signals.js";

/** Accounts of others, asked for together and followed by what is told. */
export class Presence {
  /** Those that are there. @type {Signal<ReadonlySet<string>>} */
  online = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
  #ask;
  /** Accounts that were asked for last. */
  #asked = "";

  /** @param {(accounts: string[]) => Promise<ReadonlySet<string> | null>} ask null where there was no answer */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Asks who of these is there, when they are others than before. @param {Iterable<string>} accounts */
  of(accounts) {
    const wanted = [...new Set(accounts)].sort();
    const asked = wanted.join(" ");
    if (asked === this.#asked || wanted.length === 0) return;
    this.#asked = asked;
    void this.#ask(wanted).then((online) => {
      if (online === null) this.#asked = "";
      else if (this.#asked === asked) this.online.value = online;
    });
  }

  /** @param {string} account @param {boolean} there */
  told(account, there) {
    if (this.online.peek().has(account) === there) return;
    const online = new Set(this.online.peek());
    if (there) online.add(account);
    else online.delete(account);
    this.online.value = online;
  }

  /** A new connection: whoever is asked for is asked for anew. */
  age() {
    this.#asked = "";
  }
}
