import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { parseQrText, qrText, roomNumber, safetyNumber } from "../../../static/crypto/numbers.js";

const ADA = { account: "01".repeat(16), fingerprint: "09".repeat(32) };
const BOB = { account: "ab".repeat(16), fingerprint: "cd".repeat(32) };
/** The digits as the document says them, by big numbers. */
const digits = (label, hex) => {
  const hash = createHash("sha512").update(`${label}\0`).update(Buffer.from(hex, "hex")).digest("hex");
  return Array.from({ length: 12 }, (_, i) => String(BigInt(`0x${hash.slice(i * 10, i * 10 + 10)}`) % 100_000n).padStart(5, "0")).join(" ");
};

test("both sides read the same sixty digits", async () => {
  const number = await safetyNumber(ADA, BOB);
  assert.equal(number, digits("sealwire/v1/safety-number", ADA.account + ADA.fingerprint + BOB.account + BOB.fingerprint));
  assert.equal(number, await safetyNumber(BOB, ADA));
  assert.match(number, /^([0-9]{5} ){11}[0-9]{5}$/);
  assert.notEqual(number, await safetyNumber({ ...ADA, fingerprint: BOB.fingerprint }, BOB));
});

test("a room number belongs to a commit", async () => {
  assert.equal(await roomNumber("07".repeat(32)), digits("sealwire/v1/room-number", "07".repeat(32)));
});

test("a QR text is read exactly as it is written", () => {
  const text = qrText(BOB);
  assert.equal(text, `SEALWIRE1:${"AB".repeat(16)}:${"CD".repeat(32)}`);
  assert.deepEqual(parseQrText(text), BOB);
  const bad = ["", text.toLowerCase(), text.replace("AB", "ab"), text.replace("1:", "2:"), text.slice(1), text.slice(0, -1), `${text}0`, `${text}\n`, ` ${text}`, text.replace(":C", "C"), text.replace("B", "G")];
  for (const each of bad) assert.equal(parseQrText(each), null, each);
});
