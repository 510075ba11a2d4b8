/**
 * One channel of a room: what was said in it, what goes out to it, and how far it was read. Chain, keys, state and alarms are the
 * room's (docs/protocol.md §14.10).
 */
import { randomId } from "../wire/ids.js";
import { isOverMembers } from "../crypto/room/room_record.js";
import { CAUSES } from "../crypto/room/causes.js";
import { Deliveries } from "./deliveries.js";
import { Losses } from "./losses.js";
import { Marks } from "./marks.js";
import { haltedBy } from "./members_check.js";
import { Opening } from "./opening.js";
import { Rows } from "./rows.js";
import { Sealing } from "./sealing.js";
import { Sending } from "./sending.js";
import { Typing } from "./typing.js";
/** @typedef {import("../wire/frame.js").DeliverFrame} DeliverFrame */
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("./alarms.js").Alarms} Alarms */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./deliveries.js").OpeningWays} OpeningWays */
/** @typedef {import("./opening.js").Delivery} Delivery */
/** @typedef {import("./opening.js").Item} Item */
/** @typedef {import("./outbox.js").Letter} Letter */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./session.js").Session} Session */

/**
 * What a channel has of its room.
 * @typedef {object} Around
 * @property {string} room
 * @property {string} main id of its main channel
 * @property {Session} session
 * @property {Outbox} outbox
 * @property {ChainKeeper} keeper
 * @property {Secrets} secrets
 * @property {Alarms} alarms
 * @property {import("./forgetting.js").Forgetting} forgetting
 * @property {() => void} sweepDue deletes what is due by now, in all channels
 * @property {(account: string) => boolean} isMember now
 * @property {() => boolean} isReady whether what was missed is here, and nothing stops the room
 * @property {() => boolean} isQuiet whether nobody sees a mark or typing here: a stranger before the first answer
 * @property {() => boolean} isDue whether a commit is
 * @property {() => boolean} hasEnded
 * @property {() => Promise<void>} prepare commits if that is due, and sees whether something may go to the members
 * @property {(account: string, name: string) => void} named the server says what somebody is called
 * @property {() => void} unknownSender somebody's keys could not be read
 * @property {(shown: "fork" | "commit_withheld", n: number, commit: string) => void} elsewhere a member wrote under a commit that the chain does not have
 * @property {() => void} wrote something of the user's own has arrived
 * @property {() => void} changed the list shows something else
 * @property {<T>(task: () => Promise<T>) => Promise<T>} inTurn
 */

/** Deliver flag. */
const COMMIT = 0b10;
/** How many pages are read back for one window of rows. */
const BACK_PAGES = 8;

/** One channel. */
export class Channel {
  id;
  rows;
  deliveries;
  marks;
  #around;
  #opening;
  #losses;
  #sealing;
  #sending;
  #typing;
  /** Whether something of a later epoch has come since commits were looked for. */
  #hasRisen = false;

