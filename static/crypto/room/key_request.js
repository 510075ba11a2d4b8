/**
 * Key requests: a member asks the others for the secrets of epochs it cannot open (docs/protocol.md §14.13).
 */
import { fromHex, join, toHex, u64 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { readBlock } from "../signature.js";
import { RoomError, within } from "./errors.js";
import { isInChain, isMemberWith, isOneWith, keysetOf } from "./keys.js";
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./chain.js").RoomChain} RoomChain */
/** @typedef {import("./keys.js").Keysets} Keysets */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ room: string, account: string, commit: string, from: number, to: number, wrap: number, madeAt: number }} KeyRequestFields
 *   commit: the newest one that the asker knows; wrap: number of the asker's newest wrap key
 * @typedef {KeyRequestFields & { bytes: Bytes, hash: string, fingerprint: string, signed: Bytes, block: SignatureBlock }} KeyRequest
 * @typedef {"always" | "shared_history" | "decision"} Claim why an asker is given a secret: it was in the room then, with
 *   these keys; the room shares its history; or an owner or admin decides
 */

const TYPE = 0x18;
const LABEL = label("sealwire/v1/key-request");
/** Largest key request, in bytes. */
const MOST_BYTES = 4_096;
/** Most epochs that are asked for, or granted, at once. */
export const MOST_EPOCHS = 1_000;

/**
 * Reads the layout; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {Promise<KeyRequest>}
 */
export async function parseKeyRequest(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const account = record.id();
  const fingerprint = record.hash();
  const commit = record.hash();
  const from = record.count();
  const to = record.count();
  if (!isRange(from, to)) throw new OpenError("field");
  const wrap = record.count();
  const madeAt = record.u64();
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  const hash = toHex(await sha256(LABEL, signed));
  return { bytes: whole, hash, room, account, fingerprint, commit, from, to, wrap, madeAt, signed, block };
}

/**
 * Asks for the secrets of epochs. Throws a `SealError` (`field` for epochs that are not a range of 1 to 1 000, or the wrap key
 * 0).
 * @param {SigningKeys} keys
 * @param {KeyRequestFields} of
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signKeyRequest(keys, { room, account, commit, from, to, wrap, madeAt }, { dsaNonce } = {}) {
  if (from < 1 || !isRange(from, to) || wrap < 1) throw new SealError("field");
  const who = join(fromHex(account, ID_BYTES), await keys.verifying.fingerprint());
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), who, fromHex(commit, HASH_BYTES));
  return parseKeyRequest(await keys.append(LABEL, join(start, u64(from), u64(to), u64(wrap), u64(madeAt)), dsaNonce));
}

/**
 * Checks that a member asks, to be answered to its newest wrap key, in the order of the document; throws a `RoomError`.
 * @param {KeyRequest} request
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 * @param {number} newest number of the asker's wrap keys
 */
export async function checkKeyRequest({ room, account, fingerprint, commit, wrap, signed, block }, chain, keysets, newest) {
  if (room !== chain.room) throw new RoomError("other_room");
  if (!isMemberWith(chain.head.record, keysets, account, fingerprint)) throw new RoomError("not_member");
  const { keys } = keysetOf(keysets, account, fingerprint);
  await within("signature", () => keys.verify(LABEL, signed, block));
  isInChain(chain, commit);
  if (wrap !== newest) throw new RoomError("other_wrap_key");
}

/**
 * By what the asker may have the secret of an epoch; `null` for one that was not asked for, or is not in the chain. Throws a
 * `RoomError` (`unknown_keys`, `older`).
 * @param {KeyRequest} request
 * @param {number} n
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 * @returns {Claim | null}
 */
export function claimOf(request, n, chain, keysets) {
  if (!isAskedFor(request, n)) return null;
  const { history } = chain;
  if (history.isBefore(n)) throw new RoomError("older");
  if (history.entry(n) === undefined) return null;
  if (isOneWith(history.memberAt(n, request.account), keysets, request.account, request.fingerprint)) return "always";
  return chain.head.record.policy.history === "shared" ? "shared_history" : "decision";
}

/** Whether an epoch is one of those that are asked for. @param {KeyRequest} request @param {number} n */
export function isAskedFor({ from, to }, n) {
  return n >= from && n <= to;
}

/** Whether these are few enough epochs, in their order. @param {number} from @param {number} to */
function isRange(from, to) {
  return to >= from && to - from < MOST_EPOCHS;
}
