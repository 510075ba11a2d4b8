/**
 * What every view is given.
 */
import { LOBBY } from "../model/rooms.js";

/**
 * @typedef {object} Context
 * @property {import("../model/chat.js").Chat} chat
 * @property {import("../model/preferences.js").Preferences} preferences
 * @property {import("../i18n/index.js").Words} words
 * @property {import("./layout.js").Layout} layout
 * @property {import("./announcer.js").Announcer} announcer
 * @property {import("./attention.js").Attention} attention
 */

/**
 * A room's name as it is shown: the lobby has one in every language.
 * @param {import("../i18n/index.js").Words} words
 * @param {string} name
 */
export function roomName(words, name) {
  return name === LOBBY ? words.say("rooms.lobby") : name;
}
