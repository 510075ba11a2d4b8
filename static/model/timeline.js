/**
 * What happened in one channel, in order: messages, messages that cannot be read yet, and the quiet lines between them.
 *
 * Order is (run, sequence, arrival). A run is numbered here: it grows whenever the server starts counting afresh. What has
 * no sequence of its own, a line, stands after the last message that was there when it came; what is not sent yet stands
 * at the end. Items are immutable: a change puts another object in its place under the same key.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {import("../sync/outbox.js").SendState} SendState
 * @typedef {{ key: string, run: number, sequence: number, arrival: number, time: number }} Place
 * @typedef {Place & { kind: "message", sender: string, name: string, message: string, mine: boolean, text: string | null,
 *   send: SendState | null, clockOff: boolean, keysChanged: boolean, sentAt: number, history: boolean }} MessageItem
 *   `text` is null for what a newer version sent; `send` is null for what came from the server
 * @typedef {Place & { kind: "unreadable", sender: string, name: string, mine: boolean, cause: "waiting_for_key" | "before_you_joined" | "not_opened" }} UnreadableItem
 * @typedef {Place & { kind: "presence", joined: string[], left: string[], lost: string[] }} PresenceItem names, each in one list
 * @typedef {Place & { kind: "rotation", reason: string, n: number }} RotationItem
 * @typedef {Place & { kind: "missed", reason: string }} MissedItem
 * @typedef {Place & { kind: "changed", name: string }} ChangedItem
 * @typedef {MessageItem | UnreadableItem | PresenceItem | RotationItem | MissedItem | ChangedItem} Item
 */

/** Items and characters kept in memory; the oldest are let go. */
const MOST_ITEMS = 5_000;
const MOST_CHARACTERS = 16_000_000;
/** Comings and goings within this long are one line. */
const PRESENCE_MS = 10 * 60_000;
const NOT_SENT = Number.MAX_SAFE_INTEGER;

/** One channel's items. */
export class Timeline {
  /** Grows by one with each change. */
  version = new Signal(0);
  /** @type {Item[]} */
  #items = [];
  /** @type {Map<string, Item>} messages and unreadable ones by run and sequence */
  #bySequence = new Map();
  /** @type {Map<string, MessageItem>} by sender and message id */
  #byMessage = new Map();
  #run = 0;
  #last = 0;
  #arrivals = 0;
  #characters = 0;

  /** The items, oldest first; not to be changed. @returns {readonly Item[]} */
  get items() {
    return this.#items;
  }

  /** The number of the newest delivery of this run that was seen. */
  get last() {
    return this.#last;
  }

  /** The server counts afresh from here on. */
  beginRun() {
    this.#run += 1;
    this.#last = 0;
  }

  /**
   * Notes how far the server has counted, where nothing was delivered.
   * @param {number} sequence
   */
  reach(sequence) {
    this.#last = Math.max(this.#last, sequence);
  }

  /**
   * Takes a message that was delivered. Fills the place of an unreadable one; completes one's own; a repetition is nothing.
   * @param {{ sequence: number, time: number, sender: string, name: string, message: string, mine: boolean, text: string | null,
   *   clockOff: boolean, keysChanged: boolean, sentAt: number, history: boolean }} delivery
   * @returns {MessageItem | null} the item if it is new to the reader
   */
  deliver(delivery) {
    const { sequence } = delivery;
    const there = this.#bySequence.get(this.#at(sequence));
    if (there?.kind === "message" && there.send === null) return null;
    const twin = this.#byMessage.get(writerAndId(delivery));
    if (twin !== undefined && twin.send === null) return null;
    const before = twin ?? there;
    /** @type {MessageItem} */
    const item = {
      ...delivery,
      kind: "message",
      key: before?.key ?? this.#key(),
      run: this.#run,
      arrival: 0,
      send: null,
    };
    if (there !== undefined && there !== before) this.#remove(there);
    if (before !== undefined) this.#remove(before);
    this.#insert(item);
    this.reach(sequence);
    return twin === undefined ? item : null;
  }

