/**
 * An invitation for somebody without an account: the address of the server, and in its fragment, which a browser sends to
 * nobody, whose invitation it is and by which fingerprint their keys are known (docs/protocol.md §14.1).
 */
import { Signal } from "./signals.js";
import { recall, remember } from "./preferences.js";
import { parseQrText, qrText } from "../crypto/numbers.js";

/**
 * @typedef {import("../crypto/numbers.js").AccountKeys} AccountKeys
 *
 * What became of an invitation that this browser keeps. `reading` the inviter's keys are being read · `matches` they are
 * those of the invitation · `differs` they are not · `gone` there is no such account · `failed` they could not be read.
 * @typedef {{ inviter: AccountKeys, state: "reading" | "matches" | "differs" | "gone" | "failed", name: string, code: string }} Offer
 */

const KEY = "invitation";
/** Grows with each invitation that comes while the page is open. */
export const arrivals = new Signal(0);

/** The link to give away. @param {string} origin of the server @param {AccountKeys} inviter */
export function invitationLink(origin, inviter) {
  return `${origin}/#${qrText(inviter)}`;
}

/** Keeps the invitation that the page was opened with, if there is one; says whether. @param {string} fragment with its `#` */
export function keepInvitation(fragment) {
  const inviter = parseQrText(fragment.slice(1));
  if (inviter === null) return false;
  remember(KEY, qrText(inviter));
  arrivals.update((n) => n + 1);
  return true;
}

/** @returns {AccountKeys | null} */
export function keptInvitation() {
  return parseQrText(recall(KEY) ?? "");
}

/** The invitation that waits here for its user to have an account. */
export class Invitation {
  /** Null while there is none, or nobody who could take it. @type {Signal<Offer | null>} */
  offer = new Signal(/** @type {Offer | null} */ (null));
  #account;

  /** @param {Pick<import("./account.js").Account, "account" | "readKeys">} account */
  constructor(account) {
    this.#account = account;
  }

  /** Reads the inviter's keys and compares them, once there is an account. @param {(account: string) => boolean} known whether somebody is a friend already */
  async look(known) {
    const inviter = keptInvitation();
    const shown = this.offer.peek();
    const same = shown?.inviter.account === inviter?.account && shown?.inviter.fingerprint === inviter?.fingerprint;
    if (inviter === null || (same && (shown?.state === "reading" || shown?.state === "matches"))) return;
    if (inviter.account === this.#account.account.peek() || known(inviter.account)) return this.drop();
    /** @type {Offer} */
    const reading = { inviter, state: "reading", name: "", code: "" };
    this.offer.value = reading;
    const answer = await this.#account.readKeys({ account: inviter.account, name: null, pin: null });
    if (this.offer.peek() !== reading) return;
    if ("ok" in answer) {
      const same = answer.ok.fingerprint === inviter.fingerprint;
      this.offer.value = { ...reading, state: same ? "matches" : "differs", name: answer.ok.name };
    } else {
      const { code } = answer.error;
      this.offer.value = { ...reading, state: code === "no_such_account" ? "gone" : code === "keys_alarm" ? "differs" : "failed", code };
    }
  }

  /** It was taken, or is not wanted. */
  drop() {
    remember(KEY, null);
    this.offer.value = null;
  }

  /** Nobody is signed in; what is kept stays for whoever comes next. */
  clear() {
    this.offer.value = null;
  }
}
