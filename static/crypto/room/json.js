/**
 * The values in the JSON of end-to-end rooms.
 */
import { utf8 } from "../../wire/bytes.js";
import { isDecimal, isHex } from "../vault_content.js";

/** Half of a pair: JSON can escape it, UTF-8 cannot have it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Whether a value is a text of this many bytes in UTF-8.
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {value is string}
 */
export function isTextOf(value, least, most) {
  if (typeof value !== "string" || value.length > most || LONE_SURROGATE.test(value)) return false;
  const { length } = utf8(value);
  return length >= least && length <= most;
}

/** Whether a value is an id. @param {unknown} value @returns {value is string} */
export function isId(value) {
  return isHex(value, 16);
}

/** Whether a value is a hash. @param {unknown} value @returns {value is string} */
export function isHash(value) {
  return isHex(value, 32);
}

/** Whether a value is a 64-bit number from 1 on. @param {unknown} value */
export function isCounted(value) {
  return isDecimal(value) && value !== "0";
}

/** Whether a value is an object, and neither a list nor null. @param {unknown} value @returns {value is Record<string, unknown>} */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether a value is a list of objects of which each passes.
 * @param {unknown} value
 * @param {(entry: Record<string, unknown>) => boolean} passes
 * @returns {value is Record<string, unknown>[]}
 */
export function isListOf(value, passes) {
  return Array.isArray(value) && value.every((entry) => isObject(entry) && passes(entry));
}
