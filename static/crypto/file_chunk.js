/**
 * The chunks of a file: 1 MiB each, every one sealed under a key of its own that knows the file, its place and whether it is the last
 * (docs/protocol.md §14.12). What is reordered, dropped, cut short or from another file does not open.
 */
import { fromHex, join, u32 } from "../wire/bytes.js";
import { OpenError, SealError } from "./errors.js";
import { ID_BYTES, RecordReader, VERSION, label } from "./record.js";
import { IV_BYTES, KEY_BYTES, TAG_BYTES, hkdf, open, readSealedPart, seal } from "./seal.js";

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ file: string, secret: Bytes, size: number }} SealedFile its id, its secret of 32 bytes, and its size in bytes
 * @typedef {{ from: number, bytes: number, last: boolean }} Part of a file: where it begins, how much of it there is
 */

const TYPE = 0x1b;
const KEY = label("sealwire/v1/file-chunk");
/** What only this device derives from a file's secret. */
const IV_KEY = label("sealwire/local/file-iv");
/** Bytes of a file in one chunk. */
export const CHUNK_BYTES = 1_048_576;
/** The most chunks of a file: 4 GiB. */
export const MOST_CHUNKS = 4_096;
/** Bytes of a file's secret. */
export const FILE_SECRET_BYTES = 32;
/** The last chunk is filled up to a multiple of this many bytes. */
const FILLED_BYTES = 16_384;
/** What PKCS #7 adds to a plaintext of whole blocks. */
const BLOCK_BYTES = 16;
/** Everything of a chunk but its ciphertext: version, type, file, index, last, IV, length, tag. */
const AROUND_BYTES = 1 + 1 + ID_BYTES + 4 + 1 + IV_BYTES + 4 + TAG_BYTES;
/** The largest chunk as it is carried. */
export const MOST_CHUNK_BYTES = AROUND_BYTES + CHUNK_BYTES + BLOCK_BYTES;

/** How many chunks a file of this many bytes has: one if it is empty. @param {number} size */
export function chunksOf(size) {
  return Math.max(1, Math.ceil(size / CHUNK_BYTES));
}

/** What of a file is in a chunk. @param {number} size @param {number} index @returns {Part} */
export function partOf(size, index) {
  const from = index * CHUNK_BYTES;
  return { from, bytes: Math.min(CHUNK_BYTES, size - from), last: index === chunksOf(size) - 1 };
}

/** Bytes that all chunks of a file have as they are carried. @param {number} size */
export function carriedBytes(size) {
  const chunks = chunksOf(size);
  const { bytes } = partOf(size, chunks - 1);
  return chunks * (AROUND_BYTES + BLOCK_BYTES) + (chunks - 1) * CHUNK_BYTES + filled(bytes, true);
}

/**
 * Seals one chunk. Throws a `SealError` (`too_large` for a file of more chunks than there may be, `field` for bytes that are not as many as
 * belong there, or a place that the file does not have).
 * @param {SealedFile} of
 * @param {number} index
 * @param {Bytes} bytes what of the file is in it
 * @param {Bytes} [iv] random, or that of `ivOf`
 */
export async function sealChunk({ file, secret, size }, index, bytes, iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))) {
  checkSize(size);
  const part = partOf(size, index);
  if (!hasPlace(size, index) || bytes.length !== part.bytes) throw new SealError("field");
  const above = join(VERSION, TYPE, fromHex(file, ID_BYTES), u32(index), part.last ? 1 : 0);
  const plain = fill(bytes, part.last);
  const { ciphertext, tag } = await seal(await keyOf(file, secret, index, part.last), iv, above, plain);
  return join(above, iv, u32(ciphertext.length), ciphertext, tag);
}

/**
 * Opens one chunk: size → strict parse → file, index and last flag are those of this place → length → HMAC → CBC → length → filling. Throws
 * an `OpenError`.
 * @param {SealedFile} of
 * @param {number} index that was asked for
 * @param {Uint8Array} record
 * @returns {Promise<Bytes>} what of the file is in it
 */
export async function openChunk({ file, secret, size }, index, record) {
  if (!hasPlace(size, index)) throw new OpenError("field");
  const part = partOf(size, index);
  const length = filled(part.bytes, part.last);
  const { above, sealed } = parseChunk(record, { file, index, last: part.last });
  if (sealed.ciphertext.length !== length + BLOCK_BYTES) throw new OpenError("field");
  const plain = await open(await keyOf(file, secret, index, part.last), sealed, above);
  if (plain.length !== length) throw new OpenError("field");
  if (plain.subarray(part.bytes).some((byte) => byte !== 0)) throw new OpenError("bucket_padding");
  return plain.subarray(0, part.bytes);
}

/**
 * An IV that nobody can foresee and that is the same for the same bytes at the same place: a chunk that is sealed once more, since nobody
 * knows what became of it, is the same to the server, and bytes that are others never share one. It also tells whether a file is still
 * the one that was begun.
 * @param {SealedFile} of
 * @param {number} index
 * @param {Bytes} bytes
 * @returns {Promise<Bytes>}
 */
export async function ivOf({ file, secret }, index, bytes) {
  const key = await hkdf(secret, fromHex(file, ID_BYTES), join(IV_KEY, u32(index)), 32);
  const mac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", mac, bytes)).slice(0, IV_BYTES);
}

/** @param {Uint8Array} bytes @param {{ file: string, index: number, last: boolean }} place */
function parseChunk(bytes, { file, index, last }) {
  const record = new RecordReader(bytes, TYPE, MOST_CHUNK_BYTES);
  const named = record.id();
  const at = record.u32();
  const flag = record.u8();
  const above = record.soFar();
  const sealed = readSealedPart(record);
  record.finish();
  if (named !== file || at !== index || flag !== (last ? 1 : 0)) throw new OpenError("field");
  return { above, sealed };
}

/** @param {string} file @param {Bytes} secret @param {number} index @param {boolean} last */
function keyOf(file, secret, index, last) {
  return hkdf(secret, fromHex(file, ID_BYTES), join(KEY, u32(index), last ? 1 : 0), KEY_BYTES);
}

/** Bytes of a chunk's plaintext. @param {number} bytes of the file @param {boolean} last */
function filled(bytes, last) {
  return last ? Math.max(FILLED_BYTES, Math.ceil(bytes / FILLED_BYTES) * FILLED_BYTES) : CHUNK_BYTES;
}

/** @param {Bytes} bytes @param {boolean} last */
function fill(bytes, last) {
  const length = filled(bytes.length, last);
  if (length === bytes.length) return bytes;
  const plain = new Uint8Array(length);
  plain.set(bytes);
  return plain;
}

/** @param {number} size */
function checkSize(size) {
  if (!Number.isSafeInteger(size) || size < 0) throw new SealError("field");
  if (chunksOf(size) > MOST_CHUNKS) throw new SealError("too_large");
}

/** Whether a file that may be has a chunk here. @param {number} size @param {number} index */
function hasPlace(size, index) {
  const chunks = chunksOf(size);
  return Number.isInteger(index) && index >= 0 && index < chunks && chunks <= MOST_CHUNKS;
}
