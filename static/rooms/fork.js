/**
 * What a kept head says of another history of its room, beside what is known here (docs/protocol.md §14.6): `forked`, two histories
 * were shown and the user has not decided; `other`, a commit of the other one; `decided`, commits of other histories against which the
 * user decided, the newest last. What is no commit hash is as if it were not there.
 */
import { HASH_BYTES } from "../crypto/record.js";
/** @typedef {Record<string, any>} Head content of a room head, of this program or another one */

const HASH = new RegExp(`^[0-9a-f]{${HASH_BYTES * 2}}$`);
/** As many other histories as are remembered; one more is named again when it is shown again. */
const MOST_DECIDED = 16;

/** Whether two histories were shown, and the user has not decided. @param {Head | null} head */
export function isForked(head) {
  return head?.forked === true;
}

/** Whether the user decided against the history with this commit. @param {Head | null} head @param {string} commit */
export function isDecided(head, commit) {
  return decidedIn(head).includes(commit);
}

/** The head after another history was shown; null where it says so already, or the user decided against that one. @param {Head} head @param {string | null} other */
export function forked(head, other) {
  if (other !== null && isDecided(head, other)) return null;
  const isNamed = other === null || isHash(head.other);
  if (isForked(head) && isNamed) return null;
  return { ...head, forked: true, ...(isNamed ? {} : { other }) };
}

/** The head after the user's decision; null where it was made before. @param {Head} head @param {readonly string[]} others commits that were shown to the user here */
export function decided(head, others) {
  const { forked: stop, other, decided: before, ...rest } = head;
  const known = decidedIn(head);
  const all = [...new Set([...known, ...others, ...(isHash(other) ? [other] : [])])];
  if (stop === undefined && other === undefined && all.length === known.length) return null;
  return all.length === 0 ? rest : { ...rest, decided: all.slice(-MOST_DECIDED) };
}

/** The head after the user's decision about commits that are held back: two histories beside them still stop. Null where it was made before. @param {Head} head @param {readonly string[]} others */
export function passedOver(head, others) {
  const known = decidedIn(head);
  const all = [...new Set([...known, ...others])];
  return all.length === known.length ? null : { ...head, decided: all.slice(-MOST_DECIDED) };
}

/** @param {Head | null} head @returns {string[]} */
function decidedIn(head) {
  return Array.isArray(head?.decided) ? head.decided.filter(isHash) : [];
}

/** @param {unknown} value */
function isHash(value) {
  return typeof value === "string" && HASH.test(value);
}
