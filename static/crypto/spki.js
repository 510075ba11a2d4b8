/**
 * The one encoding of an RSA public key: DER of a SubjectPublicKeyInfo with `rsaEncryption`, NULL parameters and the
 * exponent 65537 (docs/protocol.md §6; RFC 3279 §2.3.1, RFC 8017 A.1.1).
 */
import { join } from "../wire/bytes.js";
import { OpenError } from "./errors.js";
import { sameBytes } from "./seal.js";

/** The least and the greatest accepted modulus, in bits; a size is a multiple of the step. */
const SIZES = Object.freeze({ least: 2048, most: 4096, step: 256 });
/** Bytes before the modulus in a SubjectPublicKeyInfo, with the zero that keeps it positive. */
const HEAD_BYTES = 33;
/** `INTEGER 65537` */
const EXPONENT = Object.freeze([0x02, 0x03, 0x01, 0x00, 0x01]);
/** `SEQUENCE { OBJECT IDENTIFIER rsaEncryption, NULL }` */
const ALGORITHM = Object.freeze([0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);

/**
 * Checks that this is the one encoding of a key that the protocol accepts, and gives the bytes of its modulus. Throws an
 * `OpenError` (`rsa_key`).
 * @param {Uint8Array} spki SubjectPublicKeyInfo, DER
 * @param {number | null} bits exactly this size, or any accepted one
 */
export function checkSpki(spki, bits) {
  const length = spki.length - HEAD_BYTES - EXPONENT.length;
  if (!isAcceptedSize(length * 8) || (bits !== null && length * 8 !== bits)) throw new OpenError("rsa_key");
  const modulus = spki.subarray(HEAD_BYTES, HEAD_BYTES + length);
  const canonical = modulus[0] >= 0x80 && modulus[length - 1] % 2 === 1 && sameBytes(encodeSpki(modulus), spki);
  if (!canonical) throw new OpenError("rsa_key");
  return length;
}

/** Whether a modulus may have this size. @param {number} bits */
export function isAcceptedSize(bits) {
  return bits >= SIZES.least && bits <= SIZES.most && bits % SIZES.step === 0;
}

/** Writes the encoding of a modulus of 256 to 512 bytes whose first bit is set. @param {Uint8Array} modulus */
export function encodeSpki(modulus) {
  const { length } = modulus;
  const bytes = (/** @type {readonly number[]} */ values) => Uint8Array.from(values);
  const tag = (/** @type {number} */ kind, /** @type {number} */ size) => Uint8Array.of(kind, 0x82, size >> 8, size & 0xff);
  const key = join(tag(0x30, length + 10), tag(0x02, length + 1), 0, modulus, bytes(EXPONENT));
  return join(tag(0x30, length + 34), bytes(ALGORITHM), tag(0x03, length + 15), 0, key);
}
