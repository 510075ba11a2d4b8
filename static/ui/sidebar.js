/**
 * The rooms, and at the foot who one is.
 */
import { fill, h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { reconcile } from "./list.js";
import { roomName } from "./context.js";
import { thread } from "./sign_in.js";
import { accountPart } from "./account_part.js";
import { leave, openAccount, openCheckCode, openHelp, openRoomDialog, openSettings, openUpgrade } from "./dialogs.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("../model/room.js").Room} Room
 */

/** Other rooms that are shown; the rest is found by name. */
const OTHERS = 50;

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function sidebar(context, scope) {
  const { chat, words, layout } = context;
  const others = h("ul", { class: "list" });
  const quiet = h("p", { class: "quiet inset" });
  scope.effect(() => {
    const mine = new Set(chat.rooms.entered.value.map((room) => room.id));
    const listed = chat.rooms.listed.value;
    const shown = (listed ?? []).filter((room) => !mine.has(room.id)).slice(0, OTHERS);
    reconcile(others, shown, (room) => room.id, draw, (a, b) => a.members === b.members && a.name === b.name);
    quiet.hidden = shown.length > 0;
    setText(quiet, words.say(listed === null ? "rooms.loading" : "rooms.none"));
  });
  return h(
    "nav",
    { class: "sidebar", "aria-label": words.say("nav.rooms") },
    h(
      "header",
      { class: "bar" },
      h("p", { class: "brand" }, thread(), words.say("app.name")),
      h("button", { type: "button", class: "plain phone-only", "aria-label": words.say("nav.back"), onclick: () => layout.back() }, icon("close")),
    ),
    h(
      "div",
      { class: "scroll", tabindex: "-1" },
      accountPart(context, scope, "talks"),
      h("h2", {}, words.say("rooms.entered"), h("span", { class: "seal" }, words.say("details.sealed"))),
      enteredRooms(context, scope),
      h("h2", {}, words.say("rooms.others")),
      others,
      quiet,
      h("button", { type: "button", class: "row-button", onclick: () => openRoomDialog(context) }, icon("plus"), h("span", {}, words.say("rooms.open"))),
      accountPart(context, scope, "people"),
    ),
    self(context, scope),
  );

  /** @param {import("../model/rooms.js").Listed} listed */
  function draw(listed) {
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row-button", onclick: () => enter(listed.name) },
        icon("room"),
        h("span", { class: "name", dir: "auto" }, roomName(words, listed.name)),
        h("span", { class: "count" }, h("span", { "aria-hidden": "true" }, words.number(listed.members)), h("span", { class: "unseen" }, words.say("rooms.people", { count: listed.members }))),
      ),
    );
  }

  /** @param {string} name */
  async function enter(name) {
    layout.back();
    await chat.rooms.open(name);
  }
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
function enteredRooms({ chat, words, layout }, scope) {
  const list = h("ul", { class: "list" });
  scope.effect(() => {
    const current = chat.rooms.current.value;
    const rooms = chat.rooms.entered.value.map((room) => ({ room, current: room === current, unread: room.unread.value }));
    reconcile(list, rooms, ({ room }) => room.id, draw, (a, b) => a.room === b.room && a.current === b.current && a.unread === b.unread);
  });
  return list;

  /** @param {{ room: Room, current: boolean, unread: number }} entry */
  function draw({ room, current, unread }) {
    const badge = unread > 0 && h("span", { class: "badge" }, h("span", { "aria-hidden": "true" }, words.number(unread)), h("span", { class: "unseen" }, words.say("rooms.unread", { count: unread })));
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row-button", "aria-current": current ? "page" : null, "data-control": "room", onclick: show },
        icon("room"),
        h("span", { class: "name", dir: "auto" }, roomName(words, room.name)),
        badge,
      ),
    );

    function show() {
      chat.rooms.show(room);
      layout.back();
    }
  }
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
function self(context, scope) {
  const { chat, words } = context;
  const name = h("bdi");
  const what = h("span", { class: "hint" });
  const next = h("div", { class: "next" });
  const own = button("key", "nav.account", () => openAccount(context));
  const note = h("p", { class: "hint inset" }, words.say("rooms.not_kept"));
  scope.effect(() => setText(name, chat.session.value.name));
  scope.effect(() => {
    const guest = chat.account.phase.value === "guest";
    const unchecked = chat.account.rehearsed.value === false;
    note.hidden = guest || chat.account.kept.value;
    own.hidden = guest;
    setText(what, words.say(guest ? "rooms.you_are" : "rooms.you_are_account"));
    next.hidden = !guest && !unchecked;
    if (guest) fill(next, wide("key", "upgrade.open", () => openUpgrade(context)));
    else if (unchecked) fill(next, wide("warn", "check_code.open", () => openCheckCode(context)));
  });
  return h(
    "footer",
    { class: "foot" },
    next,
    note,
    h(
      "div",
      { class: "self" },
      h("div", { class: "who" }, h("strong", {}, name), what),
      own,
      button("gear", "nav.settings", () => openSettings(context)),
      button("help", "nav.help", () => openHelp(context)),
      button("exit", "nav.sign_out", () => leave(context)),
    ),
  );

  /** @param {import("./icons.js").IconName} name @param {string} label @param {() => void} onclick */
  function button(name, label, onclick) {
    return h("button", { type: "button", class: "plain", "aria-label": words.say(label), title: words.say(label), onclick }, icon(name));
  }

  /** @param {import("./icons.js").IconName} name @param {string} label @param {() => void} onclick */
  function wide(name, label, onclick) {
    return h("button", { type: "button", class: "row-button", onclick }, icon(name), h("span", {}, words.say(label)));
  }
}
