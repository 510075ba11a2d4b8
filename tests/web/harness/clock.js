/**
 * Time that passes quickly: the clocks of this process, where the members are, and of the programs it starts are moved ahead.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const DAY_MS = 86_400_000;
const LIBRARIES = "/usr/lib";
const now = Date.now;

/** Moves this process's clock so many days ahead of the machine's, until the test ends. @param {import("node:test").TestContext} t @param {number} days */
export function moveClock(t, days) {
  Date.now = () => now() + days * DAY_MS;
  t.after(() => (Date.now = now));
}

/** What a program's environment needs so that its wall clock is as far ahead; what counts durations goes on as it does. @param {number} days */
export function clockAhead(days) {
  const library = readdirSync(LIBRARIES).map((each) => join(LIBRARIES, each, "faketime/libfaketimeMT.so.1")).find((each) => existsSync(each));
  if (library === undefined) throw new Error("libfaketime is not installed: apt-get install libfaketime");
  return { LD_PRELOAD: library, FAKETIME: `+${days}d`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}
