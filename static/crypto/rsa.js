/**
 * RSA keys as they travel and as they are used: one canonical encoding, few sizes, one exponent, one use a key
 * (docs/protocol.md §6). WebCrypto accepts more, so everything a peer sends is checked here first.
 */
import { fromBase64 } from "../wire/base64.js";
import { join } from "../wire/bytes.js";
import { OpenError, SealError } from "./errors.js";
import { sameBytes } from "./seal.js";

/** Modulus of the keys of an account when they are made, in bits. */
export const ACCOUNT_KEY_BITS = 3072;
/** The least and the greatest accepted modulus, in bits; a size is a multiple of the step. */
const SIZES = Object.freeze({ least: 2048, most: 4096, step: 256 });
/** Bytes before the modulus in a SubjectPublicKeyInfo, with the zero that keeps it positive. */
const HEAD_BYTES = 33;
/** `INTEGER 65537` */
const EXPONENT = Object.freeze([0x02, 0x03, 0x01, 0x00, 0x01]);
/** `SEQUENCE { OBJECT IDENTIFIER rsaEncryption, NULL }` */
const ALGORITHM = Object.freeze([0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);

const PSS = Object.freeze({ name: "RSA-PSS", hash: "SHA-256" });
const PSS_SALT = Object.freeze({ name: "RSA-PSS", saltLength: 32 });
const OAEP = Object.freeze({ name: "RSA-OAEP", hash: "SHA-256" });

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {typeof PSS | typeof OAEP} Algorithm
 */

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
function encodeSpki(modulus) {
  const { length } = modulus;
  const bytes = (/** @type {readonly number[]} */ values) => Uint8Array.from(values);
  const tag = (/** @type {number} */ kind, /** @type {number} */ size) => Uint8Array.of(kind, 0x82, size >> 8, size & 0xff);
  const key = join(tag(0x30, length + 10), tag(0x02, length + 1), 0, modulus, bytes(EXPONENT));
  return join(tag(0x30, length + 34), bytes(ALGORITHM), tag(0x03, length + 15), 0, key);
}

/** A checked public key. */
class PublicKey {
  /** @type {Bytes} SubjectPublicKeyInfo, DER */
  spki;
  /** Length of the modulus, and so of every signature and ciphertext. @type {number} */
  modulusBytes;
  /** @protected @type {CryptoKey} */
  key;

  /** @param {Bytes} spki @param {number} modulusBytes @param {CryptoKey} key */
  constructor(spki, modulusBytes, key) {
    this.spki = spki;
    this.modulusBytes = modulusBytes;
    this.key = key;
  }
}

/** A public key that verifies RSASSA-PSS signatures (SHA-256, MGF1-SHA-256, salt of 32 bytes). */
export class PssPublicKey extends PublicKey {
  /**
   * Takes a SubjectPublicKeyInfo; throws an `OpenError` (`rsa_key`).
   * @param {Bytes} spki
   * @param {number | null} [bits] exactly this size, or any accepted one
   */
  static async fromSpki(spki, bits = null) {
    return new PssPublicKey(spki, checkSpki(spki, bits), await importSpki(spki, PSS, "verify"));
  }

  /**
   * Checks a signature; throws an `OpenError` (`pss_length`, `pss_signature`).
   * @param {Bytes} message
   * @param {Bytes} signature
   */
  async verify(message, signature) {
    if (signature.length !== this.modulusBytes) throw new OpenError("pss_length");
    if (!(await crypto.subtle.verify(PSS_SALT, this.key, signature, message))) throw new OpenError("pss_signature");
  }
}

/** A public key to which secrets are wrapped with RSAES-OAEP (SHA-256, MGF1-SHA-256, empty label). */
export class WrapPublicKey extends PublicKey {
  /**
   * Takes a SubjectPublicKeyInfo; throws an `OpenError` (`rsa_key`).
   * @param {Bytes} spki
   * @param {number | null} [bits] exactly this size, or any accepted one
   */
  static async fromSpki(spki, bits = null) {
    return new WrapPublicKey(spki, checkSpki(spki, bits), await importSpki(spki, OAEP, "encrypt"));
  }

  /** Encrypts; throws a `SealError` (`key_operation`) if it does not fit. @param {Bytes} plain */
  async encrypt(plain) {
    try {
      return new Uint8Array(await crypto.subtle.encrypt(OAEP, this.key, plain));
    } catch {
      throw new SealError("key_operation");
    }
  }
}

/** A private key; it can be exported, because the vault holds it. */
class PrivateKey {
  /** @protected @type {CryptoKey} */
  key;

  /** @param {CryptoKey} key */
  constructor(key) {
    this.key = key;
  }

  /** The key as PKCS #8, DER, for the vault. */
  async pkcs8() {
    return new Uint8Array(await crypto.subtle.exportKey("pkcs8", this.key));
  }
}

/** A private key that signs with RSASSA-PSS. */
export class PssPrivateKey extends PrivateKey {
  /** @type {PssPublicKey} */
  publicKey;

  /** @param {CryptoKey} key @param {PssPublicKey} publicKey */
  constructor(key, publicKey) {
    super(key);
    this.publicKey = publicKey;
  }

  /** Makes an account's key; takes 0.2 to 0.6 seconds. */
  static async generate() {
    return PssPrivateKey.#of(await generate(PSS, ["sign", "verify"]));
  }

  /** Takes PKCS #8; throws an `OpenError` (`rsa_key`). @param {Bytes} pkcs8 */
  static async fromPkcs8(pkcs8) {
    return PssPrivateKey.#of(await importPkcs8(pkcs8, PSS, "sign"));
  }

  /** @param {CryptoKey} key */
  static async #of(key) {
    return new PssPrivateKey(key, await PssPublicKey.fromSpki(await spkiOf(key)));
  }

  /** Signs with a random salt. @param {Bytes} message */
  async sign(message) {
    return new Uint8Array(await crypto.subtle.sign(PSS_SALT, this.key, message));
  }
}

