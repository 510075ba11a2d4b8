/**
 * What the rows of one channel show: an item with the edits, deletions and reactions of those who may have made them (docs/protocol.md
 * §14.11), and own messages on their way. It keeps nothing; `rows.js` does.
 */
import { mayChange } from "../crypto/room/causes.js";
import { lookOf } from "./files/sniff.js";
import { savedName, shownName } from "./files/names.js";
import { LAST, editOf, isShown, reactionsOf } from "./said.js";
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("./opening.js").ContentItem} ContentItem */
/** @typedef {import("./opening.js").ErasedItem} ErasedItem */
/** @typedef {import("./opening.js").Item} Item */
/** @typedef {import("./requests.js").ErasedRow} ErasedRow */
/** @typedef {import("./requests.js").MessageRow} MessageRow */
/** @typedef {import("./requests.js").ResourceRow} ResourceRow */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./requests.js").Sending} Sending */
/** @typedef {import("./requests.js").Unreadable} Unreadable */

/**
 * @typedef {{ message: string, content: KnownContent, at: number, sequence: number, send: Sending }} UnsentItem of one's own; sequence: once the
 *   server has taken it, before it is delivered here
 * @typedef {{ account: string, isMember: (account: string) => boolean, isOver: (epoch: number, account: string) => boolean }} Circle the own
 *   account, who is in the room now, and who was its owner or admin in an epoch
 * @typedef {object} Kept what is known of the channel, as `Rows` keeps it
 * @property {ReadonlyMap<number, Item>} items by their place
 * @property {ReadonlyMap<string, number>} places where the message with a hash stands
 * @property {import("./said.js").SaidOf} said
 * @property {import("./threads.js").Threads} threads
 * @property {ReadonlyMap<string, UnsentItem>} unsent own messages on their way, by their id
 */

/** Rows of items, as they stand now. */
export class Shown {
  #circle;
  #items;
  #places;
  #said;
  #threads;
  #unsent;

  /** @param {Circle} circle @param {Kept} kept */
  constructor(circle, { items, places, said, threads, unsent }) {
    this.#circle = circle;
    this.#items = items;
    this.#places = places;
    this.#said = said;
    this.#threads = threads;
    this.#unsent = unsent;
  }

  /** The message with this hash. @param {string} hash @returns {ContentItem | null} */
  byHash(hash) {
    return asContent(this.#items.get(this.#places.get(hash) ?? -1));
  }

  /** @param {number} sequence @returns {Row | null} */
  row(sequence) {
    const item = this.#items.get(sequence);
    const place = { sequence, time: item?.time ?? 0 };
    switch (item?.kind) {
      case "content":
        if (item.content.type === "resource") return this.#resourceRow(item, item.content);
        return isShown(item.content) ? (this.erasedRow(item) ?? this.messageRow(item)) : null;
      case "erased":
        return this.erasedRow(item) ?? { ...place, kind: "unreadable", key: `s ${sequence}`, account: item.sender, cause: this.whyErased(item) };
      case "unreadable":
        return { ...place, kind: "unreadable", key: `s ${sequence}`, account: item.sender, cause: item.cause };
      case "commit": {
        const { kind, n, sender: by, reason, joined, left, removed, banned, unbanned, rekeyed, roles, keepDays } = item;
        return { ...place, kind, key: `s ${sequence}`, n, by, reason, joined, left, removed, banned, unbanned, rekeyed, roles, keepDays };
      }
      default:
        return null;
    }
  }

  /** Why it is not known who deleted something: that may not be readable yet, or there is nothing that says so. @param {ErasedItem} item @returns {Unreadable} */
  whyErased({ tombstone }) {
    const by = this.#items.get(tombstone);
    return by?.kind === "unreadable" && mayChange(by.cause) ? by.cause : "taken_away";
  }

  /** @param {ContentItem} item @returns {MessageRow} */
  messageRow(item) {
    const { hash, message, sender, sequence, time, clockOff, oldEpoch } = item;
    const mine = sender === this.#circle.account;
    const place = { key: keyOf(sender, message), sequence, time };
    return { ...place, kind: "message", message, hash, account: sender, mine, ...this.#textOf(item), answers: this.#answers(item), send: this.#overlay(hash), clockOff, oldEpoch };
  }

  /** How many answers stand in the thread that a message begins. @param {ContentItem | { hash: string, message: string }} item */
  #answers(item) {
    if ("content" in item && item.content.type === "reply") return 0;
    return this.#threads.count(item, this.#deleted());
  }

  /** Hashes of messages that are here and that somebody deleted who may. */
  *#deleted() {
    for (const hash of this.#said.deleted) {
      const item = this.byHash(hash);
      if (item !== null && this.erasedBy(item) !== null) yield hash;
    }
  }

