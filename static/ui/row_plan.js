/**
 * What each row of the window looks like: whether it begins a day, a sender's group, or what is unread. Pure, so that tests
 * need no page.
 */

/**
 * @typedef {import("../model/timeline.js").Item} Item
 * How the thread runs beside a row: `solid` opened, `waiting` for a key, `quiet` not opened for a known reason, `bad` not
 * opened or not sent, `broken` where there is a gap.
 * @typedef {"solid" | "waiting" | "quiet" | "bad" | "broken"} Thread
 * @typedef {{ item: Item, count: number, day: boolean, head: boolean, unread: boolean, expanded: boolean, thread: Thread }} RowPlan
 *   `count` is how many items the row stands for: what was sent before one came in, and stays closed, is one row
 */

/** Messages of one sender within this long stand under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * Plans the rows for `items[start..end]`.
 * @param {readonly Item[]} items
 * @param {number} start
 * @param {number} end
 * @param {string | null} firstUnread key of the item above which the line stands
 * @param {ReadonlySet<string>} expanded
 * @returns {RowPlan[]}
 */
export function rowsOf(items, start, end, firstUnread, expanded) {
  /** @type {RowPlan[]} */
  const plans = [];
  for (let i = start; i < end; i++) {
    const item = items[i];
    const before = i > 0 ? items[i - 1] : undefined;
    const last = plans.at(-1);
    if (last !== undefined && isClosed(last.item) && isClosed(item)) {
      last.count += 1;
      continue;
    }
    const day = before === undefined || isLaterDay(before.time, item.time);
    const unread = item.key === firstUnread;
    const head = day || unread || !isSameGroup(before, item);
    plans.push({ item, count: 1, day, head, unread, expanded: expanded.has(item.key), thread: threadOf(item) });
  }
  return plans;
}

/** @param {RowPlan} a @param {RowPlan} b */
export function sameRow(a, b) {
  return a.item === b.item && a.count === b.count && a.day === b.day && a.head === b.head && a.unread === b.unread && a.expanded === b.expanded;
}

/** @param {Item} item @returns {Thread} */
function threadOf(item) {
  if (item.kind === "rotation" || item.kind === "missed") return "broken";
  if (item.kind === "unreadable") {
    if (item.cause === "waiting_for_key") return "waiting";
    return item.cause === "not_opened" ? "bad" : "quiet";
  }
  if (item.kind === "message" && item.send !== null && item.send.state !== "sent") {
    return item.send.state === "failed" ? "bad" : "quiet";
  }
  return "solid";
}

/** @param {number} before @param {number} after local clocks may be behind: an earlier day begins nothing */
function isLaterDay(before, after) {
  return after > before && new Date(before).toDateString() !== new Date(after).toDateString();
}

/** @param {Item | undefined} before @param {Item} item */
function isSameGroup(before, item) {
  if (before === undefined || !isSaid(before) || !isSaid(item)) return false;
  const sameWriter = before.sender === item.sender || (before.mine && item.mine);
  return sameWriter && before.name === item.name && before.run === item.run && item.time - before.time < GROUP_MS;
}

/** @param {Item} item @returns {item is import("../model/timeline.js").MessageItem | import("../model/timeline.js").UnreadableItem} */
function isSaid(item) {
  return item.kind === "message" || (item.kind === "unreadable" && !isClosed(item));
}

/** Sent before one came in: its key never comes. @param {Item} item */
export function isClosed(item) {
  return item.kind === "unreadable" && item.cause === "before_you_joined";
}
