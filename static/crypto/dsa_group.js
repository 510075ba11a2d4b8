/**
 * The arithmetic of DSA with SHA-256 (FIPS 186-4 §4) in a group with a q of 256 bits, and the one group of the protocol.
 * WebCrypto has no DSA. BigInt promises no constant time; here what depends on a secret is the same number of
 * operations on numbers of the same size, and the one inverse is of a blinded number.
 */
import { fromHex, join, toHex } from "../wire/bytes.js";
import { productBy, tablesOf } from "./fixed_base.js";

/** @typedef {{ p: bigint, q: bigint, g: bigint }} Group */

/** The one group of docs/protocol.md §6: L = 2048, N = 256. @type {Readonly<Group>} */
export const PINNED = Object.freeze({
  p: BigInt(
    "0x8a31427d8fe593f1fa600f28e8b2700fdfea54a3c05d4ce3ba0122199599e8d0" +
      "854124d307bbdcb9e0c6fc2bf68db2068c5d99d4e52455a91002c3463d6e702c" +
      "4f82e2cded8273e2b06b60e31ba36e59b006947e264ffba18d5f0e2276616f28" +
      "1ca46b43e49fc94364a9acc6405943be0cdb12eb5bfd1c0fe402451e6515c5fc" +
      "b523bf34acb30f824b93e05ff18e1880e628cd7bdb4ea719d02c8af067f4e97d" +
      "289622039be8e0674c285557afa28f6888e8f84ce836de6deee221c3d1508573" +
      "233057671edb8e8863ae6395bccd46b01840d65688c53c07db447da0ec87f490" +
      "d5d9df45a9679c1114e21bf63d5bae237e425c1c2da3ad42c7245e447a7f2dd9",
  ),
  q: BigInt("0x921433f35c112c4d1c5bfad3d96b845833a127aae10258574da229d325096025"),
  g: BigInt(
    "0x21e6c5dc2d6d0e47187ce4ea6d7c2a0a4a217b795cd72c42b2bb5409b875eb49" +
      "e8ec1f2faca4bc37c843f590a25a198c24ac630fb65f867c6b376f3a54f6c108" +
      "5de6641e30f14733eb0d8460af37a863650ea1b654c29ee49ff02854b62db4a8" +
      "a5deb710d2b6e96cad0540c9b213ddea86bacfecd065b3c0f42d13e1ad2f572b" +
      "eda3d23ede52cb9b56d415fac34f57395b6f1231b0b37b985017d5f301f4e564" +
      "4b4d315ec6edd12b32438a731787f2a076e22fa639b6fc8d566a832b9af1b063" +
      "9439115496749dacb47e77940de2c471c38c9a06f34aa67370289ff7008e38b2" +
      "6d53bd9fe99fbd924eed17ab9fd24d20504fa09bcc184ee3b62bec03e85e1cd3",
  ),
});

/** Bytes of q, of a private number and of each half of a signature. */
export const NUMBER_BYTES = 32;
const BITS = 256;
/** Digits of four bits in an exponent below 4q. */
const DIGITS = 65;
/** One in every digit. */
const ONES = BigInt(`0x${"1".repeat(DIGITS)}`);
/** By digit and value what it stands for in an exponent of the generator; made when somebody signs. @type {WeakMap<Group, bigint[]>} */
const digitPowers = new WeakMap();

/** @param {Uint8Array} bytes big-endian */
export function numberOf(bytes) {
  return BigInt(`0x0${toHex(bytes)}`);
}

/** @param {bigint} number below 2^(8 × length) @param {number} length */
export function bytesOf(number, length) {
  return fromHex(number.toString(16).padStart(length * 2, "0"), length);
}

/**
 * Whether 2 ≤ y ≤ p − 2 and y^q mod p = 1.
 * @param {Group} group
 * @param {bigint} y
 */
export function isInGroup({ p, q }, y) {
  return y >= 2n && y <= p - 2n && publicPower(p, y, q, 1n, 0n) === 1n;
}

/**
 * Computes g^x mod p for a secret x below q. The exponent x + 3q is as good, and less one in every place it always has 65
 * digits of four bits; the table gives that one back by holding g^1 … g^16 of every place, so that no digit skips its
 * multiplication.
 * @param {Group} group
 * @param {bigint} secret
 */
export function secretPower(group, secret) {
  const { p, q } = group;
  const powers = digitPowers.get(group) ?? powersOf(group);
  digitPowers.set(group, powers);
  const digits = secret + 3n * q - ONES;
  let power = 1n;
  for (let place = 0; place < DIGITS; place++) {
    const digit = Number((digits >> BigInt(4 * place)) & 15n);
    power = (power * powers[16 * place + digit]) % p;
  }
  return power;
}

