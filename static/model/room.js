/**
 * One room that this session is in: its people, its key, what was said.
 */
import { Signal } from "./signals.js";
import { Members, parseMember, parseMembers } from "./members.js";
import { Timeline } from "./timeline.js";
import { decodeOpened } from "../wire/records.js";
import { FrameError, fromDecimal } from "../wire/bytes.js";

/**
 * @typedef {import("../wire/frame.js").DeliverFrame} DeliverFrame
 * @typedef {import("../wire/frame.js").EventFrame["header"]} EventHeader
 * @typedef {{ state: "none" | "waiting" | "held", n: number, since: number }} KeyState `n` is the epoch, `since` when waiting began
 * @typedef {import("./timeline.js").MessageItem} MessageItem
 * @typedef {{ member: string, name: string, account?: string, former?: ReadonlySet<string> }} Self who this session is: its member id
 *   and name, its account or "", and which member ids it had before
 */

/** Frames kept while the reply to `rooms.enter` is awaited; the server's ring is no larger. */
const HELD_FRAMES = 1_024;
/** After entering again, those who come back within this long were hardly gone. */
const RETURN_MS = 60_000;

/** A room and its main channel. */
export class Room {
  members = new Members();
  timeline = new Timeline();
  /** @type {Signal<KeyState>} */
  key = new Signal({ state: "none", n: 0, since: 0 });
  /** `entering` until the server has let the session in; `refused` with the code if it did not. @type {Signal<{ phase: "entering" | "in" | "refused", code: string, retryAt: number }>} */
  entry = new Signal({ phase: "entering", code: "", retryAt: 0 });
  unread = new Signal(0);
  /** Key of the first message that came while nobody looked. @type {Signal<string | null>} */
  firstUnread = new Signal(null);
  draft = "";
  id;
  channel;
  name;
  /** @type {string | null} */
  #run = null;
  /** @type {Array<DeliverFrame | EventHeader> | null} frames that came before the reply to `rooms.enter` */
  #held = [];
  #historyUpTo = 0;
  /** @type {{ names: Set<string>, until: number }} who was here before the cut */
  #before = { names: new Set(), until: 0 };
  /** Devices of one's own that have left: what they said may still come. @type {Set<string>} */
  #departed = new Set();
  #self;

  /**
   * @param {{ id: string, channel: string, name: string }} ids
   * @param {() => Self} self
   */
  constructor(ids, self) {
    this.id = ids.id;
    this.channel = ids.channel;
    this.name = ids.name;
    this.#self = self;
  }

  /** What `rooms.enter` should resume from, if this room was entered before. */
  get resume() {
    return this.#run === null ? undefined : { run: this.#run, after: String(this.timeline.last) };
  }

  /** The link is gone: what comes next belongs after the coming reply. */
  hold() {
    this.#held ??= [];
  }

