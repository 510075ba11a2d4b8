/** Chunks of files: sizes at their edges, and everything that somebody may do to them on the way (docs/protocol.md §14.12). */
import assert from "node:assert/strict";
import test from "node:test";
import { OpenError, SealError } from "../../../static/crypto/errors.js";
import { CHUNK_BYTES, MOST_CHUNKS, MOST_CHUNK_BYTES, carriedBytes, chunksOf, ivOf, openChunk, partOf, sealChunk } from "../../../static/crypto/file_chunk.js";
import { hkdf, seal } from "../../../static/crypto/seal.js";
import { fromHex, join, toHex, u32, utf8 } from "../../../static/wire/bytes.js";

const FILE = "0123456789abcdef0123456789abcdef";
const SECRET = new Uint8Array(32).fill(7);
const AROUND = 91;
const of = (size, more = {}) => ({ file: FILE, secret: SECRET, size, ...more });
const bytesOf = (length, seed = 1) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 0xff);
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const notSealed = (cause) => (error) => error instanceof SealError && error.cause === cause;
/** All chunks of a file. */
const sealAll = (file, bytes) => Promise.all(Array.from({ length: chunksOf(bytes.length) }, (_, index) => sealChunk(file, index, bytes.subarray(partOf(bytes.length, index).from, partOf(bytes.length, index).from + CHUNK_BYTES))));

test("a file has as many chunks as its size needs, and an empty one has one", () => {
  const sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, MOST_CHUNKS * CHUNK_BYTES];
  assert.deepEqual(sizes.map(chunksOf), [1, 1, 1, 1, 2, 3, MOST_CHUNKS]);
  assert.deepEqual(partOf(0, 0), { from: 0, bytes: 0, last: true });
  assert.deepEqual(partOf(CHUNK_BYTES + 1, 0), { from: 0, bytes: CHUNK_BYTES, last: false });
  assert.deepEqual(partOf(CHUNK_BYTES + 1, 1), { from: CHUNK_BYTES, bytes: 1, last: true });
});

for (const size of [0, 1, 16_383, 16_384, 16_385, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES]) {
  test(`a file of ${size} bytes goes through, and its length says only how many 16 KiB it has`, async () => {
    const bytes = bytesOf(size);
    const chunks = await sealAll(of(size), bytes);
    const opened = await Promise.all(chunks.map((chunk, index) => openChunk(of(size), index, chunk)));
    assert.ok(Buffer.concat(opened).equals(bytes));
    assert.equal(chunks.reduce((sum, chunk) => sum + chunk.length, 0), carriedBytes(size));
    assert.ok(chunks.every(({ length }) => length <= MOST_CHUNK_BYTES && (length - AROUND) % 16_384 === 0));
  });
}

test("nothing is sealed that nobody would open", async () => {
  await assert.rejects(sealChunk(of(MOST_CHUNKS * CHUNK_BYTES + 1), 0, bytesOf(CHUNK_BYTES)), notSealed("too_large"));
  await assert.rejects(sealChunk(of(5), 0, bytesOf(4)), notSealed("field"));
  await assert.rejects(sealChunk(of(5), 1, bytesOf(5)), notSealed("field"));
  for (const size of [-1, 0.5, Number.NaN]) await assert.rejects(sealChunk(of(size), 0, bytesOf(0)), notSealed("field"));
  const last = await sealChunk(of(MOST_CHUNKS * CHUNK_BYTES), MOST_CHUNKS - 1, bytesOf(CHUNK_BYTES));
  assert.equal((await openChunk(of(MOST_CHUNKS * CHUNK_BYTES), MOST_CHUNKS - 1, last)).length, CHUNK_BYTES);
});

