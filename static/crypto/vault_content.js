/**
 * What a vault's root holds, as JSON, and how two roots made from the same one are merged (docs/protocol.md §14.6). Bytes
 * stay text here, as they stand in the JSON; keys of a newer version are kept.
 */
import { text, utf8 } from "../wire/bytes.js";
import { hasDuplicateKeys } from "../wire/json.js";
import { OpenError } from "./errors.js";

/**
 * @typedef {{ number: string, pss: string, dsa: string }} IdentityEntry private halves of keyset `number`: base64 of PKCS #8, and x
 * @typedef {{ number: string, key: string, superseded_at: string | null, made_at?: string }} WrapEntry base64 of PKCS #8; when it and when a successor
 *   was published
 * @typedef {{ id: string, key: string }} ItemKeyEntry
 * @typedef {{ identity: IdentityEntry[], wraps: WrapEntry[], item_keys: ItemKeyEntry[] } & Record<string, unknown>} RootContent
 *   none of the lists is empty; numbers ascend; the last item key seals new items
 */

const LISTS = Object.freeze(["identity", "wraps", "item_keys"]);

/** Writes a root's content. @param {RootContent} content */
export function encodeContent(content) {
  return utf8(JSON.stringify(content));
}

/** Reads a root's content; throws an `OpenError` (`content`). @param {Uint8Array} bytes @returns {RootContent} */
export function parseContent(bytes) {
  const content = parseObject(bytes);
  const { identity, wraps, item_keys } = content;
  const fits =
    isList(identity, (entry) => isDecimal(entry.number) && isBase64(entry.pss) && isHex(entry.dsa, 32)) &&
    isList(wraps, (entry) => isDecimal(entry.number) && isBase64(entry.key) && (entry.superseded_at === null || isDecimal(entry.superseded_at)) && (entry.made_at === undefined || isDecimal(entry.made_at))) &&
    isList(item_keys, (entry) => isHex(entry.id, 16) && isHex(entry.key, 64)) &&
    ascends(identity) &&
    ascends(wraps) &&
    new Set(item_keys.map((/** @type {ItemKeyEntry} */ { id }) => id)).size === item_keys.length;
  if (!fits) throw new OpenError("content");
  return /** @type {RootContent} */ (content);
}

/**
 * Merges what one changed with the newer root that the server has. What either side added stays, what either side dropped
 * goes; of an entry that both hold the newer root's counts, with the earlier of two times.
 * @param {RootContent} base from which the changes started
 * @param {RootContent} mine
 * @param {RootContent} theirs the newer root's
 * @returns {RootContent}
 */
export function mergeContent(base, mine, theirs) {
  const keys = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  const rest = [...keys].flatMap((key) => {
    if (LISTS.includes(key)) return [];
    const from = differs(mine[key], base[key]) && !differs(theirs[key], base[key]) ? mine : theirs;
    return Object.hasOwn(from, key) ? [[key, from[key]]] : [];
  });
  const number = (/** @type {{ number: string }} */ entry) => entry.number;
  return {
    ...Object.fromEntries(rest),
    identity: merged(base.identity, mine.identity, theirs.identity, number, (_, their) => their).sort(byNumber),
    wraps: merged(base.wraps, mine.wraps, theirs.wraps, number, withEarlierTime).sort(byNumber),
    item_keys: merged(base.item_keys, mine.item_keys, theirs.item_keys, (entry) => entry.id, (_, their) => their),
  };
}

/**
 * Parses an object; throws an `OpenError` (`content`).
 * @param {Uint8Array} bytes
 * @returns {Record<string, any>}
 */
export function parseObject(bytes) {
  try {
    const json = text(bytes, "content");
    const value = JSON.parse(json);
    if (hasDuplicateKeys(json)) throw new OpenError("content");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not UTF-8, not JSON, or a key twice: the same to whoever reads it.
  }
  throw new OpenError("content");
}

/** Whether a value is lower-case hexadecimal of this many bytes. @param {unknown} value @param {number} bytes */
export function isHex(value, bytes) {
  return typeof value === "string" && value.length === bytes * 2 && /^[0-9a-f]*$/.test(value);
}

/** Whether a value is a 64-bit number as JSON has it. @param {unknown} value */
export function isDecimal(value) {
  return typeof value === "string" && /^(0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) < 1n << 64n;
}

/** Whether a value is base64 with padding, of one byte or more. @param {unknown} value */
export function isBase64(value) {
  return typeof value === "string" && value !== "" && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
}

/** @param {unknown} value @param {(entry: Record<string, unknown>) => boolean} fits */
function isList(value, fits) {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === "object" && entry !== null && fits(entry));
}

/** @param {{ number: string }[]} entries */
function ascends(entries) {
  return entries.every(({ number }, i) => i === 0 || BigInt(number) > BigInt(entries[i - 1].number));
}

/** @param {{ number: string }} a @param {{ number: string }} b */
function byNumber(a, b) {
  return BigInt(a.number) < BigInt(b.number) ? -1 : 1;
}

/** @param {WrapEntry} mine @param {WrapEntry} theirs @returns {WrapEntry} */
function withEarlierTime(mine, theirs) {
  const times = [mine.superseded_at, theirs.superseded_at].filter((time) => time !== null);
  const superseded_at = times.length === 0 ? null : String(times.map((time) => BigInt(time)).reduce((a, b) => (a < b ? a : b)));
  return { ...theirs, superseded_at };
}

/**
 * @template T
 * @param {T[]} base
 * @param {T[]} mine
 * @param {T[]} theirs
 * @param {(entry: T) => string} keyOf
 * @param {(mine: T, theirs: T) => T} both
 */
function merged(base, mine, theirs, keyOf, both) {
  const byKey = (/** @type {T[]} */ entries) => new Map(entries.map((entry) => [keyOf(entry), entry]));
  const [bases, ours, others] = [byKey(base), byKey(mine), byKey(theirs)];
  const kept = theirs.flatMap((their) => {
    const my = ours.get(keyOf(their));
    if (my !== undefined) return [both(my, their)];
    return bases.has(keyOf(their)) ? [] : [their];
  });
  return [...kept, ...mine.filter((my) => !others.has(keyOf(my)) && !bases.has(keyOf(my)))];
}

/** Whether two values of JSON differ, the order of keys included. @param {unknown} a @param {unknown} b */
function differs(a, b) {
  return JSON.stringify(a) !== JSON.stringify(b);
}
