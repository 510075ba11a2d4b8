/**
 * Requests: what an account asks of a room, and a commit by any member does for it (docs/protocol.md §14.8).
 */
import { fromHex, join, toHex, u16, u64 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { readBlock } from "../signature.js";
import { RoomError, within } from "./errors.js";
import { checkInvitation, parseInvitation } from "./invitation.js";
import { changeBetween, keysetOf } from "./keys.js";
import { MOST } from "./room_record.js";
import { newcomer } from "./standing.js";
/** @typedef {import("../keyset.js").Keyset} Keyset */
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./invitation.js").Invitation} Invitation */
/** @typedef {import("./standing.js").Standing} Standing */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {"join" | "leave"} Action
 * @typedef {{ bytes: Bytes, hash: string, room: string, action: Action, account: string, fingerprint: string, commit: string,
 *   madeAt: number, invitation: Invitation | null, signed: Bytes, block: SignatureBlock }} Request
 *   with the right layout; whether it is valid depends on the commit that takes it in
 */

const TYPE = 0x16;
const LABEL = label("sealwire/v1/request");
/** Largest request, in bytes. */
const MOST_BYTES = 4_096;
/** @type {readonly (Action | undefined)[]} by their byte */
const ACTIONS = Object.freeze([undefined, "join", "leave"]);

/**
 * Reads the layout, that of the invitation included; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {Promise<Request>}
 */
export async function parseRequest(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const action = ACTIONS[record.u8()];
  if (action === undefined) throw new OpenError("field");
  const account = record.id();
  const fingerprint = record.hash();
  const commit = record.hash();
  const madeAt = record.u64();
  const length = record.u16();
  if (length > 0 && action === "leave") throw new OpenError("field");
  const invitation = length === 0 ? null : await parseInvitation(record.take(length));
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  const hash = toHex(await sha256(LABEL, signed));
  return { bytes: whole, hash, room, action, account, fingerprint, commit, madeAt, invitation, signed, block };
}

/**
 * Asks to join or to leave a room. Throws a `SealError` (`field` for a leave with an invitation).
 * @param {SigningKeys} keys
 * @param {{ room: string, action: Action, account: string, commit: string, madeAt: number, invitation: Invitation | null }} of
 *   commit: the newest one of this room that is known
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signRequest(keys, { room, action, account, commit, madeAt, invitation }, { dsaNonce } = {}) {
  if (action === "leave" && invitation !== null) throw new SealError("field");
  const invited = invitation?.bytes ?? new Uint8Array(0);
  const who = join(fromHex(account, ID_BYTES), await keys.verifying.fingerprint());
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), ACTIONS.indexOf(action), who, fromHex(commit, HASH_BYTES));
  return parseRequest(await keys.append(LABEL, join(start, u64(madeAt), u16(invited.length), invited), dsaNonce));
}

/**
 * Checks that a commit may take it in here, in the order of the document; throws a `RoomError`.
 * @param {Request} request
 * @param {Standing} standing
 */
export async function checkRequest(request, standing) {
  if (request.room !== standing.room) throw new RoomError("other_room");
  await (request.action === "join" ? checkJoin(request, standing) : checkLeave(request, standing));
}

/** @param {Request} request @param {Standing} standing */
async function checkJoin(request, standing) {
  const { account, fingerprint, invitation } = request;
  const { record, history, keysets } = standing;
  if (record.policy.kind === "direct") throw new RoomError("room_kind");
  if (record.banned.has(account)) throw new RoomError("banned");
  const member = record.members.get(account);
  if (member !== undefined && changeBetween(keysets, account, member.fingerprint, fingerprint) !== "reset") throw new RoomError("member");
  if (member === undefined && record.members.size >= MOST.members) throw new RoomError("full");
  const keyset = newcomer(standing, account, fingerprint);
  if (keyset === null) throw new RoomError("other_keys");
  if (history.cameOrWent(history.position(request.commit), account)) throw new RoomError("replayed");
  await checkSignatures(request, keyset);
  if (record.policy.join === "open") return;
  if (invitation === null) throw new RoomError("not_invited");
  await within("invitation", () => checkInvitation(invitation, request, standing));
}

/** @param {Request} request @param {Standing} standing */
async function checkLeave(request, { record, history, keysets }) {
  const { account, fingerprint } = request;
  if (record.members.get(account)?.fingerprint !== fingerprint) throw new RoomError("not_member");
  // It is a member: what came after can only be its last coming.
  if (history.cameOrWent(history.position(request.commit), account)) throw new RoomError("replayed");
  await checkSignatures(request, keysetOf(keysets, account, fingerprint));
}

/** @param {Request} request @param {Keyset} keyset */
function checkSignatures({ signed, block }, { keys }) {
  return within("signature", () => keys.verify(LABEL, signed, block));
}
