/**
 * Ids, and how a proxy-sealed room's ids follow from its name (docs/protocol.md §4). Ids are hexadecimal text here.
 */
import { fromHex, join, toHex, utf8 } from "./bytes.js";

/** Makes a random id of 16 bytes, as for a message. */
export function randomId() {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * Computes the id of the room with this prepared name.
 * @param {string} name
 */
export async function roomIdOf(name) {
  return toHex(await hash16("sealwire/v1/room", utf8(name)));
}

/**
 * Computes the id of a room's main channel.
 * @param {string} room id
 */
export async function channelIdOf(room) {
  return toHex(await hash16("sealwire/v1/channel", fromHex(room, 16), utf8("main")));
}

/**
 * The first 16 bytes of SHA-256(label ‖ 0 ‖ parts).
 * @param {string} label
 * @param {...Uint8Array} parts
 */
async function hash16(label, ...parts) {
  const digest = await crypto.subtle.digest("SHA-256", join(utf8(label), 0, ...parts));
  return new Uint8Array(digest, 0, 16);
}