  /** @param {Around} around @param {string} id */
  constructor(around, id) {
    this.id = id;
    this.#around = around;
    const { room, session, outbox, keeper, secrets, alarms } = around;
    const { page, vault, account } = session;
    this.rows = new Rows({ account, isMember: around.isMember, isOver: (n, one) => isOverMembers(keeper.chain?.history.memberAt(n, one)?.role ?? null) });
    this.#opening = new Opening(id, keeper, secrets, session.verifier);
    this.deliveries = new Deliveries(page, id, this.rows, this.#openingWays(), () => this.changed());
    this.marks = new Marks(vault, id);
    this.#losses = new Losses(this.rows, this.deliveries, this.#opening, alarms, id);
    this.#sealing = new Sealing(session, id, keeper, secrets);
    this.#sending = new Sending(page, outbox, this.#sealing, this.#ways());
    this.#typing = new Typing((one, on) => page.tell({ tell: "typing", room, channel: id, account: one, on }));
    this.#listen();
  }

  /** Reads what was missed. Of a main channel a page is read, of others no more than is unread. Throws as `Deliveries.catchUp` does. @param {string} run @param {number} newest */
  catchUp(run, newest) {
    const unread = newest - this.marks.own(run);
    return this.deliveries.catchUp(run, newest, this.id === this.#around.main ? undefined : unread + 1);
  }

  /** Takes a live frame. Throws as `Opening.open` does. @param {DeliverFrame} frame @param {number} newest epoch that was known when it came */
  async take(frame, newest) {
    if (frame.sequence === 0) await this.#pass(frame);
    else await this.deliveries.take(frame, newest);
    if (this.#losses.waits || this.#hasRisen || (frame.flags & COMMIT) !== 0) this.look();
  }

  /** Names what is missing, and commits that do not stand where they should. */
  look() {
    this.#hasRisen = false;
    this.#losses.look();
    const { alarms, main } = this.#around;
    const { leftOut, disorder } = this.#opening.commitFaults(this.id === main);
    if (leftOut !== null) alarms.add("commit_left_out", null, leftOut, this.id);
    if (disorder !== null) alarms.add("commit_order", null, disorder, this.id);
  }

  /** Rows of a window; older pages are read where they are asked for. @param {number | null} before @param {number} count @returns {Promise<{ rows: Row[], more: boolean }>} */
  async before(before, count) {
    this.sweepDue();
    let rows = this.rows.before(before, count);
    for (let pages = 0; rows.length < count && this.deliveries.hasOlder && pages < BACK_PAGES; pages++) {
      await this.older();
      rows = this.rows.before(before, count);
    }
    const oldest = rows.find(({ sequence }) => sequence > 0)?.sequence ?? 0;
    // Of a conversation that was not read yet nobody knows.
    return { rows, more: !this.deliveries.begun || this.deliveries.hasOlder || (oldest > 0 && this.rows.before(oldest, 1).length > 0) };
  }

  /** The room has forgotten what stood before a place: nothing of it is missed, and what is left shows nothing of it. @param {number} place */
  forgetBefore(place) {
    this.look();
    this.#stepOver(place);
  }

  /** @param {number} place */
  #stepOver(place) {
    this.#losses.forgetBefore(place);
    this.#opening.stepOver(place);
  }

  /** Deletes what is due by now, before somebody sees it. */
  sweepDue() {
    this.#around.sweepDue();
  }

  /** Reads the page before what is here. Throws as `Opening.open` does. */
  async older() {
    await this.#around.inTurn(() => this.deliveries.older());
    this.look();
  }

  /** Moves the own read mark, and says so to the others where that is wished. @param {number} sequence */
  async read(sequence) {
    const { session, changed, isQuiet, isReady } = this.#around;
    const { run } = this.deliveries;
    const item = this.rows.item(sequence);
    const message = item?.kind === "content" ? item.message : undefined;
    const before = this.marks.own(run);
    await this.marks.move(run, sequence, message);
    changed();
    if (!session.marks || message === undefined || sequence <= before || isQuiet() || !isReady()) return;
    await this.#say({ type: "receipt", kind: "read", message, sequence: String(sequence) });
  }

  /** @param {boolean} on */
  async typing(on) {
    const { session, isReady, isDue } = this.#around;
    if (session.marks && isReady() && !isDue()) await this.#say({ type: "typing", on });
  }

  /** Letters for it, the oldest first. */
  get letters() {
    const { outbox, room, main } = this.#around;
    return outbox.of(room).filter(({ channel = main }) => channel === this.id);
  }

  /** What is unsent has changed; sends what may go. */
  unsent() {
    const { letters } = this;
    const here = new Set(letters.map(({ message }) => message));
    for (const message of this.rows.waiting) if (!here.has(message)) this.rows.settle(message);
    for (const letter of letters) this.#show(letter);
    this.changed();
    this.pump();
  }

  pump() {
    // What cannot be kept or sent now goes with the next one.
    this.#sending.pump().catch(() => {});
  }

  /** Whether slow mode holds a letter back, so that it can be discarded. @param {Letter} letter */
  holds(letter) {
    return this.#sending.holds(letter);
  }

  /** The server holds back what is said here in another way than before. */
  wake() {
    this.#sending.wake();
  }

  /** Tells what is other than before, unless its room has ended: another one may be in its place. */
  changed() {
    const { hasEnded, changed } = this.#around;
    if (hasEnded()) return;
    this.tellRows();
    changed();
  }

  /** Tells rows that are other than before. */
  tellRows() {
    const { room, session } = this.#around;
    const { rows, gone } = this.rows.changes();
    if (rows.length > 0 || gone.length > 0) session.page.tell({ tell: "rows", room, channel: this.id, rows, gone });
  }

  /** Nothing more is to be told. */
  end() {
    this.#typing.end();
    this.#sending.end();
  }

  /** @param {Delivery} delivery @returns {Promise<Item>} */
  async #open(delivery) {
    const { sender, name } = delivery.frame;
    if (name !== "") this.#around.named(sender, name);
    const opened = await this.#opening.open(delivery);
    const item = opened.kind === "content" && delivery.live && delivery.at !== undefined ? { ...opened, cameAt: delivery.at } : opened;
    // What is due is never shown; its place stays.
    if (this.#around.forgetting.isDue(item)) return this.#forgot(item);
    this.#around.forgetting.note(item);
    if (item.kind === "unreadable" && CAUSES[item.cause] === "itself") this.#around.unknownSender();
    return item;
  }

  /** @param {Item} item @returns {Item} */
  #forgot(item) {
    const { sequence, time, sender } = item;
    const { forgetting } = this.#around;
    if (forgetting.isInFront(item, this.rows.items)) {
      this.#stepOver(sequence + 1);
      this.rows.forgotten(sequence, time, forgetting.daysOf(item));
    }
    return { kind: "dropped", sequence, time, sender, forgotten: true };
  }

  /** Typing and marks, which are not kept. @param {DeliverFrame} frame */
  async #pass(frame) {
    const item = await this.#open({ frame, live: true, verified: null });
    const { session, changed } = this.#around;
    if (item.kind !== "content" || item.sender === session.account || !session.marks) return;
    if (item.content.type === "typing") this.#typing.said(item.sender, item.content.on);
    if (item.content.type === "receipt" && item.content.kind === "read" && this.marks.said(item.sender, Number(item.content.sequence))) changed();
  }

