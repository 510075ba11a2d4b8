/**
 * What is inside the envelopes of end-to-end rooms (docs/protocol.md §14.11). Whether a sender may say that of the message it
 * names is for the reader, who has the message.
 */
import { utf8 } from "../../wire/bytes.js";
import { TEXT_BYTES } from "../../wire/limits.js";
import { OpenError, SealError } from "../errors.js";
import { isDecimal, isHex, parseObject } from "../vault_content.js";
import { isCounted, isHash, isId, isTextOf } from "./json.js";
import { MOST } from "./room_record.js";

/**
 * A content of a known type, or the name of a type that a newer version sends. Keys that a type does not have are passed over.
 * @typedef {{ type: "text", text: string, mentions?: string[] }
 *   | { type: "reply", text: string, message: string, hash: string, mentions?: string[] }
 *   | { type: "edit", message: string, hash: string, text: string, revision: number }
 *   | { type: "tombstone", message: string, hash: string, reason?: string }
 *   | { type: "reaction", message: string, hash: string, emoji: string, on: boolean }
 *   | { type: "file", file: string, name: string, media_type: string, size: string, secret: string, chunks: number, text?: string }
 *   | { type: "receipt", kind: "delivered" | "read", message: string, sequence: string }
 *   | { type: "typing", on: boolean }
 *   | { type: "resource", resource: string, action: "added" | "edited" | "removed", title: string }} KnownContent
 * @typedef {KnownContent | { type: "newer", name: string }} RoomContent
 * @typedef {(value: unknown) => boolean} Check of a field; one that may be absent takes undefined
 */

/** The longest values, in bytes. */
const BYTES = Object.freeze({ reason: 256, emoji: 32, name: 255, title: 256, chunk: 1_048_576 });
const MOST_CHUNKS = 4_096;
/** One more than the largest revision. */
const REVISIONS_END = 2 ** 32;
const NOT_IN_NAMES = /[/\\\p{Cc}]/u;
const MEDIA_TYPE = /^[!-~]{1,127}$/;

/** @type {Check} */
const isText = (value) => isTextOf(value, 1, TEXT_BYTES);
/** @type {Check} */
const isMentions = (value) => Array.isArray(value) && value.length <= MOST.members && value.every(isId);
/** @type {Check} */
const isSwitch = (value) => typeof value === "boolean";
/** @param {Check} check @returns {Check} */
const mayBe = (check) => (value) => value === undefined || check(value);
/** @param {...string} names @returns {Check} */
const oneOf = (...names) => (value) => typeof value === "string" && names.includes(value);
const NAMED = Object.freeze({ message: isId, hash: isHash });

/**
 * The fields of each type.
 * @type {Readonly<Record<string, Readonly<Record<string, Check>>>>}
 */
const FIELDS = Object.freeze({
  text: { text: isText, mentions: mayBe(isMentions) },
  reply: { text: isText, ...NAMED, mentions: mayBe(isMentions) },
  edit: { ...NAMED, text: isText, revision: isNumberOf(1, REVISIONS_END - 1) },
  tombstone: { ...NAMED, reason: mayBe((value) => isTextOf(value, 1, BYTES.reason)) },
  reaction: { ...NAMED, emoji: (value) => isTextOf(value, 1, BYTES.emoji), on: isSwitch },
  file: {
    file: isId,
    name: (value) => isTextOf(value, 1, BYTES.name) && !NOT_IN_NAMES.test(value),
    media_type: (value) => typeof value === "string" && MEDIA_TYPE.test(value),
    size: isDecimal,
    secret: (value) => isHex(value, 32),
    chunks: isNumberOf(1, MOST_CHUNKS),
    text: mayBe(isText),
  },
  receipt: { kind: oneOf("delivered", "read"), message: isId, sequence: isCounted },
  typing: { on: isSwitch },
  resource: { resource: isId, action: oneOf("added", "edited", "removed"), title: (value) => isTextOf(value, 1, BYTES.title) },
});
const TYPES = new Map(Object.entries(FIELDS));

/**
 * Reads the content of an opened envelope. Throws an `OpenError` (`content`) if it is not an object with a type, or a known
 * type's fields are wrong.
 * @param {Uint8Array} bytes
 * @returns {RoomContent}
 */
export function parseContent(bytes) {
  const object = parseObject(bytes);
  const { type } = object;
  if (typeof type !== "string") throw new OpenError("content");
  if (!TYPES.has(type)) return { type: "newer", name: type };
  const content = known(type, object);
  if (content === null) throw new OpenError("content");
  return content;
}

/** The content as it is to be sealed; throws a `SealError` (`field`) for what nobody would read. @param {KnownContent} content */
export function encodeContent(content) {
  const written = known(content.type, content);
  if (written === null) throw new SealError("field");
  return utf8(JSON.stringify(written));
}

/** Whether the server is to keep it. @param {RoomContent} content */
export function isStored({ type }) {
  return type !== "receipt" && type !== "typing";
}

/** The fields that a type has; `null` if one of them may not be so. @param {string} type @param {Record<string, any>} object */
function known(type, object) {
  const checks = TYPES.get(type);
  if (checks === undefined) return null;
  const fields = Object.entries(checks);
  const fits = fields.every(([name, check]) => check(Object.hasOwn(object, name) ? object[name] : undefined));
  if (!fits || (type === "file" && object.chunks !== chunksOf(object.size))) return null;
  const present = fields.filter(([name]) => object[name] !== undefined).map(([name]) => [name, object[name]]);
  return /** @type {KnownContent} */ ({ type, ...Object.fromEntries(present) });
}

/** As many chunks as a file's size needs, and one if it is empty. @param {string} size */
function chunksOf(size) {
  const chunk = BigInt(BYTES.chunk);
  const chunks = Number((BigInt(size) + chunk - 1n) / chunk);
  return Math.max(chunks, 1);
}

/** @param {number} least @param {number} most @returns {Check} */
function isNumberOf(least, most) {
  return (value) => typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}
