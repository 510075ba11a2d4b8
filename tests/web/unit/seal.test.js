import assert from "node:assert/strict";
import test from "node:test";
import { OpenError, SealError } from "../../../static/crypto/errors.js";
import { bucketOf, pad, unpad } from "../../../static/crypto/padding.js";
import { hkdf, open, openPart, readSealedPart, sameBytes, seal, sealedPart } from "../../../static/crypto/seal.js";
import { RecordReader } from "../../../static/crypto/record.js";
import { join, utf8 } from "../../../static/wire/bytes.js";
import { bytes, vectors } from "./vectors.js";
import { wycheproof } from "./wycheproof.js";

const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;

for (const each of vectors("seal").cases) {
  test(`seals and opens ${each.name}`, async () => {
    const sealed = await seal(bytes(each.key), bytes(each.iv), bytes(each.associated_data), bytes(each.plaintext));
    assert.deepEqual(sealed, { iv: bytes(each.iv), ciphertext: bytes(each.ciphertext), tag: bytes(each.tag) });
    assert.deepEqual(await open(bytes(each.key), sealed, bytes(each.associated_data)), bytes(each.plaintext));
  });
}

test("one bit anywhere is noticed before anything is decrypted", async () => {
  const key = new Uint8Array(64).fill(7);
  const sealed = await seal(key, new Uint8Array(16).fill(9), utf8("associated"), utf8("text"));
  const changed = (value, at) => Uint8Array.from(value, (byte, i) => (i === at ? byte ^ 1 : byte));
  const opened = [
    open(changed(key, 0), sealed, utf8("associated")),
    open(key, { ...sealed, iv: changed(sealed.iv, 15) }, utf8("associated")),
    open(key, sealed, utf8("associateD")),
    open(key, { ...sealed, ciphertext: changed(sealed.ciphertext, 3) }, utf8("associated")),
    open(key, { ...sealed, ciphertext: new Uint8Array(0) }, utf8("associated")),
    open(key, { ...sealed, tag: changed(sealed.tag, 31) }, utf8("associated")),
    open(key, { ...sealed, tag: sealed.tag.subarray(0, 31) }, utf8("associated")),
    // Bytes cannot move between the parts: the length of the associated data is in the tag.
    open(key, { ...sealed, ciphertext: join(utf8("d"), sealed.ciphertext) }, utf8("associate")),
  ];
  // All at once: one that is refused before its turn would count as nobody's.
  await Promise.all(opened.map((each) => assert.rejects(each, refused("tag"))));
});

test("bytes are the same or not, whatever their lengths", () => {
  assert.ok(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.ok(sameBytes(new Uint8Array(0), new Uint8Array(0)));
  for (const other of [[], [1], [1, 3], [3, 2], [1, 2, 0]]) assert.ok(!sameBytes(Uint8Array.of(1, 2), Uint8Array.from(other)));
});

test("buckets and padded contents are the golden ones", () => {
  const golden = vectors("padding");
  for (const { content_bytes, bucket } of golden.buckets) assert.equal(bucketOf(Number(content_bytes)), Number(bucket), content_bytes);
  for (const { content, padded } of golden.padded) {
    assert.deepEqual(pad(bytes(content)), bytes(padded));
    assert.deepEqual(unpad(bytes(padded)), bytes(content));
  }
  for (const { padded, cause, why } of golden.invalid) assert.throws(() => unpad(bytes(padded)), refused(cause), why);
});

test("content of 1 MiB less one byte is padded, and one byte more is not", () => {
  assert.equal(unpad(pad(new Uint8Array(1_048_575).fill(1))).length, 1_048_575);
  assert.throws(() => pad(new Uint8Array(1_048_576)), (error) => error instanceof SealError && error.cause === "too_large");
  const beyond = new Uint8Array(1_114_112);
  beyond[1_100_000] = 0x80;
  assert.throws(() => unpad(beyond), refused("bucket_padding"));
});

test("a sealed part goes through a record", async () => {
  const key = new Uint8Array(64).fill(3);
  const above = Uint8Array.of(1, 0x7f);
  const part = await sealedPart(key, new Uint8Array(16), above, utf8("text"));
  const read = (whole) => {
    const record = new RecordReader(whole, 0x7f, 4_096);
    const sealed = readSealedPart(record);
    record.finish();
    return sealed;
  };
  assert.deepEqual(await openPart(key, read(join(above, part)), above), utf8("text"));
  const whole = join(above, part);
  for (let length = 0; length < whole.length; length++) assert.throws(() => read(whole.subarray(0, length)), refused("truncated"));
  assert.throws(() => read(join(whole, 0)), refused("left_over"));
  for (const length of [0, 15, 17]) {
    const altered = whole.slice();
    new DataView(altered.buffer).setUint32(18, length);
    assert.throws(() => read(altered), refused("field"));
  }
  await assert.rejects(openPart(key, read(whole), Uint8Array.of(1, 0x7e)), refused("tag"));
  const bare = await seal(key, new Uint8Array(16), above, utf8("text"));
  await assert.rejects(openPart(key, bare, above), refused("bucket_padding"));
});

test("Wycheproof: A256CBC-HS512", async () => {
  let run = 0;
  for (const { id, comment, valid, ...each } of wycheproof("a256cbc_hs512")) {
    const [key, iv, tag] = [bytes(each.key), bytes(each.iv), bytes(each.tag)];
    if (key.length !== 64 || iv.length !== 16 || tag.length !== 32) continue;
    run += 1;
    const sealed = { iv, ciphertext: bytes(each.ciphertext), tag };
    const opened = open(key, sealed, bytes(each.associated_data));
    if (valid) {
      assert.deepEqual(await opened, bytes(each.plaintext), `${id}: ${comment}`);
      assert.deepEqual(await seal(key, iv, bytes(each.associated_data), bytes(each.plaintext)), sealed, String(id));
    } else {
      await assert.rejects(opened, OpenError, `${id}: ${comment}`);
    }
  }
  assert.ok(run >= 94, `only ${run} vectors were run`);
});

test("Wycheproof: HKDF-SHA-512", async () => {
  const tests = wycheproof("hkdf_sha512");
  for (const { id, comment, valid, key, salt, info, size, output } of tests) {
    const derived = hkdf(bytes(key), bytes(salt), bytes(info), size);
    if (valid) assert.deepEqual(await derived, bytes(output), `${id}: ${comment}`);
    else await assert.rejects(derived, `${id}: ${comment}`);
  }
  assert.ok(tests.length >= 83, `only ${tests.length} vectors were run`);
});
