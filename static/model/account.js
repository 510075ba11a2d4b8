/**
 * The account that is signed in here: who it is, whether its keys are at hand, commands with tails, events, and the vault.
 * Everything that only accounts need is built on this. What takes keys loads when it is needed (`account_keys.js`), and
 * the keys themselves stay in a worker.
 *
 * Phases: `signed_out` · `guest` (a name for now, no keys) · `locked` (a session, but no keys here: the password is asked
 * for; `trouble` says if there is more to it) · `unproven` (keys are being opened, the session's challenge is being answered) ·
 * `ready` (everything may be asked). `ready` goes back to `unproven` for a moment after each new connection of the server.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {import("../wire/frame.js").Refusal} Refusal `code` is one of docs/protocol.md §13, §14.18, or the page's own
 * @typedef {import("../crypto/vault_item.js").ItemName} ItemName
 * @typedef {"signed_out" | "guest" | "locked" | "unproven" | "ready"} Phase
 *
 * What a command gave: never an exception. `tail` is empty where the reply has none.
 * @typedef {{ ok: Record<string, any>, tail: Uint8Array } | { error: Refusal }} Answer
 *
 * Why the keys are not here, or not to be trusted: `not_kept` this browser cannot keep keys over a reload, `vault_corrupt`
 * the vault does not open or its keys are not the account's, `vault_rolled_back` the server gave older data than it had
 * before, `server_name` the server calls itself otherwise than was accepted, `refused` the proof of keys was refused.
 * @typedef {"not_kept" | "vault_corrupt" | "vault_rolled_back" | "server_name" | "refused"} Trouble
 *
 * An opened item of the vault (docs/protocol.md §14.6).
 * @typedef {{ name: ItemName, number: number, content: Record<string, any> }} VaultEntry
 *
 * What a session of an account is, by the words of `GET /api/session` and of a sign-in.
 * @typedef {{ account: string, name: string, session: string, server: string }} Identity
 *
 * @typedef {import("../keys/requests.js").SeenKeys} SeenKeys
 *
 * What the account needs of the page.
 * @typedef {object} Ways
 * @property {(command: string, fields: Record<string, unknown>, tail: Uint8Array) => Promise<Answer>} call
 * @property {() => Promise<import("../wire/frame.js").Outcome>} session `GET /api/session`
 * @property {() => Promise<import("../sync/keyholder.js").Keyholder>} keyholder the worker with the keys, started when first asked for
 *
 * @typedef {(header: { event: string } & Record<string, any>) => void} Listener
 */

const NOTHING = new Uint8Array();

/** The account of this page, or that there is none. */
export class Account {
  /** @type {Signal<Phase>} */
  phase = new Signal(/** @type {Phase} */ ("signed_out"));
  /** Id of the account in hexadecimal; empty for guests. */
  account = new Signal("");
  /** The user name, also a guest's. */
  name = new Signal("");
  /** Id of this session, which is also its member id in rooms. */
  session = new Signal("");
  /** The server's name for itself, as its user accepted it. */
  server = new Signal("");
  /** Fingerprint of the account's own identity keys; empty before the vault is open. */
  fingerprint = new Signal("");
  /** Whether the present recovery code was typed back and opened the vault; null while not known. @type {Signal<boolean | null>} */
  rehearsed = new Signal(/** @type {boolean | null} */ (null));
  /** Whether this browser keeps the keys over a reload. */
  kept = new Signal(true);
  /** @type {Signal<Trouble | null>} */
  trouble = new Signal(/** @type {Trouble | null} */ (null));
  /**
   * Opened items of the vault by `itemKey(name)`: pins (kind 3) and preferences (kind 5). Null before they were read; kept
   * up to date by `vault.changed`.
   * @type {Signal<ReadonlyMap<string, VaultEntry> | null>}
   */
  vault = new Signal(/** @type {ReadonlyMap<string, VaultEntry> | null} */ (null));
  /** Accounts of which the vault kept a pin that does not open, or is left out. @type {Signal<ReadonlySet<string>>} */
  lostPins = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
  #ways;
  /** @type {Map<string, Set<Listener>>} */
  #listeners = new Map();
  /** @type {Promise<import("./account_keys.js").AccountKeys> | null} */
  #keys = null;

