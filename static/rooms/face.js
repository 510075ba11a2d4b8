/**
 * What a room and its channels are called, in which order they stand, and what of them is only read: names of public rooms are the
 * server's, those of the others are in the room's settings (docs/protocol.md §14.7 and §14.14).
 */
import { randomId } from "../wire/ids.js";
import { isOverMembers } from "../crypto/room/room_record.js";
import { Refused } from "../keys/failure.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./state.js").RoomStateKeeper} RoomStateKeeper */

/**
 * A channel as it is shown. position: its place among the others; slowMs: how long a member waits between two messages.
 * @typedef {{ name: string, topic: string, position: number, archived: boolean, slowMs: number }} ChannelFace
 * What may be changed of a channel.
 * @typedef {{ name?: string, topic?: string, position?: number, slowMs?: number }} ChannelChange
 */

/** How often a change meets another one before it is given up. */
const TRIES = 5;
/** Channels that a room has at most. */
export const MOST_CHANNELS = 100;
/** A channel of which nothing was said. @type {Readonly<ChannelFace>} */
const PLAIN = Object.freeze({ name: "", topic: "", position: 0, archived: false, slowMs: 0 });

/** One room's face. */
export class Face {
  #session;
  #room;
  #keeper;
  #state;
  #revision = 0;
  #archived = false;
  /** Of a public room, by the server's word. */
  #plain = { name: "", topic: "" };
  /** @type {Map<string, ChannelFace>} by the server's word */
  #channels = new Map();
  /** Called when something looks otherwise than before. @type {() => void} */
  onChange = () => {};

  /** @param {Session} session @param {string} room @param {ChainKeeper} keeper @param {RoomStateKeeper} state */
  constructor(session, room, keeper, state) {
    this.#session = session;
    this.#room = room;
    this.#keeper = keeper;
    this.#state = state;
  }

  /** What the room is called; empty where it has no name. */
  get name() {
    return this.#isPublic ? this.#plain.name : this.#state.settings.name;
  }

  /** What it is for. */
  get topic() {
    return this.#isPublic ? this.#plain.topic : this.#state.settings.topic;
  }

  /** Whether it is only read. */
  get archived() {
    return this.#archived;
  }

