/**
 * Wrap keys, the numbered public keys that secrets are wrapped to, signed by the identity keys; and what is wrapped
 * (docs/protocol.md §14.4).
 */
import { fromHex, join, toHex, u16, u64 } from "../wire/bytes.js";
import { OpenError, SealError } from "./errors.js";
import { HASH_BYTES, RecordReader, VERSION, label } from "./record.js";
import { ACCOUNT_KEY_BITS, WrapPublicKey } from "./rsa.js";
import { readBlock } from "./signature.js";
/** @typedef {import("./keyset.js").Keyset} Keyset */
/** @typedef {import("./rsa.js").WrapPrivateKey} WrapPrivateKey */
/** @typedef {import("./signature.js").SigningKeys} SigningKeys */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ bytes: Bytes, account: string, fingerprint: string, number: number, madeAt: number, key: WrapPublicKey }} WrapKey
 *   verified; fingerprint: of the identity keys that signed it
 */

const TYPE = 0x11;
const LABEL = label("sealwire/v1/wrap-key");
/** Largest wrap key, in bytes: a key of 3072 bits and a signature by RSA-4096. */
const MOST_BYTES = 4_096;

/**
 * What is wrapped: its first byte, and how many bytes follow. The first byte is never zero, because a browser may strip
 * zeros in front.
 */
export const WRAPPED = Object.freeze({
  epochSecret: Object.freeze({ kind: 0x01, least: 32, most: 32 }),
  roomName: Object.freeze({ kind: 0x02, least: 1, most: 256 }),
  grantKey: Object.freeze({ kind: 0x03, least: 32, most: 32 }),
});
/** @typedef {typeof WRAPPED[keyof typeof WRAPPED]} WrappedKind */
/** Bytes of what is wrapped. */
export const WRAPPED_BYTES = 384;
/** What stands in the place of a share where its account has no wrap key that the room's list vouches for. */
export const NO_SHARE = new Uint8Array(WRAPPED_BYTES);

/**
 * Signs a wrap key.
 * @param {SigningKeys} keys
 * @param {{ account: string, number: number, madeAt: number, key: WrapPublicKey }} of
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signWrapKey(keys, { account, number, madeAt, key: { spki } }, { dsaNonce } = {}) {
  if (number < 1) throw new SealError("field");
  const start = join(VERSION, TYPE, fromHex(account, 16), await keys.verifying.fingerprint(), u64(number));
  return keys.append(LABEL, join(start, u64(madeAt), u16(spki.length), spki), dsaNonce);
}

/**
 * Reads and verifies a wrap key of the account whose chain head this is; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @param {Keyset} head
 * @param {number} seen the highest number seen for this account; a lower one is refused (`older`)
 * @returns {Promise<WrapKey>}
 */
export async function readWrapKey(bytes, head, seen) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const account = record.id();
  const fingerprint = toHex(record.take(HASH_BYTES));
  const number = record.count();
  const madeAt = record.u64();
  const spki = record.sized16();
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  if (account !== head.account) throw new OpenError("other_account");
  if (fingerprint !== head.fingerprint) throw new OpenError("other_keys");
  const key = await WrapPublicKey.fromSpki(spki, ACCOUNT_KEY_BITS);
  await head.keys.verify(LABEL, signed, block);
  if (number < seen) throw new OpenError("older");
  return { bytes: whole, account, fingerprint, number, madeAt, key };
}

/** Whose wrap key a record says that it is; throws an `OpenError`. @param {Uint8Array} bytes */
export function wrapKeyAccount(bytes) {
  return new RecordReader(bytes, TYPE, MOST_BYTES).id();
}

/**
 * Wraps a secret, 384 bytes; throws a `SealError` (`field`) for one that its kind cannot have.
 * @param {WrapPublicKey} key
 * @param {WrappedKind} wrapped
 * @param {Uint8Array} secret
 */
export function wrap(key, { kind, least, most }, secret) {
  if (secret.length < least || secret.length > most) throw new SealError("field");
  return key.encrypt(join(kind, secret));
}

/**
 * Unwraps a secret of this kind; throws an `OpenError` (`share`), whatever is wrong with it.
 * @param {WrapPrivateKey} key
 * @param {WrappedKind} wrapped
 * @param {Bytes} share
 */
export async function unwrap(key, { kind, least, most }, share) {
  const plain = await key.decrypt(share);
  const length = plain.length - 1;
  if (plain[0] !== kind || length < least || length > most) throw new OpenError("share");
  return plain.subarray(1);
}
