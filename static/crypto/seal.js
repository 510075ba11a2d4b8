/**
 * AES_256_CBC_HMAC_SHA_512, the content encryption of RFC 7518 §5.2.5, and the HKDF that makes its keys
 * (docs/protocol.md §6). The MAC is checked, in constant time, before the cipher is touched.
 */
import { join, letGo, u32, u64 } from "../wire/bytes.js";
import { OpenError } from "./errors.js";
import { pad, unpad } from "./padding.js";
/** @typedef {import("./record.js").RecordReader} RecordReader */

/** Bytes of a key: MAC key ‖ encryption key. */
export const KEY_BYTES = 64;
/** Bytes of an initialisation vector. */
export const IV_BYTES = 16;
/** Bytes of a tag: the first half of the HMAC. */
export const TAG_BYTES = 32;

/**
 * @typedef {{ iv: Uint8Array<ArrayBuffer>, ciphertext: Uint8Array<ArrayBuffer>, tag: Uint8Array<ArrayBuffer> }} Sealed
 * A key in the browser's keeping: it works, it can be stored, and nobody can read it out, this page included.
 * @typedef {{ mac: CryptoKey, cipher: CryptoKey }} HeldKey
 */

/** Gives a key into the browser's keeping. @param {Uint8Array<ArrayBuffer>} key 64 bytes @returns {Promise<HeldKey>} */
export async function holdKey(key) {
  return {
    mac: await crypto.subtle.importKey("raw", key.subarray(0, KEY_BYTES / 2), { name: "HMAC", hash: "SHA-512" }, false, ["sign"]),
    cipher: await crypto.subtle.importKey("raw", key.subarray(KEY_BYTES / 2), "AES-CBC", false, ["encrypt", "decrypt"]),
  };
}

/**
 * Encrypts and authenticates.
 * @param {Uint8Array<ArrayBuffer> | HeldKey} key 64 bytes, or held
 * @param {Uint8Array<ArrayBuffer>} iv 16 bytes, random; one is used once with a key
 * @param {Uint8Array} associated
 * @param {Uint8Array<ArrayBuffer>} plaintext
 * @returns {Promise<Sealed>}
 */
export async function seal(key, iv, associated, plaintext) {
  const { mac, cipher } = await held(key);
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, cipher, plaintext));
  return { iv, ciphertext, tag: await tagOf(mac, iv, associated, ciphertext) };
}

/**
 * Checks the tag and decrypts. Throws an `OpenError`: `tag` before anything is decrypted, `cbc_padding` if the tag is
 * right and the padding is not.
 * @param {Uint8Array<ArrayBuffer> | HeldKey} key 64 bytes, or held
 * @param {Sealed} sealed
 * @param {Uint8Array} associated
 */
export async function open(key, { iv, ciphertext, tag }, associated) {
  const { mac, cipher } = await held(key);
  if (!sameBytes(await tagOf(mac, iv, associated, ciphertext), tag)) throw new OpenError("tag");
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, cipher, ciphertext));
  } catch {
    throw new OpenError("cbc_padding");
  }
}

/**
 * Writes a sealed part (docs/protocol.md §14.1): IV, length, ciphertext and tag of a plaintext padded to its bucket.
 * @param {Uint8Array<ArrayBuffer> | HeldKey} key
 * @param {Uint8Array<ArrayBuffer>} iv
 * @param {Uint8Array} above everything in the record above the part
 * @param {Uint8Array} plaintext
 */
export async function sealedPart(key, iv, above, plaintext) {
  const { ciphertext, tag } = await seal(key, iv, above, pad(plaintext));
  return join(iv, u32(ciphertext.length), ciphertext, tag);
}

/**
 * Reads a sealed part without opening it.
 * @param {RecordReader} record
 * @returns {Sealed}
 */
export function readSealedPart(record) {
  const iv = record.take(IV_BYTES);
  const length = record.u32();
  if (length === 0 || length % 16 !== 0) throw new OpenError("field");
  return { iv, ciphertext: record.take(length), tag: record.take(TAG_BYTES) };
}

/**
 * Opens a sealed part: HMAC, CBC, padding.
 * @param {Uint8Array<ArrayBuffer> | HeldKey} key
 * @param {Sealed} sealed
 * @param {Uint8Array} above everything in the record above the part
 */
export async function openPart(key, sealed, above) {
  return unpad(await open(key, sealed, above));
}

/**
 * HKDF-SHA-512 (RFC 5869).
 * @param {Uint8Array<ArrayBuffer>} key
 * @param {Uint8Array<ArrayBuffer>} salt
 * @param {Uint8Array<ArrayBuffer>} info
 * @param {number} length in bytes
 */
export async function hkdf(key, salt, info, length) {
  const input = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-512", salt, info }, input, length * 8));
}

/**
 * Compares in a time that depends on the length only.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
export function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/**
 * HMAC-SHA-512 over A ‖ IV ‖ E ‖ AL, cut to its first half; AL is the length of A in bits. WebCrypto cannot verify a MAC
 * that was cut.
 * @param {CryptoKey} mac
 * @param {Uint8Array} iv
 * @param {Uint8Array} associated
 * @param {Uint8Array} ciphertext
 */
async function tagOf(mac, iv, associated, ciphertext) {
  const input = join(associated, iv, ciphertext, u64(associated.length * 8));
  const whole = await crypto.subtle.sign("HMAC", mac, input);
  letGo(input);
  return new Uint8Array(whole.slice(0, TAG_BYTES));
}

/** @param {Uint8Array<ArrayBuffer> | HeldKey} key */
function held(key) {
  return key instanceof Uint8Array ? holdKey(key) : key;
}