  /** @param {KnownContent} content */
  async #say(content) {
    const { session, keeper } = this.#around;
    if (haltedBy(session, keeper.verified.head.record) !== null) return;
    await this.#sealing.pass(randomId(), content).catch(() => {});
  }

  /** @param {Letter} letter */
  #show(letter) {
    const { message, content, at, failed } = letter;
    /** @type {Exclude<import("./requests.js").Sending["state"], "failed">} */
    const state = this.#sending.holds(letter) ? "held" : this.#sending.current === message ? "sending" : "queued";
    const send = failed !== null ? /** @type {const} */ ({ state: "failed", code: failed }) : /** @type {const} */ ({ state });
    if (!this.rows.hasOwn(message)) this.rows.putUnsent({ message, content, at, sequence: 0, send });
  }

  #listen() {
    const { id, deliveries } = this;
    const { alarms, elsewhere } = this.#around;
    const opening = this.#opening;
    deliveries.onHole = (sequence) => alarms.add("left_out", null, sequence, id);
    deliveries.onForgotten = (first) => {
      this.forgetBefore(first);
      this.rows.forgotten(first - 1, 0, this.#around.forgetting.shortest);
    };
    deliveries.onOtherRun = () => alarms.add("renumbered", null, null, id);
    opening.onHole = () => this.look();
    opening.onLaterEpoch = (sequence, epoch) => {
      this.#hasRisen = true;
      this.rows.markBehind(sequence, epoch);
    };
    opening.onGhost = (account, sequence) => alarms.set("ghost", alarms.newest("ghost", id).set(account, sequence), id);
    opening.onRepeated = (account, sequence) => alarms.set("repeated", alarms.newest("repeated", id).set(account, sequence), id);
    opening.onElsewhere = elsewhere;
  }

  /** @returns {OpeningWays} */
  #openingWays() {
    const opening = this.#opening;
    return {
      open: (one) => this.#open(one),
      verify: (many) => opening.verify(many),
      place: (frames) => opening.place(frames),
      forget: () => opening.forget(),
      mayHaveForgotten: () => this.#around.forgetting.mayHaveForgotten(),
      beforeForgetting: () => this.look(),
      forgetBefore: (place) => this.#losses.forgetBefore(place),
    };
  }

  /** @returns {import("./sending.js").Ways} */
  #ways() {
    const { outbox, keeper, isReady, prepare, wrote } = this.#around;
    return {
      channel: this.id,
      letters: () => this.letters,
      isReady,
      prepare,
      refresh: () => keeper.catchUp(),
      placeOf: (hash) => this.rows.byHash(hash)?.sequence ?? null,
      isDelivered: (message) => this.rows.hasOwn(message),
      isSeen: ({ content }) => this.rows.showsFailed(content),
      sent: ({ message, content, at }, sequence) => {
        wrote();
        if (!this.rows.hasOwn(message)) this.rows.putUnsent({ message, content, at, sequence, send: { state: "sent" } });
      },
      changed: (letter) => {
        const now = outbox.letter(letter.message);
        if (now !== undefined) this.#show(now);
        this.changed();
      },
      held: () => {
        for (const letter of this.letters) this.#show(letter);
        this.changed();
      },
    };
  }
}
