/**
 * Where one writes. Enter sends, Shift and Enter make a new line; an Enter that ends the composition of a character does neither.
 */
import { TEXT_BYTES } from "../wire/limits.js";
import { TooLong } from "../wire/records.js";
import { fill, h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { roomName } from "./context.js";

/** From this share of the limit on, the size is shown. */
const SHOW_SIZE_AT = 0.8;
/** A key that comes within this long needs no word. */
const PATIENCE_MS = 1_500;
/** What browsers before `isComposing` say for a key that an input method took. */
const IME_KEY = 229;

/**
 * @param {import("./context.js").Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {import("../model/room.js").Room} room
 * @param {() => void} toEnd
 */
export function composer(context, scope, room, toEnd) {
  const { chat, words, layout } = context;
  const name = roomName(words, room.name);
  const box = h("textarea", {
    id: "composer",
    rows: 1,
    dir: "auto",
    autocomplete: "off",
    "aria-label": words.say("composer.label", { room: name }),
    "aria-describedby": "composer-fault composer-hint",
    placeholder: words.say("composer.placeholder", { room: name }),
  });
  box.value = room.draft;
  const fault = h("p", { id: "composer-fault", class: "fault", role: "alert" });
  const size = h("p", { class: "hint tabular" });
  const waiting = h("p", { class: "hint waiting", role: "status" });
  const send = h("button", { type: "submit", class: "primary send", "aria-label": words.say("composer.send"), title: words.say("composer.send") }, icon("send"));
  scope.listen(box, "input", changed);
  scope.listen(box, "keydown", pressed);
  showWaiting(context, scope, room, waiting);
  scope.add(() => {
    room.draft = box.value;
  });
  queueMicrotask(() => {
    changed();
    if (!layout.phone.peek()) box.focus();
  });
  return h(
    "form",
    { class: "composer", onsubmit: submit },
    waiting,
    fault,
    h("div", { class: "field" }, box, send),
    h("div", { class: "under" }, h("p", { id: "composer-hint", class: "hint" }, words.say("composer.hint")), size),
  );

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === IME_KEY) return;
    submit(event);
  }

  function changed() {
    room.draft = box.value;
    fill(fault);
    send.disabled = box.value.trim() === "";
    // Growing with the text; the style sheet sets the most.
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
    const bytes = box.value.length * 3 < TEXT_BYTES * SHOW_SIZE_AT ? 0 : new TextEncoder().encode(box.value).length;
    setText(size, bytes < TEXT_BYTES * SHOW_SIZE_AT ? "" : words.say("composer.size", { size: words.size(bytes), limit: words.size(TEXT_BYTES) }));
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (box.value.trim() === "") return;
    try {
      chat.rooms.send(room, box.value);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      fill(fault, words.say("composer.too_long", { size: words.size(error.bytes), limit: words.size(error.limit) }));
      return;
    }
    box.value = "";
    room.firstUnread.value = null;
    changed();
    toEnd();
    box.focus();
  }
}

/** Says that the room's key has not come, once that has lasted. @param {import("./context.js").Context} context @param {import("../model/signals.js").Scope} scope @param {import("../model/room.js").Room} room @param {HTMLElement} line */
function showWaiting({ words }, scope, room, line) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  scope.effect(() => {
    const { state, since } = room.key.value;
    clearTimeout(timer);
    fill(line);
    if (state !== "waiting") return;
    timer = setTimeout(() => fill(line, icon("key"), words.say("composer.waiting_key")), Math.max(0, since + PATIENCE_MS - Date.now()));
  });
  scope.add(() => clearTimeout(timer));
}
