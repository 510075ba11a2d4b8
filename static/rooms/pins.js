/**
 * Pinned messages: in the settings of a room, which owners and admins sign, each by its id and hash (docs/protocol.md §14.14).
 */
import { Refused } from "../keys/failure.js";
/** @typedef {import("../crypto/room/state_content.js").Pin} Pin */
/** @typedef {import("../crypto/room/state_content.js").SettingsContent} SettingsContent */
/** @typedef {import("./channel.js").Channel} Channel */
/** @typedef {import("./requests.js").Pinned} Pinned */
/** @typedef {import("./rows.js").Rows} Rows */

/** Most that one room pins: a list that somebody reads, and no second history. */
export const MOST_PINS = 100;

/**
 * Pins a message, or takes that back. Throws `Refused` (`over_quota`).
 * @param {SettingsContent} content
 * @param {Pin} pin
 * @param {boolean} on
 * @returns {SettingsContent}
 */
export function withPin(content, pin, on) {
  const others = content.pins.filter(({ channel, hash }) => channel !== pin.channel || hash !== pin.hash);
  if (on && others.length >= MOST_PINS) throw new Refused("over_quota");
  // One that is pinned already stays where it is.
  if (on && others.length < content.pins.length) return content;
  return { ...content, pins: on ? [...others, pin] : others };
}

/** What is pinned in the channels that are known, as it stands now. @param {readonly Pin[]} pins @param {ReadonlyMap<string, Pick<Channel, "rows">>} channels @returns {Pinned[]} */
export function pinnedIn(pins, channels) {
  return pins.flatMap((pin) => {
    const rows = channels.get(pin.channel)?.rows;
    return rows === undefined ? [] : [{ ...nameOf(pin), ...stateOf(pin, rows) }];
  });
}

/** @param {Pin} pin */
function nameOf({ channel, message, hash }) {
  return { channel, message, hash };
}

/** @param {Pin} pin @param {Rows} rows @returns {Pick<Pinned, "state" | "account" | "text" | "time">} */
function stateOf(pin, rows) {
  const row = rows.named(pin);
  if (row === null) return { state: "away", account: "", text: "", time: 0 };
  const { account, time } = row;
  if (row.kind === "erased") return { state: "erased", account, text: "", time };
  return { state: row.edited ? "edited" : "here", account, text: row.text, time };
}
