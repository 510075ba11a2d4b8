/**
 * The two records between page and proxy: the clear message that the page publishes and the opened message that it is
 * sent (docs/protocol.md §11), with the content inside (§10).
 */
import { CONTENT_BYTES, TEXT_BYTES } from "./limits.js";
import { FrameError, Reader, fromHex, join, text, utf8 } from "./bytes.js";

/**
 * @typedef {{ type: "text", text: string } | { type: "unknown" }} Content
 * @typedef {{ message: string, epoch: number, sentAt: number, clockOff: boolean, keysChanged: boolean, content: Content }} Opened
 */

const VERSION = 1;
const OPENED = 0x05;
const CLEAR = 0x06;
const CLOCK_OFF = 0b01;
const KEYS_CHANGED = 0b10;

/** Why a text cannot be sent: it is longer than a message may be. `bytes` is its length, `limit` what may be. */
export class TooLong extends Error {
  /** @param {number} bytes @param {number} limit */
  constructor(bytes, limit) {
    super("the text is too long");
    this.name = "TooLong";
    this.bytes = bytes;
    this.limit = limit;
  }
}

/**
 * Makes the content of a text message. An unpaired surrogate, which no UTF-8 can carry, becomes U+FFFD; nothing else is
 * touched. Throws `TooLong`.
 * @param {string} value
 */
export function encodeText(value) {
  const clean = wellFormed(value);
  const bytes = utf8(clean).length;
  if (bytes > TEXT_BYTES) throw new TooLong(bytes, TEXT_BYTES);
  const content = utf8(JSON.stringify({ type: "text", text: clean }));
  if (content.length > CONTENT_BYTES) throw new TooLong(content.length, CONTENT_BYTES);
  return content;
}

/**
 * Makes the clear message that is published.
 * @param {string} message id
 * @param {Uint8Array} content
 */
export function encodeClear(message, content) {
  return join(VERSION, CLEAR, fromHex(message, 16), content);
}

/**
 * Reads an opened message.
 * @param {Uint8Array} payload
 * @returns {Opened}
 */
export function decodeOpened(payload) {
  const reader = new Reader(payload);
  if (reader.u8("version") !== VERSION) throw new FrameError("another version of opened message");
  if (reader.u8("type") !== OPENED) throw new FrameError("not an opened message");
  const message = reader.id("message");
  const epoch = reader.u64("epoch");
  const sentAt = reader.u64("sent at");
  const marks = reader.u8("marks");
  const content = decodeContent(reader.rest());
  return { message, epoch, sentAt, clockOff: (marks & CLOCK_OFF) !== 0, keysChanged: (marks & KEYS_CHANGED) !== 0, content };
}

/**
 * Reads a content; a type that this version does not know is `unknown`.
 * @param {Uint8Array} bytes
 * @returns {Content}
 */
export function decodeContent(bytes) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text(bytes, "content"));
  } catch {
    throw new FrameError("a content is not JSON");
  }
  if (typeof value !== "object" || value === null || !("type" in value)) throw new FrameError("a content has no type");
  if (value.type !== "text") return { type: "unknown" };
  if (!("text" in value) || typeof value.text !== "string") throw new FrameError("a text has no text");
  return { type: "text", text: value.text };
}

/** @param {string} value */
function wellFormed(value) {
  return value.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
}
