/**
 * What a grant holds: secrets of epochs behind their numbers (docs/protocol.md §14.13).
 */
import { join, u32, u64 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { FieldReader } from "../record.js";
import { RoomError } from "./errors.js";
import { MOST_EPOCHS, isAskedFor } from "./key_request.js";
import { SECRET_BYTES, checkSecret } from "./secret.js";
/** @typedef {import("../errors.js").OpenCause} OpenCause */
/** @typedef {import("./chain.js").RoomChain} RoomChain */
/** @typedef {import("./key_request.js").KeyRequest} KeyRequest */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ n: number, secret: Bytes }} EpochSecret
 * @typedef {{ secrets: EpochSecret[], dropped: { n: number, cause: OpenCause }[] }} Granted the secrets that are those of
 *   their epochs; and the epochs whose secrets are dropped
 */

const ENTRY_BYTES = 8 + SECRET_BYTES;

/** `count u32 | n u64 | secret`, repeated; throws a `SealError` (`field`). @param {EpochSecret[]} secrets ascending */
export function encodeSecrets(secrets) {
  const ascend = secrets.every(({ n, secret }, at) => n > (secrets[at - 1]?.n ?? 0) && secret.length === SECRET_BYTES);
  if (secrets.length < 1 || secrets.length > MOST_EPOCHS || !ascend) throw new SealError("field");
  return join(u32(secrets.length), ...secrets.flatMap(({ n, secret }) => [u64(n), secret]));
}

/** Reads the secrets of a grant; throws an `OpenError`. @param {Bytes} plain */
export function parseSecrets(plain) {
  const reader = new FieldReader(plain);
  const count = reader.u32();
  if (count < 1 || count > MOST_EPOCHS) throw new OpenError("field");
  const entries = new FieldReader(reader.take(count * ENTRY_BYTES));
  reader.finish();
  /** @type {EpochSecret[]} */
  const secrets = [];
  while (secrets.length < count) {
    const n = entries.count();
    if (n <= (secrets.at(-1)?.n ?? 0)) throw new OpenError("field");
    secrets.push({ n, secret: entries.take(SECRET_BYTES) });
  }
  return secrets;
}

/**
 * Compares each secret with the commit of its epoch. One that was not asked for (`field`), or whose epoch is not known
 * (`other_epoch`), or that does not match (`share_commitment`), is dropped and named; the others stand. Throws a `RoomError` (`older`) where the chain is to be read first.
 * @param {EpochSecret[]} secrets
 * @param {KeyRequest} pending
 * @param {RoomChain} chain
 * @returns {Promise<Granted>}
 */
export async function sortSecrets(secrets, pending, chain) {
  /** @type {Granted} */
  const granted = { secrets: [], dropped: [] };
  if (secrets.some(({ n }) => isAskedFor(pending, n) && chain.history.isBefore(n))) throw new RoomError("older");
  for (const each of secrets) {
    try {
      await checkGranted(each, pending, chain);
      granted.secrets.push(each);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      granted.dropped.push({ n: each.n, cause: error.cause });
    }
  }
  return granted;
}

/** @param {EpochSecret} granted @param {KeyRequest} pending @param {RoomChain} chain */
async function checkGranted({ n, secret }, pending, chain) {
  if (!isAskedFor(pending, n)) throw new OpenError("field");
  const entry = chain.entry(n);
  if (entry === undefined) throw new OpenError("other_epoch");
  await checkSecret(entry, secret);
}
