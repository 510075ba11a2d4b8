/**
 * Error and close codes (docs/protocol.md §13, §14.18), and the page's own for what never reached the server.
 */

/** Codes that a reply can carry. */
export const ERROR_CODES = Object.freeze([
  "malformed",
  "unknown_command",
  "unsupported_version",
  "not_signed_in",
  "already_signed_in",
  "not_allowed",
  "name_invalid",
  "name_taken",
  "room_invalid",
  "no_such_room",
  "no_such_member",
  "too_many_rooms",
  "room_full",
  "not_in_room",
  "stale_epoch",
  "out_of_turn",
  "epoch_conflict",
  "epoch_too_soon",
  "not_asked",
  "not_opened",
  "too_large",
  "rate_limited",
  "busy",
  "unavailable",
  "internal",
  "login_failed",
  "keys_unproven",
  "keys_conflict",
  "wrap_superseded",
  "vault_conflict",
  "no_such_account",
  "room_taken",
  "commit_conflict",
  "commit_invalid",
  "requests_pending",
  "request_invalid",
  "state_conflict",
  "no_such_message",
  "no_such_file",
  "archived",
  "over_quota",
  "closed",
]);

/**
 * What the page itself says: `unreachable` no answer at all, `cut` the connection ended before the answer, `timeout` no
 * answer in time, `wrong_room` the server named another room than the asked one.
 */
export const LOCAL_CODES = Object.freeze(["unreachable", "cut", "timeout", "wrong_room"]);

/**
 * What the worker with the keys says (keys/requests.js), and the page about them: `refused` the proof of keys was not accepted,
 * `unknown_server` and `server_name` the server calls itself otherwise than its user accepted, `means_unknown` the browser has
 * forgotten how its session was begun.
 */
export const KEY_CODES = Object.freeze([
  "locked",
  "not_kept",
  "password_wrong",
  "code_wrong",
  "vault_corrupt",
  "vault_rolled_back",
  "keys_alarm",
  "stale_root",
  "bad_server",
  "no_draft",
  "no_worker",
  "refused",
  "unknown_server",
  "server_name",
  "means_unknown",
  "password_empty",
  "password_long",
  "password_character",
  "code_character",
  "code_length",
  "code_check",
]);

/** Codes after which the same request may succeed by waiting. */
export const WAITABLE = new Set(["rate_limited", "busy", "unavailable", "stale_epoch", "epoch_conflict", "epoch_too_soon", "unreachable", "timeout"]);

/** Close codes by number. */
export const CLOSE_CODES = Object.freeze({
  1: "done",
  2: "resume",
  3: "protocol",
  4: "too_large",
  5: "too_slow",
  6: "timeout",
  7: "flood",
  8: "busy",
  9: "version",
  10: "replaced",
  11: "revoked",
});

/**
 * Names a close code; one of a newer server is `other`.
 * @param {number} code
 * @returns {string}
 */
export function closeName(code) {
  return /** @type {Record<number, string>} */ (CLOSE_CODES)[code] ?? "other";
}
