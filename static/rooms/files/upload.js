/**
 * One file on its way up: read in slices, sealed a chunk at a time, and put where the server does not have it yet (docs/protocol.md
 * §14.12). Begun once more it goes on where it was, after it has seen that the file is still the same.
 */
import { chunksOf, carriedBytes, ivOf, partOf, sealChunk } from "../../crypto/file_chunk.js";
import { fromHex, letGo, toHex } from "../../wire/bytes.js";
import { hasPassed } from "../../wire/passing.js";
import { Refused } from "../../keys/failure.js";
import { ServerRefusal } from "../page.js";
import { forEach } from "../turn.js";
/** @typedef {import("../../crypto/file_chunk.js").SealedFile} SealedFile */
/** @typedef {import("../../store/uploads.js").Begun} Begun */
/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./requests.js").Transfer} Transfer */

/** Chunks of one file that are in memory at once, a few times over each: of two files they are fewer than a proxy takes of one session. */
const AT_ONCE = 3;
/** After so many chunks it is kept which ones were sealed. */
const KEPT_EVERY = 16;

/**
 * @typedef {object} UploadWays
 * @property {(begun: Begun) => Promise<void>} keep
 * @property {(state: Transfer["state"], done: number) => void} progress
 */

/** One file of the user's. */
export class Upload {
  #page;
  #begun;
  #of;
  #blob;
  #ways;
  #stopped = new AbortController();
  #done = 0;
  #sinceKept = 0;
  /** Whether the server cannot know of it yet. */
  #isNew;

  /** @param {Page} page @param {{ begun: Begun, of: SealedFile, blob: Blob, isNew: boolean }} what blob: all of it; isNew: nobody was told of it @param {UploadWays} ways */
  constructor(page, { begun, of, blob, isNew }, ways) {
    this.#page = page;
    this.#begun = begun;
    this.#of = of;
    this.#blob = blob;
    this.#isNew = isNew;
    this.#ways = ways;
  }

  /** Ends it as soon as what is under way is answered. */
  stop() {
    this.#stopped.abort();
  }

  /** Aborts when it is to end. */
  get stopped() {
    return this.#stopped.signal;
  }

  get isStopped() {
    return this.#stopped.signal.aborted;
  }

  /**
   * Puts what is missing. Throws a `ServerRefusal`, or `Refused` (`file_changed`, `file_unreadable`, `stopped_by_user`); what was put stays.
   */
  async run() {
    this.#check();
    if (this.#blob.size !== this.#of.size) throw new Refused("file_changed");
    this.#done = 0;
    const held = await this.#held();
    const missing = await this.#compare(held);
    await this.#each(missing, (index) => this.#put(index, held.has(index)));
    this.#check();
  }

  /** Does something for each, and for none after one that failed. @param {number[]} indexes @param {(index: number) => Promise<void>} task */
  #each(indexes, task) {
    let failed = false;
    return forEach(indexes, AT_ONCE, async (index) => {
      if (failed) return;
      await task(index).catch((error) => {
        failed = true;
        throw error;
      });
    });
  }

  /** Indexes that the server has; it is told of the file if it does not know it. @returns {Promise<Set<number>>} */
  async #held() {
    const { room, file } = this.#begun;
    const { size } = this.#of;
    const isNew = this.#isNew;
    this.#isNew = false;
    try {
      if (!isNew) return indexesOf((await this.#page.call("files.held", { file })).ok.have, chunksOf(size));
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.code !== "no_such_file") throw error;
    }
    await this.#page.call("files.create", { room, file, chunks: chunksOf(size), bytes: String(carriedBytes(size)) });
    return new Set();
  }

  /** Reads what the server has and this device remembers; gives the indexes that are to be put. @param {Set<number>} held */
  async #compare(held) {
    const { marks } = this.#begun;
    const known = [...held].filter((index) => marks[index] !== "");
    await this.#each(known, async (index) => {
      this.#check();
      const bytes = await this.#read(index);
      if (toHex(await ivOf(this.#of, index, bytes)) !== marks[index]) throw new Refused("file_changed");
      this.#moved("checking", bytes.length);
      hasPassed(bytes.length);
    });
    // One that it has and that is not remembered is put once more: the same bytes are the same to it.
    return Array.from({ length: chunksOf(this.#of.size) }, (_, index) => index).filter((index) => !held.has(index) || marks[index] === "");
  }

  /** @param {number} index @param {boolean} isHeld whether the server has it, sealed by a try that nothing is remembered of */
  async #put(index, isHeld) {
    this.#check();
    const { file, marks } = this.#begun;
    const bytes = await this.#read(index);
    const iv = await ivOf(this.#of, index, bytes);
    const mark = toHex(iv);
    // What was sealed before and may have arrived must not stand beside other bytes.
    if (marks[index] !== "" && marks[index] !== mark) throw new Refused("file_changed");
    const chunk = await sealChunk(this.#of, index, bytes, iv);
    this.#check();
    try {
      await this.#page.bulk("files.put", { file, index }, chunk);
    } catch (error) {
      if (isHeld && error instanceof ServerRefusal && error.code === "not_allowed") throw new Refused("file_changed");
      throw error;
    } finally {
      letGo(chunk);
    }
    marks[index] = mark;
    this.#moved("moving", bytes.length);
    hasPassed(bytes.length);
    this.#sinceKept += 1;
    if (this.#sinceKept < KEPT_EVERY) return;
    this.#sinceKept = 0;
    await this.#ways.keep(this.#begun);
  }

  /** @param {number} index */
  async #read(index) {
    const { from, bytes } = partOf(this.#of.size, index);
    try {
      return new Uint8Array(await this.#blob.slice(from, from + bytes).arrayBuffer());
    } catch {
      // It was changed or taken away since it was chosen.
      throw new Refused("file_unreadable");
    }
  }

  /** @param {"checking" | "moving"} state @param {number} bytes */
  #moved(state, bytes) {
    this.#done += bytes;
    this.#ways.progress(state, this.#done);
  }

  #check() {
    if (this.isStopped) throw new Refused("stopped_by_user");
  }
}

/** What a content says of a file, as its chunks are sealed. @param {{ file: string, secret: string, size: string }} content @returns {SealedFile} */
export function sealedFileOf({ file, secret, size }) {
  return { file, secret: fromHex(secret, 32), size: Number(size) };
}

/**
 * Throws `Refused` (`file_needed`) where the server does not have all of a file any more: one that waited too long for its message is
 * collected.
 * @param {Pick<Page, "call">} page @param {{ file: string, chunks: number }} content
 */
export async function checkHeld(page, { file, chunks }) {
  const have = await page.call("files.held", { file }).then(
    ({ ok }) => indexesOf(ok.have, chunks).size,
    (error) => {
      if (error instanceof ServerRefusal && error.code === "no_such_file") return 0;
      throw error;
    },
  );
  if (have < chunks) throw new Refused("file_needed");
}

/** Ranges as the server has them; what is none, or out of range, holds nothing. @param {unknown} have @param {number} chunks @returns {Set<number>} */
export function indexesOf(have, chunks) {
  /** @type {Set<number>} */
  const indexes = new Set();
  for (const range of Array.isArray(have) ? have : []) {
    const [first, last] = Array.isArray(range) ? range : [];
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0) continue;
    for (let index = first; index <= last && index < chunks; index++) indexes.add(index);
  }
  return indexes;
}
