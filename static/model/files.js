/**
 * Files of end-to-end rooms as the page knows them: what is on its way, and what somebody asked to see. The worker seals, opens, sends
 * and fetches.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {import("../rooms/files/requests.js").FileRequests} FileRequests
 * @typedef {import("../rooms/files/requests.js").FileShown} FileShown
 * @typedef {import("../rooms/files/requests.js").Preview} Preview
 * @typedef {import("../rooms/files/requests.js").Transfer} Transfer
 *
 * Where a file is: the room, its channel if that is not the main one, and the message that has it.
 * @typedef {{ room: string, channel?: string, message: string, hash: string }} FilePlace
 *
 * What a file shows beside its name: what can be seen of it, or why it was not fetched, by code.
 * @typedef {{ preview: Preview | null, fault: string | null }} FileView
 *
 * @typedef {<K extends keyof FileRequests>(ask: K, takes: FileRequests[K]["takes"]) => Promise<{ ok: FileRequests[K]["gives"] } | { error: { code: string } }>} Ask
 */

/** The largest file, in bytes (docs/protocol.md §14.18). */
export const FILE_BYTES = 4_294_967_296;
/** Files that are shown at once: each may be a picture of some MiB. */
const SHOWN = 4;
/** What its user did is no fault. */
const STOPPED = "stopped_by_user";

/** All files that somebody does something with. */
export class Files {
  /** On their way, by id. @type {Signal<ReadonlyMap<string, Transfer>>} */
  transfers = new Signal(/** @type {ReadonlyMap<string, Transfer>} */ (new Map()));
  /** What is shown of files, by the message that has them. @type {Signal<ReadonlyMap<string, FileView>>} */
  views = new Signal(/** @type {ReadonlyMap<string, FileView>} */ (new Map()));
  /** Messages whose files are fetched: each once at a time. @type {Set<string>} */
  #fetched = new Set();
  #ask;

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /** @param {Transfer[]} transfers all of them */
  told(transfers) {
    this.transfers.value = new Map(transfers.map((each) => [each.id, each]));
  }

  clear() {
    this.told([]);
    this.#fetched.clear();
    this.views.value = new Map();
  }

  /**
   * Sends one; gives the code of why not, or null.
   * @param {{ room: string, channel?: string }} where
   * @param {File} file
   * @param {string} text that is said with it
   */
  async send(where, file, text) {
    if (file.size > FILE_BYTES) return "file_too_large";
    return codeOf(await this.#ask("conversation_file_send", { ...where, blob: file, name: file.name, mediaType: file.type, text }));
  }

  /** Goes on with one; with the file, where it had to be chosen again. @param {{ room: string, message: string }} of @param {File | null} file */
  async again({ room, message }, file) {
    return codeOf(await this.#ask("conversation_file_again", { room, message, blob: file }));
  }

  /** Gives up one that goes up. @param {{ room: string, message: string }} of */
  async drop({ room, message }) {
    return codeOf(await this.#ask("conversation_file_drop", { room, message }));
  }

  /** Ends what comes down. @param {FilePlace} of */
  stop({ room, message }) {
    void this.#ask("conversation_file_stop", { room, id: message });
  }

  /** Fetches one: into a file that its user chose, or as a blob to be saved; null where it did not come, or comes already. @param {FilePlace} of @param {unknown} to a handle of the file system, or null */
  save({ message, ...where }, to) {
    return this.#fetch(message, () => this.#ask("conversation_file_save", { ...where, id: message, to }));
  }

  /** Shows what can be seen of one. @param {FilePlace} of */
  async show({ message, ...where }) {
    const preview = await this.#fetch(message, () => this.#ask("conversation_file_preview", { ...where, id: message }));
    if (preview !== null) this.#view(message, { preview });
  }

  /**
   * What was asked for twice, as with a double click, comes once.
   * @template T
   * @param {string} message
   * @param {() => Promise<{ ok: T } | { error: { code: string } }>} ask
   * @returns {Promise<T | null>}
   */
  async #fetch(message, ask) {
    if (this.#fetched.has(message)) return null;
    this.#fetched.add(message);
    this.#view(message, { fault: null });
    const given = await ask().catch((error) => {
      this.#fetched.delete(message);
      throw error;
    });
    // Its message may be gone by now.
    if (!this.#fetched.delete(message)) return null;
    if ("ok" in given) return given.ok;
    this.#view(message, { fault: given.error.code === STOPPED ? null : given.error.code });
    return null;
  }

  /** Lets go of what is shown of files whose messages are forgotten or deleted. @param {import("../rooms/requests.js").Row[]} rows that are others than before @param {string[]} gone keys */
  forget(rows, gone) {
    const erased = rows.flatMap(({ kind, key }) => (kind === "erased" ? [key] : []));
    // A key names sender and message.
    for (const key of [...gone, ...erased]) this.#end(key.split(" ")[2] ?? "");
  }

  /** @param {string} message */
  #end(message) {
    this.#fetched.delete(message);
    if (this.views.peek().has(message)) this.hide(message);
  }

  /** @param {string} message */
  hide(message) {
    const views = new Map(this.views.peek());
    views.delete(message);
    this.views.value = views;
  }

  /** @param {string} message @param {Partial<FileView>} change */
  #view(message, change) {
    const views = new Map(this.views.peek());
    const view = { preview: null, fault: null, ...views.get(message), ...change };
    views.delete(message);
    if (view.preview !== null || view.fault !== null) views.set(message, view);
    for (const oldest of [...views.keys()].slice(0, Math.max(0, views.size - SHOWN))) views.delete(oldest);
    this.views.value = views;
  }
}

/** @param {{ ok: unknown } | { error: { code: string } }} given */
function codeOf(given) {
  return "error" in given ? given.error.code : null;
}
