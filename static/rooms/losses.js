/**
 * What is missing in one channel: holes in the counters of senders, and what the server erased without anybody's deletion. What was
 * found stays said when the messages that showed it are held no more (docs/protocol.md §14.11 and §9).
 */
/** @typedef {import("./alarms.js").Alarms} Alarms */
/** @typedef {import("./deliveries.js").Deliveries} Deliveries */
/** @typedef {import("./opening.js").Opening} Opening */
/** @typedef {import("./rows.js").Rows} Rows */

/** One channel's losses. */
export class Losses {
  #rows;
  #deliveries;
  #opening;
  #alarms;
  #channel;
  /** What was found in what was let go. @type {Record<"taken_away" | "withheld", Map<string, number>>} by account */
  #past = { taken_away: new Map(), withheld: new Map() };
  /** Whether something was erased whose deletion is not here: what comes may be that. */
  waits = false;

  /** @param {Rows} rows @param {Deliveries} deliveries @param {Opening} opening @param {Alarms} alarms @param {string} [channel] */
  constructor(rows, deliveries, opening, alarms, channel) {
    this.#channel = channel;
    this.#rows = rows;
    this.#deliveries = deliveries;
    this.#opening = opening;
    this.#alarms = alarms;
  }

  /** Names what is missing now, and what was before. */
  look() {
    const { takenAway } = this.#rows;
    this.waits = takenAway.length > 0;
    // Its deletion may be on its way here.
    const named = takenAway.filter(({ tombstone }) => !this.#deliveries.isToCome(tombstone));
    const newest = /** @type {Array<[string, number]>} */ (named.map(({ sender, sequence }) => [sender, sequence]));
    this.#alarms.set("taken_away", new Map([...this.#past.taken_away, ...newest]), this.#channel);
    this.#alarms.set("withheld", new Map([...this.#past.withheld, ...this.#withheld()]), this.#channel);
  }

  /** What stands before a place is held no more, after everything was looked at. @param {number} place */
  forgetBefore(place) {
    this.#opening.forgetBefore(place);
    const withheld = this.#withheld();
    for (const [account, n] of this.#alarms.newest("taken_away", this.#channel)) if (n < place) this.#past.taken_away.set(account, n);
    for (const [account, n] of this.#alarms.newest("withheld", this.#channel)) if (withheld.get(account) !== n) this.#past.withheld.set(account, n);
  }

  #withheld() {
    const erased = this.#rows.items.filter(({ kind }) => kind === "erased");
    return new Map(this.#opening.holes(erased).map(({ sender, last }) => [sender, last]));
  }
}
