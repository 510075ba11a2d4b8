/**
 * The steps by which a commit is received (docs/protocol.md §14.9, *Receivers accept*).
 */
import { HASH_BYTES } from "../record.js";
import { eventsOf } from "./apply.js";
import { checkCommitSignatures } from "./commit.js";
import { RoomError } from "./errors.js";
import { keysetOf } from "./keys.js";
import { membersHash } from "./room_record.js";
import { judge } from "./rules.js";
/** @typedef {import("./commit.js").CommitBody} CommitBody */
/** @typedef {import("./commit.js").UnverifiedCommit} UnverifiedCommit */
/** @typedef {import("./history.js").ChainEntry} ChainEntry */
/** @typedef {import("./history.js").NextEntry} NextEntry */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */
/** @typedef {import("./rules.js").Ground} Ground */

/** What the first commit names as the one before it. */
export const NO_COMMIT = "0".repeat(HASH_BYTES * 2);

/**
 * Steps 1 to 7, save the layout; `null` for a commit that is in the chain. Throws a `RoomError`.
 * @param {string} room
 * @param {UnverifiedCommit} commit
 * @param {Ground} ground
 * @returns {Promise<NextEntry | null>}
 */
export async function receive(room, commit, ground) {
  const { history } = ground;
  if (commit.room !== room) throw new RoomError("other_room");
  const place = placeOf(commit, history.head);
  if (place === "behind" && history.isBefore(commit.n)) throw new RoomError("older");
  if (place === "behind" && history.entry(commit.n)?.hash === commit.hash) return null;
  if (place !== "next") throw await alarmOf(commit, ground, place);
  await checkCommitSignatures(commit, authorOf(commit, ground));
  checkTime(commit, history);
  const record = await judge(commit, ground);
  if ((await membersHash(room, record)) !== commit.members) throw new RoomError("members_hash");
  return entryOf(commit, record);
}

/**
 * What it means that a commit has another one's place: an alarm only if somebody of the room made it; throws a `RoomError` where
 * it is refused like any other.
 * @param {UnverifiedCommit} commit
 * @param {Ground} ground
 * @param {"behind" | "aside"} place
 */
async function alarmOf(commit, { history, keysets }, place) {
  const { n, author, fingerprint } = commit;
  // Of the first commit that is known, who was in the room before it is not.
  if (n > 1 && history.isBefore(n - 1)) throw new RoomError("older");
  if (!couldWrite(commit, history)) throw new RoomError("author");
  await checkCommitSignatures(commit, keysetOf(keysets, author, fingerprint));
  return new RoomError(place === "behind" ? "fork" : "previous", { other: commit.hash });
}

/**
 * Whether its author was in the room before it; before commit 1 nobody was, and it is who made the known one.
 * @param {CommitBody} body
 * @param {History} history
 */
function couldWrite({ n, author, fingerprint }, history) {
  if (history.head === undefined) return true;
  if (n === 1 && history.entry(1)?.author !== author) return false;
  return history.memberAt(Math.max(n - 1, 1), author)?.fingerprint === fingerprint;
}

/**
 * Step 2: whether a commit follows the head, has a number that is known, or the next one after another head; throws a `RoomError`
 * (`gap`).
 * @param {CommitBody} body
 * @param {ChainEntry | undefined} head
 * @returns {"next" | "behind" | "aside"}
 */
export function placeOf({ n, previous }, head) {
  const expected = (head?.n ?? 0) + 1;
  if (n > expected) throw new RoomError("gap");
  if (n < expected) return "behind";
  return previous === (head?.hash ?? NO_COMMIT) ? "next" : "aside";
}

/**
 * Step 3: the keys that must have signed; throws a `RoomError`.
 * @param {CommitBody} body
 * @param {Ground} ground
 */
export function authorOf({ author, fingerprint, changes }, { history, keysets, newcomers }) {
  const { head } = history;
  if (head !== undefined) {
    const joins = changes.some(
      (change) => change.kind === "joined" && change.request.account === author && change.request.fingerprint === fingerprint,
    );
    if (!joins && head.record.members.get(author)?.fingerprint !== fingerprint) throw new RoomError("author");
  } else if (newcomers === "at_their_head") {
    const chain = keysets.get(author);
    if (chain !== undefined && chain.head.fingerprint !== fingerprint) throw new RoomError("author_keys");
  }
  return keysetOf(keysets, author, fingerprint);
}

/** Step 5; throws a `RoomError` (`time`). @param {CommitBody} body @param {History} history */
export function checkTime({ madeAt }, { head }) {
  if (head !== undefined && madeAt < head.madeAt) throw new RoomError("time");
}

/** What a chain keeps of a commit. @param {UnverifiedCommit} commit @param {RoomRecord} record @returns {NextEntry} */
export function entryOf(commit, record) {
  const { room, n, hash, author, madeAt, reason, commitment } = commit;
  return { room, n, hash, author, madeAt, reason, commitment, record, events: eventsOf(commit) };
}
