/**
 * The recovery code: 16 random bytes that open the vault when the password is gone, as 28 characters of Crockford's base32
 * with a check (docs/protocol.md §14.2).
 */
import { fromHex, join, toHex } from "../wire/bytes.js";
import { InputError } from "./errors.js";
import { LOGIN_BYTES, serverName } from "./password.js";
import { label, sha256 } from "./record.js";
import { KEY_BYTES, hkdf } from "./seal.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** Bytes of a code. */
export const CODE_BYTES = 16;

const CHECK = label("sealwire/v1/recovery-check");
const LOGIN = label("sealwire/v1/recovery-login");
const VAULT = label("sealwire/v1/vault-recovery");

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS = 7;
const GROUP_CHARACTERS = 4;
/** Zero bits behind code and check, which fill the last character. */
const FILL = 4n;

/** Draws a code. @returns {Bytes} */
export function drawCode() {
  return crypto.getRandomValues(new Uint8Array(CODE_BYTES));
}

/**
 * Writes a code in seven groups of four characters, joined by hyphens.
 * @param {Bytes} code
 */
export async function formatCode(code) {
  let number = BigInt(`0x${toHex(join(code, await checkOf(code)))}`) << FILL;
  const groups = [];
  for (let group = 0; group < GROUPS; group++) {
    let text = "";
    for (let i = 0; i < GROUP_CHARACTERS; i++, number >>= 5n) text = DIGITS[Number(number & 31n)] + text;
    groups.unshift(text);
  }
  return groups.join("-");
}

/**
 * Reads a code as people write it: case, spaces and hyphens do not count, `O` is 0, `I` and `L` are 1. Throws an
 * `InputError` (`code_character`, `code_length`, `code_check`).
 * @param {string} text
 * @returns {Promise<Bytes>}
 */
export async function parseCode(text) {
  // Letters of ASCII only: elsewhere upper case makes one letter of two, and two of one.
  const upper = text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  const digits = upper.replace(/[\s-]/gu, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  let number = 0n;
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) throw new InputError("code_character");
    number = (number << 5n) | BigInt(value);
  }
  if (digits.length !== GROUPS * GROUP_CHARACTERS) throw new InputError("code_length");
  const bytes = fromHex((number >> FILL).toString(16).padStart((CODE_BYTES + 1) * 2, "0"), CODE_BYTES + 1);
  const code = bytes.slice(0, CODE_BYTES);
  if ((number & 15n) !== 0n || bytes[CODE_BYTES] !== (await checkOf(code))) throw new InputError("code_check");
  return code;
}

/**
 * Splits a code as a password is split.
 * @param {Bytes} code
 * @param {string} account id
 * @param {string} server name
 * @returns {Promise<{ login: Bytes, vault: Bytes }>} the halves for the server and for the vault
 */
export async function splitCode(code, account, server) {
  const salt = fromHex(account, 16);
  return {
    login: await hkdf(code, salt, join(LOGIN, serverName(server)), LOGIN_BYTES),
    vault: await hkdf(code, salt, VAULT, KEY_BYTES),
  };
}

/** @param {Bytes} code */
async function checkOf(code) {
  return (await sha256(CHECK, code))[0];
}
