/** Names of files that somebody makes to look like others, and bytes that are not what their name says. */
import assert from "node:assert/strict";
import test from "node:test";
import { savedName, sentName, shownName } from "../../../static/rooms/files/names.js";
import { MOST_PIXELS, lookOf, pictureOf, textOf } from "../../../static/rooms/files/sniff.js";

test("what would change how a name reads is seen, and not saved", () => {
  assert.equal(shownName("invoice\u202Efdp.exe"), "invoice\uFFFDfdp.exe");
  assert.equal(savedName("invoice\u202Efdp.exe"), "invoicefdp.exe");
  for (const mark of ["\u200E", "\u200F", "\u061C", "\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069", "\u200B", "\uFEFF", "\u2028", "\u0007", "\u{E0041}"]) {
    assert.equal(shownName(`a${mark}b`), "a\uFFFDb");
    assert.equal(savedName(`a${mark}b`), "ab");
  }
  // What belongs to a script or an emoji stays.
  for (const name of ["می‌خواهم.txt", "❤️ 👩‍🚀.png", "报告 2026.md", "تقرير.txt"]) assert.deepEqual([shownName(name), savedName(name)], [name, name]);
});

test("a name is saved as no path, device or hidden file", () => {
  for (const [name, saved] of [
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..", "file"],
    [".bashrc", "bashrc"],
    ["a/b\\c:d|e?f*g<h>i\"j", "a_b_c_d_e_f_g_h_i_j"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["com1", "_com1"],
    ["console.log", "console.log"],
    ["trailing. . ", "trailing"],
    ["\u0000", "file"],
    ["   ", "file"],
  ]) assert.equal(savedName(name), saved, JSON.stringify(name));
  const long = savedName(`${"长".repeat(200)}.tar.gz`);
  assert.ok(Buffer.byteLength(long) <= 200 && long.endsWith(".gz"), long);
  assert.ok(Buffer.byteLength(savedName("x".repeat(255))) <= 200);
});

test("a name that is sent is one that a content may have", () => {
  assert.equal(sentName("a/b\u0000c\n.txt", 255), "a_bc.txt");
  assert.equal(sentName("", 255), "file");
  assert.equal(sentName("\uD800.txt", 255), "\uFFFD.txt");
  assert.equal(Buffer.byteLength(sentName(`${"é".repeat(300)}.txt`, 255)), 254);
  assert.equal(sentName("x".repeat(255), 255).length, 255);
  assert.equal(sentName("x".repeat(256), 255).length, 255);
});

const png = (width, height) => {
  const bytes = Buffer.alloc(40);
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return new Uint8Array(bytes);
};
const jpeg = (width, height, before = "") => new Uint8Array(Buffer.from(`ffd8ffe000104a46494600010100000100010000${before}ffc0001108${height.toString(16).padStart(4, "0")}${width.toString(16).padStart(4, "0")}03012200021101031101`, "hex"));

test("a picture is what its bytes are", () => {
  assert.deepEqual(pictureOf(png(640, 480)), { type: "image/png", width: 640, height: 480 });
  assert.deepEqual(pictureOf(jpeg(640, 480)), { type: "image/jpeg", width: 640, height: 480 });
  assert.deepEqual(pictureOf(jpeg(640, 480, "ffe1000400000000".slice(0, 12))), { type: "image/jpeg", width: 640, height: 480 });
  assert.deepEqual(pictureOf(new Uint8Array(Buffer.from("47494638396180020001f70000", "hex"))), { type: "image/gif", width: 640, height: 256 });
  const webp = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBPVP8X"), Buffer.from("0a000000000000007f0200df0100", "hex")]);
  assert.deepEqual(pictureOf(new Uint8Array(webp)), { type: "image/webp", width: 640, height: 480 });
});

test("too many pixels, none, or anything that is no picture is not drawn", () => {
  assert.notEqual(pictureOf(png(6_000, MOST_PIXELS / 6_000)), null);
  assert.equal(pictureOf(png(6_000, MOST_PIXELS / 6_000 + 1)), null);
  assert.equal(pictureOf(png(16_385, 1)), null);
  assert.equal(pictureOf(png(0, 10)), null);
  assert.equal(pictureOf(png(0xffffffff, 0xffffffff)), null);
  for (const text of ["<svg xmlns='http://www.w3.org/2000/svg'/>", "<!doctype html><script>", "%PDF-1.7", "", "GIF89a", "RIFFxxxxWEBP", "\x89PNG\r\n\x1a\n"]) assert.equal(pictureOf(new Uint8Array(Buffer.from(text, "latin1"))), null, text);
  // A length that leads nowhere ends.
  assert.equal(pictureOf(new Uint8Array(Buffer.from("ffd8ffe00000ffe00000ffe00000000000000000", "hex"))), null);
  assert.equal(pictureOf(new Uint8Array(Buffer.from(`ffd8${"ff".repeat(64)}`, "hex"))), null);
});

test("SVG, HTML and PDF are not tried, whatever they are called or said to be", () => {
  for (const [name, type] of [["a.svg", "image/png"], ["a.png", "image/svg+xml"], ["a.html", "text/plain"], ["a.txt", "text/html"], ["a.pdf", "image/jpeg"], ["a.xhtml", "text/plain"], ["a.txt", "application/pdf"], ["a.exe", "application/octet-stream"], ["a", ""]]) {
    assert.equal(lookOf(name, type), null, `${name} ${type}`);
  }
  assert.equal(lookOf("a.PNG", ""), "image");
  assert.equal(lookOf("a", "image/webp"), "image");
  assert.equal(lookOf("notes.md", ""), "text");
  assert.equal(lookOf("a", "text/plain; charset=utf-8"), "text");
});

test("a text is whole characters of UTF-8, and nothing else is shown as one", () => {
  const bytes = (text) => new Uint8Array(Buffer.from(text));
  assert.equal(textOf(bytes("\uFEFFhello\r\n"), true), "hello\r\n");
  assert.equal(textOf(bytes("a\0b"), true), null);
  assert.equal(textOf(new Uint8Array([0x61, 0xff]), true), null);
  const long = bytes("报".repeat(30_000));
  assert.equal(textOf(long, false), "报".repeat(Math.floor(65_536 / 3)));
  assert.equal(textOf(bytes("报").subarray(0, 2), true), null);
});