  /**
   * Takes the notice of a message that cannot be read.
   * @param {{ sequence: number, time: number, sender: string, name: string, mine: boolean, cause: UnreadableItem["cause"] }} notice
   * @returns {UnreadableItem | null}
   */
  unreadable(notice) {
    const there = this.#bySequence.get(this.#at(notice.sequence));
    if (there?.kind === "message") return null;
    /** @type {UnreadableItem} */
    const item = { ...notice, kind: "unreadable", key: there?.key ?? this.#key(), run: this.#run, arrival: 0 };
    if (there !== undefined) this.#remove(there);
    this.#insert(item);
    this.reach(notice.sequence);
    return there === undefined ? item : null;
  }

  /**
   * Adds one's own message before it is sent.
   * @param {{ sender: string, name: string, message: string, text: string, time: number }} draft
   */
  write(draft) {
    this.#insert({
      ...draft,
      kind: "message",
      key: this.#key(),
      run: this.#run,
      sequence: NOT_SENT,
      arrival: ++this.#arrivals,
      mine: true,
      send: { state: "queued" },
      clockOff: false,
      keysChanged: false,
      sentAt: draft.time,
      history: false,
    });
  }

  /**
   * Notes what became of one's own message.
   * @param {string} message @param {SendState} send
   */
  sending(message, send) {
    const item = this.#byMessage.get(writerAndId({ mine: true, sender: "", message }));
    if (item === undefined || item.send === null) return;
    this.#remove(item);
    const sequence = send.state === "sent" ? send.sequence : item.sequence;
    this.#insert({ ...item, run: send.state === "sent" ? this.#run : item.run, sequence, send });
  }

  /** Lets go of a message that was given up. @param {string} message */
  discard(message) {
    const item = this.#byMessage.get(writerAndId({ mine: true, sender: "", message }));
    if (item !== undefined && item.send !== null) {
      this.#remove(item);
      this.version.update((n) => n + 1);
    }
  }

  /**
   * Adds somebody's coming or going to the line that stands last, or makes a new one.
   * @param {"joined" | "left" | "lost"} how
   * @param {string} name
   * @param {number} time
   */
  presence(how, name, time) {
    const last = this.#lastDelivered();
    const open = last?.kind === "presence" && time - last.time < PRESENCE_MS ? last : null;
    const lists = { joined: open?.joined ?? [], left: open?.left ?? [], lost: open?.lost ?? [] };
    for (const list of /** @type {const} */ (["joined", "left", "lost"])) {
      lists[list] = lists[list].filter((each) => each !== name);
    }
    lists[how] = [...lists[how], name];
    if (open !== null) {
      this.#remove(open);
      this.#insert({ ...open, ...lists });
    } else {
      this.#insert({ ...this.#line(time), kind: "presence", ...lists });
    }
  }

  /** The room's key was replaced. @param {string} reason @param {number} n @param {number} time */
  rotation(reason, n, time) {
    this.#insert({ ...this.#line(time), kind: "rotation", reason, n });
  }

  /** Messages were missed here; two such lines in a row are one. @param {string} reason @param {number} time */
  missed(reason, time) {
    if (this.#lastDelivered()?.kind !== "missed") this.#insert({ ...this.#line(time), kind: "missed", reason });
  }

  /** Somebody's announced keys changed. @param {string} name @param {number} time */
  changed(name, time) {
    this.#insert({ ...this.#line(time), kind: "changed", name });
  }

  #key() {
    return `i${++this.#arrivals}`;
  }

  /** @param {number} sequence */
  #at(sequence) {
    return `${this.#run} ${sequence}`;
  }

  /** @param {number} time @returns {Place} */
  #line(time) {
    return { key: this.#key(), run: this.#run, sequence: this.#last, arrival: ++this.#arrivals, time };
  }

  /** The last item that is not one's own unsent message. */
  #lastDelivered() {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      if (this.#items[i].sequence !== NOT_SENT) return this.#items[i];
    }
    return undefined;
  }

  /** @param {Item} item */
  #insert(item) {
    let at = this.#items.length;
    while (at > 0 && order(this.#items[at - 1], item) > 0) at -= 1;
    this.#items.splice(at, 0, item);
    if (item.kind === "message") {
      this.#byMessage.set(writerAndId(item), item);
      this.#characters += item.text?.length ?? 0;
    }
    if ((item.kind === "message" || item.kind === "unreadable") && item.sequence !== NOT_SENT) {
      this.#bySequence.set(`${item.run} ${item.sequence}`, item);
    }
    this.#trim();
    this.version.update((n) => n + 1);
  }

  /** @param {Item} item */
  #remove(item) {
    const at = this.#items.lastIndexOf(item);
    if (at === -1) return;
    this.#items.splice(at, 1);
    this.#forget(item);
  }

  /** @param {Item} item */
  #forget(item) {
    if (item.kind === "message") {
      this.#byMessage.delete(writerAndId(item));
      this.#characters -= item.text?.length ?? 0;
    }
    if (item.kind === "message" || item.kind === "unreadable") this.#bySequence.delete(`${item.run} ${item.sequence}`);
  }

  #trim() {
    while (this.#items.length > 1 && (this.#items.length > MOST_ITEMS || this.#characters > MOST_CHARACTERS)) {
      const oldest = this.#items[0];
      if (oldest.sequence === NOT_SENT) return;
      this.#items.shift();
      this.#forget(oldest);
    }
  }
}

/**
 * Under which a message id is unique. One's own are one writer: signing in again after a loss gives another member id.
 * @param {{ mine: boolean, sender: string, message: string }} item
 */
function writerAndId(item) {
  return `${item.mine ? "me" : item.sender} ${item.message}`;
}

/** @param {Item} a @param {Item} b */
function order(a, b) {
  const unsent = Number(a.sequence === NOT_SENT) - Number(b.sequence === NOT_SENT);
  return unsent || a.run - b.run || a.sequence - b.sequence || a.arrival - b.arrival;
}
