/**
 * The timeline on the screen: a window of at most 300 rows over the items, which moves with the reader.
 *
 * It follows what is new only while the reader is within 100 px of the end; otherwise the row at the top of the screen stays
 * where it is, whatever happens above or below it.
 */
import { Signal } from "../model/signals.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { reconcile } from "./list.js";
import { roomName } from "./context.js";
import { drawRow } from "./row.js";
import { rowsOf, sameRow } from "./row_plan.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./row_plan.js").RowPlan} RowPlan
 */

/** Rows in the document at most. */
const WINDOW = 300;
/** Rows by which the window moves, when the reader is within `NEAR_PX` of its edge. */
const STEP = 100;
const NEAR_PX = 600;
const FOLLOW_PX = 100;
/** While nobody looks there are no animation frames. */
const HIDDEN_MS = 250;

/**
 * @param {Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {import("../model/room.js").Room} room
 * @returns {{ element: HTMLElement, toEnd: () => void }}
 */
export function timelineView(context, scope, room) {
  const { words, attention, chat } = context;
  const rows = h("div", { class: "rows", role: "log", "aria-live": "off", "aria-label": words.say("timeline.label", { room: roomName(words, room.name) }) });
  const empty = emptyState(context, scope, room);
  const scroller = h("div", { id: "timeline", class: "timeline", tabindex: "0", role: "region", "aria-label": words.say("timeline.label", { room: roomName(words, room.name) }) }, empty, rows);
  const newest = h("button", { type: "button", class: "newest", onclick: toEnd });
  /** @type {Set<string>} keys of long messages that are shown in full */
  const expanded = new Set();
  const redraw = new Signal(0);
  let following = true;
  let firstKey = "";
  let showsLast = true;
  /** @type {number | undefined} */
  let pending;

  scope.effect(() => {
    void room.timeline.version.value;
    void room.firstUnread.value;
    void redraw.value;
    schedule();
  });
  scope.effect(() => {
    newest.hidden = attention.atEnd.value;
    newest.replaceChildren(icon("down"), room.unread.value > 0 ? words.say("timeline.newest_count", { count: room.unread.value }) : words.say("timeline.newest"));
  });
  scope.listen(scroller, "scroll", scrolled, { passive: true });
  scope.listen(scroller, "keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "End" && event.target === scroller) toEnd();
  });
  // The box shrinks when the composer grows or a keyboard comes up: the end stays in sight.
  const resized = new ResizeObserver(() => {
    if (following) scroller.scrollTop = scroller.scrollHeight;
  });
  resized.observe(scroller);
  scope.add(() => resized.disconnect());
  scope.add(() => cancel());
  attention.atEnd.value = true;
  render();
  return { element: h("div", { class: "timeline-box" }, scroller, newest), toEnd };

  function schedule() {
    if (pending !== undefined) return;
    pending = document.hidden ? window.setTimeout(render, HIDDEN_MS) : requestAnimationFrame(render);
  }

  function cancel() {
    if (pending === undefined) return;
    clearTimeout(pending);
    cancelAnimationFrame(pending);
    pending = undefined;
  }

  function render() {
    cancel();
    const items = room.timeline.items;
    const start = startOf(items);
    const end = Math.min(items.length, start + WINDOW);
    firstKey = items[start]?.key ?? "";
    showsLast = end === items.length;
    const anchor = following ? null : anchorRow();
    const plans = rowsOf(items, start, end, room.firstUnread.peek(), expanded);
    reconcile(rows, plans, (plan) => plan.item.key, (plan) => drawRow(context, room, plan, toggle), sameRow);
    if (anchor === null) scroller.scrollTop = scroller.scrollHeight;
    else scroller.scrollTop += top(anchor.row.isConnected ? anchor.row : rowOf(anchor.key)) - anchor.top;
    observe();
  }

  /** @param {readonly import("../model/timeline.js").Item[]} items */
  function startOf(items) {
    const last = Math.max(0, items.length - WINDOW);
    if (following) return last;
    return Math.min(last, Math.max(0, items.findIndex((item) => item.key === firstKey)));
  }

  function scrolled() {
    observe();
    if (following) return;
    const items = room.timeline.items;
    const start = startOf(items);
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    let moved = start;
    if (scroller.scrollTop < NEAR_PX) moved = Math.max(0, start - STEP);
    else if (below < NEAR_PX) moved = Math.min(Math.max(0, items.length - WINDOW), start + STEP);
    if (moved === start) return;
    firstKey = items[moved].key;
    render();
  }

  /** Notes whether the reader stands at the end. */
  function observe() {
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    following = below <= FOLLOW_PX && showsLast;
    attention.atEnd.value = following;
  }

  function anchorRow() {
    const edge = scroller.getBoundingClientRect().top;
    for (const row of rows.children) {
      const box = row.getBoundingClientRect();
      if (box.bottom > edge) return { row, key: row.getAttribute("data-key") ?? "", top: box.top };
    }
    return null;
  }

  /** @param {string} key */
  function rowOf(key) {
    return rows.querySelector(`[data-key="${key}"]`);
  }

  /** @param {Element | null} row */
  function top(row) {
    return row === null ? scroller.getBoundingClientRect().top : row.getBoundingClientRect().top;
  }

  /** @param {string} key */
  function toggle(key) {
    if (!expanded.delete(key)) expanded.add(key);
    following = false;
    redraw.update((n) => n + 1);
  }

  function toEnd() {
    following = true;
    render();
    scroller.scrollTop = scroller.scrollHeight;
    observe();
    if (chat.rooms.current.peek() === room) room.read();
  }
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
