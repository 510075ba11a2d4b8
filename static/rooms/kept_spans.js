/**
 * From when to when something may have been sealed to this account's keys that a room is to forget: kept with the room's head in the
 * vault (docs/protocol.md §14.6), for when the account is in the room no more, and nobody shows it the commits.
 */
import { fromBase64 } from "../wire/base64.js";
import { OpenError } from "../crypto/errors.js";
import { parseRoomRecord } from "../crypto/room/room_record.js";
/** @typedef {import("../keys/requests.js").Span} Span to: when what was sealed is due */
/** @typedef {Record<string, any>} Head content of a room head, of this program or another one */

export const DAY_MS = 86_400_000;
/** After how many days an epoch is over at the latest, in a room that forgets; in one that forgets sooner, as soon. */
export const EPOCH_DAYS = 7;
/** As many spans are kept of a room: 6 KiB of the 192 KiB of a room head. Where there are more, those that are due at about the same time are one. */
export const MOST_SPANS = 128;
/** Within what time they are one first, in milliseconds; then within twice as much, and so on. */
const ABOUT_MS = 60_000;
const TIME = /^(0|[1-9][0-9]{0,15})$/;

/** The spans that a head keeps, by when they are due. What is no span is as if it were not there. @param {Head | null} head @returns {Span[]} */
export function keptSpans(head) {
  const kept = Array.isArray(head?.spans) ? head.spans : [];
  return kept.flatMap((each) => (isTime(each?.from) && isTime(each.due) ? [{ from: Number(each.from), to: Number(each.due) }] : []));
}

/**
 * What a head becomes by another one: null where the vault has it. Spans go with the newest commit.
 * @param {Head | null} old
 * @param {import("../crypto/room/chain.js").RoomHead} newest
 * @param {readonly Span[]} spans none where they are not known
 * @param {number} now
 */
export function nextHead(old, newest, spans, now) {
  const written = spans.length === 0 ? {} : { spans: packed(spans, now) };
  if (old === null || Number(old.n) < Number(newest.n)) {
    const { left, ...rest } = old ?? {};
    return { ...rest, ...newest, ...written };
  }
  return old.n === newest.n && old.spans === undefined && spans.length > 0 ? { ...old, ...written } : null;
}

/**
 * The head of a room in which the account is no more: epochs may have begun that nobody here has seen. Null where that is noted, or the
 * room forgets nothing, as far as is known.
 * @param {Head | null} head @param {number} now
 */
export function leftHead(head, now) {
  const days = head === null || head.left !== undefined ? 0 : keepDays(head);
  if (days === 0) return null;
  const known = keptSpans(head);
  const unseen = { from: known.at(-1)?.from ?? 0, to: now + (Math.min(EPOCH_DAYS, days) + days) * DAY_MS };
  return { ...head, left: String(now), spans: packed([...known, unseen], now) };
}

/** Those that are due are one. @param {readonly Span[]} spans @param {number} now */
function packed(spans, now) {
  const ascending = spans.toSorted((a, b) => a.to - b.to);
  const over = within(ascending.filter(({ to }) => to <= now), Infinity);
  const ahead = ascending.filter(({ to }) => to > now);
  let joined = within(ahead, 0);
  for (let about = ABOUT_MS; over.length + joined.length > MOST_SPANS; about *= 2) joined = within(ahead, about);
  return [...over, ...joined].map(({ from, to }) => ({ from: String(from), due: String(to) }));
}

/** Makes one of those that are due within a time. @param {readonly Span[]} ascending @param {number} about */
function within(ascending, about) {
  const joined = /** @type {Span[]} */ ([]);
  let since = -Infinity;
  for (const { from, to } of ascending) {
    const last = joined.at(-1);
    if (last !== undefined && to - since <= about) joined[joined.length - 1] = { from: Math.min(last.from, from), to };
    else {
      joined.push({ from, to });
      since = to;
    }
  }
  return joined;
}

/** @param {Head} head */
function keepDays({ state }) {
  try {
    return parseRoomRecord(fromBase64(state)).policy.keepDays;
  } catch (error) {
    if (error instanceof OpenError) return 0;
    throw error;
  }
}

/** @param {unknown} value */
function isTime(value) {
  return typeof value === "string" && TIME.test(value);
}
