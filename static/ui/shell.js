/**
 * The signed-in page: rooms, conversation, details, and the keys that move between them.
 */
import { h, setAttribute } from "./dom.js";
import { accountPart } from "./account_part.js";
import { roomName } from "./context.js";
import { bindKeys } from "./keys.js";
import { conversation } from "./conversation.js";
import { details } from "./details.js";
import { sidebar } from "./sidebar.js";
import { warmDialogs } from "./dialogs.js";

/** @typedef {import("./context.js").Context} Context */

/** How often the list of rooms is asked for while somebody looks. */
const LIST_EVERY_MS = 60_000;

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function shell(context, scope) {
  const { layout, words } = context;
  const rooms = sidebar(context, scope);
  const talk = h("div", { class: "talk" });
  const aside = details(context, scope);
  const root = h("main", { class: "shell" }, h("h1", { class: "unseen" }, words.say("app.name")), h("a", { class: "skip", href: "#composer", onclick: skip }, words.say("app.skip")), rooms, talk, aside);
  scope.effect(() => {
    root.dataset.pane = layout.pane.value;
    root.toggleAttribute("data-details", layout.details.value);
  });
  scope.effect(() => {
    const phone = layout.phone.value;
    const pane = layout.pane.value;
    const open = layout.details.value;
    // What cannot be seen must not be reached by the keyboard either.
    setAttribute(rooms, "inert", phone && pane !== "rooms");
    setAttribute(talk, "inert", phone && pane !== "conversation");
    setAttribute(aside, "inert", phone ? pane !== "details" : !open);
  });
  showCurrentRoom(context, scope, talk);
  keepWindow(context, scope);
  bindKeys(context, scope);
  warmDialogs();
  return root;

  /** @param {Event} event */
  function skip(event) {
    event.preventDefault();
    document.getElementById("composer")?.focus();
  }
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope @param {HTMLElement} talk */
function showCurrentRoom(context, scope, talk) {
  let inner = scope.child();
  scope.effect(() => {
    const room = context.chat.rooms.current.value;
    inner.end();
    inner = scope.child();
    talk.replaceChildren(room === null ? accountPart(context, inner, "talk") : conversation(context, inner, room));
  });
}

/** Title, unread counts and what must not be lost by closing. @param {Context} context @param {import("../model/signals.js").Scope} scope */
function keepWindow({ chat, words, attention }, scope) {
  scope.effect(() => {
    const room = chat.rooms.current.value;
    if (room === null) return;
    const seen = attention.visible.value && attention.atEnd.value;
    if (seen && room.unread.value > 0) room.read();
    const unread = chat.rooms.entered.value.reduce((sum, each) => sum + each.unread.value, chat.unread.value);
    const name = words.plain("app.title", { room: room.name === "lobby" ? words.plain("rooms.lobby") : roomName(words, room.name) });
    document.title = unread === 0 ? name : words.plain("app.title_unread", { count: unread, room: room.name === "lobby" ? words.plain("rooms.lobby") : room.name });
  });
  scope.add(() => {
    document.title = words.plain("app.name");
  });
  scope.every(LIST_EVERY_MS, () => {
    if (attention.visible.peek()) chat.rooms.list();
  });
  scope.listen(window, "online", () => chat.retryNow());
  scope.listen(document, "visibilitychange", () => {
    if (!document.hidden) chat.retryNow();
  });
  scope.listen(window, "beforeunload", (/** @type {BeforeUnloadEvent} */ event) => {
    if (chat.rooms.unsent > 0) event.preventDefault();
  });
}
