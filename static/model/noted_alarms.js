/**
 * Alarms of conversations that their user has read and put away.
 */
import { Signal } from "./signals.js";

/**
 * @typedef {import("../rooms/requests.js").Alarm} Alarm
 * @typedef {Pick<import("../rooms/requests.js").Conversation, "room" | "alarms">} Alarmed
 */

/** Those that were put away, as long as they stand and the page does. */
export class NotedAlarms {
  /** @type {Signal<ReadonlySet<string>>} */
  #noted = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));

  /** The alarms of a conversation that were not put away. @param {Alarmed} conversation */
  left({ room, alarms }) {
    return alarms.filter((alarm) => !this.#noted.value.has(nameOf(room, alarm)));
  }

  /** Puts alarms away. @param {string} room @param {readonly Alarm[]} alarms */
  note(room, alarms) {
    this.#noted.update((noted) => new Set([...noted, ...alarms.map((alarm) => nameOf(room, alarm))]));
  }

  /** An alarm that is over and comes again is a new one, also where nothing numbers it. @param {readonly Alarmed[]} conversations as they stand */
  keep(conversations) {
    const standing = new Set(conversations.flatMap(({ room, alarms }) => alarms.map((alarm) => nameOf(room, alarm))));
    const noted = [...this.#noted.peek()].filter((name) => standing.has(name));
    if (noted.length < this.#noted.peek().size) this.#noted.value = new Set(noted);
  }

  clear() {
    this.#noted.value = new Set();
  }
}

/** @param {string} room @param {Alarm} alarm */
function nameOf(room, { kind, account, n, channel = "" }) {
  return `${room} ${kind} ${account} ${n} ${channel}`;
}