  /** @param {Ways} ways */
  constructor(ways) {
    this.#ways = ways;
  }

  /**
   * Sends a command, with a tail if it takes one.
   * @param {string} command
   * @param {Record<string, unknown>} [fields]
   * @param {Uint8Array} [tail]
   * @returns {Promise<Answer>}
   */
  call(command, fields = {}, tail = NOTHING) {
    return this.#ways.call(command, fields, tail);
  }

  /**
   * Listens for an event of the server by its name (`friends.changed`, `presence.changed`, `keys.changed`, …), until the
   * returned function is called.
   * @param {string} event
   * @param {Listener} listener
   * @returns {() => void}
   */
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Changes one item of the vault: `change` is given its present content (null if there is none) and returns the new one, or
   * null to leave it. After a conflict it is asked again with what is there then. A pin that does not open or is left out is replaced
   * only where its user has decided.
   * @param {ItemName} name
   * @param {(content: Record<string, any> | null) => Record<string, unknown> | null} change
   * @param {boolean} [decided]
   * @returns {Promise<Refusal | null>} why not, or null
   */
  async change(name, change, decided) {
    return (await this.keys()).change(name, change, decided);
  }

  /**
   * Reads another account's chain of keys and verifies it, from the pinned keyset on if there is one. Alarms are errors of
   * the code `keys_alarm`: a chain that is shorter than the pinned one, continues another, or does not hold together.
   * @param {{ account: string, name: string | null, pin: { number: number, head: string } | null }} of
   * @returns {Promise<{ ok: SeenKeys } | { error: Refusal }>}
   */
  async readKeys(of) {
    return (await this.keys()).readChain(of);
  }

  /**
   * What opens, proves and changes; loads with its first use, and rejects if it cannot be loaded.
   * @returns {Promise<import("./account_keys.js").AccountKeys>}
   */
  keys() {
    this.#keys ??= import("./account_keys.js").then(({ AccountKeys }) => new AccountKeys(this, this.#ways));
    this.#keys.catch(() => (this.#keys = null));
    return this.#keys;
  }

  /** A guest is signed in. @param {string} name */
  beGuest(name) {
    this.clear();
    this.name.value = name;
    this.phase.value = "guest";
  }

  /** A session of an account is there; whether its keys are is not known yet. @param {Identity} identity */
  begin({ account, name, session, server }) {
    if (this.account.peek() !== account) this.clear();
    this.account.value = account;
    this.name.value = name;
    this.session.value = session;
    this.server.value = server;
    this.phase.value = "unproven";
  }

  /** Nobody is signed in. */
  clear() {
    for (const text of [this.account, this.name, this.session, this.server, this.fingerprint]) text.value = "";
    this.phase.value = "signed_out";
    this.trouble.value = null;
    this.rehearsed.value = null;
    this.vault.value = null;
    this.lostPins.value = new Set();
  }

  /** Passes an event on. @param {{ event: string } & Record<string, any>} header */
  event(header) {
    for (const listener of this.#listeners.get(header.event) ?? []) listener(header);
  }
}

/** Where an item stands in `vault`. @param {ItemName} name */
export function itemKey(name) {
  switch (name.kind) {
    case "epoch_secret":
      return `${name.kind}:${name.room}:${name.n}`;
    case "read_mark":
      return `${name.kind}:${name.channel}`;
    case "pin":
      return `${name.kind}:${name.account}`;
    case "room_head":
      return `${name.kind}:${name.room}`;
    case "preference":
      return `${name.kind}:${name.name}`;
  }
}
