import assert from "node:assert/strict";
import test from "node:test";
import { OpenError, SealError } from "../../../static/crypto/errors.js";
import { RecordReader, label } from "../../../static/crypto/record.js";
import { PssPrivateKey, PssPublicKey, WrapPrivateKey, WrapPublicKey } from "../../../static/crypto/rsa.js";
import { checkSpki } from "../../../static/crypto/spki.js";
import { SigningKeys, VerifyingKeys, fingerprintOf, readBlock } from "../../../static/crypto/signature.js";
import { join, toHex, utf8 } from "../../../static/wire/bytes.js";
import { dsaOf, identities } from "./identities.js";
import { bytes, vectors } from "./vectors.js";
import { wycheproof } from "./wycheproof.js";

const { sessions } = vectors("keys");
const announcements = vectors("announcement");
const ANNOUNCEMENT = label("sealwire/v1/announcement");
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;

/** The fields of an announcement, with limits of its own kind. */
function announcement(whole) {
  const record = new RecordReader(whole, 0x01, 2_048);
  record.take(16);
  record.text8(124);
  record.u64();
  const fields = { pss: record.sized16(), wrap: record.sized16(), y: record.take(256) };
  const signed = record.soFar();
  for (const spki of [fields.pss, fields.wrap]) checkSpki(spki, 2048);
  const block = readBlock(record);
  record.finish();
  return { ...fields, signed, block };
}

for (const session of sessions) {
  test(`the keys of ${session.name} are read and written as they are`, async () => {
    const pss = await PssPrivateKey.fromPkcs8(bytes(session.pss_pkcs8));
    const wrap = await WrapPrivateKey.fromPkcs8(bytes(session.wrap_pkcs8));
    assert.deepEqual(pss.publicKey.spki, bytes(session.pss_spki));
    assert.deepEqual(wrap.publicKey.spki, bytes(session.wrap_spki));
    assert.deepEqual(await pss.pkcs8(), bytes(session.pss_pkcs8));
    assert.deepEqual(dsaOf(session).publicKey.bytes(), bytes(session.y));
    assert.equal(toHex(await fingerprintOf(bytes(session.pss_spki), bytes(session.y))), session.fingerprint);
  });
}

for (const each of announcements.valid) {
  test(`both signatures of a golden announcement verify (${each.name})`, async () => {
    const { pss, y, signed, block } = announcement(bytes(each.record ?? each.announcement));
    await (await VerifyingKeys.fromBytes(pss, y)).verify(ANNOUNCEMENT, signed, block);
  });
}

for (const { why, cause, record } of announcements.invalid.filter(({ cause }) => /^(rsa_key|dsa_key|pss_|dsa_)/.test(cause))) {
  test(`refuses in a golden announcement: ${why}`, async () => {
    const opening = async () => {
      const { pss, wrap, y, signed, block } = announcement(bytes(record));
      const keys = await VerifyingKeys.fromBytes(pss, y);
      await WrapPublicKey.fromSpki(wrap, 2048);
      await keys.verify(ANNOUNCEMENT, signed, block);
    };
    await assert.rejects(opening(), refused(cause));
  });
}

test("what is signed verifies, and nothing else does", async () => {
  const [alice, bob] = await identities();
  const purpose = label("sealwire/v1/test");
  const body = Uint8Array.of(1, 0x7f, 5, 6);
  const whole = await alice.append(purpose, body);
  const record = new RecordReader(whole, 0x7f, 4_096);
  record.take(2);
  const signed = record.soFar();
  const block = readBlock(record);
  record.finish();
  assert.deepEqual(signed, body);
  await alice.verifying.verify(purpose, signed, block);
  await assert.rejects(bob.verifying.verify(purpose, signed, block), refused("pss_signature"));
  await assert.rejects(alice.verifying.verify(label("sealwire/v1/other"), signed, block), refused("pss_signature"));
  await assert.rejects(alice.verifying.verify(purpose, signed, { ...block, pss: block.pss.subarray(1) }), refused("pss_length"));
  // PSS good and DSA by somebody else: both count.
  const other = { pss: block.pss, dsa: await dsaOf(sessions[1]).sign(join(purpose, body)) };
  await assert.rejects(alice.verifying.verify(purpose, signed, other), refused("dsa_signature"));
});

test("what PSS says counts first, though DSA is known sooner", async () => {
  const [alice] = await identities();
  const purpose = label("sealwire/v1/test");
  const body = Uint8Array.of(1, 0x7f, 5, 6);
  const record = new RecordReader(await alice.append(purpose, body), 0x7f, 4_096);
  record.take(2);
  const { pss, dsa } = readBlock(record);
  const broken = (signature) => signature.map((byte, at) => (at === 7 ? byte ^ 1 : byte));
  const verify = (block) => alice.verifying.verify(purpose, body, block);
  await assert.rejects(verify({ pss: broken(pss), dsa: broken(dsa) }), refused("pss_signature"));
  await assert.rejects(verify({ pss: broken(pss), dsa }), refused("pss_signature"));
  await assert.rejects(verify({ pss: pss.subarray(1), dsa: broken(dsa) }), refused("pss_length"));
  await assert.rejects(verify({ pss, dsa: broken(dsa) }), refused("dsa_signature"));
  await assert.rejects(verify({ pss, dsa: dsa.subarray(1) }), refused("dsa_signature"));
});

