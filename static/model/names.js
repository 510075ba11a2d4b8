/**
 * The checks on a name that need no server: its length after trimming. What else a name must not be, the server says.
 */
import { NAME_SCALARS, ROOM_NAME_SCALARS } from "../wire/limits.js";

/**
 * Trims and makes runs of spaces one, as the server will.
 * @param {string} value
 */
export function tidyName(value) {
  return value.normalize("NFC").trim().replace(/\s+/gu, " ");
}

/**
 * Prepares a user name as the server does (RFC 8265 §3.4 with the spaces of RFC 8266), because an account signs its name as it is
 * prepared: letters of full and half width get their usual width, then form NFC and the spaces. What differs from the server:
 * spaces are those of the browser's `\s`, and nothing is refused; a name that the server prepares otherwise is refused there.
 * @param {string} value
 */
export function tidyUserName(value) {
  return tidyName(value.replace(/[\uff01-\uffee]/gu, (wide) => wide.normalize("NFKC")));
}

/** @param {string} value @returns {"name_short" | "name_long" | null} */
export function faultOfName(value) {
  return faultOf(value, NAME_SCALARS);
}

/** @param {string} value @returns {"name_short" | "name_long" | null} */
export function faultOfRoomName(value) {
  return faultOf(value, ROOM_NAME_SCALARS);
}

/** @param {string} value @param {{ least: number, most: number }} limits */
function faultOf(value, limits) {
  const scalars = [...tidyName(value)].length;
  if (scalars < limits.least) return "name_short";
  return scalars > limits.most ? "name_long" : null;
}
