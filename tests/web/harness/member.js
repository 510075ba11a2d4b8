/**
 * One account at a chat-server over TCP: the worker's own modules, keys and conversations, with this file in the place of page and
 * web-proxy.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { Engine } from "../../../static/rooms/engine.js";
import { parseList } from "../../../static/crypto/record_list.js";
import { Holder } from "../../../static/keys/holder.js";
import { Memory } from "../../../static/store/database.js";
import { Kept } from "../../../static/store/kept.js";
import { failureOf } from "../../../static/rooms/failure.js";
import { join, u32 } from "../../../static/wire/bytes.js";
import { decodeFrame, encodeCommand, encodePong, encodePublish } from "../../../static/wire/frame.js";

export const PASSWORD = "three unrelated words";
const PATIENCE_MS = 60_000;

/** A connection to the chat-server. */
export class Wire {
  #socket;
  #next = 1;
  #rest = Buffer.alloc(0);
  /** @type {Map<number, (outcome: any) => void>} */
  #waiting = new Map();
  /** @type {(frame: any) => void} */
  onFrame = () => {};

  /** @param {string} address */
  static async open(address) {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const wire = new Wire(socket);
    await wire.call("session.hello", { version: 1, client: "sealwire-web-test/1" });
    return wire;
  }

  /** @param {import("node:net").Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (data) => this.#read(data)).on("error", () => {}).on("close", () => this.#closed());
  }

  /** @param {string} command @param {object} [fields] @param {Uint8Array} [tail] @returns {Promise<any>} the outcome, as the page has it */
  call(command, fields = {}, tail = new Uint8Array()) {
    return this.#ask((request) => encodeCommand(request, command, /** @type {any} */ (fields), tail));
  }

  /** @param {{ channel: string, epoch: number, stored: boolean, payload: Uint8Array }} publish */
  publish({ channel, epoch, stored, payload }) {
    return this.#ask((request) => encodePublish(request, channel, payload, { epoch, stored }));
  }

  close() {
    this.#socket.destroy();
  }

  /** @param {(request: number) => Uint8Array} encode */
  #ask(encode) {
    const request = this.#next++;
    if (this.#socket.destroyed) return Promise.resolve({ error: { code: "cut" } });
    return new Promise((resolve) => {
      this.#waiting.set(request, resolve);
      this.#write(encode(request));
    });
  }

  /** @param {Uint8Array} frame */
  #write(frame) {
    this.#socket.write(join(u32(frame.length), frame));
  }

  /** @param {Buffer} data */
  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE()) {
      const length = this.#rest.readUInt32BE();
      const frame = decodeFrame(new Uint8Array(this.#rest.subarray(4, 4 + length)));
      this.#rest = this.#rest.subarray(4 + length);
      if (frame.kind === "ping") this.#write(encodePong(frame.nonce));
      else if (frame.kind === "reply") this.#answer(frame.request, frame.outcome);
      else this.onFrame(frame);
    }
  }

  /** @param {number} request @param {any} outcome */
  #answer(request, outcome) {
    const { code, retry_after_ms: retryAfterMs } = outcome.error ?? {};
    this.#waiting.get(request)?.("error" in outcome ? { error: { code, retryAfterMs } } : outcome);
    this.#waiting.delete(request);
  }

  #closed() {
    for (const resolve of this.#waiting.values()) resolve({ error: { code: "cut" } });
    this.#waiting.clear();
  }
}

/** An account that is signed in on one device. */
export class Member {
  /** @type {any} the last list of conversations that was told */
  list = { conversations: [], invitations: [] };
  /** Rows as they were told, by room, or by channel where it is not the main one, and key. @type {Map<string, Map<string, any>>} */
  rows = new Map();
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {Array<{ account: string, on: boolean }>} */
  typing = [];
  /** Files on their way, as they were told last. @type {any[]} */
  transfers = [];

