/**
 * The signature block: RSASSA-PSS and DSA over the same bytes, both or nothing (docs/protocol.md §6).
 */
import { join, u16 } from "../wire/bytes.js";
import { DSA_PUBLIC_BYTES, DSA_SIGNATURE_BYTES, DsaPrivateKey, DsaPublicKey } from "./dsa.js";
import { OpenError } from "./errors.js";
import { label, sha256 } from "./record.js";
import { PssPrivateKey, PssPublicKey } from "./rsa.js";
import { isAcceptedSize } from "./spki.js";
/** @typedef {import("./record.js").RecordReader} RecordReader */

/**
 * Two signatures that have been read and not yet verified.
 * @typedef {{ pss: Uint8Array<ArrayBuffer>, dsa: Uint8Array<ArrayBuffer> }} SignatureBlock
 */

const FINGERPRINT = label("sealwire/v1/fingerprint");

/** Bytes of y, which follows the PSS key in records. */
export const Y_BYTES = DSA_PUBLIC_BYTES;

/**
 * Reads a block. The length of the PSS signature must be that of some accepted modulus; that it is the signer's is checked
 * with the signature.
 * @param {RecordReader} record
 * @returns {SignatureBlock}
 */
export function readBlock(record) {
  const length = record.u16();
  if (!isAcceptedSize(length * 8)) throw new OpenError("pss_length");
  return { pss: record.take(length), dsa: record.take(DSA_SIGNATURE_BYTES) };
}

/**
 * The fingerprint of two identity keys, 32 bytes.
 * @param {Uint8Array} spki of the PSS key
 * @param {Uint8Array} y of the DSA key
 */
export function fingerprintOf(spki, y) {
  return sha256(FINGERPRINT, u16(spki.length), spki, y);
}

/** The public halves of two identity keys; what they sign is signed only if both verify. */
export class VerifyingKeys {
  #pss;
  #dsa;

  /** @param {PssPublicKey} pss @param {DsaPublicKey} dsa */
  constructor(pss, dsa) {
    this.#pss = pss;
    this.#dsa = dsa;
  }

  /**
   * Takes them as they travel; throws an `OpenError` (`rsa_key`, `dsa_key`).
   * @param {Uint8Array<ArrayBuffer>} spki
   * @param {Uint8Array} y
   */
  static async fromBytes(spki, y) {
    return new VerifyingKeys(await PssPublicKey.fromSpki(spki), DsaPublicKey.fromBytes(y));
  }

  /** SubjectPublicKeyInfo of the PSS key. */
  get spki() {
    return this.#pss.spki;
  }

  /** y of the DSA key. */
  get y() {
    return this.#dsa.bytes();
  }

  /** 32 bytes that stand for both keys. */
  fingerprint() {
    return fingerprintOf(this.spki, this.y);
  }

  /**
   * Checks both at once, as PSS is verified on another thread. What PSS says counts first; throws an `OpenError` (`pss_length`,
   * `pss_signature`, `dsa_signature`).
   * @param {Uint8Array} purpose the label
   * @param {Uint8Array} body
   * @param {SignatureBlock} block
   */
  async verify(purpose, body, block) {
    const signed = join(purpose, body);
    const verdicts = await Promise.allSettled([this.#pss.verify(signed, block.pss), this.#dsa.verify(signed, block.dsa)]);
    for (const verdict of verdicts) if (verdict.status === "rejected") throw verdict.reason;
  }
}

/** The private halves of two identity keys; they only ever sign together. */
export class SigningKeys {
  #pss;
  #dsa;
  #verifying;

  /** @param {PssPrivateKey} pss @param {DsaPrivateKey} dsa */
  constructor(pss, dsa) {
    this.#pss = pss;
    this.#dsa = dsa;
    this.#verifying = new VerifyingKeys(pss.publicKey, dsa.publicKey);
  }

  /** Makes two keys. */
  static async generate() {
    return new SigningKeys(await PssPrivateKey.generate(), DsaPrivateKey.generate());
  }

  /**
   * Takes them as the vault holds them; throws an `OpenError` (`rsa_key`, `dsa_key`).
   * @param {Uint8Array<ArrayBuffer>} pkcs8 of the PSS key
   * @param {Uint8Array} x of the DSA key
   */
  static async fromBytes(pkcs8, x) {
    return new SigningKeys(await PssPrivateKey.fromPkcs8(pkcs8), DsaPrivateKey.fromBytes(x));
  }

  /** The keys as the vault holds them. */
  async bytes() {
    return { pss: await this.#pss.pkcs8(), dsa: this.#dsa.bytes() };
  }

  get verifying() {
    return this.#verifying;
  }

  /**
   * Appends the block over label ‖ body to the body; both signatures are made at once, and each is verified before it leaves its
   * key. Throws a `SealError` (`key_operation`).
   * @param {Uint8Array} purpose the label
   * @param {Uint8Array} body
   * @param {Uint8Array} [additional] data of the DSA nonce; random unless a vector says otherwise
   */
  async append(purpose, body, additional) {
    const signed = join(purpose, body);
    const [pss, dsa] = await Promise.all([this.#pss.sign(signed), this.#dsa.sign(signed, additional)]);
    return join(body, u16(pss.length), pss, dsa);
  }
}
