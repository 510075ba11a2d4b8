/**
 * What cannot be read yet: why, what happens next, and what its reader can do.
 */
import { CAUSES, isLost } from "../../crypto/room/causes.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../rooms/requests.js").UnreadableRow} UnreadableRow
 */

/** Why keys were refused, by the number of the reason. @type {Readonly<Record<number, string>>} */
const REFUSALS = Object.freeze({ 1: "refusal.not_now", 2: "refusal.joining", 3: "refusal.unknown" });

/** @param {TalkContext} context @param {{ room: string }} view @param {UnreadableRow} row @param {number} count how many rows it stands for */
export function unreadable(context, { room }, row, count) {
  const { words } = context;
  const name = nameOf(context, row.account);
  const conversation = context.conversations.list.peek()?.find((each) => each.room === room);
  const fault = h("p", { class: "fault", role: "alert" });
  // A direct conversation has ended with the keys that it began with.
  const isOver = row.cause === "keys_reset" && conversation?.kind === "direct";
  const next = h("p", { class: "hint" }, words.say(isOver ? "unread.keys_reset_direct_next" : `unread.${row.cause}_next`, { count, name }), ...refusal());
  return h(
    "div",
    { class: `cause ${row.cause}${isLost(row.cause) ? " lost" : ""}` },
    icon(row.cause === "before_joined" ? "clock" : isLost(row.cause) ? "warn" : "key"),
    h("div", {}, h("p", {}, words.say(`unread.${row.cause}`, { count, name })), next, step(), fault),
  );

  /** What who decided says of it. */
  function refusal() {
    const reason = row.cause === "keys_refused" ? (conversation?.refusal ?? null) : null;
    return reason === null || !(reason in REFUSALS) ? [] : [" ", words.say(REFUSALS[reason])];
  }

  function step() {
    const ending = CAUSES[row.cause];
    if (ending === "reloading") return h("button", { type: "button", class: "small", "data-control": "reload", onclick: () => location.reload() }, icon("retry"), words.say("unread.reload"));
    if (ending !== "asking") return null;
    const button = h("button", { type: "button", class: "small", "data-control": "ask-keys", onclick: ask }, icon("key"), words.say(row.cause === "before_joined" ? "unread.ask" : "unread.ask_again"));
    return button;

    async function ask() {
      button.disabled = true;
      fill(fault);
      const refused = await context.conversations.act("conversation_ask_keys", { room });
      button.disabled = false;
      if (refused !== null) return fill(fault, words.error(refused));
      fill(next, words.say("unread.asked"));
      return context.announcer.say(words.say("unread.asked"));
    }
  }
}
