/**
 * A timeline on the screen: a window of at most 300 rows over its items, which moves with the reader.
 *
 * It follows what is new only while the reader is within 100 px of the end; otherwise the row at the top of the screen stays
 * where it is, whatever happens above or below it.
 */
import { Signal } from "../model/signals.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { reconcile } from "./list.js";

/**
 * What is shown, and how. `P` is the plan of one row.
 * @template {{ key: string }} T
 * @template P
 * @typedef {object} Source
 * @property {string} label
 * @property {Element} empty stands above the rows while there are none
 * @property {() => readonly T[]} items oldest first; reading them subscribes
 * @property {Signal<number>} unread
 * @property {Signal<string | null>} firstUnread key of the item above which the line stands
 * @property {(items: readonly T[], start: number, end: number, expanded: ReadonlySet<string>) => P[]} plan
 * @property {(plan: P) => string} keyOf
 * @property {(plan: P, toggle: (key: string) => void) => Element} draw
 * @property {(a: P, b: P) => boolean} same
 * @property {() => void} read the reader went to the end
 * @property {() => Promise<boolean>} [older] reads what is before the first item; false if there is nothing
 * @property {() => string | null} [land] the key at which reading begins, asked once there are items
 */

/** Rows in the document at most. */
const WINDOW = 300;
/** Rows by which the window moves, when the reader is within `NEAR_PX` of its edge. */
const STEP = 100;
const NEAR_PX = 600;
const FOLLOW_PX = 100;
/** Where the first unread row stands, below the top. */
const LAND_PX = 80;
/** While nobody looks there are no animation frames. */
const HIDDEN_MS = 250;

/**
 * @template {{ key: string }} T
 * @template P
 * @param {import("./context.js").Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {Source<T, P>} source
 * @returns {{ element: HTMLElement, toEnd: () => void, reveal: (key: string) => void }}
 */
export function windowed({ words, attention }, scope, source) {
  const rows = h("div", { class: "rows", role: "log", "aria-live": "off", "aria-label": source.label });
  const scroller = h("div", { id: "timeline", class: "timeline", tabindex: "0", role: "region", "aria-label": source.label }, source.empty, rows);
  const newest = h("button", { type: "button", class: "newest", onclick: toEnd });
  /** @type {Set<string>} keys of long messages that are shown in full */
  const expanded = new Set();
  const redraw = new Signal(0);
  /** @type {readonly T[]} */
  let items = [];
  let following = true;
  let landed = source.land === undefined;
  let asking = false;
  /** Whether there is nothing before the first item. */
  let whole = source.older === undefined;
  let firstKey = "";
  let showsLast = true;
  /** @type {number | undefined} */
  let pending;

  scope.effect(() => {
    items = source.items();
    void source.firstUnread.value;
    void redraw.value;
    schedule();
  });
  scope.effect(() => {
    newest.hidden = attention.atEnd.value;
    newest.replaceChildren(icon("down"), source.unread.value > 0 ? words.say("timeline.newest_count", { count: source.unread.value }) : words.say("timeline.newest"));
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
  return { element: h("div", { class: "timeline-box" }, scroller, newest), toEnd, reveal };

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
    const place = landing();
    const start = startOf();
    const end = Math.min(items.length, start + WINDOW);
    firstKey = items[start]?.key ?? "";
    showsLast = end === items.length;
    const anchor = following || place !== null ? null : anchorRow();
    const plans = source.plan(items, start, end, expanded);
    reconcile(rows, plans, source.keyOf, (plan) => source.draw(plan, toggle), source.same);
    if (anchor !== null) scroller.scrollTop += top(anchor.row.isConnected ? anchor.row : rowOf(anchor.key)) - anchor.top;
    else if (place !== null) scroller.scrollTop += top(rowOf(place)) - top(null) - LAND_PX;
    else scroller.scrollTop = scroller.scrollHeight;
    observe();
    if (start === 0) askOlder();
  }

  /** Where reading begins, the first time that there is something to read. */
  function landing() {
    if (landed || items.length === 0) return null;
    landed = true;
    const key = source.land?.() ?? null;
    const at = items.findIndex((item) => item.key === key);
    if (at === -1) return null;
    following = false;
    firstKey = items[Math.max(0, at - STEP)].key;
    return key;
  }

  function startOf() {
    const last = Math.max(0, items.length - WINDOW);
    if (following) return last;
    return Math.min(last, Math.max(0, items.findIndex((item) => item.key === firstKey)));
  }

  function scrolled() {
    observe();
    const start = startOf();
    if (start === 0) askOlder();
    if (following) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    let moved = start;
    if (scroller.scrollTop < NEAR_PX) moved = Math.max(0, start - STEP);
    else if (below < NEAR_PX) moved = Math.min(Math.max(0, items.length - WINDOW), start + STEP);
    if (moved === start) return;
    firstKey = items[moved].key;
    render();
  }

  /** What comes is drawn, and asks for more if it is not enough; what failed is asked again when the reader moves. */
  async function askOlder() {
    if (asking || whole || items.length === 0 || scroller.scrollTop > NEAR_PX) return;
    asking = true;
    whole = (await source.older?.()) !== true;
    asking = false;
  }

  /** Notes whether the reader stands at the end. */
  function observe() {
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    following = below <= FOLLOW_PX && showsLast;
    attention.atEnd.value = following;
  }

  function anchorRow() {
    const edge = top(null);
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
    return (row ?? scroller).getBoundingClientRect().top;
  }

  /** @param {string} key */
  function toggle(key) {
    if (!expanded.delete(key)) expanded.add(key);
    following = false;
    redraw.update((n) => n + 1);
  }

  /** Shows a row and gives it the focus. @param {string} key */
  function reveal(key) {
    const at = items.findIndex((item) => item.key === key);
    if (at === -1) return;
    following = false;
    firstKey = items[Math.max(0, at - STEP)].key;
    render();
    const row = rowOf(key);
    row?.scrollIntoView({ block: "center" });
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
    observe();
  }

  function toEnd() {
    following = true;
    render();
    scroller.scrollTop = scroller.scrollHeight;
    observe();
    source.read();
  }
}
