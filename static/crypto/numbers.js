/**
 * Numbers that people compare, aloud or by a camera (docs/protocol.md §14.1, *Numbers to compare*).
 */
import { fromHex, join } from "../wire/bytes.js";
import { HASH_BYTES, ID_BYTES, label } from "./record.js";

/** @typedef {{ account: string, fingerprint: string }} AccountKeys */

const SAFETY = label("sealwire/v1/safety-number");
const ROOM = label("sealwire/v1/room-number");
const GROUPS = 12;
const GROUP_BYTES = 5;
/** One more than the largest group. */
const GROUP_END = 100_000;

/** The safety number of two accounts, whichever of them is `one`. @param {AccountKeys} one @param {AccountKeys} other */
export function safetyNumber(one, other) {
  const [first, second] = one.account <= other.account ? [one, other] : [other, one];
  return digits(SAFETY, bytesOf(first), bytesOf(second));
}

/** The room number at its newest commit. @param {string} commit hash */
export function roomNumber(commit) {
  return digits(ROOM, fromHex(commit, HASH_BYTES));
}

/** The text in an account's QR code: upper case, so that the code stays small. @param {AccountKeys} of */
export function qrText({ account, fingerprint }) {
  return `SEALWIRE1:${account.toUpperCase()}:${fingerprint.toUpperCase()}`;
}

/** Reads such a text exactly as it is written; `null` for any other. @param {string} text @returns {AccountKeys | null} */
export function parseQrText(text) {
  const found = /^SEALWIRE1:([0-9A-F]{32}):([0-9A-F]{64})$/.exec(text);
  return found === null ? null : { account: found[1].toLowerCase(), fingerprint: found[2].toLowerCase() };
}

/** @param {AccountKeys} keys */
function bytesOf({ account, fingerprint }) {
  return join(fromHex(account, ID_BYTES), fromHex(fingerprint, HASH_BYTES));
}

/** Sixty digits, with a space between their groups. @param {...Uint8Array} parts */
async function digits(...parts) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", join(...parts)));
  const groups = [];
  for (let at = 0; at < GROUPS * GROUP_BYTES; at += GROUP_BYTES) {
    // Five bytes are below 2^40: a double holds them exactly.
    const number = hash.subarray(at, at + GROUP_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
    groups.push(String(number % GROUP_END).padStart(GROUP_BYTES, "0"));
  }
  return groups.join(" ");
}
