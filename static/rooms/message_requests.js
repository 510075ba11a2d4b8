/**
 * What the page asks about single messages of a channel: their threads, and whether they are pinned.
 */
import { Refused } from "../keys/failure.js";
import { withPin } from "./pins.js";
/** @typedef {import("./channel.js").Channel} Channel */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./requests.js").RoomRequests} RoomRequests */

/** Pages that are read back to find the first message of a thread. */
const BACK_PAGES = 8;
/** Most answers that are shown at once. */
const MOST_ANSWERS = 300;

/**
 * The first message of a thread and its newest answers, as far as they are found. Throws as `Channel.older` does.
 * @param {Channel} channel
 * @param {RoomRequests["conversation_thread"]["takes"]} takes
 * @returns {Promise<RoomRequests["conversation_thread"]["gives"]>}
 */
export async function thread(channel, { hash }) {
  const { rows, deliveries } = channel;
  channel.sweepDue();
  let root = rows.rootOf(hash);
  for (let pages = 0; !rows.holds(root) && deliveries.hasOlder && pages < BACK_PAGES; pages++) {
    await channel.older();
    // What was found may be an answer itself.
    root = rows.rootOf(root);
  }
  return { root, rows: rows.thread(root, MOST_ANSWERS) };
}

/**
 * Pins a message that is here, or takes a pin back. Throws `Refused` (`no_such_message`, `over_quota`), or as `RoomStateKeeper.change` does.
 * @param {Conversation} conversation
 * @param {RoomRequests["conversation_pin"]["takes"]} takes
 */
export async function pin(conversation, { channel, message, hash, on }) {
  const { id, rows } = conversation.channel(channel);
  if (on && rows.named({ message, hash })?.kind !== "message") throw new Refused("no_such_message");
  await conversation.state.change((content) => withPin(content, { channel: id, message, hash }, on));
}
