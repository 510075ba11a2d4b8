/**
 * The user's files on their way up. Each is a letter of the outbox from the beginning, so that it survives whatever is closed meanwhile;
 * it is sent when all of the file is there, and the server then told which message has it.
 */
import { MOST_CHUNKS, chunksOf } from "../../crypto/file_chunk.js";
import { encodeContent } from "../../crypto/room/content.js";
import { Refused } from "../../keys/failure.js";
import { Uploads } from "../../store/uploads.js";
import { randomId } from "../../wire/ids.js";
import { failureOf } from "../failure.js";
import { ServerRefusal, backoff } from "../page.js";
import { begunOf, contentOf } from "./begun.js";
import { Elsewhere, hold } from "./held.js";
import { Places } from "./transfers.js";
import { Upload, sealedFileOf } from "./upload.js";
/** @typedef {import("../../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("../../store/database.js").Database} Database */
/** @typedef {import("../../store/uploads.js").Begun} Begun */
/** @typedef {import("../outbox.js").Letter} Letter */
/** @typedef {import("../outbox.js").Outbox} Outbox */
/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("./requests.js").FileRequests} FileRequests */
/** @typedef {import("./transfers.js").Comeback} Comeback */
/** @typedef {import("./transfers.js").Transfers} Transfers */

/**
 * What files need of what is around them. `placeOf`: channel and sequence of an own message that the server has, or null.
 * @typedef {object} Around
 * @property {Session} session
 * @property {Outbox} outbox
 * @property {Database} database
 * @property {Transfers} transfers
 * @property {Comeback} comeback
 * @property {(letter: { room: string, channel?: string, message: string }) => { channel: string, sequence: number } | null} placeOf
 */

/** Files that go up at once. */
const AT_ONCE = 2;
/** Why a letter is not sent: its file is on its way. */
export const UPLOADING = "uploading";
/** After this long a file that no message has is collected, in milliseconds. */
const COLLECTED_MS = 86_400_000;
/** @type {ReadonlyMap<string, unknown>} */
const NO_ROOMS = new Map();

/** All uploads of one account. */
export class Uploading {
  #around;
  #kept;
  #places = new Places(AT_ONCE);
  /** What this browser remembers, by message. @type {Map<string, Begun>} */
  #begun = new Map();
  /** What this page has of each, by message. @type {Map<string, { blob: Blob, upload: Upload | null }>} */
  #here = new Map();
  /** Tries that have not ended yet: the next one waits for them. @type {Map<string, Promise<void>>} */
  #running = new Map();
  /** Messages whose file went up from this page. @type {Set<string>} */
  #own = new Set();
  /** Messages with files that were unsent when letters changed last, whichever tab wrote them. @type {Set<string>} */
  #unsent = new Set();
  #hasEnded = false;
  #elsewhere = new Elsewhere(() => this.#letGo());

  /** @param {Around} around */
  constructor(around) {
    this.#around = around;
    this.#kept = new Uploads(around.database, around.session.account);
  }

  /** Reads what was begun before. */
  async begin() {
    await this.#read();
    await this.look();
  }

  async #read() {
    for (const begun of await this.#kept.all()) if (!this.#begun.has(begun.message)) this.#begun.set(begun.message, begun);
  }

