/**
 * A message: who, when, what, and in words what is not well with it.
 */
import { fold } from "./fold.js";
import { countdown } from "./countdown.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("../model/room.js").Room} Room
 * @typedef {import("./row_plan.js").RowPlan} RowPlan
 * @typedef {import("../model/timeline.js").MessageItem} MessageItem
 * @typedef {import("../model/timeline.js").UnreadableItem} UnreadableItem
 */

/**
 * @param {Context} context @param {Room} room @param {RowPlan} plan @param {MessageItem | UnreadableItem} item
 * @param {(key: string) => void} toggle
 */
export function drawMessage(context, room, plan, item, toggle) {
  const { words } = context;
  const time = h("time", { datetime: new Date(item.time).toISOString(), title: words.moment(item.time) }, words.clock(item.time));
  const head = plan.head
    ? h("p", { class: "head" }, h("strong", { class: "name", dir: "auto" }, item.name), item.mine && h("span", { class: "hint" }, words.say("message.you")), time)
    : h("p", { class: "gutter" }, h("span", { class: "unseen", dir: "auto" }, item.name), time);
  return [head, ...(item.kind === "message" ? message(context, room, plan, item, toggle) : [unreadable(context, item)])];
}

/** @param {Context} context @param {Room} room @param {RowPlan} plan @param {MessageItem} item @param {(key: string) => void} toggle */
function message(context, room, plan, item, toggle) {
  const { words } = context;
  return [
    item.text === null ? h("p", { class: "note" }, words.say("message.newer")) : text(context, plan, item.key, item.text, toggle),
    item.clockOff && h("p", { class: "note warn" }, icon("clock"), words.say("message.clock_off")),
    item.keysChanged && h("p", { class: "note warn" }, icon("key"), words.say("message.keys_changed")),
    sendState(context, room, item),
  ];
}

/** @param {Context} context @param {RowPlan} plan @param {string} key @param {string} whole @param {(key: string) => void} toggle */
function text({ words }, plan, key, whole, toggle) {
  const folded = fold(whole);
  if (folded === null) return h("div", { class: "text", dir: "auto" }, whole);
  const size = words.size(new TextEncoder().encode(whole).length);
  const label = plan.expanded ? words.say("message.show_less") : words.say("message.show_all", { size });
  return h(
    "div",
    {},
    h("div", { class: plan.expanded ? "text" : "text folded", dir: "auto" }, plan.expanded ? whole : folded),
    h("button", { type: "button", class: "small", "data-control": "fold", "aria-expanded": String(plan.expanded), onclick: () => toggle(key) }, label),
  );
}

/** @param {Context} context @param {UnreadableItem} item */
function unreadable({ words }, item) {
  const waiting = item.cause === "waiting_for_key";
  const next = waiting ? words.say("unreadable.waiting_for_key_next") : words.say("unreadable.not_opened_next", { name: item.name });
  return h("div", { class: `cause ${item.cause}` }, icon(waiting ? "key" : "warn"), h("div", {}, h("p", {}, words.say(`unreadable.${item.cause}`)), h("p", { class: "hint" }, next)));
}

/** @param {Context} context @param {Room} room @param {MessageItem} item */
function sendState({ chat, words }, room, item) {
  const send = item.send;
  if (send === null) return null;
  const again = (/** @type {string} */ label) =>
    h("button", { type: "button", class: "small", "data-control": "retry", onclick: () => chat.rooms.retry(room, item.message) }, icon("retry"), words.say(label));
  const discard = h("button", { type: "button", class: "small", "data-control": "discard", onclick: () => chat.rooms.discard(room, item.message) }, icon("bin"), words.say("send.discard"));
  switch (send.state) {
    case "waiting": {
      const cause = words.error(send.code);
      const left = countdown(send.retryAt, (ms) => words.say("send.waiting", { time: words.span(ms), cause }));
      return h("div", { class: "state warn" }, left, again("send.retry_now"), discard);
    }
    case "failed":
      return h("div", { class: "state bad", role: "alert" }, h("span", {}, words.say("send.failed", { cause: words.error(send.code) })), again("send.retry"), discard);
    default:
      return h("p", { class: "state" }, words.say(`send.${send.state}`));
  }
}
