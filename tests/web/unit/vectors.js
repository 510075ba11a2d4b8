/** Golden vectors that Rust and JavaScript both read. */
import { readFileSync } from "node:fs";

/** @param {string} name */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../../../wire-format/testdata/${name}.json`, import.meta.url), "utf8"));
}

/** @param {string} hex */
export function bytes(hex) {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