  end() {
    this.#hasEnded = true;
    for (const { upload } of this.#here.values()) upload?.stop();
    this.#here.clear();
  }

  /** @param {FileRequests["conversation_file_send"]["takes"]} takes */
  async send({ room, channel, blob, name, mediaType, text = "" }) {
    const { outbox, session } = this.#around;
    if (chunksOf(blob.size) > MOST_CHUNKS) throw new Refused("file_too_large");
    const content = contentOf(blob, name, mediaType, text);
    encodeContent(content);
    const message = randomId();
    const at = session.now();
    const where = { message, room, ...(channel === undefined ? {} : { channel }), at };
    const begun = begunOf(where, content);
    // Held before other tabs see its letter, which they would take for one that was interrupted.
    const letGo = await hold(content.file);
    this.#here.set(message, { blob, upload: null });
    this.#show(begun, blob.size, "queued");
    try {
      // What is remembered without its letter would be taken as given up.
      await outbox.add({ ...where, failed: UPLOADING, content });
      this.#begun.set(message, begun);
      await this.#kept.put(begun);
    } catch (error) {
      this.#here.delete(message);
      this.#around.transfers.remove(message);
      await letGo();
      throw error;
    }
    this.#start(message, true, letGo);
    return { message };
  }

  /** Whether a letter is about a file that is not known to be there. @param {Letter} letter */
  isUnderWay({ message, content, failed }) {
    return content.type === "file" && (failed === "file_needed" || this.#begun.get(message)?.whole !== true);
  }

  /** @param {FileRequests["conversation_file_again"]["takes"]} takes */
  async again({ message, blob }) {
    const { outbox } = this.#around;
    const letter = outbox.letter(message);
    if (letter?.content.type !== "file") throw new Refused("no_such_message");
    const chosen = blob ?? this.#here.get(message)?.blob;
    if (chosen === undefined) throw new Refused("file_needed");
    if (chosen.size !== Number(letter.content.size)) throw new Refused("file_changed");
    this.#here.get(message)?.upload?.stop();
    const here = { blob: chosen, upload: null };
    this.#here.set(message, here);
    await this.#running.get(message);
    const letGo = await hold(letter.content.file).catch((error) => {
      // What another tab does is shown, and changes nothing of the letter that both have.
      if (this.#here.get(message) === here) this.#here.delete(message);
      void this.look().catch(() => {});
      throw error;
    });
    this.#here.set(message, here);
    try {
      await this.#recall(letter, letter.content);
      this.#show(letter, chosen.size, "queued");
      await outbox.mark(letter, UPLOADING);
    } catch (error) {
      await letGo();
      throw error;
    }
    this.#start(message, false, letGo);
    return {};
  }

  /** What another tab did last counts, where this one has not moved the file. @param {Letter} letter @param {{ file: string, chunks: number }} content */
  async #recall(letter, content) {
    const { message } = letter;
    if (this.#own.has(message) && this.#begun.has(message)) return;
    this.#begun.set(message, (await this.#remembered(content.file)) ?? this.#begun.get(message) ?? begunOf(letter, content));
  }

  /** @param {FileRequests["conversation_file_drop"]["takes"]} takes */
  async drop({ message }) {
    const { outbox } = this.#around;
    this.#here.get(message)?.upload?.stop();
    const letter = outbox.letter(message);
    if (letter !== undefined) await outbox.remove(letter);
    return {};
  }

  /** Letters have changed: what became of those whose file was on its way? */
  async look() {
    const { outbox, transfers } = this.#around;
    const letters = outbox.outside(NO_ROOMS).filter(({ content }) => content.type === "file");
    await this.#lookForSent(letters);
    for (const begun of [...this.#begun.values()]) {
      const letter = outbox.letter(begun.message);
      if (letter === undefined) await this.#settle(begun);
      else if (letter.failed === "file_needed") await this.#needed(begun);
    }
    for (const { message } of letters) {
      const letter = outbox.letter(message);
      if (letter !== undefined && letter.failed !== UPLOADING) transfers.remove(message);
      else if (letter !== undefined && !this.#here.has(message)) await this.#lookElsewhere(letter);
    }
  }

  /** Of what another tab began, and has sent or given up, this one knows only by what is kept. @param {Letter[]} letters that are unsent */
  async #lookForSent(letters) {
    const { outbox, transfers } = this.#around;
    const gone = [...this.#unsent].filter((message) => outbox.letter(message) === undefined);
    this.#unsent = new Set(letters.map(({ message }) => message));
    for (const message of gone) transfers.remove(message);
    if (gone.some((message) => !this.#begun.has(message) && !this.#own.has(message))) await this.#read();
  }

  /** The server has collected it before its message could go. @param {Begun} begun */
  async #needed(begun) {
    if (begun.whole !== true) return;
    begun.whole = false;
    await this.#kept.put(begun);
  }

  /** Whether another tab has it. @param {Letter} letter */
  async #lookElsewhere(letter) {
    const { message, content } = letter;
    if (content.type !== "file") return;
    const isElsewhere = await this.#elsewhere.has(content.file);
    if (this.#hasEnded || this.#here.has(message)) return;
    const { outbox, transfers } = this.#around;
    if (!isElsewhere || outbox.letter(message)?.failed !== UPLOADING) transfers.remove(message);
    else if (transfers.get(message)?.state !== "elsewhere") this.#show(letter, Number(content.size), "elsewhere");
  }

  /** Another tab has let go of a file: it may be gone on with here. */
  #letGo() {
    if (!this.#hasEnded) this.look().catch(() => {});
  }

  /** The letter is gone: it was sent, or given up. @param {Begun} begun */
  async #settle(begun) {
    const { session, outbox, placeOf, transfers } = this.#around;
    const { message, at } = begun;
    this.#here.get(message)?.upload?.stop();
    transfers.remove(message);
    if (!outbox.leads && !this.#own.has(message)) return;
    const place = placeOf(begun);
    if (place !== null) return this.#keep(begun, place);
    if (begun.whole !== true) return this.#remove(begun);
    // It may have been sent: before its room was read nobody knows, and what a message has is never removed. Later the server has collected it.
    if (session.now() - at >= COLLECTED_MS) await this.#forget(begun);
  }

  /** It was sent: the server is told which message has it. @param {Begun} begun @param {{ channel: string, sequence: number }} place */
  async #keep(begun, { channel, sequence }) {
    this.#leave(begun);
    try {
      await this.#around.session.page.call("files.keep", { file: begun.file, channel, sequence: String(sequence) });
    } catch (error) {
      // With the next connection it is tried again.
      if (isPassing(error)) return void this.#begun.set(begun.message, begun);
    }
    await this.#kept.remove(begun.file);
  }

  /** It was given up on its way, unless another tab had it whole meanwhile. @param {Begun} begun */
  async #remove(begun) {
    this.#leave(begun);
    const kept = await this.#remembered(begun.file);
    if (kept?.whole === true) return void this.#begun.set(begun.message, kept);
    // What has no message is collected by itself.
    await this.#around.session.page.call("files.remove", { file: begun.file }).catch(() => {});
    await this.#kept.remove(begun.file);
  }

  /** @param {Begun} begun */
  #forget(begun) {
    this.#leave(begun);
    return this.#kept.remove(begun.file);
  }

  /** @param {Begun} begun */
  #leave({ message }) {
    this.#begun.delete(message);
    this.#here.delete(message);
  }

  /** What this browser, whichever tab, remembers of one. @param {string} file */
  async #remembered(file) {
    return (await this.#kept.all()).find((begun) => begun.file === file);
  }

  /** @param {string} message @param {boolean} isNew @param {() => Promise<void>} letGo of the file, when this try has ended */
  #start(message, isNew, letGo) {
    this.#own.add(message);
    const before = this.#running.get(message) ?? Promise.resolve();
    const running = before.then(() => this.#try(message, isNew)).finally(letGo);
    this.#running.set(message, running);
    void running.finally(() => this.#running.get(message) === running && this.#running.delete(message));
  }

  /** @param {string} message @param {boolean} isNew */
  async #try(message, isNew) {
    const begun = this.#begun.get(message);
    const here = this.#here.get(message);
    const letter = this.#around.outbox.letter(message);
    if (begun === undefined || here === undefined || letter?.content.type !== "file") return;
    const upload = this.#upload(begun, here.blob, letter.content, isNew);
    here.upload = upload;
    this.#show(begun, here.blob.size, "queued");
    try {
      await this.#places.take(() => this.#run(upload, message), upload.stopped);
      await this.#whole(begun);
    } catch (error) {
      await this.#failed(upload, message, error);
    }
  }

  /** @param {Begun} begun @param {Blob} blob @param {Extract<KnownContent, { type: "file" }>} content @param {boolean} isNew */
  #upload(begun, blob, content, isNew) {
    const { session, transfers } = this.#around;
    return new Upload(session.page, { begun, of: sealedFileOf(content), blob, isNew }, {
      keep: (now) => this.#kept.put(now),
      progress: (state, done) => transfers.change(begun.message, { state, done }),
    });
  }

  /** Until all of it is there; what was cut goes on. @param {Upload} upload @param {string} message */
  async #run(upload, message) {
    const { transfers, comeback } = this.#around;
    for (let tries = 1; ; tries++) {
      try {
        return await upload.run();
      } catch (error) {
        if (!isPassing(error) || upload.isStopped) throw error;
        transfers.change(message, { state: "waiting" });
        await comeback.wait(backoff(tries), upload.stopped);
      }
    }
  }

