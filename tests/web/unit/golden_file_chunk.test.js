/** Chunks of files against the golden vectors (docs/protocol.md §14.12). */
import assert from "node:assert/strict";
import test from "node:test";
import { OpenError, SealError } from "../../../static/crypto/errors.js";
import { carriedBytes, chunksOf, openChunk, partOf, sealChunk } from "../../../static/crypto/file_chunk.js";
import { sha256 } from "../../../static/crypto/record.js";
import { toHex } from "../../../static/wire/bytes.js";
import { bytes, vectors } from "./vectors.js";

const golden = vectors("file_chunk");
/** What a file of the vectors holds at a place. */
const contentOf = (size, index) => {
  const { from, bytes: length } = partOf(size, index);
  return Uint8Array.from({ length }, (_, at) => (from + at) % 251);
};
const fileOf = ({ file = golden.file, secret = golden.secret, size }) => ({ file, secret: bytes(secret), size: Number(size) });
const seal = (vector) => sealChunk(fileOf(vector), vector.index, contentOf(Number(vector.size), vector.index), bytes(golden.iv));

test("files are cut as the vectors say", () => {
  for (const { size, chunks, last_bytes: last, bytes: all } of golden.cuts) {
    assert.deepEqual([chunksOf(Number(size)), String(carriedBytes(Number(size)))], [chunks, all], size);
    assert.equal(carriedBytes(Number(size)) - (chunks - 1) * 1_048_667, last, size);
  }
});

test("a file that is too large is not sealed", async () => {
  for (const size of golden.too_large) {
    await assert.rejects(sealChunk(fileOf({ size }), 0, new Uint8Array(1_048_576)), SealError, size);
  }
});

test("chunks are sealed and opened as the vectors have them", async () => {
  for (const vector of golden.valid) {
    const record = await seal(vector);
    assert.deepEqual([record.length, toHex(record.subarray(-32)), toHex(await sha256(record))], [vector.bytes, vector.tag, vector.sha256]);
    if (vector.record !== undefined) assert.equal(toHex(record), vector.record);
    const opened = await openChunk(fileOf(vector), vector.index, record);
    assert.ok(Buffer.from(opened).equals(contentOf(Number(vector.size), vector.index)));
  }
});

test("every chunk that the vectors change is refused", async () => {
  const records = await Promise.all(golden.valid.map(seal));
  for (const { why, of, bytes: length, changes, ...vector } of golden.invalid) {
    const record = new Uint8Array(length);
    record.set(records[of].subarray(0, length));
    for (const [at, change] of changes) record.set(bytes(change), at);
    await assert.rejects(openChunk(fileOf(vector), vector.index, record), OpenError, why);
  }
});
