/**
 * What this user wrote and the server has not taken yet, in order, whatever is closed meanwhile. Of several tabs one sends.
 */
import { Unsent } from "../store/unsent.js";
import { Turn } from "./turn.js";
/** @typedef {import("../store/database.js").Database} Database */
/** @typedef {import("../store/unsent.js").Waiting} Waiting */
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */

/** @typedef {{ message: string, room: string, channel?: string, at: number, failed: string | null, content: KnownContent }} Letter without a channel it is for the room's main one */

/** The unsent messages of one account. */
export class Outbox {
  #unsent;
  #account;
  /** Whether other tabs see what is kept here. */
  #isShared;
  #turn = new Turn();
  /** By message id, the oldest first. @type {Map<string, Letter>} */
  #letters = new Map();
  /** How often a letter waits to be written. @type {Map<string, number>} */
  #writing = new Map();
  /** @type {BroadcastChannel | null} */
  #tabs = null;
  #ended = false;
  /** Ends being the one that sends. @type {() => void} */
  #resign = () => {};
  /** Whether this tab sends. */
  leads = false;
  /** Called with the rooms whose letters are others than before. @type {(rooms: ReadonlySet<string>) => void} */
  onChange = () => {};

  /** @param {Database} database @param {string} account */
  constructor(database, account) {
    this.#unsent = new Unsent(database, account);
    this.#isShared = database.keepsKeys;
    this.#account = account;
  }

  /** Reads what is there, and sends it as soon as no other tab does. */
  async begin() {
    const name = `sealwire.unsent.${this.#account}`;
    if (this.#isShared && typeof BroadcastChannel === "function") {
      this.#tabs = new BroadcastChannel(name);
      this.#tabs.onmessage = () => this.#read().catch(() => {});
    }
    await this.#read();
    const locks = globalThis.navigator?.locks;
    // Held as long as this tab is open: the next one goes on with what is kept. Where nothing is kept each tab has its own letters.
    if (locks === undefined || !this.#isShared) this.#lead();
    else locks.request(name, () => this.#lead()).catch(() => {});
  }

  /** Ends here; what is unsent stays. */
  end() {
    this.#ended = true;
    this.leads = false;
    this.#tabs?.close();
    this.#resign();
  }

  /** Letters of a room, the oldest first. @param {string} room @returns {Letter[]} */
  of(room) {
    return [...this.#letters.values()].filter((letter) => letter.room === room);
  }

  /** Letters of no room of these. @param {ReadonlyMap<string, unknown>} rooms @returns {Letter[]} */
  outside(rooms) {
    return [...this.#letters.values()].filter(({ room }) => !rooms.has(room));
  }

  /** @param {string} message */
  letter(message) {
    return this.#letters.get(message);
  }

  /** Puts one behind the others. @param {Letter} letter */
  add(letter) {
    this.#letters.set(letter.message, letter);
    return this.#change(letter, () => this.#unsent.add(letter));
  }

  /** The server has it, or its user gave it up. @param {Letter} letter */
  remove(letter) {
    this.#letters.delete(letter.message);
    return this.#change(letter, () => this.#unsent.remove(letter.message));
  }

  /** Its user has to decide, or has decided to try again (null). @param {Letter} letter @param {string | null} failed */
  mark({ message, room }, failed) {
    const letter = this.#letters.get(message);
    if (letter !== undefined) this.#letters.set(message, { ...letter, failed });
    return this.#change({ message, room }, () => this.#unsent.mark(message, failed));
  }

  /** @param {{ message: string, room: string }} letter @param {() => Promise<void>} write */
  async #change({ message, room }, write) {
    this.#writing.set(message, (this.#writing.get(message) ?? 0) + 1);
    this.onChange(new Set([room]));
    await this.#turn.take(write);
    const left = (this.#writing.get(message) ?? 1) - 1;
    if (left === 0) this.#writing.delete(message);
    else this.#writing.set(message, left);
    if (!this.#ended) this.#tabs?.postMessage("changed");
  }

  /** Another tab has written. */
  #read() {
    return this.#turn.take(async () => {
      const kept = await this.#unsent.all();
      if (this.#ended) return;
      const rooms = new Set([...this.#letters.values(), ...kept].map(({ room }) => room));
      // What is being written here is as it is here.
      const letters = [...kept.filter(({ message }) => !this.#writing.has(message)), ...[...this.#letters.values()].filter(({ message }) => this.#writing.has(message))];
      this.#letters = new Map(letters.map((letter) => [letter.message, /** @type {Letter} */ (letter)]));
      this.onChange(rooms);
    });
  }

  /** @returns {Promise<void> | void} */
  #lead() {
    if (this.#ended) return;
    this.leads = true;
    this.onChange(new Set([...this.#letters.values()].map(({ room }) => room)));
    return new Promise((resolve) => (this.#resign = resolve));
  }
}
