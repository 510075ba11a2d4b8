/**
 * What the page may ask of the worker that holds the keys. Everything that goes out is public, sealed, or meant for the server;
 * the one exception is the recovery code, which is shown to its owner once.
 */

/**
 * @typedef {Uint8Array<ArrayBufferLike>} Bytes
 * @typedef {import("../crypto/vault_item.js").ItemName} ItemName
 *
 * Why not: a cause by name. `password_wrong` and `code_wrong`: that half does not open the vault; `locked`: no half and no stored
 * key is here, `not_kept` because this browser keeps none; `vault_corrupt`, `vault_rolled_back`, `keys_alarm`, `stale_root`: docs/protocol.md §14.6 and §14.3; the causes of
 * `InputError` (crypto/errors.js); `bad_server`: the server named parameters that no client accepts; `no_draft`.
 * @typedef {{ code: string }} Failure
 *
 * The chain of keysets of an account, as `keys.chain` gave it.
 * @typedef {{ head: number, records: Bytes[] }} ChainRecords
 *
 * What was seen of another account's chain of keys: number and hash of its head, and its fingerprint. `since` says how the
 * keysets after the pinned one follow, in order; empty if the head is the pinned one, or nothing was pinned.
 * @typedef {{ number: number, head: string, fingerprint: string, name: string, since: Array<"rotated" | "reset"> }} SeenKeys
 *
 * @typedef {import("../crypto/vault_items.js").Entry} Entry
 * @typedef {import("../crypto/vault_items.js").BadItem} BadItem
 * @typedef {import("../crypto/vault_items.js").OpenedItems} OpenedItems
 *
 * From when to when, in milliseconds.
 * @typedef {{ from: number, to: number }} Span
 *
 * @typedef {object} Requests
 * @property {{ takes: {}, gives: {} }} warm starts to make the keys of an account, while somebody types
 * @property {{ takes: { password: string, server: string }, gives: { code: string } }} draft_account a new account's secrets;
 *   the recovery code is shown
 * @property {{ takes: { typed: Array<{ group: number, text: string }> }, gives: { fits: boolean } }} rehearse whether the groups
 *   that were typed back, with the others as shown, are a code that opens the draft's vault. A real opening
 * @property {{ takes: { name: string, now: number }, gives: { fields: Record<string, unknown>, tail: Bytes } }} register the
 *   draft as `auth.register` takes it
 * @property {{ takes: { password: string, server: string, account: string, salt: string, rounds: number }, gives: { login: string } }} split_password
 *   the half for the server; the other stays here for `open`
 * @property {{ takes: { code: string, server: string, account: string }, gives: { recovery: string } }} split_code the same for a recovery code
 * @property {{ takes: { account: string, name: string, root: Bytes, chain: ChainRecords }, gives: Opened }} open opens the vault with what
 *   is here: a draft, a stored key, or a half
 * @property {{ takes: { session: string, challenge: string, server: string, now: number }, gives: { tail: Bytes } }} prove
 * @property {{ takes: { wraps: Bytes, now: number }, gives: { due: boolean } }} check_wrap compares the vault with the wrap key that is
 *   published; `due` after 7 days
 * @property {{ takes: { now: number }, gives: { tail: Bytes } }} replace_wrap as `keys.wrap` takes it; counts after `commit`
 * @property {{ takes: { spans: Span[] }, gives: { tail: Bytes | null, newest: boolean } }} drop_wraps a root without the wrap keys that open what was
 *   sealed within these spans; null where there is none, or where the newest is among them, which is to be replaced first. Counts after `commit`
 * @property {{ takes: { root: Bytes }, gives: { tail: Bytes | null } }} rebase the same upon a newer root; null if the newer one
 *   has the change already
 * @property {{ takes: {}, gives: {} }} commit the server took what was drafted or replaced
 * @property {{ takes: { reading: string }, gives: {} }} begin_items what was seen by now is what a reading is compared with; a name tells one
 *   reading from another
 * @property {{ takes: { reading: string, tail: Bytes, ends: ItemName["kind"] | null }, gives: OpenedItems }} open_items the next page of a
 *   reading; `ends`: it was the last one of all items of this kind
 * @property {{ takes: { entries: Entry[] }, gives: { tail: Bytes } }} seal_items
 * @property {{ takes: { account: string, name: string | null, pin: { number: number, head: string } | null, chain: ChainRecords }, gives: SeenKeys }} read_chain
 * @property {{ takes: { password: string, server: string }, gives: { code: string } }} draft_password new password, new vault key, new
 *   code for the open account
 * @property {{ takes: { login: string | null }, gives: { fields: Record<string, unknown>, tail: Bytes } }} change_password the draft as
 *   `auth.password` takes it
 * @property {{ takes: { password: string, server: string, account: string, name: string, root: number, wraps: Bytes, chain: ChainRecords }, gives: { code: string } }} draft_fresh
 *   new keys for an account whose vault is lost
 * @property {{ takes: { now: number }, gives: { fields: Record<string, unknown>, tail: Bytes } }} reset_keys the draft as `keys.reset` takes it;
 *   then `open`, and `change_password`
 * @property {{ takes: {}, gives: {} }} drop_draft the draft was taken, or given up
 * @property {{ takes: { code: string, server: string, root: Bytes }, gives: { fits: boolean } }} try_code whether this code opens this root. A real opening
 * @property {{ takes: { password: string, server: string, salt: string, rounds: number, root: Bytes }, gives: { login: string } }} confirm_password
 *   the half for the server of a password that opens this root, which is the one in place; `password_wrong` of any other
 * @property {{ takes: { now: number }, gives: { fields: Record<string, unknown>, tail: Bytes } }} rotate_keys new identity keys as
 *   `keys.rotate` takes them; then `open`
 * @property {{ takes: { account: string }, gives: {} }} forget the vault key of this account, and everything in memory
 *
 * @typedef {{ fingerprint: string, root: number, wrap: number, kept: boolean }} Opened
 */

export {};
