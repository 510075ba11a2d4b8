/**
 * Keys of the timeline: arrows go from row to row, letters do with the row what its menu does.
 */
import { eraseDialog, mayErase } from "./menu.js";
import { showThread } from "./thread.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./view.js").View} View
 * @typedef {import("../../rooms/requests.js").MessageRow} MessageRow
 */

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {HTMLElement} element around the timeline @param {View} view */
export function bindRowKeys(context, scope, element, view) {
  scope.listen(element, "keydown", (/** @type {KeyboardEvent} */ event) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const row = target.closest(".row");
    const run = event.key === "ArrowUp" || event.key === "ArrowDown" ? step(element, row, event.key === "ArrowUp" ? -1 : 1) : target === row && row !== null ? onRow(event.key, row) : null;
    if (run === null) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  });

  /** @param {string} key @param {Element} element */
  function onRow(key, element) {
    const row = context.conversations.rows(view.channel).items.peek().find((each) => each.key === element.getAttribute("data-key"));
    if (key === "Enter") return () => first(element)?.click();
    if (row?.kind !== "message" || row.hash === "") return null;
    switch (key.toLowerCase()) {
      case "r":
        return () => view.reply(row);
      case "t":
        return () => showThread(context, view.channel, row.hash);
      case "e":
        return row.mine ? () => view.edit(row) : null;
      case "delete":
        return mayErase(context, view.room, row) ? () => eraseDialog(context, view, row) : null;
      default:
        return null;
    }
  }
}

/** What Enter does with a row: its menu, or the one thing that it offers. @param {Element} row @returns {HTMLButtonElement | null} */
function first(row) {
  return row.querySelector(/** @type {"button"} */ ("[data-control=menu]")) ?? row.querySelector("button");
}

/** @param {HTMLElement} element @param {Element | null} row @param {number} by @returns {(() => void) | null} */
function step(element, row, by) {
  const rows = [...element.querySelectorAll(/** @type {"div"} */ (".row"))];
  const next = row === null ? rows.at(-1) : rows[rows.indexOf(/** @type {HTMLDivElement} */ (row)) + by];
  if (next === undefined) return null;
  return () => {
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };
}
