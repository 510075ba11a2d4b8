/**
 * What a password becomes before any of it leaves the page: a login half for the server and a vault half that stays
 * (docs/protocol.md §14.2).
 */
import { join, utf8 } from "../wire/bytes.js";
import { InputError, OpenError } from "./errors.js";
import { label } from "./record.js";
import { KEY_BYTES, hkdf } from "./seal.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** Rounds of PBKDF2 when a password is set, and the least that a client accepts; the most keeps a server from stalling it. */
export const ROUNDS = Object.freeze({ made: 600_000, least: 600_000, most: 10_000_000 });
/** Bytes of a salt. */
export const SALT_BYTES = 16;
/** Bytes of a login half. */
export const LOGIN_BYTES = 32;
/** The longest password in UTF-8, in bytes. */
const PASSWORD_BYTES = 1_024;

const LOGIN = label("sealwire/v1/login");
const VAULT = label("sealwire/v1/vault-password");

/**
 * What no password holds (FreeformClass, RFC 8264 §4.3): controls, line ends, formatting characters, surrogates, private and
 * unassigned ones, conjoining Hangul jamo, and the exceptions of RFC 5892 §2.6.
 */
const NEVER = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/u;
/** What is allowed in some company only (RFC 5892 Appendix A.3 to A.7); each pattern finds it out of place. */
const OUT_OF_PLACE = [
  /(?<!l)\u00b7|\u00b7(?!l)/u,
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  /^[^\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]*\u30fb[^\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]*$/u,
  /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/su,
];

/**
 * Prepares a password by the PRECIS profile OpaqueString (RFC 8265 §4.2), as far as a browser knows Unicode: what the
 * profile forbids is refused, spaces of other scripts become U+0020, and the result is in form NFC; case and width stay.
 * The two joiners (U+200C, U+200D) are always refused, because a browser cannot tell the letters that allow them. Which
 * characters are assigned is for the browser's Unicode to say. Throws an `InputError`.
 * @param {string} password
 */
export function preparePassword(password) {
  if (password === "") throw new InputError("password_empty");
  if (NEVER.test(password) || OUT_OF_PLACE.some((pattern) => pattern.test(password))) throw new InputError("password_character");
  const prepared = utf8(password.replace(/\p{Zs}/gu, " ").normalize("NFC"));
  if (prepared.length > PASSWORD_BYTES) throw new InputError("password_long");
  return prepared;
}

/**
 * Stretches a password and splits it. Takes about half a second at 600 000 rounds. Throws an `InputError` for the
 * password, an `OpenError` (`rounds`, `field`) for what the server named.
 * @param {string} password
 * @param {Bytes} salt 16 bytes
 * @param {number} rounds
 * @param {string} server name
 * @returns {Promise<{ login: Bytes, vault: Bytes }>} the halves for the server and for the vault
 */
export async function splitPassword(password, salt, rounds, server) {
  const prepared = preparePassword(password);
  if (!Number.isSafeInteger(rounds) || rounds < ROUNDS.least || rounds > ROUNDS.most) throw new OpenError("rounds");
  if (salt.length !== SALT_BYTES) throw new OpenError("field");
  const name = serverName(server);
  const stretched = await pbkdf2(prepared, salt, rounds, 32);
  return {
    login: await hkdf(stretched, salt, join(LOGIN, name), LOGIN_BYTES),
    vault: await hkdf(stretched, salt, VAULT, KEY_BYTES),
  };
}

/**
 * PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2).
 * @param {Bytes} password
 * @param {Bytes} salt
 * @param {number} rounds
 * @param {number} length in bytes
 */
export async function pbkdf2(password, salt, rounds, length) {
  const input = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, input, length * 8));
}

/** A server's name in bytes: 1–255 visible ASCII characters; else an `OpenError` (`field`). @param {string} name */
export function serverName(name) {
  if (!/^[!-~]{1,255}$/.test(name)) throw new OpenError("field");
  return utf8(name);
}
