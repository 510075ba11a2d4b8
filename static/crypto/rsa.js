/**
 * RSA keys as they are used, one use a key (docs/protocol.md §6). WebCrypto accepts more encodings, sizes and exponents,
 * so everything a peer sends is checked first.
 */
import { fromBase64 } from "../wire/base64.js";
import { OpenError, SealError } from "./errors.js";
import { checkSpki, encodeSpki } from "./spki.js";

/** Modulus of the keys of an account when they are made, in bits. */
export const ACCOUNT_KEY_BITS = 3072;
const PSS = Object.freeze({ name: "RSA-PSS", hash: "SHA-256" });
const PSS_SALT = Object.freeze({ name: "RSA-PSS", saltLength: 32 });
const OAEP = Object.freeze({ name: "RSA-OAEP", hash: "SHA-256" });

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {typeof PSS | typeof OAEP} Algorithm
 */

/** A public key that verifies RSASSA-PSS signatures (SHA-256, MGF1-SHA-256, salt of 32 bytes). */
export class PssPublicKey {
  #spki;
  #modulusBytes;
  #key;

  /** @param {Bytes} spki @param {number} modulusBytes @param {CryptoKey} key */
  constructor(spki, modulusBytes, key) {
    this.#spki = spki;
    this.#modulusBytes = modulusBytes;
    this.#key = key;
  }

  /** SubjectPublicKeyInfo, DER. */
  get spki() {
    return this.#spki;
  }

  /** Length of the modulus, and so of every signature. */
  get modulusBytes() {
    return this.#modulusBytes;
  }

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
    if (signature.length !== this.#modulusBytes) throw new OpenError("pss_length");
    if (!(await crypto.subtle.verify(PSS_SALT, this.#key, signature, message))) throw new OpenError("pss_signature");
  }
}

/** A public key to which secrets are wrapped with RSAES-OAEP (SHA-256, MGF1-SHA-256, empty label). */
export class WrapPublicKey {
  #spki;
  #modulusBytes;
  #key;

  /** @param {Bytes} spki @param {number} modulusBytes @param {CryptoKey} key */
  constructor(spki, modulusBytes, key) {
    this.#spki = spki;
    this.#modulusBytes = modulusBytes;
    this.#key = key;
  }

  /** SubjectPublicKeyInfo, DER. */
  get spki() {
    return this.#spki;
  }

  /** Length of the modulus, and so of every ciphertext. */
  get modulusBytes() {
    return this.#modulusBytes;
  }

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
      return new Uint8Array(await crypto.subtle.encrypt(OAEP, this.#key, plain));
    } catch {
      throw new SealError("key_operation");
    }
  }
}

/** A private key that signs with RSASSA-PSS. */
export class PssPrivateKey {
  #key;
  #publicKey;

  /** @param {CryptoKey} key @param {PssPublicKey} publicKey */
  constructor(key, publicKey) {
    this.#key = key;
    this.#publicKey = publicKey;
  }

  get publicKey() {
    return this.#publicKey;
  }

  /** The key as PKCS #8, DER, for the vault. */
  async pkcs8() {
    return new Uint8Array(await crypto.subtle.exportKey("pkcs8", this.#key));
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

  /**
   * Signs with a random salt. A signature made by a fault does not leave: it throws a `SealError` (`key_operation`).
   * @param {Bytes} message
   */
  async sign(message) {
    const signature = new Uint8Array(await crypto.subtle.sign(PSS_SALT, this.#key, message));
    try {
      await this.#publicKey.verify(message, signature);
    } catch {
      throw new SealError("key_operation");
    }
    return signature;
  }
}

/** A private key that unwraps what was wrapped to it. */
export class WrapPrivateKey {
  #key;
  #publicKey;

  /** @param {CryptoKey} key @param {WrapPublicKey} publicKey */
  constructor(key, publicKey) {
    this.#key = key;
    this.#publicKey = publicKey;
  }

  get publicKey() {
    return this.#publicKey;
  }

  /** The key as PKCS #8, DER, for the vault. */
  async pkcs8() {
    return new Uint8Array(await crypto.subtle.exportKey("pkcs8", this.#key));
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
    if (wrapped.length !== this.#publicKey.modulusBytes) throw new OpenError("share");
    try {
      return new Uint8Array(await crypto.subtle.decrypt(OAEP, this.#key, wrapped));
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
