/**
 * Making a commit, and the tail of `epochs.commit` and `rooms.create` (docs/protocol.md §14.9).
 */
import { join, toHex, u32 } from "../../wire/bytes.js";
import { SealError } from "../errors.js";
import { NO_SHARE, WRAPPED, wrap } from "../wrap_key.js";
import { compareChanges } from "./change.js";
import { writeCommit } from "./commit.js";
import { History } from "./history.js";
import { NO_COMMIT, authorOf } from "./receive.js";
import { accountsIn, membersHash } from "./room_record.js";
import { judge } from "./rules.js";
import { wrapKeyFor } from "./keys.js";
import { checkSecret, commitmentOf } from "./secret.js";
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("../wrap_key.js").WrapKey} WrapKey */
/** @typedef {import("./change.js").Change} Change */
/** @typedef {import("./commit.js").CommitReason} CommitReason */
/** @typedef {import("./commit.js").UnverifiedCommit} UnverifiedCommit */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./room_record.js").RoomRecord} RoomRecord */
/** @typedef {import("./rules.js").Ground} Ground */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ author: string, madeAt: number, reason: CommitReason, changes: Change[], secret: Bytes }} CommitDraft
 *   changes in any order; madeAt by the own clock: a commit is never made before the one before it
 * @typedef {{ commit: UnverifiedCommit, record: RoomRecord }} SignedCommit a commit of one's own, and what it will result in;
 *   it takes its place in the chain when the server delivers it
 */

/**
 * Signs the commit that follows what is known of a room; of a new room nothing is. Throws a `RoomError` for what nobody would
 * accept, which is not signed, or a `SealError`.
 * @param {SigningKeys} keys those that the room's list has
 * @param {{ room: string, history?: History }} chain
 * @param {CommitDraft} draft
 * @param {Keysets} keysets
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 * @returns {Promise<SignedCommit>}
 */
export async function signCommit(keys, { room, history = new History() }, draft, keysets, choices) {
  const { author, reason, secret } = draft;
  const { head } = history;
  const madeAt = Math.max(draft.madeAt, head?.madeAt ?? 0);
  const n = (head?.n ?? 0) + 1;
  const fingerprint = toHex(await keys.verifying.fingerprint());
  const changes = draft.changes.toSorted(compareChanges);
  const commitment = await commitmentOf(secret, room, n);
  const body = { room, n, previous: head?.hash ?? NO_COMMIT, author, fingerprint, madeAt, reason, commitment, changes };
  /** @type {Ground} */
  const ground = { history, keysets, newcomers: "at_their_head" };
  authorOf(body, ground);
  const record = await judge(body, ground);
  return { commit: await writeCommit(keys, body, await membersHash(room, record), choices), record };
}

/**
 * Wraps the secret to every member, in the order of the list; gives the numbers of the wrap keys and the tail. Who has no wrap
 * key by the keys in the list, or by ones that rotations led from there to, gets a placeholder. Throws a `SealError` (`field` for
 * another secret than the commit's), or a `RoomError` (`unknown_keys`).
 * @param {SignedCommit} signed
 * @param {ReadonlyMap<string, WrapKey>} wrapKeys the newest of each account
 * @param {Bytes} secret
 * @param {Keysets} keysets
 */
export async function commitTail({ commit, record }, wrapKeys, secret, keysets) {
  await checkSecret(commit, secret).catch(() => {
    throw new SealError("field");
  });
  const keys = accountsIn(record).map((account) => wrapKeyFor(record, keysets, account, wrapKeys.get(account)));
  const shares = await Promise.all(keys.map((key) => (key === null ? NO_SHARE : wrap(key.key, WRAPPED.epochSecret, secret))));
  const { bytes } = commit;
  return { wraps: keys.map((key) => String(key?.number ?? 0)), tail: join(u32(bytes.length), bytes, ...shares) };
}
