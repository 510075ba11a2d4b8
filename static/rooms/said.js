/**
 * What contents say of other messages: edits, deletions and reactions, by the hash that they name (docs/protocol.md §14.11). What answers
 * them is in `threads.js`.
 */
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */

/**
 * `unsent` is the id of an own message that is on its way.
 * @typedef {{ sender: string, sequence: number, epoch: number, content: Exclude<Extract<KnownContent, { hash: string }>, { type: "reply" }>, unsent?: string }} Said
 */

/** Unsent reactions and edits are later than all that was delivered. */
export const LAST = Number.MAX_SAFE_INTEGER;

/** Everything that was said of the messages of one channel. */
export class SaidOf {
  /** @type {Map<string, Said[]>} in their order */
  #by = new Map();
  /** Hashes of which a deletion was said, by whomever. @type {Set<string>} */
  #deleted = new Set();

  /** @param {string} hash @returns {readonly Said[]} in their order */
  of(hash) {
    return this.#by.get(hash) ?? [];
  }

  /** Hashes of which a deletion was said, by whomever. @returns {Iterable<string>} */
  get deleted() {
    return this.#deleted;
  }

  /** @param {Said} said */
  add(said) {
    const { type, hash } = said.content;
    if (type === "tombstone") this.#deleted.add(hash);
    // What is read once more is said once.
    const others = this.of(hash).filter(({ sequence, unsent }) => sequence !== said.sequence || unsent !== said.unsent);
    this.#by.set(hash, [...others, said].sort((a, b) => a.sequence - b.sequence));
  }

  /** @param {string} hash @param {(said: Said) => boolean} kept */
  keep(hash, kept) {
    const left = this.of(hash).filter(kept);
    if (!left.some(({ content }) => content.type === "tombstone")) this.#deleted.delete(hash);
    if (left.length > 0) this.#by.set(hash, left);
    else this.#by.delete(hash);
  }

  clear() {
    this.#by.clear();
    this.#deleted.clear();
  }
}

/** The highest revision of a message by its own author; null where it was not edited. @param {readonly Said[]} said @param {string} author */
export function shownEdit(said, author) {
  let best = null;
  let revision = 0;
  for (const each of said) {
    const { sender, content } = each;
    if (content.type !== "edit" || sender !== author || content.revision <= revision) continue;
    best = { ...each, content };
    revision = content.revision;
  }
  return best;
}

/** The text of the highest revision of a message by its own author; null where it was not edited. @param {readonly Said[]} said @param {string} author */
export function editOf(said, author) {
  return shownEdit(said, author)?.content.text ?? null;
}

/** The revision that an edit has to have, to be shown instead of those before it. @param {readonly Said[]} said @param {string} author */
export function nextRevision(said, author) {
  return said.reduce((next, { sender, content }) => (content.type === "edit" && sender === author ? Math.max(next, content.revision + 1) : next), 1);
}

/** Whether a content is a row of its own. @param {KnownContent} content */
export function isShown({ type }) {
  return type === "text" || type === "reply" || type === "file";
}

/** Of an account and emoji the latest counts. @param {readonly Said[]} said @returns {Array<{ emoji: string, accounts: string[] }>} */
export function reactionsOf(said) {
  /** @type {Map<string, Map<string, boolean>>} */
  const emojis = new Map();
  for (const { sender, content } of said) {
    if (content.type !== "reaction") continue;
    const accounts = emojis.get(content.emoji) ?? new Map();
    accounts.set(sender, content.on);
    emojis.set(content.emoji, accounts);
  }
  const on = [...emojis].map(([emoji, accounts]) => ({ emoji, accounts: [...accounts].filter(([, is]) => is).map(([account]) => account) }));
  return on.filter(({ accounts }) => accounts.length > 0);
}