  /** Somebody changed the list of resources, by their own word: the list itself is in the room's state. @param {ContentItem} item @param {Extract<KnownContent, { type: "resource" }>} content @returns {ResourceRow} */
  #resourceRow({ sequence, time, sender }, { resource, action, title }) {
    return { key: `s ${sequence}`, sequence, time, kind: "resource", account: sender, resource, action, title: shownName(title) };
  }

  /**
   * Text, mentions and what was said of a message.
   * @param {Pick<ContentItem, "hash" | "message" | "sender"> & { content: KnownContent }} item
   * @returns {Pick<MessageRow, "text" | "mentions" | "replyTo" | "thread" | "edited" | "reactions" | "file">}
   */
  #textOf(item) {
    const { content } = item;
    return {
      ...this.#ownTextOf(item),
      mentions: this.mentionsOf(content),
      replyTo: content.type === "reply" ? this.#replyTo(content) : null,
      thread: content.type === "reply" ? this.#threads.rootOf(content).hash : "",
      reactions: reactionsOf(this.#saidOf(item)),
    };
  }

  /**
   * Text and file of a message, without what it answers.
   * @param {Pick<ContentItem, "hash" | "message" | "sender"> & { content: KnownContent }} item
   * @returns {Pick<MessageRow, "text" | "edited" | "file">}
   */
  #ownTextOf(item) {
    const { sender, content } = item;
    const edit = editOf(this.#saidOf(item), sender);
    const own = "text" in content ? (content.text ?? "") : "";
    return { text: edit ?? own, edited: edit !== null, ...(content.type === "file" ? { file: fileOf(content) } : {}) };
  }

  /** @param {{ hash: string, message: string }} item */
  #saidOf({ hash, message }) {
    return this.#said.of(hash).filter((each) => each.content.message === message);
  }

  /** Members whom a message mentions. @param {KnownContent} content */
  mentionsOf(content) {
    const mentions = "mentions" in content ? (content.mentions ?? []) : [];
    return [...new Set(mentions)].filter((account) => this.#circle.isMember(account));
  }

  /**
   * What a reply answers; its account is empty where that is not here.
   * @param {{ message: string, hash: string }} content
   * @returns {MessageRow["replyTo"]}
   */
  #replyTo({ message, hash }) {
    const item = this.byHash(hash);
    if (item === null || item.message !== message || this.erasedBy(item) !== null) return { message, account: "", text: "" };
    const { text, file } = this.#ownTextOf(item);
    return { message, account: item.sender, text: text || (file?.name ?? "") };
  }

  /** The row of a message that somebody deleted who may; null if nobody did. @param {ContentItem | ErasedItem} item @returns {ErasedRow | null} */
  erasedRow(item) {
    const erased = this.erasedBy(item);
    if (erased === null) return null;
    const { message, by, reason } = erased;
    const { hash, sequence, time } = item;
    const answers = this.#answers(item.kind === "content" ? item : { hash, message });
    return { key: keyOf(item.sender, message), sequence, time, kind: "erased", hash, account: item.sender, by, reason, answers };
  }

  /** Who deleted a message that may; null if nobody did. @param {ContentItem | ErasedItem} item */
  erasedBy(item) {
    for (const { sender, sequence, epoch, content } of this.#said.of(item.hash)) {
      if (content.type !== "tombstone" || sequence === LAST) continue;
      if (item.kind === "content" ? content.message !== item.message : sequence !== item.tombstone) continue;
      if (sender === item.sender || this.#circle.isOver(epoch, sender)) return { message: content.message, by: sender, reason: content.reason ?? "" };
    }
    return null;
  }

  /** What failed shows at the message that it is about, and an edit that is held back. @param {string} hash @returns {Sending | null} */
  #overlay(hash) {
    for (const { content, send } of this.#unsent.values()) {
      if (!("hash" in content) || content.type === "reply" || content.hash !== hash) continue;
      if (send.state === "failed" || (send.state === "held" && content.type === "edit")) return send;
    }
    return null;
  }

  /** @returns {MessageRow[]} */
  unsentRows() {
    return [...this.#unsent.keys()].map((message) => this.unsentRow(message)).filter((row) => row !== null);
  }

  /** The row of an own message on its way; null if it is none of its own. @param {string} message @returns {MessageRow | null} */
  unsentRow(message) {
    const item = this.#unsent.get(message);
    if (item === undefined || !isShown(item.content)) return null;
    const { account } = this.#circle;
    const { content, at, sequence, send } = item;
    const place = { key: keyOf(account, message), sequence, time: at };
    const text = this.#textOf({ hash: `unsent ${message}`, message, sender: account, content });
    return { ...place, kind: "message", message, hash: "", account, mine: true, ...text, answers: 0, send, clockOff: false, oldEpoch: false };
  }
}

/** The key of a message stays when it gets its place. @param {string} sender @param {string} message */
export function keyOf(sender, message) {
  return `m ${sender} ${message}`;
}

/** @param {Item | undefined} item @returns {ContentItem | null} */
export function asContent(item) {
  return item?.kind === "content" ? item : null;
}

/** What is shown of a file. @param {Extract<KnownContent, { type: "file" }>} content @returns {import("./files/requests.js").FileShown} */
function fileOf({ file, name, media_type: mediaType, size }) {
  return { file, name: shownName(name), saveAs: savedName(name), mediaType, size: Number(size), look: lookOf(name, mediaType) };
}
