/**
 * Record lists: several records in one tail, each behind its length (docs/protocol.md §14.1).
 */
import { FrameError, Reader, join, u32 } from "../wire/bytes.js";
import { OpenError } from "./errors.js";

/** Writes records one behind the other. @param {Uint8Array[]} records */
export function encodeList(records) {
  return join(...records.flatMap((record) => [u32(record.length), record]));
}

/**
 * Reads the records of a tail; throws an `OpenError` (`truncated`, `field` for an empty record, `too_large`).
 * @param {Uint8Array} tail
 * @param {number} most records
 */
export function parseList(tail, most) {
  const records = [];
  let rest = tail;
  while (rest.length > 0) {
    if (records.length === most) throw new OpenError("too_large");
    const reader = new Reader(rest);
    try {
      const length = reader.u32("length");
      if (length === 0) throw new OpenError("field");
      records.push(reader.take(length, "record"));
    } catch (error) {
      throw error instanceof FrameError ? new OpenError("truncated") : error;
    }
    rest = reader.rest();
  }
  return records;
}
