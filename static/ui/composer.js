/**
 * Where one writes into a proxy-sealed room.
 */
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { roomName } from "./context.js";
import { writingBox } from "./writing_box.js";

/** A key that comes within this long needs no word. */
const PATIENCE_MS = 1_500;

/**
 * @param {import("./context.js").Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {import("../model/room.js").Room} room
 * @param {() => void} toEnd
 */
export function composer(context, scope, room, toEnd) {
  const waiting = h("p", { class: "hint waiting", role: "status" });
  showWaiting(context, scope, room, waiting);
  return writingBox(context, scope, {
    name: roomName(context.words, room.name),
    draft: room.draft,
    above: [waiting],
    changed: (text) => (room.draft = text),
    send: (text) => {
      context.chat.rooms.send(room, text);
      room.firstUnread.value = null;
      toEnd();
    },
  }).element;
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
