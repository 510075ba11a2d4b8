/**
 * Padding to buckets, so that a length says little about a text's (docs/protocol.md §9): content ‖ `0x80` ‖ zeros, up to
 * the next bucket.
 */
import { CONTENT_BYTES } from "../wire/limits.js";
import { OpenError, SealError } from "./errors.js";

/** The byte after the content. */
const END = 0x80;
/** The smallest bucket, in bytes. */
const LEAST = 256;
/** Up to here buckets double, from here on they grow by this much, in bytes. */
const STEP = 65_536;

/**
 * The bucket for this much content, in bytes: the smallest that also holds the end mark.
 * @param {number} length at most `CONTENT_BYTES`
 */
export function bucketOf(length) {
  if (length > CONTENT_BYTES) throw new SealError("too_large");
  const needed = length + 1;
  if (needed > STEP) return Math.ceil(needed / STEP) * STEP;
  let bucket = LEAST;
  while (bucket < needed) bucket *= 2;
  return bucket;
}

/** Pads content to its bucket; throws a `SealError` (`too_large`). @param {Uint8Array} content */
export function pad(content) {
  const padded = new Uint8Array(bucketOf(content.length));
  padded.set(content);
  padded[content.length] = END;
  return padded;
}

/**
 * Takes the padding off. Throws an `OpenError` (`bucket_padding`) if the last non-zero byte is not the end mark, or the
 * length is not the smallest bucket for what is inside.
 * @param {Uint8Array<ArrayBuffer>} padded
 */
export function unpad(padded) {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end -= 1;
  if (end < 0 || padded[end] !== END || end > CONTENT_BYTES || bucketOf(end) !== padded.length) throw new OpenError("bucket_padding");
  return padded.subarray(0, end);
}
