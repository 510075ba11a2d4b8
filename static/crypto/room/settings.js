/**
 * Room settings: what only owners and admins change of a room state, signed by the one who did, and carried along unchanged by
 * whoever seals the state anew (docs/protocol.md §14.14).
 */
import { fromHex, join, toHex, u32, u64 } from "../../wire/bytes.js";
import { SealError } from "../errors.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { readBlock } from "../signature.js";
import { RoomError, within } from "./errors.js";
import { changeBetween, keysetOf } from "./keys.js";
import { isOverMembers } from "./room_record.js";
import { encodeSettings, parseSettingsContent } from "./state_content.js";
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./chain.js").RoomChain} RoomChain */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./state_content.js").SettingsContent} SettingsContent */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ bytes: Bytes, hash: string, room: string, number: number, author: string, fingerprint: string, commit: string,
 *   madeAt: number, json: Bytes, signed: Bytes, block: SignatureBlock }} RoomSettings with the right layout
 * @typedef {{ hash: string, number: number, commit: string }} KnownSettings those that were taken last
 */

const TYPE = 0x1e;
const LABEL = label("sealwire/v1/room-settings");
/** Largest settings, in bytes: a hundred channels with the longest names and topics. */
const MOST_BYTES = 147_456;

/**
 * Reads the layout; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {Promise<RoomSettings>}
 */
export async function parseSettings(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const number = record.count();
  const author = record.id();
  const fingerprint = record.hash();
  const commit = record.hash();
  const madeAt = record.u64();
  const json = record.sized32();
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  const hash = toHex(await sha256(LABEL, signed));
  return { bytes: whole, hash, room, number, author, fingerprint, commit, madeAt, json, signed, block };
}

/**
 * Signs settings. Throws a `SealError` (`field` for the number 0 or a content that nobody would read, `too_large`).
 * @param {SigningKeys} keys of an owner or admin
 * @param {RoomChain} chain
 * @param {{ author: string, number: number, madeAt: number, content: SettingsContent }} of number: `nextSettings`
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signSettings(keys, { room, head }, { author, number, madeAt, content }, { dsaNonce } = {}) {
  if (number < 1 || !Number.isSafeInteger(number)) throw new SealError("field");
  const json = encodeSettings(content);
  const by = join(fromHex(author, ID_BYTES), await keys.verifying.fingerprint());
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), u64(number), by, fromHex(head.hash, HASH_BYTES));
  const settings = await keys.append(LABEL, join(start, u64(madeAt), u32(json.length), json), dsaNonce);
  if (settings.length > MOST_BYTES) throw new SealError("too_large");
  return parseSettings(settings);
}

/**
 * Takes settings that came in a room state, in the order of the document: those that are known, or newer ones by an owner or admin.
 * Throws a `RoomError`, or an `OpenError` (`content`); `not_confirmed` where their author is none any more: who does not know them yet waits until one signs them
 * anew.
 * @param {RoomSettings} settings
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 * @param {KnownSettings | null} known
 * @returns {Promise<SettingsContent>}
 */
export async function takeSettings(settings, chain, keysets, known) {
  if (settings.hash !== known?.hash) await check(settings, chain, keysets, known);
  return parseSettingsContent(settings.json);
}

/**
 * Checks that settings which are not confirmed were those of an owner or admin when they were signed: only such are carried along, for
 * those who know them. Throws a `RoomError`.
 * @param {RoomSettings} settings
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 */
export async function checkOnceHeld({ room, author, fingerprint, commit, signed, block }, { room: here, history }, keysets) {
  if (room !== here) throw new RoomError("other_room");
  const member = history.memberAt(history.position(commit), author);
  if (!isOverMembers(member?.role ?? null) || member?.fingerprint !== fingerprint) throw new RoomError("not_confirmed");
  const { keys } = keysetOf(keysets, author, fingerprint);
  await within("signature", () => keys.verify(LABEL, signed, block));
}

/**
 * The number of the settings that follow the known ones at the chain's head: the first after each commit has 1, so that a number that was
 * used up binds nobody after the next.
 * @param {KnownSettings | null} known
 * @param {Pick<RoomChain, "head">} chain
 */
export function nextSettings(known, { head }) {
  return known !== null && known.commit === head.hash ? known.number + 1 : 1;
}

/** @param {RoomSettings} settings @param {RoomChain} chain @param {Keysets} keysets @param {KnownSettings | null} known */
async function check({ room, number, author, fingerprint, commit, signed, block }, { room: here, head, history }, keysets, known) {
  if (room !== here) throw new RoomError("other_room");
  const since = history.position(commit);
  const last = known === null ? 0 : history.position(known.commit);
  if (since < last || (since === last && number <= (known?.number ?? 0))) throw new RoomError("older");
  const member = head.record.members.get(author);
  const isOver = !history.cameOrWent(since, author) && history.rolesSince(since, author).every(isOverMembers);
  if (member === undefined || !isOver) throw new RoomError("not_confirmed");
  const ledTo = member.fingerprint === fingerprint || changeBetween(keysets, author, fingerprint, member.fingerprint) === "rotated";
  if (!ledTo) throw new RoomError("not_confirmed");
  const { keys } = keysetOf(keysets, author, fingerprint);
  await within("signature", () => keys.verify(LABEL, signed, block));
}
