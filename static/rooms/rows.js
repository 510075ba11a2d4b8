/**
 * The rows of one channel: what was opened, with the edits, deletions and reactions that those who may have made (docs/protocol.md
 * §14.11). What names a message that is not here yet waits for it; what names another one than it says shows nothing.
 */
import { Notes } from "./notes.js";
import { LAST, SaidOf, isShown, nextRevision, shownEdit } from "./said.js";
import { Shown, asContent, keyOf } from "./shown.js";
import { Threads } from "./threads.js";
import { Told } from "./told.js";
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("./opening.js").ContentItem} ContentItem */
/** @typedef {import("./opening.js").Item} Item */
/** @typedef {import("./requests.js").ErasedRow} ErasedRow */
/** @typedef {import("./requests.js").MessageRow} MessageRow */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./shown.js").Circle} Circle */
/** @typedef {import("./shown.js").UnsentItem} UnsentItem */

/** The line that says that what was before it is forgotten. */
const FORGOTTEN = "forgotten";

/** Rows by their place. */
export class Rows {
  #circle;
  /** @type {Map<number, Item>} */
  #items = new Map();
  /** Where the message with this hash stands. @type {Map<string, number>} */
  #byHash = new Map();
  #said = new SaidOf();
  #threads = new Threads();
  #notes = new Notes();
  /** @type {Map<string, UnsentItem>} */
  #unsent = new Map();
  #shown;
  /** Own messages that were delivered. @type {Set<string>} */
  #own = new Set();
  /** Places whose row may be another one. @type {Set<number>} */
  #touched = new Set();
  /** Own messages on their way whose row may be another one. @type {Set<string>} */
  #unsentTouched = new Set();
  #told = new Told();

  /** @param {Circle} circle */
  constructor(circle) {
    this.#circle = circle;
    this.#shown = new Shown(circle, { items: this.#items, places: this.#byHash, said: this.#said, threads: this.#threads, unsent: this.#unsent });
  }