  /** @param {string} id @returns {ChannelFace} */
  channel(id) {
    const told = this.#channels.get(id) ?? PLAIN;
    if (this.#isPublic) return told;
    const { name = "", topic = "" } = this.#state.settings.channels.find((each) => each.id === id) ?? {};
    return { ...told, name, topic };
  }

  /** Takes what `rooms.follow` says. @param {Record<string, any>} ok */
  take({ revision = 0, archived = false, name = "", topic = "", channels = [] }) {
    this.#revision = Number(revision);
    this.#archived = archived === true;
    this.#plain = { name: String(name), topic: String(topic) };
    this.#channels = new Map(channels.slice(0, MOST_CHANNELS).map((/** @type {any} */ told) => [String(told.channel), faceOf(told)]));
    this.onChange();
  }

  /** The room is called otherwise, or is archived. @param {Record<string, any>} header of `room.updated` */
  updated({ revision, archived, name = this.#plain.name, topic = this.#plain.topic }) {
    this.#revision = Math.max(this.#revision, Number(revision));
    this.#archived = archived === true;
    this.#plain = { name: String(name), topic: String(topic) };
    this.onChange();
  }

  /** A channel is other than before, or is there for the first time. @param {Record<string, any>} header of `channel.updated` */
  channelUpdated(header) {
    this.#revision = Math.max(this.#revision, Number(header.revision));
    const channel = String(header.channel);
    if (this.#channels.has(channel) || this.#channels.size < MOST_CHANNELS) this.#channels.set(channel, faceOf(header));
    this.onChange();
  }

  /** Calls the room otherwise. Throws `Refused` (`not_allowed`), or a `ServerRefusal`. @param {{ name?: string, topic?: string }} change */
  async rename(change) {
    this.#checkLeads();
    if (!this.#isPublic) return this.#state.change((content) => ({ ...content, ...change }));
    await this.#revise("rooms.update", change);
    this.updated({ ...change, revision: this.#revision, archived: this.#archived });
  }

  /** Has it only be read, or written in again. Throws as `rename` does. @param {boolean} archived */
  async archive(archived) {
    this.#checkOwns();
    const { ok } = await this.#session.page.call("rooms.archive", { room: this.#room, archived });
    this.#revision = Math.max(this.#revision, Number(ok.revision));
    this.#archived = archived;
    this.onChange();
  }

  /** Makes a channel; gives its id. Throws as `rename` does. @param {{ name: string, topic: string }} of */
  async createChannel({ name, topic }) {
    this.#checkLeads();
    const channel = randomId();
    const { ok } = await this.#session.page.call("channels.create", { room: this.#room, channel, ...(this.#isPublic ? { name, topic } : {}) });
    this.#revision = Math.max(this.#revision, Number(ok.revision));
    // Its name follows it: whoever sees it before that shows it by its id.
    if (!this.#isPublic) await this.#nameChannel(channel, { name, topic });
    return channel;
  }

  /** Changes a channel. Throws as `rename` does. @param {string} channel @param {ChannelChange} change */
  async changeChannel(channel, { name, topic, position, slowMs }) {
    this.#checkLeads();
    const named = definedOf({ name, topic });
    const told = definedOf({ position, slow_ms: slowMs, ...(this.#isPublic ? named : {}) });
    if (Object.keys(told).length > 0) await this.#revise("channels.update", { channel, ...told });
    if (!this.#isPublic && Object.keys(named).length > 0) await this.#nameChannel(channel, named);
    this.#channels.set(channel, { ...(this.#channels.get(channel) ?? PLAIN), ...definedOf({ position, slowMs }), ...(this.#isPublic ? named : {}) });
    this.onChange();
  }

  /** Has a channel only be read, or written in again. Throws as `rename` does. @param {string} channel @param {boolean} archived */
  async archiveChannel(channel, archived) {
    this.#checkLeads();
    const { ok } = await this.#session.page.call("channels.archive", { room: this.#room, channel, archived });
    this.#revision = Math.max(this.#revision, Number(ok.revision));
    this.#channels.set(channel, { ...(this.#channels.get(channel) ?? PLAIN), archived });
    this.onChange();
  }

  get #isPublic() {
    return this.#keeper.known?.record.policy.kind === "public";
  }

  /** The own role, by the signed chain: a server that says otherwise is not believed. */
  get #role() {
    return this.#keeper.verified.head.record.members.get(this.#session.account)?.role ?? null;
  }

  #checkLeads() {
    if (!isOverMembers(this.#role)) throw new Refused("not_allowed");
  }

  #checkOwns() {
    const { members } = this.#keeper.verified.head.record;
    const isOrphan = ![...members.values()].some(({ role }) => role === "owner");
    if (this.#role !== "owner" && !(this.#role === "admin" && isOrphan)) throw new Refused("not_allowed");
  }

  /** @param {string} channel @param {{ name?: string, topic?: string }} change */
  #nameChannel(channel, change) {
    return this.#state.change((content) => {
      const before = content.channels.find(({ id }) => id === channel) ?? { id: channel, name: channel.slice(0, 8), topic: "" };
      return { ...content, channels: [...content.channels.filter(({ id }) => id !== channel), { ...before, ...change }] };
    });
  }

  /** Sends a change that names the one before it; what another one changed meanwhile is read first. @param {string} command @param {Record<string, unknown>} fields */
  async #revise(command, fields) {
    const { page } = this.#session;
    for (let tries = 1; ; tries++) {
      try {
        const { ok } = await page.call(command, { room: this.#room, revision: this.#revision, ...fields });
        this.#revision = Math.max(this.#revision, Number(ok.revision));
        return;
      } catch (error) {
        if (!(error instanceof ServerRefusal) || error.code !== "state_conflict" || tries === TRIES) throw error;
        this.take((await page.call("rooms.follow", { room: this.#room })).ok);
      }
    }
  }
}

/** @param {Record<string, any>} told @returns {ChannelFace} */
function faceOf({ name = "", topic = "", position = 0, archived = false, slow_ms: slowMs = 0 }) {
  return { name: String(name), topic: String(topic), position: Number(position), archived: archived === true, slowMs: Number(slowMs) };
}

/** Without what is not there. @template {Record<string, unknown>} T @param {T} fields @returns {{ [K in keyof T]?: Exclude<T[K], undefined> }} */
function definedOf(fields) {
  return /** @type {any} */ (Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
}
