/**
 * Reading and writing big-endian bytes. A reader never looks past the end: it throws a `FrameError` instead.
 */

/** What a peer sent does not fit the protocol. */
export class FrameError extends Error {
  /** @param {string} what which part did not fit; never a peer's text */
  constructor(what) {
    super(what);
    this.name = "FrameError";
  }
}

/** Bytes from which on a buffer is worth a thought. */
const LARGE_BYTES = 65_536;
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/**
 * Encodes a text as UTF-8.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function utf8(text) {
  return /** @type {Uint8Array<ArrayBuffer>} */ (ENCODER.encode(text));
}

/**
 * Decodes strict UTF-8.
 * @param {Uint8Array} bytes
 * @param {string} what names the field in the error
 */
export function text(bytes, what) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new FrameError(`${what} is not UTF-8`);
  }
}

/**
 * Writes bytes as lower-case hexadecimal.
 * @param {Uint8Array} bytes
 */
export function toHex(bytes) {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/**
 * Reads lower-case hexadecimal of exactly `length` bytes.
 * @param {string} hex
 * @param {number} length
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function fromHex(hex, length) {
  if (hex.length !== length * 2 || !/^[0-9a-f]*$/.test(hex)) throw new FrameError("an id is not hexadecimal");
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return out;
}

/**
 * Reads a decimal string of at most 2^53 − 1, which is how 64-bit numbers travel in JSON.
 * @param {unknown} value
 * @param {string} what
 */
export function fromDecimal(value, what) {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,19})$/.test(value)) throw new FrameError(`${what} is not a decimal`);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new FrameError(`${what} is out of range`);
  return number;
}

/** Takes fields off the front of a byte array. */
export class Reader {
  #bytes;
  #view;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param {number} length @param {string} what */
  #advance(length, what) {
    const from = this.#at;
    if (length > this.#bytes.length - from) throw new FrameError(`${what} is cut short`);
    this.#at += length;
    return from;
  }

  /** @param {string} what */
  u8(what) {
    return this.#view.getUint8(this.#advance(1, what));
  }

  /** @param {string} what */
  u16(what) {
    return this.#view.getUint16(this.#advance(2, what));
  }

  /** @param {string} what */
  u32(what) {
    return this.#view.getUint32(this.#advance(4, what));
  }

  /** A 64-bit number that fits a double exactly; a larger one is refused. @param {string} what */
  u64(what) {
    const value = Number(this.#view.getBigUint64(this.#advance(8, what)));
    if (!Number.isSafeInteger(value)) throw new FrameError(`${what} is out of range`);
    return value;
  }

  /** @param {number} length @param {string} what */
  take(length, what) {
    const from = this.#advance(length, what);
    return this.#bytes.subarray(from, from + length);
  }

  /** An id of 16 bytes, as hexadecimal. @param {string} what */
  id(what) {
    return toHex(this.take(16, what));
  }

  /** Everything up to the end. */
  rest() {
    return this.take(this.#bytes.length - this.#at, "rest");
  }

  /** Refuses bytes left over. @param {string} what */
  end(what) {
    if (this.#at !== this.#bytes.length) throw new FrameError(`${what} has bytes left over`);
  }
}

/**
 * Joins parts; a number is one byte.
 * @param {...(Uint8Array | number)} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function join(...parts) {
  let length = 0;
  for (const part of parts) length += typeof part === "number" ? 1 : part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (typeof part === "number") out[at++] = part;
    else {
      out.set(part, at);
      at += part.length;
    }
  }
  return out;
}

/**
 * Gives back at once what large bytes hold that a script has made, where the engine can: it looks for what nobody needs much later, and a
 * file goes through memory a piece at a time. Nothing may look at them, or at others of the same buffer, any more. What the browser has made
 * stays with it in any case (passing.js).
 * @param {Uint8Array} bytes
 */
export function letGo({ buffer }) {
  if (buffer.byteLength >= LARGE_BYTES) /** @type {any} */ (buffer).transfer?.(0);
}

/**
 * The buffers that a message hands over instead of copying them: those of large bytes. What is small is copied as fast.
 * @param {Uint8Array | undefined} bytes
 * @returns {ArrayBuffer[]}
 */
export function handedOver(bytes) {
  return bytes !== undefined && bytes.buffer.byteLength >= LARGE_BYTES && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}

/** @param {number} value @returns {Uint8Array<ArrayBuffer>} */
export function u16(value) {
  const out = new Uint8Array(2);
  new DataView(out.buffer).setUint16(0, value);
  return out;
}

/** @param {number} value @returns {Uint8Array<ArrayBuffer>} */
export function u32(value) {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** @param {number} value @returns {Uint8Array<ArrayBuffer>} */
export function u64(value) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}
