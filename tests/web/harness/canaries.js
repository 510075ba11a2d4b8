/** Looking for bytes where they must not be: in what was sent, in a process, in files. */
import { closeSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** As bytes, and as a log or a text would give them: hexadecimal, a list of numbers, base64 at any alignment. @param {Buffer} secret */
export function formsOf(secret) {
  const hex = secret.toString("hex");
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString("base64");
    // Without what the bytes around it decide, too.
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  const texts = [hex, hex.toUpperCase(), [...secret].join(", "), [...secret].join(","), ...base64, ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))];
  return [secret, ...new Set(texts)].map((form) => Buffer.from(form));
}

/** What a test planted, in all its forms. */
export class Canaries {
  /** @type {Map<string, Buffer[]>} */
  #forms = new Map();

  /** @param {string} name @param {Buffer | string} bytes at least 12, so that it is not found by chance */
  add(name, bytes) {
    const secret = Buffer.from(bytes);
    if (secret.length < 12) throw new Error(`${name} is too short to look for`);
    this.#forms.set(name, [...(this.#forms.get(name) ?? []), ...formsOf(secret)]);
  }

  /** The names of those that are in one of these. @param {Iterable<Buffer>} places */
  in(places) {
    /** @type {Set<string>} */
    const found = new Set();
    for (const bytes of places) {
      for (const [name, forms] of this.#forms) if (!found.has(name) && forms.some((form) => bytes.includes(form))) found.add(name);
    }
    return [...found].sort();
  }
}

/** The readable memory of a child of this process. @param {number | undefined} pid */
export function* memoryOf(pid) {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "latin1").split("\n")) {
      const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
      if (start === undefined || /\[vv/.test(line)) continue;
      const bytes = readAt(memory, BigInt(`0x${start}`), Number(BigInt(`0x${end}`) - BigInt(`0x${start}`)));
      if (bytes !== null) yield bytes;
    }
  } finally {
    closeSync(memory);
  }
}

/** @param {number} file @param {bigint} position @param {number} length */
function readAt(file, position, length) {
  const bytes = Buffer.alloc(length);
  let read = 0;
  try {
    while (read < length) {
      const more = readSync(file, bytes, read, length - read, position + BigInt(read));
      if (more === 0) break;
      read += more;
    }
  } catch {
    // What has gone meanwhile, or cannot be read: up to there.
  }
  return read === 0 ? null : bytes.subarray(0, read);
}

/** The files of a folder, and of those in it. @param {string} folder @returns {Generator<Buffer>} */
export function* filesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    yield Buffer.from(entry.name);
    if (entry.isFile()) yield readFileSync(join(entry.parentPath, entry.name));
  }
}
