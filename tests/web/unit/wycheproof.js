/** Wycheproof's vectors, as the example `wycheproof` of wire-format prints them. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** @type {string | undefined} */
let program;

/** @param {string} name as Wycheproof's file is called, without `_test.json` */
export function wycheproof(name) {
  program ??= build();
  return JSON.parse(run(program, [name]));
}

/** Builds with the features that the Rust tests build with, so that both use the same libraries. */
function build() {
  run("cargo", ["build", "--quiet", "--locked", "--workspace", "--example", "wycheproof"]);
  return resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "debug/examples/wycheproof");
}

/**
 * @param {string} command
 * @param {string[]} words
 */
function run(command, words) {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`no vectors: ${stderr}`);
  return stdout;
}
