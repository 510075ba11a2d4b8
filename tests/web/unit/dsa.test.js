import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { DsaPrivateKey, DsaPublicKey } from "../../../static/crypto/dsa.js";
import { PINNED, bytesOf, isInGroup, numberOf, secretPower, sign, verifies } from "../../../static/crypto/dsa_group.js";
import { OpenError } from "../../../static/crypto/errors.js";
import { productBy, tablesOf } from "../../../static/crypto/fixed_base.js";
import { utf8 } from "../../../static/wire/bytes.js";
import { bytes, vectors } from "./vectors.js";
import { wycheproof } from "./wycheproof.js";

const golden = vectors("dsa");
const sha256 = (message) => new Uint8Array(createHash("sha256").update(message).digest());
const number = (hex) => BigInt(`0x${hex}`);
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;

test("the constants are the pinned group", () => {
  const group = vectors("dsa_group");
  assert.deepEqual(PINNED, { p: number(group.p), q: number(group.q), g: number(group.g) });
  assert.ok(isInGroup(PINNED, PINNED.g));
});

for (const { message, additional_data, signature } of golden.cases) {
  test(`signs ${message.length / 2} bytes like the golden vector, and verifies it`, async () => {
    const key = DsaPrivateKey.fromBytes(bytes(golden.x));
    assert.deepEqual(key.publicKey.bytes(), bytes(golden.y));
    const signed = await key.sign(bytes(message), bytes(additional_data));
    assert.deepEqual(signed, bytes(signature));
    await DsaPublicKey.fromBytes(bytes(golden.y)).verify(bytes(message), signed);
  });
}

test("RFC 6979 A.2.2: the nonces without additional data", async () => {
  const { group, x, y, cases } = vectors("dsa_rfc6979");
  const parameters = { p: number(group.p), q: number(group.q), g: number(group.g) };
  assert.equal(secretPower(parameters, number(x)), number(y));
  for (const { message, r, s } of cases) {
    const hash = sha256(message);
    for (const blind of [1n, 77n, parameters.q - 1n]) {
      const signature = await sign(parameters, number(x), hash, new Uint8Array(0), blind);
      assert.deepEqual(signature, bytes(r + s));
    }
    assert.ok(verifies(parameters, number(y), hash, bytes(r + s)));
  }
});

test("a secret power is the power, whatever its digits are", () => {
  const plain = (exponent) => {
    let power = 1n;
    for (const bit of exponent.toString(2)) power = ((power * power) % PINNED.p) * (bit === "1" ? PINNED.g : 1n) % PINNED.p;
    return power;
  };
  for (const exponent of [1n, 2n, 15n, 16n, 1n << 128n, PINNED.q >> 1n, PINNED.q - 1n]) {
    assert.equal(secretPower(PINNED, exponent), plain(exponent), String(exponent));
  }
});

test("signatures are hedged: two of one message differ and both verify", async () => {
  const key = DsaPrivateKey.generate();
  const again = DsaPrivateKey.fromBytes(key.bytes());
  const message = utf8("text");
  const signatures = [await key.sign(message), await again.sign(message)];
  assert.notDeepEqual(signatures[0], signatures[1]);
  for (const signature of signatures) {
    await key.publicKey.verify(message, signature);
    await assert.rejects(key.publicKey.verify(utf8("other"), signature), refused("dsa_signature"));
  }
});

test("only numbers of the subgroup are keys", () => {
  const { p, g } = PINNED;
  for (const y of [0n, 1n, 2n, p - 2n, p - 1n, p, g + p, p - g, (1n << 2048n) - 1n]) {
    assert.throws(() => DsaPublicKey.fromBytes(bytesOf(y, 256)), refused("dsa_key"));
  }
  for (const length of [0, 255, 257]) assert.throws(() => DsaPublicKey.fromBytes(new Uint8Array(length)), refused("dsa_key"));
});

