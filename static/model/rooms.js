/**
 * The rooms of this session: entering, leaving, listing them, and passing on what arrives.
 */
import { Signal } from "./signals.js";
import { Room } from "./room.js";
import { parseMembers } from "./members.js";
import { Outbox } from "../sync/outbox.js";
import { FrameError } from "../wire/bytes.js";
import { WAITABLE } from "../wire/codes.js";
import { channelIdOf, randomId, roomIdOf } from "../wire/ids.js";
import { encodeClear, encodeText } from "../wire/records.js";

/**
 * @typedef {import("../sync/connection.js").Connection} Connection
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {{ name: string, id: string, members: number }} Listed a room that may be entered
 */

/** The room that is always there. */
export const LOBBY = "lobby";
/** Pages of members that are asked for beyond the first; the count stays right without them. */
const MEMBER_PAGES = 4;
const ENTER_AGAIN_MS = 2_000;

/** All rooms. */
export class Rooms {
  /** Those that the session is in, the lobby first. @type {Signal<readonly Room[]>} */
  entered = new Signal(/** @type {readonly Room[]} */ ([]));
  /** @type {Signal<Room | null>} */
  current = new Signal(/** @type {Room | null} */ (null));
  /** Rooms of the server, the fullest first; null before the first answer. @type {Signal<readonly Listed[] | null>} */
  listed = new Signal(/** @type {readonly Listed[] | null} */ (null));
  /** Called with each message that is new to the reader. @type {(room: Room, item: import("./timeline.js").MessageItem) => void} */
  onNews = () => {};
  /** Called when the server no longer knows this session. @type {() => void} */
  onSignedOut = () => {};
  /** Called when the session has to prove its keys before it enters a room. @type {() => void} */
  onUnproven = () => {};
  #link;
  #self;
  #outbox;
  /** @type {Set<string>} ids of rooms that a reloaded session is still in */
  #expected = new Set();
  /** @type {Map<Room, symbol>} rooms with a `rooms.enter` under way; only the answer to the newest one counts */
  #entering = new Map();
  /** @type {Set<string>} ids of rooms that were left here and of which the server has not said so */
  #leaving = new Set();

