/**
 * Why something of a conversation cannot be read, and what follows from it.
 */

/**
 * Why a message cannot be read yet. `waiting_for_key`: the secret of its epoch was asked for; `before_joined`: it is
 * older than one's place in the room; `keys_refused`: who may decide said no; `keys_reset`: one's keys were reset; `sender_unknown`: the sender's keys
 * could not be read; `keys_alarm`: the server shows other keys of the sender than before; `commits_missing`: the server does not show the commit that it
 * is judged by; `other_history`: its sender was shown another history; `commit_refused`: a commit that does not hold; `not_member`: its sender was not in
 * the room; `taken_away`: the server has erased it and shows nobody's deletion; `newer`: a newer version wrote it; `not_opened`: forged, damaged or sent elsewhere.
 * @typedef {"waiting_for_key" | "before_joined" | "keys_refused" | "keys_reset" | "sender_unknown" | "keys_alarm" | "commits_missing" | "other_history"
 *   | "commit_refused" | "not_member" | "taken_away" | "newer" | "not_opened"} Unreadable
 *
 * What ends it. `asking`: the key, which its reader can ask for; `itself`: what is tried again by itself; `deciding`: the alarm that
 * stands over the conversation; `being_let_in`: a member who lets one in anew; `reloading`: a newer page; `nothing`: it stays closed,
 * and its sender can send it again.
 * @typedef {"asking" | "itself" | "deciding" | "being_let_in" | "reloading" | "nothing"} Ending
 */

/** @type {Readonly<Record<Unreadable, Ending>>} */
export const CAUSES = Object.freeze({
  waiting_for_key: "asking",
  before_joined: "asking",
  keys_refused: "asking",
  keys_reset: "being_let_in",
  sender_unknown: "itself",
  keys_alarm: "itself",
  commits_missing: "itself",
  other_history: "deciding",
  commit_refused: "nothing",
  not_member: "nothing",
  taken_away: "nothing",
  newer: "reloading",
  not_opened: "nothing",
});

/** Whether nothing brings it any more, as far as is known here. @param {Unreadable} cause */
export function isLost(cause) {
  const ending = CAUSES[cause];
  return ending === "nothing" || ending === "deciding" || ending === "being_let_in" || cause === "keys_alarm";
}

/** Whether another verdict may come without another delivery. @param {Unreadable} cause */
export function mayChange(cause) {
  return CAUSES[cause] !== "nothing" && CAUSES[cause] !== "reloading" && CAUSES[cause] !== "deciding";
}
