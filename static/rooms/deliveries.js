/**
 * What came in one channel, without a gap from the oldest that was read to the newest: pages of history are fetched, and live
 * frames wait for those before them (docs/protocol.md §14.10).
 */
import { OpenError } from "../crypto/errors.js";
import { parseList } from "../crypto/record_list.js";
import { FrameError, join } from "../wire/bytes.js";
import { decodeFrame } from "../wire/frame.js";
import { Refused } from "../keys/failure.js";
import { mayChange } from "../crypto/room/causes.js";
/** @typedef {import("../wire/frame.js").DeliverFrame} DeliverFrame */
/** @typedef {import("./opening.js").Delivery} Delivery */
/** @typedef {import("./opening.js").Item} Item */
/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./rows.js").Rows} Rows */

/**
 * What deliveries are opened by.
 * @typedef {object} OpeningWays
 * @property {(delivery: Delivery) => Promise<Item>} open
 * @property {(deliveries: Delivery[]) => Promise<void>} verify beside whatever is opened meanwhile
 * @property {(frames: DeliverFrame[]) => Promise<void>} place takes note of where commits stand
 * @property {() => void} forget
 * @property {() => Promise<boolean>} mayHaveForgotten whether the server may have let go of what stood in front
 * @property {() => void} beforeForgetting takes note of what is seen only in what is let go now
 * @property {(place: number) => void} forgetBefore
 */

/** What a deliver frame begins with, of which a fetch gives the bodies. */
const DELIVER = 0x05;
/** Messages of one page. */
const PAGE = 100;
/** Messages of the first page of a channel in which nothing is unread: what nobody looks at is read when somebody does. */
const LEAST = 20;
/** Most that `messages.fetch` gives at once. */
const MOST = 500;
/** Pages that are fetched to close a gap; beyond it the newest page is begun with anew. */
const GAP_PAGES = 4;
/** Opened deliveries that a room holds when something new comes: more than the page shows at once; older ones are read again where somebody reads back. */
const MOST_HELD = 5_000;
/** How many come before that is looked at. */
const SLACK = 500;
/** After how many opened messages the page is told of them. */
const TOLD_EACH = 16;

/** One channel's deliveries. */
export class Deliveries {
  #page;
  #channel;
  #rows;
  #opening;
  #changed;
  #most;
  /** What cannot be read yet, by place. @type {Map<number, Delivery>} */
  #waiting = new Map();
  #low = 0;
  #high = 0;
  #first = 0;
  /** The newest that there is by the server's word. */
  #last = 0;
  /** How many came since something was let go. */
  #come = 0;
  #run = "";
  #begun = false;
  /** Called with a place where the server's numbers go on behind a hole. @type {(sequence: number) => void} */
  onHole = () => {};
  /** Called with the first place that the server has still, where it has let go of what was before. @type {(first: number) => void} */
  onForgotten = () => {};
  /** Called when the server numbers in another way than before. @type {() => void} */
  onOtherRun = () => {};

  /**
   * @param {Page} page
   * @param {string} channel
   * @param {Rows} rows
   * @param {OpeningWays} opening
   * @param {() => void} changed
   * @param {number} [most] deliveries that are held
   */
  constructor(page, channel, rows, opening, changed, most = MOST_HELD) {
    this.#most = most;
    this.#page = page;
    this.#channel = channel;
    this.#rows = rows;
    this.#opening = opening;
    this.#changed = changed;
  }

  /** The newest that is here without a gap, 0 for none. */
  get newest() {
    return this.#high;
  }

  /** Whether the server has named a place that is still on its way here. @param {number} place */
  isToCome(place) {
    return place > this.#high && place <= this.#last;
  }

  /** The numbering. */
  get run() {
    return this.#run;
  }

  /** Whether the newest page was read: before that nobody knows what there is. */
  get begun() {
    return this.#begun;
  }

  /** Whether there is more before what is here. */
  get hasOlder() {
    return this.#low > Math.max(this.#first, 1);
  }