  /** Takes an item, or another verdict on it. @param {Item} item */
  put(item) {
    const { sequence } = item;
    const before = this.#items.get(sequence);
    this.#items.set(sequence, item);
    this.#touched.add(sequence);
    if (before?.kind === "content") this.#forgetSaid(before);
    if (item.kind === "content" || item.kind === "erased") {
      this.#byHash.set(item.hash, sequence);
      this.#touchAnswers(item.hash);
    }
    if (item.kind !== "content") return;
    const { content } = item;
    if (content.type === "reply") this.#answer(item, content);
    else if ("hash" in content) this.#say({ sender: item.sender, sequence, epoch: item.epoch, content });
    if (item.sender !== this.#circle.account) return;
    this.#own.add(item.message);
    this.settle(item.message);
  }

  /** Something of a later epoch stands at a place: messages behind it were sealed with an older key. @param {number} place @param {number} epoch */
  markBehind(place, epoch) {
    for (const [sequence, item] of this.#items) {
      if (sequence <= place || item.kind !== "content" || item.epoch >= epoch || item.oldEpoch) continue;
      this.#items.set(sequence, { ...item, oldEpoch: true });
      this.#touched.add(sequence);
    }
  }

  /** What stands at a place is forgotten: its place stays, and shows nothing. @param {number} sequence */
  forget(sequence) {
    const item = this.#items.get(sequence);
    if (item === undefined) return;
    if (item.kind === "content" || item.kind === "erased") this.#byHash.delete(item.hash);
    if (item.kind === "content" && item.sender === this.#circle.account) this.#own.delete(item.message);
    const { time, sender } = item;
    this.put({ kind: "dropped", sequence, time, sender, forgotten: true });
    // What answers it shows nothing of it any more.
    if (item.kind === "content") this.#touchAnswers(item.hash);
  }

  /** Everything up to a place is forgotten, also what is there no more. @param {number} sequence @param {number} time @param {number} days */
  forgotten(sequence, time, days) {
    if (sequence > this.#notes.placeOf(FORGOTTEN)) this.#notes.put(FORGOTTEN, sequence, time, { what: "forgotten", account: "", by: "", count: days });
  }

  /** Takes a line that is no delivery: it stands behind everything that is here. @param {number} time @param {import("./requests.js").Note} note */
  note(time, note) {
    const newest = Math.max(0, ...this.#items.keys());
    if (newest > 0) this.#notes.add(newest, time, note);
  }

  /** Own messages that are on their way and that the server has not taken. @returns {string[]} */
  get waiting() {
    return [...this.#unsent.values()].filter(({ send }) => send.state !== "sent").map(({ message }) => message);
  }

  /** Whether an own message was delivered here. @param {string} message */
  hasOwn(message) {
    return this.#own.has(message);
  }

  /** Where an own message stands, delivered or taken by the server; 0 where it is not known to be. @param {string} message */
  placeOfOwn(message) {
    for (const [sequence, item] of this.#items) if (item.kind === "content" && item.sender === this.#circle.account && item.message === message) return sequence;
    return this.#unsent.get(message)?.sequence ?? 0;
  }

  /** The item at a place. @param {number} sequence */
  item(sequence) {
    return this.#items.get(sequence);
  }

  /** The message with this hash. @param {string} hash @returns {ContentItem | null} */
  byHash(hash) {
    return this.#shown.byHash(hash);
  }

  /** The first message of the thread in which this one stands, by their hashes. @param {string} hash */
  rootOf(hash) {
    const content = this.byHash(hash)?.content;
    return content?.type === "reply" ? this.#threads.rootOf(content).hash : hash;
  }

  /** Whether the first message of a thread is here, or was. @param {string} root its hash */
  holds(root) {
    return this.#byHash.has(root);
  }

  /** The newest rows of a thread with its first message, oldest first. @param {string} root its hash @param {number} count @returns {Row[]} */
  thread(root, count) {
    const first = this.#items.get(this.#byHash.get(root) ?? -1);
    // Of what is not here its answers name the id.
    const message = asContent(first)?.message ?? this.#threads.nameOf(root);
    const places = [...this.#threads.answersOf({ hash: root, message })].map(({ sequence }) => sequence);
    const newest = places.sort((a, b) => b - a).slice(0, count).reverse();
    const rows = [...(first === undefined ? [] : [first.sequence]), ...newest].map((place) => this.#shown.row(place)).filter((row) => row !== null);
    const unsent = this.#shown.unsentRows().filter(({ thread }) => thread === root);
    for (const row of [...rows, ...unsent]) this.#tell(row);
    return [...rows, ...unsent];
  }

  /** A message that is named elsewhere, as it stands now; null if it is not here. @param {{ message: string, hash: string }} named @returns {MessageRow | ErasedRow | null} */
  named({ message, hash }) {
    const item = this.#items.get(this.#byHash.get(hash) ?? -1);
    if (item?.kind === "erased") return this.#shown.erasedRow(item);
    return item?.kind === "content" && item.message === message ? (this.#shown.erasedRow(item) ?? this.#shown.messageRow(item)) : null;
  }

  /** What the server erased and nobody has deleted as far as it is known here, in its order. */
  get takenAway() {
    const erased = this.items.flatMap((item) => (item.kind === "erased" ? [item] : []));
    return erased.filter((item) => this.#shown.erasedRow(item) === null && this.#shown.whyErased(item) === "taken_away");
  }

  /** Where and with which hash the server has what is shown of a message: its newest edit, or itself. @param {ContentItem} item */
  shownOf({ hash, message, sender, sequence }) {
    const edit = shownEdit(this.#said.of(hash).filter(({ content, sequence: place }) => content.message === message && place !== LAST), sender);
    const by = edit === null ? null : asContent(this.#items.get(edit.sequence));
    return by === null ? { hash, sequence } : { hash: by.hash, sequence: by.sequence };
  }

  /** Whether a row shows that something unsent failed, or may once what it is about is read; what says that a message was deleted shows nothing else of it. @param {KnownContent} content */
  showsFailed(content) {
    if (isShown(content)) return true;
    if (!("hash" in content)) return false;
    const item = this.#items.get(this.#byHash.get(content.hash) ?? -1);
    return item === undefined || (item.kind === "content" && this.#shown.erasedBy(item) === null);
  }

  /** The revision of the next own edit of a message. @param {string} hash */
  nextRevision(hash) {
    return nextRevision(this.#said.of(hash), this.#circle.account);
  }

  /** Everything that was taken, in its order. @returns {Item[]} */
  get items() {
    return [...this.#items.values()].sort((a, b) => a.sequence - b.sequence);
  }

  /** Lets go of all but the newest, of which the page is told nothing; gives the place from which on everything is here, or null. @param {number} most */
  letGo(most) {
    if (this.#items.size <= most) return null;
    const places = [...this.#items.keys()].sort((a, b) => b - a);
    const gone = places.slice(most).map((sequence) => this.#items.get(sequence));
    for (const item of gone) if (item?.kind === "content") this.#forgetSaid(item);
    for (const sequence of places.slice(most)) {
      const item = this.#items.get(sequence);
      this.#items.delete(sequence);
      this.#told.letGo(sequence, item);
      this.#touched.delete(sequence);
      if (item?.kind === "content" || item?.kind === "erased") this.#byHash.delete(item.hash);
      if (item?.kind === "content" && item.sender === this.#circle.account) this.#own.delete(item.message);
    }
    return places[most - 1];
  }

  /** The page begins anew: nothing of what was here counts any more, save what is unsent. */
  clear() {
    for (const sequence of this.#items.keys()) this.#touched.add(sequence);
    this.#items.clear();
    this.#byHash.clear();
    this.#said.clear();
    this.#threads.clear();
    for (const item of this.#unsent.values()) this.#sayUnsent(item);
  }

  /** Takes an own message that is on its way, or its new state. @param {UnsentItem} item */
  putUnsent(item) {
    this.#forgetUnsent(item.message);
    this.#unsent.set(item.message, item);
    this.#unsentTouched.add(item.message);
    this.#sayUnsent(item);
  }

  /** An own message is there, or given up. @param {string} message */
  settle(message) {
    this.#forgetUnsent(message);
    if (this.#unsent.delete(message)) this.#unsentTouched.add(message);
  }

  /**
   * Rows from the newest down, oldest first; of those before a place, or with what is unsent behind all.
   * @param {number | null} place
   * @param {number} count
   * @returns {Row[]}
   */
  before(place, count) {
    const unsent = place === null ? this.#shown.unsentRows() : [];
    /** @type {Row[]} */
    const rows = [];
    const places = [...this.#items.keys()].filter((sequence) => place === null || sequence < place).sort((a, b) => b - a);
    for (const sequence of places) {
      if (rows.length + unsent.length >= count) break;
      const row = this.#shown.row(sequence);
      if (row !== null) rows.push(row);
    }
    const all = [...rows.reverse(), ...unsent].sort(byPlace);
    for (const row of all) this.#tell(row);
    const from = rows.length + unsent.length < count ? 0 : (rows[0]?.sequence ?? Infinity);
    return [...all, ...this.#notes.between(from, place)].sort(byPlace);
  }

  /** Rows that are others than they were told, and keys of those that are gone. @returns {{ rows: Row[], gone: string[] }} */
  changes() {
    /** @type {Row[]} */
    const rows = [];
    /** @type {Set<string>} keys that their place or message has no more */
    const left = new Set();
    for (const sequence of [...this.#touched].sort((a, b) => a - b)) {
      const row = this.#shown.row(sequence);
      const before = this.#told.at(sequence);
      if (before !== undefined && before !== row?.key) left.add(before);
      if (row === null) this.#told.leave(sequence);
      else if (this.#tell(row)) rows.push(row);
    }
    this.#touched.clear();
    for (const message of this.#unsentTouched) {
      const row = this.#shown.unsentRow(message);
      const key = keyOf(this.#circle.account, message);
      this.#told.leaveUnsent(key);
      if (row === null) left.add(key);
      else if (this.#tell(row)) rows.push(row);
    }
    this.#unsentTouched.clear();
    rows.push(...this.#notes.untold());
    return { rows, gone: this.#told.forget(left) };
  }

  /** The newest message, as a list shows it. @returns {{ text: string, time: number }} */
  get newest() {
    const items = this.items;
    for (let at = items.length - 1; at >= 0; at--) {
      const row = this.#shown.row(items[at].sequence);
      if (row !== null && row.kind !== "commit") return { text: row.kind === "message" ? row.text || (row.file?.name ?? "") : "", time: row.time };
    }
    return { text: "", time: items.at(-1)?.time ?? 0 };
  }

  /** Messages of others behind a place, and how many of them mention the user. @param {number} sequence */
  unreadAfter(sequence) {
    const { account } = this.#circle;
    const counted = { unread: 0, mentioned: 0 };
    for (const [place, item] of this.#items) {
      if (place <= sequence || item.sender === account) continue;
      if (item.kind === "unreadable") counted.unread += 1;
      if (item.kind !== "content" || !isShown(item.content) || this.#shown.erasedBy(item) !== null) continue;
      counted.unread += 1;
      if (this.#shown.mentionsOf(item.content).includes(account)) counted.mentioned += 1;
    }
    return counted;
  }

  /** @param {ContentItem} item @param {Extract<KnownContent, { type: "reply" }>} content */
  #answer(item, content) {
    for (const place of this.#threads.add(item, content)) this.#touched.add(place);
    this.#touchRoot(content);
  }

  /** @param {import("./said.js").Said} said */
  #say(said) {
    this.#said.add(said);
    this.#touchTarget(said.content);
  }

  /** @param {UnsentItem} item */
  #sayUnsent({ message, content }) {
    if ("hash" in content && content.type !== "reply") this.#say({ sender: this.#circle.account, sequence: LAST, epoch: 0, content, unsent: message });
  }

  /** @param {string} message */
  #forgetUnsent(message) {
    const content = this.#unsent.get(message)?.content;
    if (content !== undefined && "hash" in content && content.type !== "reply") this.#unsay(content, ({ unsent }) => unsent !== message);
  }

  /** @param {ContentItem} item */
  #forgetSaid({ sequence, content }) {
    if (content.type === "reply") {
      this.#touchRoot(content);
      for (const place of this.#threads.remove(sequence)) this.#touched.add(place);
    } else if ("hash" in content) this.#unsay(content, (said) => said.sequence !== sequence);
  }

  /** @param {import("./said.js").Said["content"]} content @param {(said: import("./said.js").Said) => boolean} kept */
  #unsay(content, kept) {
    this.#said.keep(content.hash, kept);
    this.#touchTarget(content);
  }

  /** A message, and where its text is another one what shows that, too; one that is deleted is counted no more. @param {import("./said.js").Said["content"]} content what was said of it */
  #touchTarget({ type, hash }) {
    const place = this.#byHash.get(hash);
    if (place !== undefined) this.#touched.add(place);
    if (type === "reaction") return;
    this.#touchAnswers(hash);
    const answer = this.byHash(hash)?.content;
    if (type === "tombstone" && answer?.type === "reply") this.#touchRoot(answer);
  }

  /** What shows the text of a message that it answers. @param {string} hash */
  #touchAnswers(hash) {
    for (const place of this.#threads.naming(hash)) this.#touched.add(place);
  }

  /** The message that counts an answer. @param {{ hash: string, message: string }} answered what it answers */
  #touchRoot(answered) {
    const place = this.#byHash.get(this.#threads.rootOf(answered).hash);
    if (place !== undefined) this.#touched.add(place);
  }

  /** Whether a row is another one than it was told. @param {Row} row */
  #tell(row) {
    return this.#told.tell(row, this.#items.has(row.sequence));
  }
}

/** What has no place yet comes last, and a line behind what it is said after. @param {Row} a @param {Row} b */
function byPlace(a, b) {
  return (a.sequence || LAST) - (b.sequence || LAST) || Number(a.kind === "note") - Number(b.kind === "note");
}
