/**
 * The commit: the signed record that starts an epoch and says who is in the room from then on (docs/protocol.md §14.9).
 */
import { fromHex, join, toHex, u16, u64 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { readBlock } from "../signature.js";
import { encodeChange, readChange } from "./change.js";
import { within } from "./errors.js";
/** @typedef {import("../keyset.js").Keyset} Keyset */
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./change.js").Change} Change */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {"first" | "membership" | "age" | "count" | "on_demand" | "bad_share" | "roles_or_policy" | "rekeyed"} CommitReason
 * @typedef {{ room: string, n: number, previous: string, author: string, fingerprint: string, madeAt: number,
 *   reason: CommitReason, commitment: string, changes: Change[] }} CommitBody everything but what it results in
 * @typedef {CommitBody & { bytes: Bytes, hash: string, members: string, signed: Bytes, block: SignatureBlock }} UnverifiedCommit
 *   members: what it says that the room's record hashes to
 */

const TYPE = 0x15;
const LABEL = label("sealwire/v1/commit");
/** Largest commit, in bytes: with a thousand shares it fits one frame. */
const MOST_BYTES = 524_288;
/** Most changes of one commit. */
const MOST_CHANGES = 256;
/** @type {readonly (CommitReason | undefined)[]} by their byte */
export const COMMIT_REASONS = Object.freeze([
  undefined,
  "first",
  "membership",
  "age",
  "count",
  "on_demand",
  "bad_share",
  "roles_or_policy",
  "rekeyed",
]);

/**
 * Reads the layout, that of the records in its changes included; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {Promise<UnverifiedCommit>}
 */
export async function parseCommit(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const n = record.count();
  const previous = record.hash();
  const author = record.id();
  const fingerprint = record.hash();
  const madeAt = record.u64();
  const reason = COMMIT_REASONS[record.u8()];
  if (reason === undefined) throw new OpenError("field");
  const commitment = record.hash();
  const members = record.hash();
  const count = record.u16();
  if (count > MOST_CHANGES) throw new OpenError("field");
  const changes = [];
  while (changes.length < count) changes.push(await readChange(record));
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  const hash = toHex(await sha256(LABEL, signed));
  return { bytes: whole, hash, room, n, previous, author, fingerprint, madeAt, reason, commitment, members, changes, signed, block };
}

/** Checks both signatures by these keys; throws a `RoomError` (`signature`). @param {UnverifiedCommit} commit @param {Keyset} keyset */
export function checkCommitSignatures({ signed, block }, { keys }) {
  return within("signature", () => keys.verify(LABEL, signed, block));
}

/**
 * Writes and signs a commit. Throws a `SealError` (`field` for too many changes, `too_large`).
 * @param {SigningKeys} keys
 * @param {CommitBody} body
 * @param {string} members hash
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function writeCommit(keys, body, members, { dsaNonce } = {}) {
  const { room, n, previous, author, fingerprint, madeAt, reason, commitment, changes } = body;
  if (changes.length > MOST_CHANGES) throw new SealError("field");
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), u64(n), fromHex(previous, HASH_BYTES), fromHex(author, ID_BYTES));
  const by = join(fromHex(fingerprint, HASH_BYTES), u64(madeAt), COMMIT_REASONS.indexOf(reason));
  const result = join(fromHex(commitment, HASH_BYTES), fromHex(members, HASH_BYTES));
  const unsigned = join(start, by, result, u16(changes.length), ...changes.map(encodeChange));
  const commit = await keys.append(LABEL, unsigned, dsaNonce);
  if (commit.length > MOST_BYTES) throw new SealError("too_large");
  return parseCommit(commit);
}
