/**
 * The timeline of a proxy-sealed room.
 */
import { h, setText } from "./dom.js";
import { roomName } from "./context.js";
import { drawRow } from "./row.js";
import { rowsOf, sameRow } from "./row_plan.js";
import { windowed } from "./windowed.js";

/** @typedef {import("./context.js").Context} Context */

/**
 * @param {Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {import("../model/room.js").Room} room
 */
export function timelineView(context, scope, room) {
  const { words, chat } = context;
  return windowed(context, scope, {
    label: words.say("timeline.label", { room: roomName(words, room.name) }),
    empty: emptyState(context, scope, room),
    items: () => (room.timeline.version.value, room.timeline.items),
    unread: room.unread,
    firstUnread: room.firstUnread,
    plan: (items, start, end, expanded) => rowsOf(items, start, end, room.firstUnread.peek(), expanded),
    keyOf: (plan) => plan.item.key,
    draw: (plan, toggle) => drawRow(context, room, plan, toggle),
    same: sameRow,
    read: () => {
      if (chat.rooms.current.peek() === room) room.read();
    },
  });
}

/** What stands where nothing was said yet. @param {Context} context @param {import("../model/signals.js").Scope} scope @param {import("../model/room.js").Room} room */
function emptyState({ words }, scope, room) {
  const title = h("h2");
  const lead = h("p");
  const box = h("div", { class: "empty" }, title, lead);
  scope.effect(() => {
    void room.timeline.version.value;
    const entering = room.entry.value.phase === "entering";
    box.hidden = room.timeline.items.some((item) => item.kind === "message" || item.kind === "unreadable");
    setText(title, words.say(entering ? "timeline.entering" : "timeline.empty"));
    setText(lead, entering ? "" : words.say("timeline.empty_lead"));
  });
  return box;
}