/** @param {Group} group */
function powersOf({ p, g }) {
  const powers = [];
  for (let place = 0, one = g; place < DIGITS; place++, one = powers[powers.length - 1]) {
    for (let value = 1, power = one; value <= 16; value++, power = (power * one) % p) powers.push(power);
  }
  return powers;
}

/**
 * Verifies r ‖ s by y, which is known to lie in the group (FIPS 186-4 §4.7). Everything here is public.
 * @param {Group} group
 * @param {bigint} y
 * @param {Uint8Array} hash SHA-256 of the message
 * @param {Uint8Array} signature any other length than 64 bytes, as of DER, is refused
 */
export function verifies({ p, q, g }, y, hash, signature) {
  if (signature.length !== 2 * NUMBER_BYTES) return false;
  const r = numberOf(signature.subarray(0, NUMBER_BYTES));
  const s = numberOf(signature.subarray(NUMBER_BYTES));
  if (r < 1n || r >= q || s < 1n || s >= q) return false;
  const w = inverse(q, s);
  // q has as many bits as the hash, so z is the whole hash.
  return productOf(p, g, (numberOf(hash) * w) % q, y, (r * w) % q) % q === r;
}

/** As `publicPower`, with tables of the powers of both where they are worth it. @param {bigint} p @param {bigint} g @param {bigint} x @param {bigint} y @param {bigint} z */
function productOf(p, g, x, y, z) {
  const [ofG, ofY] = [tablesOf(p, g), tablesOf(p, y)];
  if (ofG === null || ofY === null) return publicPower(p, g, x, y, z);
  return productBy(p, [{ tables: ofG, exponent: x }, { tables: ofY, exponent: z }]);
}

/**
 * Signs with the nonce of RFC 6979 §3.6; `null` for a nonce that gives r = 0 or s = 0, which is once in 2^255.
 * @param {Group} group
 * @param {bigint} x the private number
 * @param {Uint8Array} hash SHA-256 of the message
 * @param {Uint8Array} additional data of the nonce; nothing for a deterministic one
 * @param {bigint} blind random, 1 … q − 1; the signature does not depend on it
 */
export async function sign(group, x, hash, additional, blind) {
  const { q } = group;
  const k = await nonce(q, x, hash, additional);
  const r = secretPower(group, k) % q;
  // s = (z + x r) / k, every part of it times the blind.
  const sum = (((numberOf(hash) % q) * blind) % q) + ((((x * blind) % q) * r) % q);
  const s = (inverse(q, (k * blind) % q) * (sum % q)) % q;
  if (r === 0n || s === 0n) return null;
  return join(bytesOf(r, NUMBER_BYTES), bytesOf(s, NUMBER_BYTES));
}

/**
 * The nonce of RFC 6979 §3.2, with additional data behind the hash in steps d and f (§3.6).
 * @param {bigint} q
 * @param {bigint} x
 * @param {Uint8Array} hash
 * @param {Uint8Array} additional
 */
async function nonce(q, x, hash, additional) {
  const seed = join(bytesOf(x, NUMBER_BYTES), bytesOf(numberOf(hash) % q, NUMBER_BYTES), additional);
  let key = new Uint8Array(NUMBER_BYTES);
  let value = new Uint8Array(NUMBER_BYTES).fill(1);
  for (const step of [0, 1]) {
    key = await hmac(key, join(value, step, seed));
    value = await hmac(key, value);
  }
  for (;;) {
    value = await hmac(key, value);
    const k = numberOf(value);
    if (k >= 1n && k < q) return k;
    key = await hmac(key, join(value, 0));
    value = await hmac(key, value);
  }
}

/** HMAC-SHA-256. @param {Uint8Array<ArrayBuffer>} key @param {Uint8Array<ArrayBuffer>} message */
async function hmac(key, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

/** The inverse modulo a prime, by Euclid: how long it takes tells of the number, which is public or blinded. @param {bigint} q @param {bigint} number 1 … q − 1 */
function inverse(q, number) {
  let [high, low, ofHigh, ofLow] = [q, number, 0n, 1n];
  while (low > 0n) {
    const times = high / low;
    [high, low, ofHigh, ofLow] = [low, high - times * low, ofLow, ofHigh - times * ofLow];
  }
  return ofHigh < 0n ? ofHigh + q : ofHigh;
}

/**
 * Computes a^x · b^y mod m for public exponents of at most 256 bits, both in one pass.
 * @param {bigint} m
 * @param {bigint} a
 * @param {bigint} x
 * @param {bigint} b
 * @param {bigint} y
 */
function publicPower(m, a, x, b, y) {
  const table = [1n, a, b, (a * b) % m];
  let power = 1n;
  for (let shift = BigInt(BITS - 1); shift >= 0n; shift--) {
    power = (power * power) % m;
    const bits = Number(((x >> shift) & 1n) | (((y >> shift) & 1n) << 1n));
    if (bits !== 0) power = (power * table[bits]) % m;
  }
  return power;
}
