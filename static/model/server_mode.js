/**
 * Whether the server takes in anybody new, and whether this account administrates it (docs/protocol.md §14.15). The server tells nobody
 * when that changes: it is asked where it matters.
 */
import { Signal } from "./signals.js";

/** How the server stood when it was asked last. */
export class ServerMode {
  /** Nobody makes an account, a room or a group, or joins without an invitation. */
  emergency = new Signal(false);
  /** Whether this account may say so. */
  administers = new Signal(false);
  #account;

  /** @param {Pick<import("./account.js").Account, "call">} account */
  constructor(account) {
    this.#account = account;
  }

  /** Asks how it stands. @returns {Promise<string | null>} code of why it did not say */
  read() {
    return this.#ask({});
  }

  /** An administrator turns the emergency mode on or off. @param {boolean} emergency @returns {Promise<string | null>} code of why not */
  set(emergency) {
    return this.#ask({ emergency });
  }

  /** Nobody is signed in. */
  clear() {
    this.emergency.value = false;
    this.administers.value = false;
  }

  /** @param {{ emergency?: boolean }} fields @returns {Promise<string | null>} */
  async #ask(fields) {
    const answer = await this.#account.call("server.mode", fields);
    if ("error" in answer) return answer.error.code;
    this.emergency.value = answer.ok.emergency === true;
    this.administers.value = answer.ok.administers === true;
    return null;
  }
}
