/**
 * Reading a binary record: version, type, fields, and nothing behind them (docs/protocol.md §1 and §14.1).
 */
import { FrameError, Reader, join, text, toHex, utf8 } from "../wire/bytes.js";
import { OpenError } from "./errors.js";

/** The version of every record. */
export const VERSION = 1;

/** Bytes of an id. */
export const ID_BYTES = 16;
/** Bytes of a hash or fingerprint. */
export const HASH_BYTES = 32;
/** The longest name in UTF-8: 31 scalar values of four bytes. */
export const NAME_BYTES = 124;

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * A label: its text and one zero byte.
 * @param {string} name
 */
export function label(name) {
  return join(utf8(name), 0);
}

/**
 * SHA-256 over all parts.
 * @param {...Uint8Array} parts
 */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}

/** Takes fields off bytes that have neither version nor type; every method throws an `OpenError`. */
export class FieldReader {
  #whole;
  #fields;
  #at = 0;

  /** @param {Uint8Array} whole */
  constructor(whole) {
    // A copy: the signed bytes stay as they came, whatever becomes of the frame.
    this.#whole = new Uint8Array(whole);
    this.#fields = new Reader(this.#whole);
  }

  u8() {
    return this.#number(1, (reader) => reader.u8(""));
  }

  u16() {
    return this.#number(2, (reader) => reader.u16(""));
  }

  u32() {
    return this.#number(4, (reader) => reader.u32(""));
  }

  /** A 64-bit number up to 2^53 − 1; a larger one is refused (`field`). */
  u64() {
    return this.#number(8, (reader) => reader.u64(""));
  }

  /** A 64-bit number of 1 … 2^53 − 1. */
  count() {
    const number = this.u64();
    if (number < 1) throw new OpenError("field");
    return number;
  }

  /** @param {number} length @returns {Bytes} */
  take(length) {
    if (length > this.#whole.length - this.#at) throw new OpenError("truncated");
    this.#at += length;
    return /** @type {Bytes} */ (this.#fields.take(length, ""));
  }

  /** An id, as hexadecimal. */
  id() {
    return toHex(this.take(ID_BYTES));
  }

  /** A hash or fingerprint, as hexadecimal. */
  hash() {
    return toHex(this.take(HASH_BYTES));
  }

  /** Bytes that follow their length. @returns {Bytes} */
  sized16() {
    return this.take(this.u16());
  }

  /** Bytes that follow their longer length. @returns {Bytes} */
  sized32() {
    return this.take(this.u32());
  }

  /** A text of 1 to `most` bytes of UTF-8 behind its length. @param {number} most */
  text8(most) {
    const bytes = this.take(this.u8());
    if (bytes.length < 1 || bytes.length > most) throw new OpenError("field");
    try {
      return text(bytes, "");
    } catch {
      throw new OpenError("field");
    }
  }

  /** Everything up to the end. @returns {Bytes} */
  rest() {
    return this.take(this.#whole.length - this.#at);
  }

  /** Everything read so far, as it came. */
  soFar() {
    return this.#whole.subarray(0, this.#at);
  }

  /** Refuses bytes left over; gives the whole record as it came. */
  finish() {
    if (this.#at !== this.#whole.length) throw new OpenError("left_over");
    return this.#whole;
  }

  /** @param {number} length @param {(reader: Reader) => number} read */
  #number(length, read) {
    if (length > this.#whole.length - this.#at) throw new OpenError("truncated");
    this.#at += length;
    try {
      return read(this.#fields);
    } catch (error) {
      if (error instanceof FrameError) throw new OpenError("field");
      throw error;
    }
  }
}

/** Takes the fields of one record. */
export class RecordReader extends FieldReader {
  /**
   * Compares the size with its limit, then version and type.
   * @param {Uint8Array} whole
   * @param {number} type
   * @param {number} limit in bytes
   */
  constructor(whole, type, limit) {
    if (whole.length > limit) throw new OpenError("too_large");
    super(whole);
    if (this.u8() !== VERSION) throw new OpenError("version");
    if (this.u8() !== type) throw new OpenError("record_type");
  }
}