/** A private key that unwraps what was wrapped to it. */
export class WrapPrivateKey extends PrivateKey {
  /** @type {WrapPublicKey} */
  publicKey;

  /** @param {CryptoKey} key @param {WrapPublicKey} publicKey */
  constructor(key, publicKey) {
    super(key);
    this.publicKey = publicKey;
  }

  /** Makes an account's key; takes 0.2 to 0.6 seconds. */
  static async generate() {
    return WrapPrivateKey.#of(await generate(OAEP, ["encrypt", "decrypt"]));
  }

  /** Takes PKCS #8; throws an `OpenError` (`rsa_key`). @param {Bytes} pkcs8 */
  static async fromPkcs8(pkcs8) {
    return WrapPrivateKey.#of(await importPkcs8(pkcs8, OAEP, "decrypt"));
  }

  /** @param {CryptoKey} key */
  static async #of(key) {
    return new WrapPrivateKey(key, await WrapPublicKey.fromSpki(await spkiOf(key)));
  }

  /**
   * Decrypts; throws an `OpenError` (`share`), whatever is wrong. A browser may strip leading zeros of the result: callers
   * take only what starts with another byte and check its length.
   * @param {Bytes} wrapped
   */
  async decrypt(wrapped) {
    if (wrapped.length !== this.publicKey.modulusBytes) throw new OpenError("share");
    try {
      return new Uint8Array(await crypto.subtle.decrypt(OAEP, this.key, wrapped));
    } catch {
      throw new OpenError("share");
    }
  }
}

/** @param {Algorithm} algorithm @param {KeyUsage[]} usages */
async function generate(algorithm, usages) {
  const parameters = { ...algorithm, modulusLength: ACCOUNT_KEY_BITS, publicExponent: Uint8Array.of(1, 0, 1) };
  const { privateKey } = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(parameters, true, usages));
  return privateKey;
}

/** @param {Bytes} spki @param {Algorithm} algorithm @param {KeyUsage} usage */
async function importSpki(spki, algorithm, usage) {
  try {
    return await crypto.subtle.importKey("spki", spki, algorithm, true, [usage]);
  } catch {
    throw new OpenError("rsa_key");
  }
}

/** @param {Bytes} pkcs8 @param {Algorithm} algorithm @param {KeyUsage} usage */
async function importPkcs8(pkcs8, algorithm, usage) {
  try {
    return await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, [usage]);
  } catch {
    throw new OpenError("rsa_key");
  }
}

/** The public half of a private key, which WebCrypto gives as a JSON Web Key only. @param {CryptoKey} key */
async function spkiOf(key) {
  const { n, e } = await crypto.subtle.exportKey("jwk", key);
  if (n === undefined || e !== "AQAB") throw new OpenError("rsa_key");
  return encodeSpki(fromBase64(n.replaceAll("-", "+").replaceAll("_", "/")));
}
