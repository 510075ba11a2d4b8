/**
 * Files on their way down: to where their user wants them, or into a preview.
 */
import { chunksOf } from "../../crypto/file_chunk.js";
import { Refused } from "../../keys/failure.js";
import { ServerRefusal, backoff } from "../page.js";
import { asBlob, bytesOf, intoFile } from "./download.js";
import { savedName } from "./names.js";
import { TEXT_PREVIEW_BYTES, lookOf, pictureOf, textOf } from "./sniff.js";
import { Places } from "./transfers.js";
import { sealedFileOf } from "./upload.js";
/** @typedef {import("../../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./requests.js").FileRequests} FileRequests */
/** @typedef {import("./requests.js").Preview} Preview */
/** @typedef {import("./transfers.js").Comeback} Comeback */
/** @typedef {import("./transfers.js").Transfers} Transfers */
/** @typedef {Extract<KnownContent, { type: "file" }>} FileContent */

/**
 * @typedef {object} Around
 * @property {Page} page
 * @property {Transfers} transfers
 * @property {Comeback} comeback
 * @property {(of: { room: string, channel?: string, hash: string }) => FileContent} contentOf throws `Refused` (`no_such_message`)
 */

/** Files that come down at once. */
const AT_ONCE = 2;
/** The largest picture that is shown, in bytes. */
const PICTURE_BYTES = 8_388_608;

/** All downloads of one account. */
export class Downloading {
  #around;
  #places = new Places(AT_ONCE);
  /** @type {Map<string, AbortController>} */
  #here = new Map();

  /** @param {Around} around */
  constructor(around) {
    this.#around = around;
  }

  end() {
    for (const stop of this.#here.values()) stop.abort();
    this.#here.clear();
  }

  /** @param {FileRequests["conversation_file_save"]["takes"]} takes @returns {Promise<FileRequests["conversation_file_save"]["gives"]>} */
  save(takes) {
    return this.#during(takes, Infinity, async (content, bytes) => {
      const name = savedName(content.name);
      if (takes.to === null) return { blob: await asBlob(bytes), name };
      await intoFile(bytes, takes.to);
      return { blob: null, name };
    });
  }

  /** @param {FileRequests["conversation_file_preview"]["takes"]} takes @returns {Promise<Preview>} */
  async preview(takes) {
    const content = this.#around.contentOf(takes);
    const look = lookOf(content.name, content.media_type);
    if (look === "image" && Number(content.size) <= PICTURE_BYTES) return this.#during(takes, Infinity, async (_, bytes) => picture(await asBlob(bytes)));
    if (look === "text") return this.#during(takes, 1, async (_, bytes) => beginning(content, (await bytes.next()).value ?? new Uint8Array()));
    return { kind: "none" };
  }

  /** @param {string} id */
  stop(id) {
    this.#here.get(id)?.abort();
    return {};
  }

  /**
   * @template T
   * @param {{ room: string, channel?: string, hash: string, id: string }} takes
   * @param {number} most chunks
   * @param {(content: FileContent, bytes: AsyncGenerator<Uint8Array<ArrayBuffer>>) => Promise<T>} take
   * @returns {Promise<T>}
   */
  async #during(takes, most, take) {
    const { transfers, contentOf } = this.#around;
    const { id, room } = takes;
    const content = contentOf(takes);
    const of = sealedFileOf(content);
    const stopped = new AbortController();
    if (this.#here.has(id)) throw new Refused("internal");
    this.#here.set(id, stopped);
    transfers.put({ id, room, way: "down", done: 0, size: of.size, state: "queued" });
    try {
      const bytes = () => this.#counted(id, bytesOf(of, this.#ways(id, stopped.signal), Math.min(most, chunksOf(of.size))));
      return await this.#places.take(() => take(content, bytes()), stopped.signal);
    } finally {
      this.#here.delete(id);
      transfers.remove(id);
    }
  }

  /** @param {string} id @param {AsyncGenerator<Uint8Array<ArrayBuffer>>} bytes */
  async *#counted(id, bytes) {
    let done = 0;
    for await (const piece of bytes) {
      done += piece.length;
      this.#around.transfers.change(id, { state: "moving", done });
      yield piece;
    }
  }

  /** @param {string} id @param {AbortSignal} signal @returns {import("./download.js").DownloadWays} */
  #ways(id, signal) {
    const { page, comeback, transfers } = this.#around;
    const chunk = async (/** @type {string} */ file, /** @type {number} */ index) => {
      for (let tries = 1; ; tries++) {
        if (signal.aborted) throw new Refused("stopped_by_user");
        try {
          return (await page.bulk("files.chunk", { file, index })).tail;
        } catch (error) {
          if (!(error instanceof ServerRefusal) || !(error.isUnknown || error.isPassing)) throw error;
          transfers.change(id, { state: "waiting" });
          await comeback.wait(backoff(tries), signal);
        }
      }
    };
    return { signal, chunk };
  }
}

/** The bytes say what it is; what they do not say is not shown. @param {Blob} blob @returns {Promise<Preview>} */
async function picture(blob) {
  const found = pictureOf(new Uint8Array(await blob.arrayBuffer()));
  if (found === null) return { kind: "none" };
  const { type, width, height } = found;
  return { kind: "image", blob: blob.slice(0, blob.size, type), width, height };
}

/** @param {FileContent} content @param {Uint8Array} bytes @returns {Preview} */
function beginning({ size }, bytes) {
  const whole = Number(size) <= TEXT_PREVIEW_BYTES;
  const text = textOf(bytes, whole);
  return text === null ? { kind: "none" } : { kind: "text", text, whole };
}
