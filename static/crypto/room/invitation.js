/**
 * Invitations: with one, its invitee joins by a commit of their own, so that nobody has to be online (docs/protocol.md §14.8).
 */
import { fromHex, join, text, toHex, u64, utf8 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { readBlock } from "../signature.js";
import { WRAPPED, WRAPPED_BYTES, unwrap, wrap } from "../wrap_key.js";
import { RoomError, within } from "./errors.js";
import { changeBetween, keysetOf } from "./keys.js";
import { isOverMembers } from "./room_record.js";
/** @typedef {import("../rsa.js").WrapPrivateKey} WrapPrivateKey */
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("../wrap_key.js").WrapKey} WrapKey */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./standing.js").Standing} Standing */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ account: string, fingerprint: string }} Party
 * @typedef {{ bytes: Bytes, hash: string, room: string, inviter: Party, invitee: Party, commit: string, madeAt: number,
 *   expiresAt: number, wrap: number, sealedName: Bytes, signed: Bytes, block: SignatureBlock }} Invitation
 *   with the right layout; whether it lets anybody in depends on the commit
 */

const TYPE = 0x17;
const LABEL = label("sealwire/v1/invitation");
/** Largest invitation, in bytes. */
const MOST_BYTES = 4_096;
/** For how long an invitation holds at most. */
export const INVITATION_HOLDS_MS = 90 * 86_400_000;
/** How far two clocks may be apart, in milliseconds. */
const CLOCKS_APART_MS = 300_000;

/**
 * Reads the layout; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {Promise<Invitation>}
 */
export async function parseInvitation(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const inviter = { account: record.id(), fingerprint: record.hash() };
  const invitee = { account: record.id(), fingerprint: record.hash() };
  const commit = record.hash();
  const madeAt = record.u64();
  const expiresAt = record.u64();
  if (!holds(madeAt, expiresAt)) throw new OpenError("field");
  const wrapNumber = record.count();
  const sealedName = record.take(WRAPPED_BYTES);
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  const hash = toHex(await sha256(LABEL, signed));
  return { bytes: whole, hash, room, inviter, invitee, commit, madeAt, expiresAt, wrap: wrapNumber, sealedName, signed, block };
}

/**
 * Invites somebody. Throws a `SealError` (`field` for a wrap key that is not the invitee's by these keys, a name of no or too many
 * bytes, or an end that is not after the beginning and within 90 days).
 * @param {SigningKeys} keys the inviter's
 * @param {{ room: string, inviter: string, invitee: Party, commit: string, madeAt: number, expiresAt: number, name: string,
 *   wrapKey: WrapKey }} of name: one space where there is none
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signInvitation(keys, { room, inviter, invitee, commit, madeAt, expiresAt, name, wrapKey }, { dsaNonce } = {}) {
  if (wrapKey.account !== invitee.account || wrapKey.fingerprint !== invitee.fingerprint || !holds(madeAt, expiresAt)) throw new SealError("field");
  const sealedName = await wrap(wrapKey.key, WRAPPED.roomName, utf8(name));
  const by = join(fromHex(inviter, ID_BYTES), await keys.verifying.fingerprint());
  const who = join(fromHex(invitee.account, ID_BYTES), fromHex(invitee.fingerprint, HASH_BYTES));
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), by, who, fromHex(commit, HASH_BYTES));
  const body = join(start, u64(madeAt), u64(expiresAt), u64(wrapKey.number), sealedName);
  return parseInvitation(await keys.append(LABEL, body, dsaNonce));
}

/**
 * Opens the room's name; a conversation without one has one space. Throws an `OpenError` (`share`), whatever is wrong.
 * @param {Invitation} invitation
 * @param {WrapPrivateKey} key
 */
export async function openRoomName({ sealedName }, key) {
  const name = await unwrap(key, WRAPPED.roomName, sealedName);
  try {
    return text(name, "name");
  } catch {
    throw new OpenError("share");
  }
}

/**
 * Checks both signatures by the inviter's keys, as an invitee does who cannot see the chain yet. Throws a `RoomError`
 * (`unknown_keys`, `signature`).
 * @param {Invitation} invitation
 * @param {Keysets} keysets
 */
export async function checkInvitationSignatures({ inviter, signed, block }, keysets) {
  const { keys } = keysetOf(keysets, inviter.account, inviter.fingerprint);
  await within("signature", () => keys.verify(LABEL, signed, block));
}

/**
 * Checks that it lets in who asks for it, in the order of the document; throws a `RoomError`.
 * @param {Invitation} invitation
 * @param {Party} asks
 * @param {Standing} standing
 */
export async function checkInvitation(invitation, asks, { room, record, history, keysets, madeAt }) {
  const { inviter, invitee } = invitation;
  if (invitation.room !== room) throw new RoomError("other_room");
  if (invitee.account !== asks.account || invitee.fingerprint !== asks.fingerprint) throw new RoomError("other_invitee");
  const since = history.position(invitation.commit);
  if (history.cameOrWent(since, invitee.account)) throw new RoomError("used");
  const member = record.members.get(inviter.account);
  if (member === undefined || history.cameOrWent(since, inviter.account)) throw new RoomError("not_member");
  if (member.fingerprint !== inviter.fingerprint) {
    const change = changeBetween(keysets, inviter.account, inviter.fingerprint, member.fingerprint);
    if (change !== "rotated") throw new RoomError("inviter_keys");
  }
  if (record.policy.invite === "owners_and_admins") {
    const roles = history.rolesSince(since, inviter.account);
    if (!roles.every(isOverMembers)) throw new RoomError("role");
  }
  if (invitation.madeAt > madeAt + CLOCKS_APART_MS) throw new RoomError("early");
  if (invitation.expiresAt <= madeAt) throw new RoomError("expired");
  await checkInvitationSignatures(invitation, keysets);
}

/** Whether an invitation may end then. @param {number} madeAt @param {number} expiresAt */
function holds(madeAt, expiresAt) {
  return expiresAt > madeAt && expiresAt - madeAt <= INVITATION_HOLDS_MS;
}
