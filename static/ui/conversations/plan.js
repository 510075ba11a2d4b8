/**
 * What each row of the window looks like: whether it begins a day, a sender's group, or what is unread. Pure, so that tests
 * need no page.
 */

import { isLost } from "../../crypto/room/causes.js";

/**
 * @typedef {import("../../rooms/requests.js").Row} Row
 * @typedef {import("../../rooms/requests.js").Conversation} Conversation
 *
 * How the thread runs beside a row: `solid` verified, `quiet` not verified or on its way, `waiting` for a key, `bad` not opened or not
 * sent, `broken` where keys were replaced.
 * @typedef {"solid" | "quiet" | "waiting" | "bad" | "broken"} Thread
 * @typedef {{ key: string, row: Row, count: number, day: boolean, head: boolean, unread: boolean, expanded: boolean, thread: Thread, seen: string, pinned: boolean, names: string, refusal: number | null }} RowPlan
 *   `count` is how many rows this one stands for; `seen` has the accounts that read up to here, joined by spaces; `names` are the names in
 *   the row, which may become known later, as may `refusal`: why its key was refused
 */

/** Messages of one sender within this long stand under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * Plans the rows for `rows[start..end]`.
 * @param {readonly Row[]} rows
 * @param {number} start
 * @param {number} end
 * @param {{ conversation: Conversation | undefined, firstUnread: string | null, expanded: ReadonlySet<string>, nameOf: (account: string) => string }} how
 * @returns {RowPlan[]}
 */
export function rowsOf(rows, start, end, { conversation, firstUnread, expanded, nameOf }) {
  const verified = new Set(conversation?.members.filter(({ keys, own }) => own || keys === "verified").map(({ account }) => account));
  const marked = markedRow(rows, conversation);
  const pins = new Set(conversation?.pins?.map(({ hash }) => hash));
  /** @type {RowPlan[]} */
  const plans = [];
  // A line that stands before all that is left has no time, and begins no day.
  let timed = rows.findLast(({ time }, at) => at < start && time > 0)?.time ?? 0;
  for (let i = start; i < end; i++) {
    const row = rows[i];
    const before = i > 0 ? rows[i - 1] : undefined;
    const last = plans.at(-1);
    const day = row.time > 0 && (timed === 0 || isLaterDay(timed, row.time));
    timed = row.time || timed;
    if (last !== undefined && isSameClosed(last.row, row) && row.key !== firstUnread) {
      last.count += 1;
      continue;
    }
    const unread = row.key === firstUnread;
    const head = day || unread || !isSameGroup(before, row);
    const seen = row.key === marked?.key ? marked.seen : "";
    plans.push({ key: row.key, row, count: 1, day, head, unread, expanded: expanded.has(row.key), thread: threadOf(row, verified), seen, pinned: row.kind === "message" && pins.has(row.hash), names: accountsOf(row).map(nameOf).join("\n"), refusal: refusalOf(row, conversation) });
  }
  return plans;
}

/** @param {RowPlan} a @param {RowPlan} b */
export function sameRow(a, b) {
  const same = a.row === b.row && a.count === b.count && a.day === b.day && a.head === b.head && a.unread === b.unread;
  return same && a.expanded === b.expanded && a.thread === b.thread && a.seen === b.seen && a.pinned === b.pinned && a.names === b.names && a.refusal === b.refusal;
}

/** Why the key to a row was refused; null where nobody said. @param {Row} row @param {Conversation | undefined} conversation */
function refusalOf(row, conversation) {
  return row.kind === "unreadable" && row.cause === "keys_refused" ? (conversation?.refusal ?? null) : null;
}

/** Sealed under keys that one has to ask for: many of them are one row. @param {Row} row */
export function isClosed(row) {
  return row.kind === "unreadable" && (row.cause === "before_joined" || row.cause === "keys_refused");
}

/** Whether two are closed for the same cause. @param {Row} one @param {Row} other */
function isSameClosed(one, other) {
  return isClosed(one) && one.kind === "unreadable" && other.kind === "unreadable" && one.cause === other.cause;
}

/** Whether it is nobody's message. @param {Row} row @returns {row is import("../../rooms/requests.js").CommitRow | import("../../rooms/requests.js").NoteRow | import("../../rooms/requests.js").ResourceRow} */
function isLine(row) {
  return row.kind === "commit" || row.kind === "note" || row.kind === "resource";
}

/** The own message up to which others have read. @param {readonly Row[]} rows @param {Conversation | undefined} conversation */
function markedRow(rows, conversation) {
  const row = rows.findLast((each) => each.kind === "message" && each.mine && each.sequence > 0);
  if (row === undefined || conversation === undefined) return null;
  const seen = conversation.marks.filter(({ account, read }) => read >= row.sequence && !conversation.members.find((each) => each.account === account)?.own);
  return { key: row.key, seen: seen.map(({ account }) => account).join(" ") };
}

/** Everybody whom a row names. @param {Row} row */
function accountsOf(row) {
  switch (row.kind) {
    case "commit":
      return [row.by, ...row.joined, ...row.left, ...row.removed, ...row.banned, ...row.unbanned, ...row.rekeyed, ...row.roles.map(({ account }) => account)];
    case "erased":
    case "note":
      return [row.account, row.by];
    case "unreadable":
    case "resource":
      return [row.account];
    case "message":
      return [row.account, ...(row.replyTo === null ? [] : [row.replyTo.account]), ...row.reactions.flatMap(({ accounts }) => accounts)];
  }
}

/** @param {Row} row @param {ReadonlySet<string>} verified @returns {Thread} */
function threadOf(row, verified) {
  switch (row.kind) {
    case "commit":
    case "note":
      return "broken";
    case "unreadable":
      if (row.cause === "before_joined" || row.cause === "newer") return "quiet";
      return isLost(row.cause) ? "bad" : "waiting";
    case "message":
      if (row.send !== null && row.send.state !== "sent") return row.send.state === "failed" ? "bad" : "quiet";
      return row.mine || verified.has(row.account) ? "solid" : "quiet";
    case "erased":
    case "resource":
      return verified.has(row.account) ? "solid" : "quiet";
  }
}

/** @param {number} before @param {number} after clocks may be behind: an earlier day begins nothing */
function isLaterDay(before, after) {
  return after > before && new Date(before).toDateString() !== new Date(after).toDateString();
}

/** @param {Row | undefined} before @param {Row} row */
function isSameGroup(before, row) {
  if (before === undefined || isLine(before) || isLine(row) || isClosed(before) || isClosed(row)) return false;
  return before.account === row.account && row.time - before.time < GROUP_MS;
}