  /**
   * @param {string} name @param {() => Promise<Wire>} open @param {import("../../../static/store/database.js").Database} [database]
   * @param {import("../../../static/rooms/verifier.js").Verifier} [verifier] @param {() => number} [clock]
   */
  constructor(name, open, database = new Memory(), verifier = undefined, clock = undefined) {
    this.name = name;
    this.open = open;
    this.database = database;
    this.holder = new Holder(new Kept(database));
    const sealer = {
      begin: (/** @type {any} */ takes) => this.holder.answer("begin_items", takes),
      open: (/** @type {any} */ takes) => this.holder.answer("open_items", takes),
      renew: (/** @type {Uint8Array} */ root) => this.holder.answer("rebase", { root }),
      seal: async (/** @type {any} */ entries) => (await this.holder.answer("seal_items", { entries })).tail,
    };
    this.engine = new Engine((message) => this.#take(message), database, sealer, () => this.holder.opened, verifier, clock);
    /** When what is to be opened no more was sealed, as it was told last. @type {any[] | null} */
    this.oldKeys = null;
    this.account = "";
    this.server = "";
    /** @type {Wire | null} */
    this.wire = null;
    /** Frames are handed in when they are opened; a test may hold them back. @type {(frame: any) => void} */
    this.hand = (frame) => this.engine.frame(frame);
  }

  /** Makes the account. @param {string} server name @param {string} [invitation] the setup token makes an administrator */
  async register(server, invitation) {
    this.server = server;
    this.holder.warm();
    await this.holder.answer("draft_account", { password: PASSWORD, server });
    const { fields, tail } = await this.holder.answer("register", { name: this.name, now: Date.now() });
    this.account = fields.account;
    await this.#connect();
    return this.#prove(ok(await this.wire?.call("auth.register", { ...fields, name: this.name, rehearsed: false, ...(invitation === undefined ? {} : { invitation }) }, tail)));
  }

  /** Signs in with the password. @param {string} server name @param {string} [password] of an account that a page made */
  async signIn(server, password = PASSWORD) {
    this.server = server;
    await this.#connect();
    const { account, salt, rounds } = ok(await this.wire?.call("auth.params", { name: this.name }));
    const { login } = await this.holder.answer("split_password", { password, server, account, salt, rounds });
    this.account = account;
    return this.#prove(ok(await this.wire?.call("auth.login", { name: this.name, login })));
  }

  /** Connects anew after a cut. */
  async resume() {
    await this.#connect();
    return this.#prove(ok(await this.wire?.call("auth.resume", { token: this.token })));
  }

  /** Replaces the wrap key, as is done every week. */
  async replaceWrap() {
    const { tail } = await this.holder.answer("replace_wrap", { now: Date.now() });
    ok(await this.wire?.call("keys.wrap", {}, tail));
    await this.holder.answer("commit", {});
  }

  /** Drops the private keys that open what rooms have forgotten, as a page does that is told of them. */
  async dropOldKeys() {
    const spans = await this.until(() => this.oldKeys, "old keys");
    const first = await this.holder.answer("drop_wraps", { spans });
    if (first.tail === null && !first.newest) return;
    const { settled } = await this.ask("conversations_settle", {});
    if (!settled) throw new Error("something is left to be opened");
    if (first.newest) await this.replaceWrap();
    const { tail } = await this.holder.answer("drop_wraps", { spans });
    ok(await this.wire?.call("vault.set_root", { expected: String(this.holder.opened.root.number) }, tail));
    await this.holder.answer("commit", {});
  }

  /** Begins anew with other keys, as who has neither password nor code any more, and connects with them. */
  async startFresh() {
    const { account, name, server, wire } = this;
    const root = await wire?.call("vault.root");
    const chain = await wire?.call("keys.chain", { account });
    const { tail: wraps } = await wire?.call("keys.wraps", { accounts: [account] });
    const at = { root: Number(root.ok.number), wraps, chain: { head: Number(chain.ok.head), records: parseList(chain.tail, 100) } };
    await this.holder.answer("draft_fresh", { password: PASSWORD, server, account, name, ...at });
    const { fields, tail } = await this.holder.answer("reset_keys", { now: Date.now() });
    ok(await wire?.call("keys.reset", fields, tail));
    this.cut();
    return this.resume();
  }

  /** @param {string} ask @param {object} takes @returns {Promise<any>} */
  async ask(ask, takes) {
    try {
      const given = await this.engine.answer(/** @type {any} */ (ask), takes);
      // What an answer shows is not told again.
      if (ask === "conversation_rows") this.#takeRows({ room: takes.room, channel: takes.channel ?? this.engine.conversation(takes.room).main.id, rows: given.rows, gone: [] });
      this.#look();
      return given;
    } catch (error) {
      const code = failureOf(error);
      throw Object.assign(new Error(`${this.name}: ${ask}: ${code}`, { cause: error }), { code });
    }
  }

  /** @param {string} room */
  conversation(room) {
    return this.list.conversations.find((/** @type {any} */ each) => each.room === room);
  }

  /** What the engine holds to be amiss in a room and with anybody's keys, told or not yet. @param {string} room */
  alarms(room) {
    const { session } = this.engine;
    return [...this.engine.conversation(room).alarms.all, ...session.keysets.alarms];
  }

  /** Texts of a room's rows, oldest first. @param {string} room */
  texts(room) {
    const rows = [...(this.rows.get(room)?.values() ?? [])].filter(({ kind }) => kind === "message");
    return rows.sort((a, b) => (a.sequence || Infinity) - (b.sequence || Infinity)).map(({ text }) => text);
  }

  /** @template T @param {() => T} find @param {string} what @returns {Promise<NonNullable<T>>} once it is there */
  until(find, what) {
    return new Promise((resolve, reject) => {
      const done = (/** @type {() => void} */ then) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        then();
      };
      const timer = setTimeout(() => done(() => reject(new Error(`${this.name} waits for ${what}: ${JSON.stringify(this.list)}`))), PATIENCE_MS);
      const look = () => {
        const found = find();
        if (found) done(() => resolve(/** @type {NonNullable<T>} */ (found)));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /**
   * What is shown is told a little later than it is: waits until it is as expected, and says how it differs where it never is.
   * @param {() => unknown} find @param {unknown} expected
   */
  async comesTo(find, expected) {
    await this.until(() => isDeepStrictEqual(find(), expected), "what is expected").catch(() => assert.deepEqual(find(), expected));
  }

  /** @param {string} room @param {...string} texts */
  shows(room, ...texts) {
    return this.until(() => texts.every((text) => this.texts(room).includes(text)), texts.join(", "));
  }

  cut() {
    this.wire?.close();
  }

  end() {
    this.engine.end();
    this.wire?.close();
  }

  async #connect() {
    this.wire = await this.open();
    this.wire.onFrame = (frame) => this.hand(frame);
  }

  /** @param {any} session */
  async #prove({ session, challenge, token }) {
    const { wire, account, name, server } = this;
    this.token = token ?? this.token;
    const root = await wire?.call("vault.root");
    const chain = await wire?.call("keys.chain", { account });
    await this.holder.answer("open", { account, name, root: root.tail, chain: { head: Number(chain.ok.head), records: parseList(chain.tail, 100) } });
    const { tail } = await this.holder.answer("prove", { session, challenge, server, now: Date.now() });
    ok(await wire?.call("auth.prove", {}, tail));
    await this.ask("conversations_begin", { account, name, marks: true });
    return this;
  }

  /** What the worker posts. @param {any} message */
  async #take(message) {
    if ("want" in message) {
      const { want, command, fields, tail, publish } = message;
      const outcome = publish === undefined ? this.wire?.call(command, fields, tail) : this.wire?.publish(publish);
      this.engine.outcome(want, await (outcome ?? { error: { code: "cut" } }));
      // What an answer changes, such as the vault, may be told to nobody.
      setImmediate(() => this.#look());
      return;
    }
    if (message.tell === "conversations") this.list = message;
    if (message.tell === "old_keys") this.oldKeys = message.spans;
    if (message.tell === "typing") this.typing.push(message);
    if (message.tell === "transfers") this.transfers = message.transfers;
    if (message.tell === "rows") this.#takeRows(message);
    this.#look();
  }

  #look() {
    for (const look of [...this.#watchers]) look();
  }

  /** @param {any} told */
  #takeRows({ room, channel, rows, gone }) {
    const isMain = (this.engine.conversations.get(room)?.main.id ?? channel) === channel;
    const place = isMain ? room : channel;
    const here = this.rows.get(place) ?? new Map();
    this.rows.set(place, here);
    for (const key of gone) here.delete(key);
    for (const row of rows) here.set(row.key, row);
  }
}

/** @param {any} outcome */
function ok(outcome) {
  if ("error" in outcome) throw new Error(`refused: ${outcome.error.code}`);
  return outcome.ok;
}