  /**
   * Reads up to where the channel stood when it was followed. Throws as `Opening.open` does.
   * @param {string} run
   * @param {number} newest
   * @param {number} [wanted] how many of the newest are read, if nothing is here yet: a page at most
   */
  async catchUp(run, newest, wanted = PAGE) {
    const isOther = this.#run !== "" && this.#run !== run;
    this.#run = run;
    this.#last = newest;
    if (isOther) this.onOtherRun();
    if (isOther || (this.#high > 0 && newest - this.#high > GAP_PAGES * MOST)) this.#clear();
    if (this.#high === 0) await this.#begin(newest, Math.min(PAGE, Math.max(LEAST, wanted)));
    else await this.#close(newest);
  }

  /** Reads the page before what is here. Throws as `Opening.open` does. */
  async older() {
    if (this.hasOlder) await this.#takePage(await this.#fetch({ before: String(this.#low), limit: PAGE }), false);
  }

  /**
   * Takes a live frame. Throws as `Opening.open` does.
   * @param {DeliverFrame} frame
   * @param {number} newest epoch that was known when it came
   */
  async take(frame, newest) {
    const { sequence } = frame;
    if (sequence > this.#high + 1 && this.#high > 0) await this.#close(sequence - 1);
    if (sequence <= this.#high) return;
    this.#rows.put(await this.#verdict({ frame, live: true, at: Date.now(), newest, verified: null }));
    this.#high = sequence;
    if (this.#low === 0) this.#low = sequence;
    this.#letGo(1);
    this.#changed();
  }

  /** What is older than a reader is likely to want is read again when it is wanted. What somebody reads back to is let go with what comes after it. @param {number} come */
  #letGo(come) {
    this.#come += come;
    if (this.#come < SLACK) return;
    this.#come = 0;
    this.#opening.beforeForgetting();
    const from = this.#rows.letGo(this.#most);
    if (from === null) return;
    for (const place of this.#waiting.keys()) if (place < from) this.#waiting.delete(place);
    this.#low = from;
    this.#opening.forgetBefore(from);
  }

  /** Tries again what could not be read, the newest first. Throws as `Opening.open` does. @returns {Promise<void>} */
  async retry() {
    const places = [...this.#waiting.keys()].sort((a, b) => b - a);
    for (const [at, place] of places.entries()) {
      const delivery = this.#waiting.get(place);
      if (delivery === undefined) continue;
      this.#rows.put(await this.#verdict(delivery));
      if (at % TOLD_EACH === TOLD_EACH - 1) this.#changed();
    }
    this.#changed();
  }

  #clear() {
    this.#rows.clear();
    this.#opening.forget();
    this.#waiting.clear();
    this.#low = this.#high = this.#first = 0;
    this.#begun = false;
  }

  /** @param {number} newest @param {number} limit */
  async #begin(newest, limit) {
    if (newest > 0) await this.#takePage(await this.#fetch({ limit }), false);
    this.#begun = true;
    if (this.#high < newest && newest >= this.#first) this.onHole(newest);
  }

  /** @param {number} upTo */
  async #close(upTo) {
    while (this.#high < upTo) {
      const frames = await this.#fetch({ after: String(this.#high), limit: MOST });
      await this.#takePage(frames, true);
      if (frames.length > 0) continue;
      if (upTo >= this.#first) this.onHole(upTo);
      this.#high = upTo;
    }
  }

  /**
   * Opens a page, the newest first. What goes on from here counts only as a whole: a page that is cut off is fetched again.
   * @param {DeliverFrame[]} frames ascending
   * @param {boolean} isNewer
   */
  async #takePage(frames, isNewer) {
    this.#count(frames, isNewer);
    await this.#opening.place(frames);
    const parts = inParts(frames.toReversed().map((frame) => ({ frame, live: false, verified: null })));
    let verified = this.#opening.verify(parts[0] ?? []);
    for (const [at, part] of parts.entries()) {
      await verified;
      verified = this.#opening.verify(parts[at + 1] ?? []);
      for (const delivery of part) {
        const { sequence } = delivery.frame;
        if (this.#rows.item(sequence) === undefined) this.#rows.put(await this.#verdict(delivery));
        if (!isNewer) this.#low = sequence;
        if (!isNewer && this.#high === 0) this.#high = sequence;
      }
      this.#changed();
    }
    const newest = frames.at(-1)?.sequence ?? 0;
    if (isNewer) {
      this.#high = Math.max(this.#high, newest);
      this.#letGo(frames.length);
    }
    // Nothing was left that far back.
    if (!isNewer && frames.length === 0) this.#first = Math.max(this.#first, this.#low);
    this.#changed();
  }

  /** Follows the numbers of a page: nothing is left out between two, and of what is kept nothing between it and what is here. @param {DeliverFrame[]} frames ascending @param {boolean} isNewer */
  #count(frames, isNewer) {
    let next = isNewer ? Math.max(this.#high + 1, this.#first) : 0;
    for (const { sequence } of frames) {
      if (next > 0 && sequence > next) this.onHole(sequence);
      next = sequence + 1;
    }
    const isCutOff = !isNewer && this.#low > 0 && (frames.length === 0 ? this.#low > Math.max(this.#first, 1) : next < this.#low);
    if (isCutOff) this.onHole(this.#low);
  }

  /** @param {Delivery} delivery */
  async #verdict(delivery) {
    const item = await this.#opening.open(delivery);
    const { sequence } = delivery.frame;
    if (item.kind === "unreadable" && mayChange(item.cause)) this.#waiting.set(sequence, delivery);
    else this.#waiting.delete(sequence);
    return item;
  }

  /** Takes the first place that there is still, by the server's word; 0 where all is gone. In a room that never forgets that is the first of all. @param {number} first */
  async #goOnFrom(first) {
    const from = first === 0 && this.#last > 0 ? this.#last + 1 : first;
    if (from <= Math.max(this.#first, 1) || !(await this.#opening.mayHaveForgotten())) return;
    this.#first = from;
    this.onForgotten(from);
  }

  /** @param {Record<string, unknown>} which @returns {Promise<DeliverFrame[]>} */
  async #fetch(which) {
    const { ok, tail } = await this.#page.call("messages.fetch", { channel: this.#channel, ...which });
    this.#last = Math.max(this.#last, Number(ok.last));
    await this.#goOnFrom(Number(ok.first));
    return framesOf(tail, this.#channel);
  }
}

/** The deliver frames of one channel in the tail of a fetch; throws `Refused` (`bad_server`). @param {Uint8Array} tail @param {string} channel @returns {DeliverFrame[]} */
export function framesOf(tail, channel) {
  try {
    const frames = parseList(tail, MOST).map((body) => /** @type {DeliverFrame} */ (decodeFrame(join(DELIVER, body))));
    return frames.filter((frame) => frame.channel === channel);
  } catch (error) {
    if (error instanceof OpenError || error instanceof FrameError) throw new Refused("bad_server");
    throw error;
  }
}

/** @param {Delivery[]} deliveries */
function inParts(deliveries) {
  return Array.from({ length: Math.ceil(deliveries.length / TOLD_EACH) }, (_, part) => deliveries.slice(part * TOLD_EACH, (part + 1) * TOLD_EACH));
}
