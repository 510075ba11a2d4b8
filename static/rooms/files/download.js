/**
 * A file on its way down: its chunks in order, a few of them ahead, each opened before anybody sees it (docs/protocol.md §14.12).
 */
import { chunksOf, openChunk } from "../../crypto/file_chunk.js";
import { OpenError } from "../../crypto/errors.js";
import { Refused } from "../../keys/failure.js";
import { hasPassed } from "../../wire/passing.js";
/** @typedef {import("../../crypto/file_chunk.js").SealedFile} SealedFile */

/** Chunks that are asked for before they are wanted. */
const AHEAD = 2;

/**
 * @typedef {object} DownloadWays
 * @property {AbortSignal} signal
 * @property {(file: string, index: number) => Promise<Uint8Array>} chunk as the server gives it; waits for a connection
 */

/**
 * The bytes of a file, a chunk at a time. Throws `Refused` (`file_damaged`, `stopped_by_user`), or what `chunk` throws.
 * @param {SealedFile} of
 * @param {DownloadWays} ways
 * @param {number} [most] chunks
 * @returns {AsyncGenerator<Uint8Array<ArrayBuffer>>}
 */
export async function* bytesOf(of, { signal, chunk }, most = Infinity) {
  const chunks = Math.min(most, chunksOf(of.size));
  /** @type {Array<Promise<Uint8Array<ArrayBuffer>>>} */
  const coming = [];
  let next = 0;
  const ask = () => {
    if (next >= chunks) return;
    const opened = openOne(of, next++, chunk);
    // Whoever takes it hears of it; until then it is nobody's.
    opened.catch(() => {});
    coming.push(opened);
  };
  for (let ahead = 0; ahead <= AHEAD; ahead++) ask();
  for (let index = 0; index < chunks; index++) {
    if (signal.aborted) throw new Refused("stopped_by_user");
    const bytes = await coming.shift();
    if (bytes === undefined) return;
    if (signal.aborted) throw new Refused("stopped_by_user");
    yield bytes;
    ask();
  }
}

/** @param {SealedFile} of @param {number} index @param {DownloadWays["chunk"]} chunk */
async function openOne(of, index, chunk) {
  const record = await chunk(of.file, index);
  hasPassed(record.length);
  try {
    return await openChunk(of, index, record);
  } catch (error) {
    if (error instanceof OpenError) throw new Refused("file_damaged");
    throw error;
  }
}

/**
 * All of a file as one blob, which the browser keeps where it keeps blobs: beyond a few MiB on disk. It has no type that anything would
 * be run for.
 * @param {AsyncGenerator<Uint8Array<ArrayBuffer>>} bytes
 * @returns {Promise<Blob>}
 */
export async function asBlob(bytes) {
  /** @type {unknown} */
  let failed = null;
  const stream = new ReadableStream(
    {
      async pull(controller) {
        try {
          let { done, value } = await bytes.next();
          // Nothing is no piece of a stream, and what gives none is not asked again.
          while (!done && value.length === 0) ({ done, value } = await bytes.next());
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failed = error;
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  try {
    return await new Response(stream, { headers: { "Content-Type": "application/octet-stream" } }).blob();
  } catch (error) {
    throw failed ?? error;
  }
}

/**
 * Writes all of a file to where its user said; what fails leaves what was there before.
 * @param {AsyncGenerator<Uint8Array<ArrayBuffer>>} bytes
 * @param {{ createWritable: () => Promise<any> }} to
 */
export async function intoFile(bytes, to) {
  const writable = await to.createWritable();
  try {
    for await (const piece of bytes) await writable.write(piece);
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
}
