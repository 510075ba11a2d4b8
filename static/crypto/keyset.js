/**
 * A keyset: the public halves of an account's two identity keys, signed by themselves, and after a rotation by the keys
 * before them, too (docs/protocol.md §14.3).
 */
import { fromHex, join, toHex, u16, u64, utf8 } from "../wire/bytes.js";
import { OpenError, SealError } from "./errors.js";
import { HASH_BYTES, NAME_BYTES, RecordReader, VERSION, label, sha256 } from "./record.js";
import { VerifyingKeys, Y_BYTES, fingerprintOf, readBlock } from "./signature.js";
/** @typedef {import("./signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./signature.js").SignatureBlock} SignatureBlock */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {"first" | "rotated" | "reset"} Link how a keyset follows the one before it
 * @typedef {{ bytes: Bytes, account: string, name: string, number: number, link: Link, previous: string, madeAt: number,
 *   fingerprint: string, hash: string }} KeysetFields
 * @typedef {KeysetFields & { spki: Bytes, y: Bytes, signed: Bytes, own: SignatureBlock,
 *   rotation: { signed: Bytes, block: SignatureBlock } | null }} UnverifiedKeyset
 * @typedef {KeysetFields & { keys: VerifyingKeys }} Keyset all signatures verified
 * @typedef {{ dsaNonce?: Uint8Array }} Choices what vectors choose and nobody else
 */

const TYPE = 0x10;
const LABEL = label("sealwire/v1/keyset");
const ROTATION = label("sealwire/v1/keyset-rotation");
/** Largest keyset, in bytes: three signatures by RSA-4096 at most, and a key. */
const MOST_BYTES = 4_096;
/** @type {readonly (Link | undefined)[]} by their byte */
const LINKS = Object.freeze([undefined, "first", "rotated", "reset"]);
/** What the first keyset names as the one before it. */
export const NO_HASH = "0".repeat(HASH_BYTES * 2);

/**
 * Reads the layout and the name; nobody has looked at keys and signatures. Throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {Promise<UnverifiedKeyset>}
 */
export async function parseKeyset(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const account = record.id();
  const name = record.text8(NAME_BYTES);
  const number = record.count();
  const link = LINKS[record.u8()];
  if (link === undefined) throw new OpenError("field");
  const previous = record.hash();
  const madeAt = record.u64();
  const spki = record.sized16();
  const y = record.take(Y_BYTES);
  const signed = record.soFar();
  const own = readBlock(record);
  const rotation = link === "rotated" ? { signed: record.soFar(), block: readBlock(record) } : null;
  const whole = record.finish();
  const fingerprint = toHex(await fingerprintOf(spki, y));
  const hash = toHex(await sha256(LABEL, signed));
  return { bytes: whole, account, name, number, link, previous, madeAt, fingerprint, hash, spki, y, signed, own, rotation };
}

/**
 * Checks the keys, the own signatures, and after a rotation those of the keys before.
 * @param {UnverifiedKeyset} unverified
 * @param {VerifyingKeys | "known"} before the keys before, or that the hash of this keyset is known to be good
 * @returns {Promise<Keyset>}
 */
export async function verifyKeyset({ spki, y, signed, own, rotation, ...fields }, before) {
  const keys = await VerifyingKeys.fromBytes(spki, y);
  await keys.verify(LABEL, signed, own);
  if (rotation !== null && before !== "known") await before.verify(ROTATION, rotation.signed, rotation.block);
  return { ...fields, keys };
}

/**
 * Checks that a keyset follows another one of its account: first its place, then its keys and signatures.
 * @param {UnverifiedKeyset} keyset
 * @param {Keyset} before
 */
export function verifyNextKeyset(keyset, before) {
  if (keyset.account !== before.account) throw new OpenError("other_account");
  if (keyset.name !== before.name) throw new OpenError("other_name");
  if (keyset.number !== before.number + 1) throw new OpenError("number");
  if (keyset.link === "first") throw new OpenError("link");
  if (keyset.previous !== before.hash) throw new OpenError("previous");
  return verifyKeyset(keyset, before.keys);
}

/**
 * Begins an account's chain.
 * @param {SigningKeys} keys
 * @param {{ account: string, name: string, madeAt: number }} of
 * @param {Choices} [choices]
 */
export function firstKeyset(keys, { account, name, madeAt }, choices) {
  return write(keys, { account, name, number: 1, link: "first", previous: NO_HASH, madeAt }, null, choices);
}

/**
 * Lets new keys follow those of the head, which sign, too: contacts stay verified.
 * @param {SigningKeys} keys
 * @param {Keyset} head
 * @param {SigningKeys} before the keys of the head
 * @param {number} madeAt
 * @param {Choices} [choices]
 */
export async function rotatedKeyset(keys, head, before, madeAt, choices) {
  if (toHex(await before.verifying.fingerprint()) !== head.fingerprint) throw new SealError("key_operation");
  return write(keys, after(head, "rotated", madeAt), before, choices);
}

/**
 * Lets new keys follow those of the head, which are lost: whoever verified them is told.
 * @param {SigningKeys} keys
 * @param {Keyset} head
 * @param {number} madeAt
 * @param {Choices} [choices]
 */
export function resetKeyset(keys, head, madeAt, choices) {
  return write(keys, after(head, "reset", madeAt), null, choices);
}

/** @param {Keyset} head @param {Link} link @param {number} madeAt */
function after({ account, name, number, hash }, link, madeAt) {
  return { account, name, number: number + 1, link, previous: hash, madeAt };
}

/**
 * @param {SigningKeys} keys
 * @param {Pick<KeysetFields, "account" | "name" | "number" | "link" | "previous" | "madeAt">} place
 * @param {SigningKeys | null} before
 * @param {Choices} [choices]
 */
async function write(keys, { account, name, number, link, previous, madeAt }, before, { dsaNonce } = {}) {
  const named = utf8(name);
  if (named.length < 1 || named.length > NAME_BYTES) throw new SealError("field");
  const { spki, y } = keys.verifying;
  const start = join(VERSION, TYPE, fromHex(account, 16), named.length, named, u64(number), LINKS.indexOf(link));
  const body = join(start, fromHex(previous, HASH_BYTES), u64(madeAt), u16(spki.length), spki, y);
  const record = await keys.append(LABEL, body, dsaNonce);
  return before === null ? record : before.append(ROTATION, record, dsaNonce);
}
