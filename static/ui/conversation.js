/**
 * One room: its head, what is wrong if something is, what was said, and where to write.
 */
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { roomName } from "./context.js";
import { accountPart } from "./account_part.js";
import { banner } from "./banner.js";
import { composer } from "./composer.js";
import { timelineView } from "./timeline_view.js";

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context @param {import("../model/signals.js").Scope} scope @param {import("../model/room.js").Room} room */
export function conversation(context, scope, room) {
  const view = timelineView(context, scope, room);
  return h(
    "section",
    { class: "conversation", "aria-label": roomName(context.words, room.name) },
    head(context, scope, room),
    banner(context, scope, room),
    accountPart(context, scope, "banner"),
    view.element,
    composer(context, scope, room, () => view.toEnd()),
  );
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope @param {import("../model/room.js").Room} room */
function head({ words, layout }, scope, room) {
  const count = h("span", { class: "tabular", "aria-hidden": "true" });
  const people = h("button", { type: "button", class: "plain", onclick: () => layout.toggleDetails() }, icon("people"), count);
  scope.effect(() => {
    const open = layout.phone.value ? layout.pane.value === "details" : layout.details.value;
    const members = room.members.headcount.value;
    setText(count, words.number(members));
    people.setAttribute("aria-expanded", String(open));
    people.setAttribute("aria-label", `${words.say(open ? "nav.details_hide" : "nav.details")} · ${words.say("rooms.people", { count: members })}`);
    people.title = words.say(open ? "nav.details_hide" : "nav.details");
  });
  return h(
    "header",
    { class: "bar" },
    h("button", { type: "button", class: "plain phone-only", "aria-label": words.say("nav.rooms"), onclick: () => (layout.pane.value = "rooms") }, icon("menu")),
    h("h2", { dir: "auto" }, roomName(words, room.name)),
    h("span", { class: "seal" }, icon("seal"), h("span", {}, words.say("details.sealed"))),
    people,
  );
}