  /** @param {Begun} begun */
  async #whole(begun) {
    const { session, outbox, transfers } = this.#around;
    // Given up with its last chunk, it was not sent.
    if (outbox.letter(begun.message) === undefined) return this.#settle(begun);
    begun.whole = true;
    // The server counts from its last chunk.
    begun.at = session.now();
    await this.#kept.put(begun);
    this.#here.delete(begun.message);
    transfers.remove(begun.message);
    const letter = outbox.letter(begun.message);
    if (letter !== undefined) await outbox.mark(letter, null);
  }

  /** @param {Upload} upload @param {string} message @param {unknown} error */
  async #failed(upload, message, error) {
    const { outbox, transfers } = this.#around;
    // Another try has taken its place, its user gave it up, or the page ends.
    if (this.#hasEnded || this.#here.get(message)?.upload !== upload) return;
    const letter = outbox.letter(message);
    if (letter === undefined) return this.look();
    transfers.remove(message);
    const code = failureOf(error);
    if (code === "file_changed" || code === "file_unreadable") this.#here.delete(message);
    await outbox.mark(letter, code);
  }

  /** @param {{ message: string, room: string }} of @param {number} size @param {import("./requests.js").Transfer["state"]} state */
  #show({ message, room }, size, state) {
    this.#around.transfers.put({ id: message, room, way: "up", done: 0, size, state });
  }
}

/** Whether it ends by itself. @param {unknown} error */
function isPassing(error) {
  return error instanceof ServerRefusal && (error.isUnknown || error.isPassing);
}
