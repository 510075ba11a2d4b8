/**
 * What a browser remembers of the session that is signed in: enough to go on after a reload, and nothing that opens anything.
 * A browser that forbids storage, or whose storage is cleared, forgets it with the page.
 */
import { recall, remember } from "./preferences.js";

/**
 * @typedef {"password" | "code" | "fresh"} Means how an account's session was begun; the server knows it, too
 * @typedef {"password" | "fresh"} Renewal what a session needs first: a new password, or new keys, too
 */

/** @type {Readonly<Record<Means, Renewal | null>>} */
const RENEWALS = Object.freeze({ password: null, code: "password", fresh: "fresh" });
/** Everything that ends with the session. */
const KEYS = Object.freeze(["session", "renewal", "means", "account", "typed_back"]);

/** One page's memory; other tabs share what is stored. */
export class SessionMemory {
  /** Lasts as long as the page, whatever becomes of the storage. */
  #means = storedMeans();

  /** The name that is signed in, by this tab or another; null if nobody is. */
  get name() {
    return recall("session");
  }

  set name(name) {
    remember("session", name);
  }

  /** The account whose keys are kept, or null. */
  get account() {
    return recall("account");
  }

  set account(account) {
    remember("account", account);
  }

  /** How the account's session was begun; null if that is not known. @returns {Means | null} */
  get means() {
    this.#means = storedMeans() ?? this.#means;
    return this.#means;
  }

  /** What the session needs before anything else. @returns {Renewal | null} */
  get renewal() {
    const renewal = recall("renewal");
    return renewal === "password" || renewal === "fresh" ? renewal : null;
  }

  set renewal(renewal) {
    remember("renewal", renewal);
  }

  /** An account's session was begun. @param {Means} means */
  begin(means) {
    this.#means = means;
    remember("means", means);
    this.renewal = RENEWALS[means];
  }

  /** Nobody is signed in any more; says whose keys were kept. */
  forget() {
    const { account } = this;
    this.#means = null;
    for (const key of KEYS) remember(key, null);
    return account;
  }
}

/** @returns {Means | null} */
function storedMeans() {
  const means = recall("means");
  return means === "password" || means === "code" || means === "fresh" ? means : null;
}

/**
 * Notes that the present recovery code was typed back, or was not, until the vault says so: a reload in between must not
 * forget it.
 * @param {string} account @param {boolean} typedBack
 */
export function noteTypedBack(account, typedBack) {
  remember("typed_back", typedBack ? account : null);
}

/** Whether it was, and the vault does not say so yet. @param {string} account */
export function wasTypedBack(account) {
  return recall("typed_back") === account;
}
