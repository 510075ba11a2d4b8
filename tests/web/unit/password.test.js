import assert from "node:assert/strict";
import { hkdfSync, pbkdf2Sync } from "node:crypto";
import test from "node:test";
import { InputError, OpenError } from "../../../static/crypto/errors.js";
import { ROUNDS, pbkdf2, preparePassword, serverName, splitPassword } from "../../../static/crypto/password.js";
import { drawCode, formatCode, parseCode, splitCode } from "../../../static/crypto/recovery_code.js";
import { join, toHex, utf8 } from "../../../static/wire/bytes.js";
import { bytes } from "./vectors.js";
import { wycheproof } from "./wycheproof.js";

const typed = (cause) => (error) => error instanceof InputError && error.cause === cause;
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const SALT = Uint8Array.from({ length: 16 }, (_, i) => i);

test("a password keeps its case and gets one form", () => {
  const same = (left, right) => assert.deepEqual(preparePassword(left), utf8(right));
  same("correct horse Battery staple", "correct horse Battery staple");
  same("a\u00a0b\u3000c\u1680d", "a b c d");
  same("e\u0301", "\u00e9");
  same("\uff21ﬁ\u212b", "\uff21ﬁ\u00c5");
  same(" two  spaces ", " two  spaces ");
  same("密码 пароль 😀", "密码 пароль 😀");
  same("col·lecció", "col·lecció");
  same("カ・タ", "カ・タ");
});

test("what the profile forbids in a password is refused", () => {
  const bad = ["\u0000", "a\nb", "a\tb", "\u007f", "\u0085", "\u00ad", "\u200b", "\u200d", "\u2028", "\u202e", "\ufeff", "\ud800", "\ue000", "\ufdd0", "\u{10ffff}", "\u0378", "\u1100\u1161", "\u0640", "a·b", "·", "\u0375a", "a\u05f3", "a・b", "\u0660\u06f0"];
  for (const each of bad) assert.throws(() => preparePassword(`x${each}`), typed("password_character"), JSON.stringify(each));
  assert.throws(() => preparePassword(""), typed("password_empty"));
});

test("a password has 1 to 1 024 bytes", () => {
  assert.equal(preparePassword("x").length, 1);
  assert.equal(preparePassword("é".repeat(512)).length, 1_024);
  assert.throws(() => preparePassword(`${"é".repeat(512)}x`), typed("password_long"));
});

test("both halves are what RFC 8018 and RFC 5869 say", async () => {
  const { login, vault } = await splitPassword("pass\u00a0word", SALT, ROUNDS.made, "chat.example");
  const stretched = pbkdf2Sync("pass word", SALT, 600_000, 32, "sha256");
  const half = (info, length) => new Uint8Array(hkdfSync("sha512", stretched, SALT, utf8(info), length));
  assert.deepEqual(login, half("sealwire/v1/login\0chat.example", 32));
  assert.deepEqual(vault, half("sealwire/v1/vault-password\0", 64));
});

test("a server cannot ask for few rounds, or for too many, or name itself oddly", async () => {
  for (const rounds of [0, 1, 599_999, 10_000_001, Number.NaN, 600_000.5]) {
    await assert.rejects(splitPassword("x", SALT, rounds, "chat.example"), refused("rounds"));
  }
  await assert.rejects(splitPassword("x", SALT.subarray(1), 600_000, "chat.example"), refused("field"));
  for (const name of ["", "é", "a b", "a\n", "\u007f", "x".repeat(256)]) assert.throws(() => serverName(name), refused("field"));
  assert.equal(serverName("x".repeat(255)).length, 255);
});

test("Wycheproof: PBKDF2-HMAC-SHA-256", async () => {
  const tests = wycheproof("pbkdf2_hmacsha256");
  for (const { id, comment, valid, password, salt, rounds, size, output } of tests) {
    const derived = toHex(await pbkdf2(bytes(password), bytes(salt), rounds, size));
    assert.equal(derived === output, valid, `${id}: ${comment}`);
  }
  assert.ok(tests.length >= 60, `only ${tests.length} vectors were run`);
});

test("a recovery code is seven groups of four and comes back", async () => {
  for (const code of [drawCode(), new Uint8Array(16), new Uint8Array(16).fill(0xff)]) {
    const text = await formatCode(code);
    assert.match(text, /^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.deepEqual(await parseCode(text), code);
    assert.deepEqual(await parseCode(` ${text.toLowerCase().replaceAll("-", "  ")}\n`), code);
    assert.deepEqual(await parseCode(text.replaceAll("0", "o").replaceAll("1", "L")), code);
    assert.deepEqual(await parseCode(text.replaceAll("0", "O").replaceAll("1", "i")), code);
  }
});

test("a mistyped recovery code is named", async () => {
  const text = await formatCode(Uint8Array.from({ length: 16 }, (_, i) => i * 7));
  await assert.rejects(parseCode(text.slice(0, -1)), typed("code_length"));
  await assert.rejects(parseCode(`${text}0`), typed("code_length"));
  await assert.rejects(parseCode(""), typed("code_length"));
  await assert.rejects(parseCode(text.replace(/^./, "U")), typed("code_character"));
  for (const other of ["*", "ſ", "ı", "Å", "😀"]) await assert.rejects(parseCode(text.replace(/^./, other)), typed("code_character"));
  // The fill is zero: another last character with the same check is another code.
  const last = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(text.at(-1));
  await assert.rejects(parseCode(text.slice(0, -1) + "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[last ^ 1]), typed("code_check"));
  const other = `${text[0] === "0" ? "1" : "0"}${text.slice(1)}`;
  await assert.rejects(parseCode(other), typed("code_check"));
});

test("a recovery code is split like a password", async () => {
  const code = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
  const account = "000102030405060708090a0b0c0d0e0f";
  const half = (info, length) => new Uint8Array(hkdfSync("sha512", code, SALT, info, length));
  assert.deepEqual(await splitCode(code, account, "chat.example"), {
    login: half(join(utf8("sealwire/v1/recovery-login"), 0, utf8("chat.example")), 32),
    vault: half(join(utf8("sealwire/v1/vault-recovery"), 0), 64),
  });
});