  /** @param {Connection} link @param {() => import("./room.js").Self} self */
  constructor(link, self) {
    this.#link = link;
    this.#self = self;
    this.#outbox = new Outbox(
      (channel, payload) => link.publish(channel, payload),
      (channel, message, state) => this.#byChannel(channel)?.timeline.sending(message, state),
    );
  }

  /** How many messages would be lost by leaving now. */
  get unsent() {
    return this.#outbox.unsent;
  }

  /** Prepares the lobby, and remembers which rooms a reloaded session was in. @param {string[]} ids */
  async expect(ids) {
    this.#expected = new Set(ids);
    if (this.entered.peek().length > 0) return;
    const lobby = await this.#make(LOBBY);
    this.entered.value = [lobby];
    this.current.value = lobby;
  }

  /** Enters every open room again, after a new link or a new backend. */
  enterAll() {
    for (const room of this.entered.peek()) {
      room.hold();
      this.#enter(room);
    }
    for (const id of this.#leaving) this.#leave(id);
    this.list();
  }

  /** The link or the backend is gone. */
  pause() {
    this.#outbox.pause();
    for (const room of this.entered.peek()) room.hold();
  }

  clear() {
    this.#outbox.clear();
    this.#leaving.clear();
    this.entered.value = [];
    this.current.value = null;
    this.listed.value = null;
  }

  /**
   * Opens the room with this name, made if it is not there, and shows it.
   * @param {string} name
   * @returns {Promise<Refusal | null>} why not, or null
   */
  async open(name) {
    const outcome = await this.#link.command("rooms.open", { room: name });
    if ("error" in outcome) return outcome.error;
    const prepared = String(outcome.ok.name);
    const room = this.entered.peek().find((each) => each.name === prepared) ?? (await this.#make(prepared));
    if (room.id !== outcome.ok.id || room.channel !== outcome.ok.channel) return { code: "wrong_room", message: "" };
    this.#leaving.delete(room.id);
    if (!this.entered.peek().includes(room)) this.entered.update((rooms) => [...rooms, room]);
    this.show(room);
    if (room.entry.peek().phase !== "in") await this.#enter(room);
    this.list();
    return null;
  }

  /** @param {Room | null} room null where something else is shown */
  show(room) {
    this.current.value = room;
  }

  /** Leaves a room; the lobby stays. @param {Room} room */
  async exit(room) {
    if (room.name === LOBBY) return;
    this.entered.update((rooms) => rooms.filter((each) => each !== room));
    if (this.current.peek() === room) this.current.value = this.entered.peek()[0] ?? null;
    this.#outbox.drop(room.channel);
    this.#leaving.add(room.id);
    await this.#leave(room.id);
    this.list();
  }

  /** Tells the server; without a link it is told when there is one again. @param {string} id */
  async #leave(id) {
    const outcome = await this.#link.command("rooms.exit", { room: id });
    if (!("error" in outcome)) this.#leaving.delete(id);
    else if (outcome.error.code !== "cut" && !WAITABLE.has(outcome.error.code)) this.#leaving.delete(id);
  }

  /** Asks for the list of rooms. */
  async list() {
    const outcome = await this.#link.command("rooms.list");
    if ("error" in outcome || !Array.isArray(outcome.ok.rooms)) return;
    this.listed.value = outcome.ok.rooms.map((/** @type {any} */ room) => ({
      name: String(room.name),
      id: String(room.id),
      members: Number(room.members) || 0,
    }));
    await this.#openExpected();
  }

  /**
   * Sends a text. Throws `TooLong` and sends nothing if it does not fit.
   * @param {Room} room @param {string} text
   */
  send(room, text) {
    const message = randomId();
    const payload = encodeClear(message, encodeText(text));
    const { member, name } = this.#self();
    room.timeline.write({ sender: member, name, message, text, time: Date.now() });
    this.#outbox.add(room.channel, message, payload);
  }

  /** @param {Room} room @param {string} message */
  retry(room, message) {
    this.#outbox.retry(room.channel, message);
  }

  /** @param {Room} room @param {string} message */
  discard(room, message) {
    this.#outbox.forget(room.channel, message);
    room.timeline.discard(message);
  }

  /** Says whether it belongs to one of these rooms. @param {import("../wire/frame.js").DeliverFrame} frame */
  deliver(frame) {
    const room = this.#byChannel(frame.channel);
    const item = room?.deliver(frame);
    if (room !== undefined && item) this.#news(room, [item]);
    return room !== undefined;
  }

  /** @param {import("../wire/frame.js").EventFrame["header"]} header */
  event(header) {
    const room = this.entered.peek().find((each) => each.id === header.room || each.channel === header.channel);
    if (room === undefined) return;
    try {
      room.event(header);
    } catch (error) {
      // An event that does not fit the protocol changes nothing.
      if (!(error instanceof FrameError)) throw error;
    }
    if (header.event === "channel.missed" && header.reason === "restart" && !this.#entering.has(room)) {
      room.hold();
      this.#enter(room);
    }
  }

  /** @param {string} name @returns {Promise<Room>} */
  async #make(name) {
    const id = await roomIdOf(name);
    return new Room({ id, channel: await channelIdOf(id), name }, this.#self);
  }

  /** @param {Room} room */
  async #enter(room) {
    const attempt = Symbol();
    this.#entering.set(room, attempt);
    const resume = room.resume;
    const outcome = await this.#link.command("rooms.enter", resume === undefined ? { room: room.name } : { room: room.name, resume });
    if (this.#entering.get(room) !== attempt) return;
    this.#entering.delete(room);
    if (!this.entered.peek().includes(room)) return;
    if ("error" in outcome) this.#refused(room, outcome.error);
    else if (outcome.ok.id !== room.id || outcome.ok.channel !== room.channel) this.#refused(room, { code: "wrong_room", message: "" });
    else await this.#in(room, outcome.ok);
  }

  /** @param {Room} room @param {Record<string, any>} ok */
  async #in(room, ok) {
    try {
      this.#news(room, room.entered(ok));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return this.#refused(room, { code: "internal", message: "" });
    }
    this.#outbox.ready(room.channel);
    /** @type {string | undefined} */
    let after;
    for (let page = 0; page < MEMBER_PAGES && room.members.all().length < room.members.count.peek(); page++) {
      const outcome = await this.#link.command("rooms.members", after === undefined ? { room: room.id } : { room: room.id, after });
      if ("error" in outcome) return;
      const members = parseMembers(outcome.ok.members);
      room.members.extend(members);
      after = members.at(-1)?.id;
      if (outcome.ok.more !== true || after === undefined) return;
    }
  }

  /** @param {Room} room @param {Refusal} refusal */
  #refused(room, { code, retry_after_ms: wait }) {
    // After a cut, or with the chat-server away, `enterAll` comes again by itself.
    if (code === "cut") return;
    if (code === "not_signed_in") return this.onSignedOut();
    if (code === "keys_unproven") return this.onUnproven();
    const again = WAITABLE.has(code) ? (wait ?? ENTER_AGAIN_MS) : 0;
    room.entry.value = { phase: "refused", code, retryAt: again === 0 ? 0 : Date.now() + again };
    if (again === 0) return;
    setTimeout(() => {
      if (this.entered.peek().includes(room) && room.entry.peek().phase === "refused" && !this.#entering.has(room)) this.#enter(room);
    }, again);
  }

  async #openExpected() {
    const wanted = (this.listed.peek() ?? []).filter((room) => this.#expected.has(room.id));
    this.#expected.clear();
    for (const { name } of wanted) {
      if (this.entered.peek().some((room) => room.name === name)) continue;
      const room = await this.#make(name);
      this.entered.update((rooms) => [...rooms, room]);
      this.#enter(room);
    }
  }

  /** @param {Room} room @param {import("./timeline.js").MessageItem[]} items */
  #news(room, items) {
    for (const item of items) this.onNews(room, item);
  }

  /** @param {string} channel */
  #byChannel(channel) {
    return this.entered.peek().find((room) => room.channel === channel);
  }
}