test("chunks that are reordered, repeated, dropped, cut or from another file do not open", async () => {
  const size = 2 * CHUNK_BYTES + 9;
  const [first, second, last] = await sealAll(of(size), bytesOf(size));
  const other = of(size, { file: FILE.replace("0", "f") });
  await assert.rejects(openChunk(of(size), 0, second), refused("field"));
  await assert.rejects(openChunk(of(size), 2, first), refused("field"));
  await assert.rejects(openChunk(of(size), 1, last), refused("field"));
  await assert.rejects(openChunk(of(size), 3, last), refused("field"));
  await assert.rejects(openChunk(other, 0, first), refused("field"));
  await assert.rejects(openChunk(of(size), 0, (await sealAll(other, bytesOf(size)))[0]), refused("field"));
  await assert.rejects(openChunk(of(size, { secret: new Uint8Array(32) }), 0, first), refused("tag"));
  // Told that the file ends earlier, or goes on.
  await assert.rejects(openChunk(of(2 * CHUNK_BYTES), 1, second), refused("field"));
  await assert.rejects(openChunk(of(3 * CHUNK_BYTES + 9), 2, last), refused("field"));
  await assert.rejects(openChunk(of(size + 16_384), 2, last), refused("field"));
  for (const cut of [0, 1, 22, 40, last.length - 1]) await assert.rejects(openChunk(of(size), 2, last.subarray(0, cut)), refused("truncated"));
  await assert.rejects(openChunk(of(size), 2, join(last, 0)), refused("left_over"));
  await assert.rejects(openChunk(of(size), 0, join(first, 0)), refused("too_large"));
});

test("a byte that is another one is found, wherever it stands", async () => {
  const chunk = await sealChunk(of(9), 0, bytesOf(9));
  const cause = (at) => (at === 0 ? "version" : at === 1 ? "record_type" : at < 23 ? "field" : at < 39 ? "tag" : null);
  for (const at of [0, 1, 2, 17, 18, 21, 22, 23, 38, 43, 60, chunk.length - 1]) {
    const other = chunk.slice();
    other[at] ^= 1;
    await assert.rejects(openChunk(of(9), 0, other), refused(cause(at) ?? "tag"), `${at}`);
  }
});

/** What whoever knows the secret may make: any plaintext under the right key. */
async function made(index, last, plain) {
  const above = join(1, 0x1b, fromHex(FILE, 16), u32(index), last ? 1 : 0);
  const info = join(utf8("sealwire/v1/file-chunk"), 0, u32(index), last ? 1 : 0);
  const { iv, ciphertext, tag } = await seal(await hkdf(SECRET, fromHex(FILE, 16), info, 64), new Uint8Array(16), above, plain);
  return join(above, iv, u32(ciphertext.length), ciphertext, tag);
}

test("filling that says something, and lengths that do not fit, are refused even from who knows the secret", async () => {
  const good = new Uint8Array(16_384);
  assert.equal((await openChunk(of(9), 0, await made(0, true, good))).length, 9);
  const hidden = good.slice();
  hidden[9] = 1;
  await assert.rejects(openChunk(of(9), 0, await made(0, true, hidden)), refused("bucket_padding"));
  hidden.set([0, 1], 9);
  hidden[16_383] = 1;
  await assert.rejects(openChunk(of(9), 0, await made(0, true, hidden)), refused("bucket_padding"));
  await assert.rejects(openChunk(of(9), 0, await made(0, true, new Uint8Array(32_768))), refused("field"));
  await assert.rejects(openChunk(of(9), 0, await made(0, true, new Uint8Array(16))), refused("field"));
  // As long as the right one, with less padding of the cipher.
  await assert.rejects(openChunk(of(9), 0, await made(0, true, new Uint8Array(16_384 + 7))), refused("field"));
  await assert.rejects(openChunk(of(9), 0, await made(0, false, good)), refused("field"));
});

test("a chunk sealed once more is the same, and other bytes have another IV", async () => {
  const bytes = bytesOf(100);
  const again = async () => toHex(await sealChunk(of(100), 0, bytes, await ivOf(of(100), 0, bytes)));
  assert.equal(await again(), await again());
  const ivs = await Promise.all([ivOf(of(100), 0, bytes), ivOf(of(100), 1, bytes), ivOf(of(100), 0, bytesOf(100, 2)), ivOf(of(100, { file: FILE.replace("0", "1") }), 0, bytes), ivOf(of(100, { secret: new Uint8Array(32) }), 0, bytes)]);
  assert.equal(new Set(ivs.map(toHex)).size, 5);
  assert.notEqual(toHex(await sealChunk(of(100), 0, bytes)), toHex(await sealChunk(of(100), 0, bytes)));
});
