/**
 * What a client remembers of the envelopes of one channel, so that none counts twice and a missing one is noticed
 * (docs/protocol.md §9, *Replay*). Look before opening, record after: an envelope that does not open leaves no trace but that
 * it is there.
 */
/** @typedef {import("./signed_envelope.js").Header} Header */

/**
 * `fresh`: never opened; `same_again`: this very envelope was opened before, drop it silently; `conflict`: another one was opened
 * under this counter, an alarm.
 * @typedef {"fresh" | "same_again" | "conflict"} Seen
 * @typedef {{ hash: string, sequence: number }} Opened
 * @typedef {{ sender: string, first: number, last: number }} Hole counters that are missing between two that came
 */

/** How many opened envelopes of one channel are remembered one by one: some ten megabytes, and more than anybody reads back in one sitting. */
const MOST_OPENED = 50_000;

/** Counters and hashes of the envelopes of one channel. */
export class ReplayTable {
  /** What was opened, by counter. @type {Map<string, Map<number, Opened>>} */
  #opened = new Map();
  #size = 0;
  /** The highest counter of each series that was forgotten, and its place. @type {Map<string, { counter: number, sequence: number }>} */
  #forgotten = new Map();
  /** Where each stored envelope stands whose signatures hold, by counter. @type {Map<string, Map<number, number>>} */
  #places = new Map();
  /** In which envelope a sender's message was shown. @type {Map<string, Opened>} */
  #messages = new Map();

  /**
   * Says whether to open an envelope; changes nothing. One that comes again at its own place, as history does that is read again, is
   * no repetition.
   * @param {Header} header
   * @param {string} hash
   * @param {number} sequence
   * @returns {Seen}
   */
  check(header, hash, sequence) {
    const series = seriesOf(header);
    const known = this.#opened.get(series)?.get(header.counter);
    if (known === undefined) return this.#isBehindForgotten(series, header, sequence) ? "same_again" : "fresh";
    if (known.hash !== hash) return "conflict";
    return header.stored && known.sequence === sequence ? "fresh" : "same_again";
  }

  /**
   * Notes that a sender's envelope is there, whether or not it can be opened yet.
   * @param {Header} header
   * @param {number} sequence
   * @returns {boolean} whether the one before it is not there, as in a page that comes the newest first
   */
  arrive(header, sequence) {
    if (!header.stored) return false;
    const places = inner(this.#places, seriesOf(header));
    places.set(header.counter, sequence);
    return !places.has(header.counter - 1);
  }

  /**
   * Remembers an envelope that was fresh and did open.
   * @param {Header} header
   * @param {string} hash
   * @param {number} sequence
   * @returns {"shown" | "again"} `again`: the same message came in another envelope, a retry that is not shown again
   */
  record(header, hash, sequence) {
    const opened = inner(this.#opened, seriesOf(header));
    this.#size += opened.has(header.counter) ? 0 : 1;
    opened.set(header.counter, { hash, sequence });
    const message = `${header.sender} ${header.message}`;
    const shown = this.#messages.get(message) ?? { hash, sequence };
    this.#messages.set(message, shown);
    return shown.hash === hash ? "shown" : "again";
  }

  /**
   * Nothing before a place is held any more. Its counters are not missed then; what was opened there is remembered all the same, as
   * long as it is not too much, and after that by the highest counter of each series.
   * @param {number} place
   * @param {number} [most] how many opened envelopes are remembered
   */
  forgetBefore(place, most = MOST_OPENED) {
    for (const places of this.#places.values()) for (const [counter, sequence] of places) if (sequence < place) places.delete(counter);
    if (this.#size <= most) return;
    for (const [series, opened] of this.#opened) for (const [counter, { sequence }] of opened) if (sequence < place) this.#forget(series, opened, counter, sequence);
    for (const [message, { sequence }] of this.#messages) if (sequence < place) this.#messages.delete(message);
  }

  /** @param {string} series @param {Map<number, Opened>} opened @param {number} counter @param {number} sequence */
  #forget(series, opened, counter, sequence) {
    opened.delete(counter);
    this.#size -= 1;
    if (counter >= (this.#forgotten.get(series)?.counter ?? 0)) this.#forgotten.set(series, { counter, sequence });
  }

  /** Whether an envelope stands behind one of its series that was opened and has a higher counter: it was opened, too. @param {string} series @param {Header} header @param {number} sequence */
  #isBehindForgotten(series, { counter, stored }, sequence) {
    const forgotten = this.#forgotten.get(series);
    return forgotten !== undefined && counter <= forgotten.counter && (!stored || sequence > forgotten.sequence);
  }

  /**
   * The holes in the counters of stored envelopes. Pages of history come the newest first, so that what is below the oldest one
   * is not missed; nor is what was erased, of which only the place and the sender are left.
   * @param {ReadonlyArray<{ sender: string, sequence: number }>} erased
   * @returns {Hole[]}
   */
  holes(erased) {
    return [...this.#places].flatMap(([series, places]) => {
      const [sender] = series.split(" ");
      const theirs = erased.filter((each) => each.sender === sender);
      const counters = [...places.keys()].sort((a, b) => a - b);
      return counters.flatMap((counter, at) => {
        const missing = at === 0 ? 0 : counter - counters[at - 1] - 1;
        if (missing === 0) return [];
        const [from, to] = [places.get(counters[at - 1]) ?? 0, places.get(counter) ?? 0];
        const gone = theirs.filter(({ sequence }) => sequence > from && sequence < to).length;
        return gone >= missing ? [] : [{ sender, first: counters[at - 1] + 1, last: counter - 1 }];
      });
    });
  }
}

/** One numbering of one sender. @param {Header} header */
function seriesOf({ sender, instance, stored }) {
  return `${sender} ${instance} ${stored}`;
}

/** @template K, L, V @param {Map<K, Map<L, V>>} maps @param {K} key @returns {Map<L, V>} */
function inner(maps, key) {
  const found = maps.get(key) ?? new Map();
  maps.set(key, found);
  return found;
}