test("an encoding has a size, an exponent and one form", async () => {
  const good = bytes(sessions[0].pss_spki);
  assert.equal(checkSpki(good, null), 256);
  assert.equal(checkSpki(good, 2048), 256);
  assert.throws(() => checkSpki(good, 3072), refused("rsa_key"));
  for (let length = 0; length < good.length; length++) assert.throws(() => checkSpki(good.subarray(0, length), null), refused("rsa_key"));
  assert.throws(() => checkSpki(join(good, 0), null), refused("rsa_key"));
  for (let at = 0; at < good.length; at++) {
    if (at > 33 && at < 33 + 255) continue;
    for (let bit = at === 33 ? 7 : 0; bit < (at === 33 + 255 ? 1 : 8); bit++) {
      const changed = good.slice();
      changed[at] ^= 1 << bit;
      assert.throws(() => checkSpki(changed, null), refused("rsa_key"), `byte ${at}, bit ${bit}`);
    }
  }
  const key = await PssPrivateKey.fromPkcs8(bytes(sessions[0].pss_pkcs8));
  await assert.rejects(PssPrivateKey.fromPkcs8((await key.pkcs8()).subarray(1)), refused("rsa_key"));
});

test("keys of 1024, 2176 and 4352 bits and of exponent 3 are refused, 2304 and 4096 bits are not", async () => {
  const made = async (modulusLength, publicExponent) => {
    const algorithm = { name: "RSA-PSS", hash: "SHA-256", modulusLength, publicExponent };
    const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    return {
      pkcs8: new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)),
      spki: new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    };
  };
  for (const [bits, exponent] of [[1024, [1, 0, 1]], [2176, [1, 0, 1]], [2048, [3]]]) {
    const { pkcs8, spki } = await made(bits, Uint8Array.from(exponent));
    await assert.rejects(PssPrivateKey.fromPkcs8(pkcs8), refused("rsa_key"));
    await assert.rejects(PssPublicKey.fromSpki(spki), refused("rsa_key"));
  }
  const { spki } = await made(2304, Uint8Array.of(1, 0, 1));
  assert.equal((await PssPublicKey.fromSpki(spki, 2304)).modulusBytes, 288);
  const encoded = (length) => {
    const size = (value) => [0x82, value >> 8, value & 0xff];
    const head = bytes(sessions[0].pss_spki).subarray(4, 19);
    const modulus = new Uint8Array(length).fill(0xc5);
    return join(Uint8Array.of(0x30, ...size(length + 34)), head, Uint8Array.of(0x03, ...size(length + 15), 0, 0x30, ...size(length + 10), 0x02, ...size(length + 1), 0), modulus, Uint8Array.of(2, 3, 1, 0, 1));
  };
  for (const length of [256, 288, 512]) assert.equal(checkSpki(encoded(length), null), length);
  for (const length of [224, 255, 260, 513, 544]) assert.throws(() => checkSpki(encoded(length), null), refused("rsa_key"));
});

test("an account's keys have 3072 bits and come back from the vault's form", async () => {
  const keys = await SigningKeys.generate();
  assert.equal(checkSpki(keys.verifying.spki, 3072), 384);
  const { pss, dsa } = await keys.bytes();
  const again = await SigningKeys.fromBytes(pss, dsa);
  assert.deepEqual(await again.verifying.fingerprint(), await keys.verifying.fingerprint());
  const wrap = await WrapPrivateKey.generate();
  const wrapped = await wrap.publicKey.encrypt(utf8("text"));
  assert.equal(wrapped.length, 384);
  assert.deepEqual(await (await WrapPrivateKey.fromPkcs8(await wrap.pkcs8())).decrypt(wrapped), utf8("text"));
  await assert.rejects(wrap.decrypt(wrapped.subarray(1)), refused("share"));
  const most = 384 - 66;
  assert.equal((await wrap.publicKey.encrypt(new Uint8Array(most))).length, 384);
  await assert.rejects(wrap.publicKey.encrypt(new Uint8Array(most + 1)), (error) => error instanceof SealError && error.cause === "key_operation");
});

test("Wycheproof: RSASSA-PSS", async () => {
  let run = 0;
  for (const bits of [2048, 3072, 4096]) {
    for (const { id, comment, valid, spki, message, signature } of wycheproof(`rsa_pss_${bits}_sha256_mgf1_32`)) {
      run += 1;
      const verifying = (await PssPublicKey.fromSpki(bytes(spki), bits)).verify(bytes(message), bytes(signature));
      if (valid) await verifying;
      else await assert.rejects(verifying, OpenError, `${bits} bits, ${id}: ${comment}`);
    }
  }
  assert.ok(run >= 324, `only ${run} vectors were run`);
});

test("Wycheproof: RSAES-OAEP", async () => {
  let run = 0;
  for (const bits of [2048, 3072, 4096]) {
    const tests = wycheproof(`rsa_oaep_${bits}_sha256_mgf1sha256`);
    // This protocol has the empty label only.
    for (const { id, comment, valid, pkcs8, plaintext, ciphertext } of tests.filter(({ label }) => label === "")) {
      run += 1;
      const opened = (await WrapPrivateKey.fromPkcs8(bytes(pkcs8))).decrypt(bytes(ciphertext));
      if (valid) assert.deepEqual(await opened, bytes(plaintext), `${bits} bits, ${id}: ${comment}`);
      else await assert.rejects(opened, OpenError, `${bits} bits, ${id}: ${comment}`);
    }
  }
  assert.ok(run >= 87, `only ${run} vectors were run`);
});
