/**
 * What memory processes take, by the operating system's account of them.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

/** How often is looked, in milliseconds. */
const LOOK_MS = 25;

/** Watches processes; gives what ends that, and the most that they took together above what they had before, in bytes. @param {number[]} pids */
export function watchMemory(pids) {
  const isOwnPeak = pids.length === 1 && forgetPeak(pids[0]);
  const before = sum(pids, "VmRSS");
  let most = before;
  const look = () => (most = Math.max(most, sum(pids, "VmRSS")));
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    // A process's own account of its peak misses nothing in between.
    if (isOwnPeak) most = Math.max(most, sum(pids, "VmHWM"));
    return most - before;
  };
}

/** The processes of a browser that run pages. @param {string} folder its profile's */
export function renderersOf(folder) {
  const all = processes();
  const browser = all.find(({ command }) => command.includes(`--user-data-dir=${folder}`) && !command.includes("--type="));
  if (browser === undefined) throw new Error("The browser is not found.");
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (/** @type {number} */ pid) => {
    for (let at = parents.get(pid); at !== undefined; at = parents.get(at)) if (at === browser.pid) return true;
    return false;
  };
  const renderers = all.filter(({ pid, command }) => command.includes("--type=renderer") && isOurs(pid));
  if (renderers.length === 0) throw new Error("No process of the browser runs a page.");
  return renderers.map(({ pid }) => pid);
}

/** @returns {{ pid: number, parent: number, command: string }[]} */
function processes() {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1]);
    return { pid: Number(pid), parent, command: textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ") };
  });
}

/** @param {number[]} pids @param {"VmRSS" | "VmHWM"} field */
function sum(pids, field) {
  return pids.reduce((all, pid) => all + read(pid, field), 0);
}

/** In bytes; of a process that has ended nothing. @param {number} pid @param {string} field */
function read(pid, field) {
  const status = textOf(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Begins its account of the peak anew, if the system lets us (proc(5), `clear_refs`). @param {number} pid */
function forgetPeak(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}