test("private numbers are between zero and q", () => {
  const { q } = PINNED;
  for (const x of [0n, q, q + 1n, (1n << 256n) - 1n]) assert.throws(() => DsaPrivateKey.fromBytes(bytesOf(x, 32)), refused("dsa_key"));
  for (const length of [0, 31, 33]) assert.throws(() => DsaPrivateKey.fromBytes(new Uint8Array(length).fill(1)), refused("dsa_key"));
  for (const x of [1n, q - 1n]) assert.equal(numberOf(DsaPrivateKey.fromBytes(bytesOf(x, 32)).bytes()), x);
});

test("r and s are between zero and q, and 32 bytes each", async () => {
  const key = DsaPublicKey.fromBytes(bytes(golden.y));
  const { message, signature } = golden.cases[1];
  const good = bytes(signature);
  for (const edge of [0n, PINNED.q, PINNED.q + 1n, (1n << 256n) - 1n]) {
    for (const at of [0, 32]) {
      const altered = good.slice();
      altered.set(bytesOf(edge, 32), at);
      await assert.rejects(key.verify(bytes(message), altered), refused("dsa_signature"));
    }
  }
  for (const length of [0, 63, 65]) await assert.rejects(key.verify(bytes(message), new Uint8Array(length).fill(1)), refused("dsa_signature"));
});

/** Wycheproof's groups are its own: below the check that pins the group. */
function run(name) {
  const tests = wycheproof(name);
  for (const each of tests) {
    const group = { p: number(each.p), q: number(each.q), g: number(each.g) };
    each.verified = verifies(group, number(each.y), sha256(bytes(each.message)), bytes(each.signature));
  }
  return tests;
}

test("Wycheproof: signatures as they travel", () => {
  const tests = run("dsa_2048_256_sha256_p1363");
  for (const { id, comment, valid, verified } of tests) assert.equal(verified, valid, `${id}: ${comment}`);
  assert.ok(tests.length >= 139, `only ${tests.length} vectors were run`);
});

test("Wycheproof: DER is refused by its length", () => {
  const tests = run("dsa_2048_256_sha256");
  for (const { id, comment, verified } of tests) assert.ok(!verified, `${id}: ${comment}`);
  assert.ok(tests.length >= 200, `only ${tests.length} vectors were run`);
});

test("a product by tables is the product, and a base has tables once it came often", () => {
  const { p, q, g } = PINNED;
  const ofG = tablesOften(p, g);
  const base = secretPower(PINNED, 77n);
  const ofBase = tablesOften(p, base);
  for (const exponent of [1n, 31n, 32n, 1n << 128n, 1n << 255n, q - 1n]) {
    const power = secretPower(PINNED, exponent % q);
    assert.equal(productBy(p, [{ tables: ofG, exponent }]), power, String(exponent));
    const both = [{ tables: ofG, exponent }, { tables: ofBase, exponent: 5n }];
    assert.equal(productBy(p, both), (power * secretPower(PINNED, 77n * 5n)) % p, String(exponent));
  }
  for (const exponent of [0n, q]) assert.equal(productBy(p, [{ tables: ofG, exponent }]), 1n);
  // Another modulus has other powers.
  assert.equal(tablesOf(q, g), null);
});

function tablesOften(modulus, base) {
  for (let uses = 1; uses < 10; uses++) {
    const tables = tablesOf(modulus, base);
    if (tables !== null) return tables;
  }
  return assert.fail("no tables");
}

test("a key that has verified much verifies on, and refuses on", async () => {
  const key = DsaPrivateKey.generate();
  for (let count = 0; count < 8; count++) {
    const message = utf8(`message ${count}`);
    const signature = await key.sign(message);
    await key.publicKey.verify(message, signature);
    await assert.rejects(key.publicKey.verify(utf8("another"), signature), refused("dsa_signature"));
    signature[5] ^= 1;
    await assert.rejects(key.publicKey.verify(message, signature), refused("dsa_signature"));
  }
});
