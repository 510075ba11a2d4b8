/**
 * What tests of the worker share: a real chat-server, accounts at it whose answers a test may change, and things that only an account
 * itself could have signed, handed to another one in its name.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { encodeContent } from "../../../static/crypto/room/content.js";
import { signCommit } from "../../../static/crypto/room/draft.js";
import { sealEnvelope } from "../../../static/crypto/room/signed_envelope.js";
import { clockAhead } from "./clock.js";
import { Member, Wire } from "./member.js";
import { start } from "./programs.js";
import { Terminal } from "./terminal.js";

/** What the chat-server calls itself. */
export const SERVER = "localhost";
export const STORED = 0b01;
export const COMMIT = 0b11;

/** @typedef {(command: string, fields: any, outcome: any) => any} Lie what becomes of an answer of the server */

export class WorkerStage {
  /** @type {import("./programs.js").Program | null} */
  #chat = null;
  #address = "";
  #data = mkdtempSync(join(tmpdir(), "sealwire-worker-"));
  /** @type {Member[]} */
  #here = [];

  constructor() {
    before(() => this.#start());
    afterEach(() => {
      for (const member of this.#here.splice(0)) member.end();
    });
    after(async () => {
      await this.#chat?.stop();
      rmSync(this.#data, { recursive: true, force: true });
    });
  }

  /** The same server some days later. @param {number} days after the first one */
  async later(days) {
    await this.#chat?.stop();
    await this.#start(clockAhead(days));
  }

  /** @param {Record<string, string>} [settings] its environment, beside the usual one */
  async #start(settings) {
    this.#chat = start("chat-server", ["--listen=127.0.0.1:0", `--data=${this.#data}`, `--server-name=${SERVER}`, "--sign-ins=0"], settings);
    this.#address = await this.#chat.listening();
  }

  /** Somebody who has not signed in yet. @param {string} name @param {{ database?: import("../../../static/store/database.js").Database, lie?: Lie, clock?: () => number }} [how] */
  member(name, { database, lie, clock } = {}) {
    const open = async () => {
      const wire = await Wire.open(this.#address);
      const call = wire.call.bind(wire);
      if (lie !== undefined) wire.call = async (command, fields, tail) => lie(command, fields, await call(command, fields, tail));
      return wire;
    };
    const made = new Member(name, open, database, undefined, clock);
    this.#here.push(made);
    watch(made);
    return made;
  }

  /** The first administrator of the server, once a file. @param {string} name @param {Parameters<WorkerStage["member"]>[1]} [how] */
  async administrator(name, how) {
    const token = await this.#chat?.setupToken();
    return this.member(name, how).register(SERVER, token);
  }

  /** A device with `sealwire`, forgotten after the test. @param {import("node:test").TestContext} t */
  terminal(t) {
    const made = new Terminal(this.#address);
    t.after(() => made.forget());
    return made;
  }

  /** Two new accounts in a group, with a message of the first. @param {string} test @param {Parameters<WorkerStage["member"]>[1] & { history?: string }} [how] of the second */
  async pair(test, { history = "from_joining", ...how } = {}) {
    const [ada, bob] = [this.member(`ada ${test}`), this.member(`bob ${test}`, how)];
    await Promise.all([ada.register(SERVER), bob.register(SERVER)]);
    const { room } = await ada.ask("conversation_create", { kind: "group", accounts: [bob.account], name: "Plans", history });
    await bob.until(() => bob.conversation(room)?.state === "ready", "the group");
    await send(ada, room, "first");
    await bob.shows(room, "first");
    return { ada, bob, room };
  }
}

/** @param {Member} from @param {string} room @param {string} text */
export const send = (from, room, text) => from.ask("conversation_send", { room, content: { type: "text", text } });
/** Rows as they were told, by their places. @param {Member} of @param {string} room @returns {any[]} */
export const rows = (of, room) => [...(of.rows.get(room)?.values() ?? [])].sort((a, b) => a.sequence - b.sequence);
/** @param {Member} of @param {string} room @param {string} kind @returns {Promise<any>} */
export const alarm = (of, room, kind) => of.until(() => of.conversation(room)?.alarms.find((/** @type {any} */ each) => each.kind === kind), `the alarm ${kind}`);

/** An account's keys, and what they sign under. @param {Member} of @param {string} room */
export async function keysOf(of, room) {
  const { keeper, secrets, main } = of.engine.conversation(room);
  const { head } = keeper.verified;
  const keys = await of.holder.opened.signing(head.record.members.get(of.account)?.fingerprint ?? of.holder.opened.head.fingerprint);
  assert.ok(keys);
  return { keys, keeper, head, channel: main.id, secret: /** @type {Uint8Array<ArrayBuffer>} */ (secrets.known(head.n)) };
}

/** A rotation that nobody was told of. @param {Member} by @param {string} room */
export async function otherCommit(by, room) {
  const { keys, keeper } = await keysOf(by, room);
  const draft = /** @type {const} */ ({ author: by.account, madeAt: Date.now(), reason: "on_demand", changes: [], secret: crypto.getRandomValues(new Uint8Array(32)) });
  const { commit } = await signCommit(keys, { room, history: keeper.verified.history }, draft, by.engine.session.keysets);
  return { commit, secret: draft.secret };
}

let messages = 0;

/**
 * An envelope by somebody, with an instance of its own.
 * @param {Member} by @param {string} room @param {object} content
 * @param {{ head?: any, secret?: Uint8Array<ArrayBuffer>, keys?: any, sender?: string } & Record<string, any>} [more] in place of what is true
 */
export async function sealed(by, room, content, { head, secret, keys, ...more } = {}) {
  const own = await keysOf(by, room);
  messages += 1;
  const id = messages.toString(16).padStart(32, "0");
  const of = { channel: own.channel, sender: by.account, stored: true, instance: id, counter: 0, sentAt: Date.now(), message: id, ...more };
  const plain = "type" in content && content.type === "text" ? encodeContent(/** @type {any} */ (content)) : new TextEncoder().encode(JSON.stringify(content));
  return sealEnvelope(keys ?? own.keys, head ?? own.head, secret ?? own.secret, of, plain);
}

/** The last place in each channel that was handed in, opened or not. @type {WeakMap<Member, Map<string, number>>} */
const handed = new WeakMap();

/** @param {Member} member */
function watch(member) {
  const places = new Map();
  handed.set(member, places);
  const frame = member.engine.frame.bind(member.engine);
  member.engine.frame = (one) => {
    if (one.kind === "deliver") places.set(one.channel, Math.max(one.sequence, places.get(one.channel) ?? 0));
    frame(one);
  };
}

/** How many places each member's server has made up. @type {WeakMap<Member, number>} */
const madeUp = new WeakMap();

/** Hands something in as if the server had sent it; what really comes afterwards stands behind it. @param {Member} to @param {string} room @param {{ account: string, name: string }} sender @param {Uint8Array} payload @param {number} [flags] */
export function deliver(to, room, sender, payload, flags = STORED) {
  const { id: channel, deliveries } = to.engine.conversation(room).main;
  const before = madeUp.get(to);
  if (before === undefined) {
    const { hand } = to;
    to.hand = (frame) => hand(frame.kind === "deliver" && frame.sequence > 0 ? { ...frame, sequence: frame.sequence + (madeUp.get(to) ?? 0) } : frame);
  }
  madeUp.set(to, (before ?? 0) + 1);
  const sequence = Math.max(deliveries.newest, handed.get(to)?.get(channel) ?? 0) + 1;
  to.engine.frame({ kind: "deliver", channel, sequence, time: Date.now(), flags, sender: sender.account, name: sender.name, payload });
}
