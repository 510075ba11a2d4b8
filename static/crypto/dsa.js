/**
 * DSA in the one pinned group, with SHA-256 (docs/protocol.md §6). There is no way in from other parameters: a key is its
 * number, and a signature is r ‖ s, 32 bytes each.
 */
import { NUMBER_BYTES, PINNED, bytesOf, isInGroup, numberOf, secretPower, sign, verifies } from "./dsa_group.js";
import { OpenError, SealError } from "./errors.js";

/** Bytes of a public key y. */
export const DSA_PUBLIC_BYTES = 256;
/** Bytes of a private key x. */
export const DSA_PRIVATE_BYTES = NUMBER_BYTES;
/** Bytes of a signature. */
export const DSA_SIGNATURE_BYTES = 2 * NUMBER_BYTES;
/** Random bytes of a new private number or of a blind: 64 bits more than q has, so that the remainder is even (FIPS 186-4 §B.1.1). */
const RANDOM_BYTES = NUMBER_BYTES + 8;

/** A public key that was checked to lie in the pinned group. */
export class DsaPublicKey {
  #y;

  /** @param {bigint} y */
  constructor(y) {
    if (!isInGroup(PINNED, y)) throw new OpenError("dsa_key");
    this.#y = y;
  }

  /**
   * Takes y, big-endian; throws an `OpenError` (`dsa_key`) unless 2 ≤ y ≤ p − 2 and y^q mod p = 1.
   * @param {Uint8Array} bytes
   */
  static fromBytes(bytes) {
    if (bytes.length !== DSA_PUBLIC_BYTES) throw new OpenError("dsa_key");
    return new DsaPublicKey(numberOf(bytes));
  }

  /** y, big-endian. */
  bytes() {
    return bytesOf(this.#y, DSA_PUBLIC_BYTES);
  }

  /**
   * Checks a signature; throws an `OpenError` (`dsa_signature`).
   * @param {Uint8Array<ArrayBuffer>} message
   * @param {Uint8Array} signature
   */
  async verify(message, signature) {
    if (!verifies(PINNED, this.#y, await sha256(message), signature)) throw new OpenError("dsa_signature");
  }
}

/** A private key of the pinned group. JavaScript cannot erase it: it goes when nothing holds it any more. */
export class DsaPrivateKey {
  #x;
  #y;
  #publicKey;

  /** @param {bigint} x 1 … q − 1 */
  constructor(x) {
    if (x < 1n || x >= PINNED.q) throw new OpenError("dsa_key");
    this.#x = x;
    this.#y = secretPower(PINNED, x);
    this.#publicKey = new DsaPublicKey(this.#y);
  }

  /** Makes a key. */
  static generate() {
    return new DsaPrivateKey(randomNumber());
  }

  /**
   * Takes x, 32 bytes; throws an `OpenError` (`dsa_key`) unless 1 ≤ x ≤ q − 1.
   * @param {Uint8Array} bytes
   */
  static fromBytes(bytes) {
    if (bytes.length !== DSA_PRIVATE_BYTES) throw new OpenError("dsa_key");
    return new DsaPrivateKey(numberOf(bytes));
  }

  /** x, for the vault. */
  bytes() {
    return bytesOf(this.#x, DSA_PRIVATE_BYTES);
  }

  get publicKey() {
    return this.#publicKey;
  }

  /**
   * Signs, and looks at the signature before anyone else does: one made by a fault could give the key away. Throws a
   * `SealError` (`key_operation`) then.
   * @param {Uint8Array<ArrayBuffer>} message
   * @param {Uint8Array} [additional] data of the nonce; 32 random bytes unless a vector says otherwise
   */
  async sign(message, additional = crypto.getRandomValues(new Uint8Array(32))) {
    const hash = await sha256(message);
    const signature = await sign(PINNED, this.#x, hash, additional, randomNumber());
    if (signature === null || !verifies(PINNED, this.#y, hash, signature)) throw new SealError("key_operation");
    return signature;
  }
}

/** A random number of 1 … q − 1. */
function randomNumber() {
  return (numberOf(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))) % (PINNED.q - 1n)) + 1n;
}

/** @param {Uint8Array<ArrayBuffer>} message */
async function sha256(message) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", message));
}
