/**
 * The room state: one sealed, signed, numbered object a room, with the room's settings in it (docs/protocol.md §14.14).
 */
import { fromHex, join, text, u32, u64 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { FieldReader, HASH_BYTES, ID_BYTES, RecordReader, VERSION, label } from "../record.js";
import { IV_BYTES, KEY_BYTES, hkdf, openPart, readSealedPart, sealedPart } from "../seal.js";
import { readBlock } from "../signature.js";
import { RoomError, within } from "./errors.js";
import { keysetOf } from "./keys.js";
import { checkSecret } from "./secret.js";
import { parseSettings } from "./settings.js";
import { encodeState, parseState } from "./state_content.js";
/** @typedef {import("../seal.js").Sealed} Sealed */
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./chain.js").RoomChain} RoomChain */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./settings.js").RoomSettings} RoomSettings */
/** @typedef {import("./state_content.js").StateContent} StateContent */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ bytes: Bytes, room: string, n: number, commit: string, number: number, author: string, fingerprint: string,
 *   madeAt: number, above: Bytes, part: Sealed, signed: Bytes, block: SignatureBlock }} RoomState with the right layout
 * @typedef {{ settings: RoomSettings | null, content: StateContent }} OpenedState the settings are to be taken on their own
 */

const TYPE = 0x1a;
const LABEL = label("sealwire/v1/room-state");
const KEY = label("sealwire/v1/room-state-key");
/** Largest room state, in bytes. */
const MOST_BYTES = 262_144;

/** Reads the layout; throws an `OpenError`. @param {Uint8Array} bytes @returns {RoomState} */
export function parseRoomState(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const n = record.count();
  const commit = record.hash();
  const number = record.count();
  const author = record.id();
  const fingerprint = record.hash();
  const madeAt = record.u64();
  const above = record.soFar();
  const part = readSealedPart(record);
  const signed = record.soFar();
  const block = readBlock(record);
  return { bytes: record.finish(), room, n, commit, number, author, fingerprint, madeAt, above, part, signed, block };
}

/**
 * Checks that somebody who was a member in its epoch made it, after the one that was taken last, in the order of the document; throws a
 * `RoomError`. Who has left since vouches for it all the same: nobody who comes later could read it otherwise.
 * @param {RoomState} state
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 * @param {{ number: number, n: number }} seen the one that was taken last and its epoch, 0 and 0 for none
 */
export async function checkRoomState({ room, n, commit, number, author, fingerprint, signed, block }, chain, keysets, seen) {
  if (room !== chain.room) throw new RoomError("other_room");
  if (chain.history.isBefore(n)) throw new RoomError("older");
  if (chain.entry(n)?.hash !== commit) throw new RoomError("unknown_epoch");
  if (number <= seen.number || n < seen.n) throw new RoomError("older");
  if (chain.history.memberAt(n, author)?.fingerprint !== fingerprint) throw new RoomError("not_member");
  const { keys } = keysetOf(keysets, author, fingerprint);
  await within("signature", () => keys.verify(LABEL, signed, block));
}

/**
 * Opens it with the secret of its epoch. Throws a `RoomError`.
 * @param {RoomState} state that was checked
 * @param {Bytes} secret
 * @returns {Promise<OpenedState>}
 */
export function openRoomState(state, secret) {
  return within("open", () => read(state, secret));
}

/**
 * Seals and signs a room state for the newest epoch. Throws a `SealError` (`field` for the number 0, another secret than the
 * newest epoch's or a content that nobody would read, `too_large`).
 * @param {SigningKeys} keys
 * @param {RoomChain} chain
 * @param {{ author: string, number: number, madeAt: number, settings: RoomSettings | null, content: StateContent, secret: Bytes }} of
 *   number: last one + 1; settings: those that were taken last, as they came
 * @param {{ iv?: Bytes, dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signRoomState(keys, chain, { author, number, madeAt, settings, content, secret }, choices = {}) {
  const { iv = crypto.getRandomValues(new Uint8Array(IV_BYTES)), dsaNonce } = choices;
  const { head, room } = chain;
  if (number < 1 || !Number.isSafeInteger(number)) throw new SealError("field");
  await checkSecret(head, secret).catch(() => {
    throw new SealError("field");
  });
  const carried = settings?.bytes ?? new Uint8Array();
  const plain = join(u32(carried.length), carried, encodeState(content));
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), u64(head.n), fromHex(head.hash, HASH_BYTES), u64(number));
  const above = join(start, fromHex(author, ID_BYTES), await keys.verifying.fingerprint(), u64(madeAt));
  const key = await sealingKey(secret, { room, n: head.n, commit: head.hash, number, author });
  const state = await keys.append(LABEL, join(above, await sealedPart(key, iv, above, plain)), dsaNonce);
  if (state.length > MOST_BYTES) throw new SealError("too_large");
  return state;
}

/** @param {RoomState} state @param {Bytes} secret @returns {Promise<OpenedState>} */
async function read(state, secret) {
  const plain = new FieldReader(await openPart(await sealingKey(secret, state), state.part, state.above));
  const carried = plain.sized32();
  const json = plain.rest();
  try {
    text(json, "state");
  } catch {
    throw new OpenError("not_utf8");
  }
  return { settings: carried.length === 0 ? null : await parseSettings(carried), content: parseState(json) };
}

/** @param {Bytes} secret @param {Pick<RoomState, "room" | "n" | "commit" | "number" | "author">} of */
function sealingKey(secret, { room, n, commit, number, author }) {
  const info = join(KEY, fromHex(room, ID_BYTES), u64(n), u64(number), fromHex(author, ID_BYTES));
  return hkdf(secret, fromHex(commit, HASH_BYTES), info, KEY_BYTES);
}
