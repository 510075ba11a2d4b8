/**
 * What a fetch gives in a deleted message's place; believed only together with its tombstone, opened and verified
 * (docs/protocol.md §14.10).
 */
import { fromHex, join, u64 } from "../../wire/bytes.js";
import { HASH_BYTES, RecordReader, VERSION } from "../record.js";

/** @typedef {{ hash: string, tombstone: number }} Erased hash of the envelope that was here, and the tombstone's place in this channel */

const TYPE = 0x1d;
const BYTES = 2 + HASH_BYTES + 8;

/** Reads the record; throws an `OpenError`. @param {Uint8Array} bytes @returns {Erased} */
export function parseErased(bytes) {
  const record = new RecordReader(bytes, TYPE, BYTES);
  const hash = record.hash();
  const tombstone = record.count();
  record.finish();
  return { hash, tombstone };
}

/** Writes the record. @param {Erased} erased */
export function encodeErased({ hash, tombstone }) {
  return join(VERSION, TYPE, fromHex(hash, HASH_BYTES), u64(tombstone));
}
