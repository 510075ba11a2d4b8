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