  /**
   * Takes the reply to `rooms.enter`, then what came before it.
   * @param {Record<string, any>} ok
   * @returns {MessageItem[]} messages that are new to the reader and not history
   */
  entered(ok) {
    const again = this.#run !== null;
    const sequence = fromDecimal(ok.sequence, "sequence");
    const now = Date.now();
    if (again) this.#expectBack(now);
    if (ok.missed === true) this.timeline.missed(ok.run === this.#run ? "too_old" : "restart", now);
    if (again && ok.run !== this.#run) this.timeline.beginRun();
    this.#run = String(ok.run);
    this.#historyUpTo = again ? 0 : sequence;
    for (const member of this.members.all()) this.#noteDeparture(member);
    this.members.replace(parseMembers(ok.members), Number(ok.member_count) || 0);
    this.entry.value = { phase: "in", code: "", retryAt: 0 };
    const held = this.#held ?? [];
    this.#held = null;
    const news = [];
    for (const frame of held) {
      const item = "kind" in frame ? this.deliver(/** @type {DeliverFrame} */ (frame)) : this.event(frame);
      if (item) news.push(item);
    }
    return news;
  }

  /**
   * Takes a delivery.
   * @param {DeliverFrame} frame
   * @returns {MessageItem | null} a message that is new to the reader
   */
  deliver(frame) {
    if (this.#keep(frame)) return null;
    const place = { sequence: frame.sequence, time: frame.time, sender: frame.sender, name: frame.name, mine: this.#isSelf(frame.sender) };
    try {
      const { content, ...opened } = decodeOpened(frame.payload);
      // Who comes back to a session is not told again which key it holds.
      if (this.key.peek().state === "none") this.key.value = { state: "held", n: opened.epoch, since: 0 };
      const history = frame.sequence <= this.#historyUpTo;
      const item = this.timeline.deliver({ ...place, ...opened, history, text: content.type === "text" ? content.text : null });
      return item?.history ? null : item;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.timeline.unreadable({ ...place, cause: "not_opened" });
      return null;
    }
  }

  /**
   * Takes an event that concerns this room.
   * @param {EventHeader} header
   * @returns {null}
   */
  event(header) {
    if (header.event.startsWith("message.") || header.event.startsWith("channel.")) {
      if (this.#keep(header)) return null;
    }
    const now = Date.now();
    switch (header.event) {
      case "room.joined":
        this.#joined(parseMember(header.member), now);
        break;
      case "room.left":
        this.#left(String(header.member), header.reason === "lost" ? "lost" : "left", now);
        break;
      case "room.keyed":
        this.#keyed(fromDecimal(header.n, "n"), String(header.reason), now);
        break;
      case "room.waiting":
        this.key.value = { state: "waiting", n: fromDecimal(header.n, "n"), since: now };
        break;
      case "message.unreadable":
        this.#unreadable(header, now);
        break;
      case "channel.missed":
        this.timeline.missed(String(header.reason), now);
        break;
      case "member.changed": {
        const member = this.members.find(String(header.member));
        if (member !== undefined) this.timeline.changed(member.name, now);
        break;
      }
      default:
        break;
    }
    return null;
  }

  /** Everything was seen. */
  read() {
    this.unread.value = 0;
  }

  /** @param {DeliverFrame | EventHeader} frame says whether it was kept for later */
  #keep(frame) {
    if (this.#held === null) return false;
    this.#held.push(frame);
    if (this.#held.length > HELD_FRAMES) this.#held.shift();
    return true;
  }

  /** Those who were here before the cut may come back one by one, and several cuts may follow each other. @param {number} now */
  #expectBack(now) {
    const missing = now < this.#before.until ? [...this.#before.names] : [];
    const here = this.members.all().map((member) => member.name);
    this.#before = { names: new Set([...missing, ...here]), until: now + RETURN_MS };
  }

  /** @param {import("./members.js").Member | null} member @param {number} now */
  #joined(member, now) {
    if (member === null || !this.members.add(member) || this.#isSelf(member.id)) return;
    // A further device of somebody who is here is nobody new.
    if (this.members.hasAnother(member)) return;
    const returned = now < this.#before.until && this.#before.names.delete(member.name);
    if (!returned) this.timeline.presence("joined", member.name, now);
  }

  /** @param {string} id @param {"left" | "lost"} how @param {number} now */
  #left(id, how, now) {
    const member = this.members.remove(id);
    if (member === undefined || this.#noteDeparture(member) || this.members.hasAnother(member)) return;
    this.timeline.presence(how, member.name, now);
  }

  /** @param {import("./members.js").Member} member says whether it was a device of one's own */
  #noteDeparture(member) {
    const own = this.#isOwn(member);
    if (own) this.#departed.add(member.id);
    return own;
  }

  /** @param {number} n @param {string} reason @param {number} now */
  #keyed(n, reason, now) {
    const before = this.key.peek();
    this.key.value = { state: "held", n, since: 0 };
    const replaced = before.n !== 0 && before.n !== n && reason !== "first";
    const unanswered = before.state !== "held" && reason === "unanswered";
    // Where nothing was read yet there is no thread to break.
    const hasThread = this.timeline.items.some((item) => item.kind === "message");
    if (hasThread && (replaced || unanswered)) this.timeline.rotation(reason, n, now);
  }

  /** @param {EventHeader} header @param {number} now */
  #unreadable(header, now) {
    const cause = header.cause === "waiting_for_key" || header.cause === "before_you_joined" ? header.cause : "not_opened";
    this.timeline.unreadable({
      sequence: fromDecimal(header.sequence, "sequence"),
      time: now,
      sender: String(header.sender),
      name: String(header.name),
      mine: this.#isSelf(header.sender),
      cause,
    });
  }

  /** Whether this session, or another device of its account, is the member. @param {unknown} member id */
  #isSelf(member) {
    const id = String(member);
    const { member: own, former } = this.#self();
    return id === own || former?.has(id) === true || this.#departed.has(id) || this.#isOwn(this.members.find(id));
  }

  /** @param {import("./members.js").Member | undefined} member */
  #isOwn(member) {
    const { account = "" } = this.#self();
    return account !== "" && member?.account === account;
  }
}
