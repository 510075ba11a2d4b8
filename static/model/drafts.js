/**
 * What is being written in conversations, by channel and by thread. Texts are kept by the worker, sealed; what a draft answers or changes is
 * kept as long as the page.
 */

/**
 * @typedef {import("../rooms/requests.js").MessageRow} MessageRow
 *
 * What is being written: a text, and what it answers or changes.
 * @typedef {{ text: string, reply: MessageRow | null, edit: MessageRow | null }} Draft
 *
 * @typedef {object} Keeping
 * @property {(channel: string, text: string) => void} keep hands the text of a channel over, to be found by the next page
 * @property {(channel: string) => string} shelfOf under what that is found: the room of a main channel, or the channel
 */

/** How long what is being written is not kept yet, in milliseconds. */
const KEEP_AFTER_MS = 300;

/** The drafts of one account. */
export class Drafts {
  #keeping;
  /** @type {Map<string, Draft>} by channel */
  #drafts = new Map();
  /** What is being written into threads, by channel and the message by which each was opened. @type {Map<string, Draft>} */
  #threads = new Map();
  /** Texts that were begun before this page, by channel, or by room for its main one. @type {Map<string, string>} */
  #begunBefore = new Map();
  /** Drafts that are to be kept soon. @type {Map<string, ReturnType<typeof setTimeout>>} by channel */
  #soon = new Map();

  /** @param {Keeping} keeping */
  constructor(keeping) {
    this.#keeping = keeping;
  }

  /** @param {string} channel @returns {Draft} to be changed in place */
  of(channel) {
    const there = this.#drafts.get(channel);
    if (there !== undefined) return there;
    const draft = { text: this.#takeBegun(channel), reply: null, edit: null };
    this.#drafts.set(channel, draft);
    return draft;
  }

  /** @param {string} channel @param {string} hash of the message by which the thread was opened @returns {Draft} to be changed in place */
  ofThread(channel, hash) {
    const key = `${channel} ${hash}`;
    const draft = this.#threads.get(key) ?? { text: "", reply: null, edit: null };
    this.#threads.set(key, draft);
    return draft;
  }

  /** A draft is another one than before: its text is kept, soon. A change of something that was said is not. @param {string} channel */
  changed(channel) {
    if (this.#soon.has(channel)) return;
    this.#soon.set(channel, setTimeout(() => this.keep(channel), KEEP_AFTER_MS));
  }

  /** Keeps it as it is now: what was sent must not be found as begun by the next page. @param {string} channel */
  keep(channel) {
    clearTimeout(this.#soon.get(channel));
    this.#soon.delete(channel);
    const { text, edit } = this.of(channel);
    this.#keeping.keep(channel, edit === null ? text : "");
  }

  /** Keeps what would have been kept soon. */
  keepAll() {
    for (const channel of [...this.#soon.keys()]) this.keep(channel);
  }

  /** Whether something was begun and not sent. */
  get areBegun() {
    return [...this.#all.map(({ text }) => text), ...this.#begunBefore.values()].some((text) => text.trim() !== "");
  }

  /** Whether a change of something that was said is under way: that is kept nowhere. */
  get areEdits() {
    return this.#all.some(({ text, edit }) => edit !== null && text.trim() !== "" && text !== edit.text);
  }

  /** What was begun before this page; what was begun since counts. @param {Array<{ room: string, text: string }>} drafts */
  told(drafts) {
    for (const { room, text } of drafts) this.#begunBefore.set(room, text);
    for (const [channel, draft] of this.#drafts) if (draft.text === "" && draft.edit === null) draft.text = this.#takeBegun(channel);
  }

  /** Nothing that is being written shows what is gone. @param {string} channel @param {readonly string[]} gone keys */
  forget(channel, gone) {
    const inThreads = [...this.#threads].flatMap(([key, draft]) => (key.startsWith(`${channel} `) ? [draft] : []));
    for (const draft of [...inThreads, this.#drafts.get(channel)]) {
      if (draft === undefined) continue;
      if (draft.edit !== null && gone.includes(draft.edit.key)) Object.assign(draft, { text: "", edit: null });
      if (draft.reply !== null && gone.includes(draft.reply.key)) draft.reply = null;
    }
  }

  clear() {
    for (const known of [this.#drafts, this.#threads, this.#begunBefore]) known.clear();
  }

  get #all() {
    return [...this.#drafts.values(), ...this.#threads.values()];
  }

  /** @param {string} channel */
  #takeBegun(channel) {
    const shelf = this.#keeping.shelfOf(channel);
    const text = this.#begunBefore.get(shelf) ?? "";
    this.#begunBefore.delete(shelf);
    return text;
  }
}
