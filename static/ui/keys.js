/**
 * Keys that work everywhere in the signed-in page. The help dialogue lists them.
 */
import { openHelp, openRoomDialog } from "./dialogs.js";

/** @param {import("./context.js").Context} context @param {import("../model/signals.js").Scope} scope */
export function bindKeys(context, scope) {
  const { layout } = context;
  scope.listen(document, "keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const action = event.altKey ? alt(event.key) : event.key === "Escape" ? escape() : typing(event.target) ? null : plain(event.key);
    if (action === null) return;
    event.preventDefault();
    action();
  });

  /** @param {string} key */
  function alt(key) {
    if (key === "ArrowUp") return () => step(-1);
    return key === "ArrowDown" ? () => step(1) : null;
  }

  function escape() {
    return () => {
      layout.back();
      document.getElementById("composer")?.focus();
    };
  }

  /** @param {string} key @returns {(() => void) | null} */
  function plain(key) {
    switch (key.toLowerCase()) {
      case "?":
        return () => openHelp(context);
      case "c":
        return () => document.getElementById("composer")?.focus();
      case "m":
        return () => document.getElementById("timeline")?.focus();
      case "p":
        return toPeople;
      case "o":
        return () => openRoomDialog(context);
      case "n":
        return () => document.querySelector(/** @type {"button"} */ (".sidebar [data-control=new-talk]"))?.click();
      case "d":
        return () => layout.toggleDetails();
      default:
        return null;
    }
  }

  /** Whom only an account has. */
  function toPeople() {
    const title = document.getElementById("people-title");
    if (title === null) return;
    if (layout.phone.peek()) layout.pane.value = "rooms";
    // The pane can take the focus once it is shown.
    queueMicrotask(() => title.focus());
  }

  /** @param {number} by */
  function step(by) {
    const rooms = Array.from(document.querySelectorAll(/** @type {"button"} */ (".sidebar [data-control=room], .sidebar [data-channel]")));
    const at = rooms.findIndex((room) => room.hasAttribute("aria-current"));
    rooms.at((at + by) % rooms.length)?.click();
  }
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}
