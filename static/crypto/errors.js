/**
 * Why something that a peer sealed or signed is not opened, and why something of one's own is not sealed. Nothing has
 * changed when either is thrown, and no message holds a secret or a peer's text.
 */

/**
 * The typed cause, for the local user; towards the peer all of them are one code (docs/protocol.md §9, *Receiver order*).
 * @typedef {"too_large" | "truncated" | "left_over" | "version" | "record_type" | "field" | "not_utf8" | "content"
 *   | "rsa_key" | "dsa_key" | "pss_length" | "pss_signature" | "dsa_signature"
 *   | "key_commitment" | "tag" | "cbc_padding" | "bucket_padding" | "share" | "placeholder" | "rounds"
 *   | "other_account" | "other_name" | "other_keys" | "number" | "link" | "previous" | "not_pinned" | "shorter" | "older" | "keys_again" | "other_keyset"
 *   | "vault_key" | "other_item_key" | "share_commitment" | "other_epoch"} OpenCause
 */

/**
 * Causes that mean two histories of one account were shown: nothing is sent to it until its user has decided.
 * @type {ReadonlySet<OpenCause>}
 */
export const ALARMS = new Set(/** @type {OpenCause[]} */ (["previous", "not_pinned", "shorter"]));

/** A peer's record, seal or signature is refused. */
export class OpenError extends Error {
  /** @override @type {OpenCause} */
  cause;

  /** @param {OpenCause} cause */
  constructor(cause) {
    super(`not opened: ${cause}`);
    this.name = "OpenError";
    this.cause = cause;
  }
}

/**
 * What hinders one's own sealing: `too_large` content or record, `field` a value that does not fit its field,
 * `key_operation` a key that refused to work, which is a fault in memory or a broken random source.
 * @typedef {"too_large" | "field" | "key_operation"} SealCause
 */

/** Something of one's own could not be signed, sealed or wrapped; never a peer's fault. */
export class SealError extends Error {
  /** @override @type {SealCause} */
  cause;

  /** @param {SealCause} cause */
  constructor(cause) {
    super(`not sealed: ${cause}`);
    this.name = "SealError";
    this.cause = cause;
  }
}

/**
 * What is wrong with what somebody typed. A code's `code_check` means that one character is another, or two changed places.
 * @typedef {"password_empty" | "password_long" | "password_character" | "code_character" | "code_length" | "code_check"} InputCause
 */

/** A password or recovery code cannot be used as it was typed. */
export class InputError extends Error {
  /** @override @type {InputCause} */
  cause;

  /** @param {InputCause} cause */
  constructor(cause) {
    super(`not usable: ${cause}`);
    this.name = "InputError";
    this.cause = cause;
  }
}
