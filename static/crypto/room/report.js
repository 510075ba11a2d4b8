/**
 * Reports: a member hands one message to the server's administrators, with the key that opens it and no other (docs/protocol.md
 * §14.15).
 */
import { fromHex, join, text, toHex, u16, u32, u64, utf8 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { KEY_BYTES } from "../seal.js";
import { readBlock } from "../signature.js";
import { RoomError, within } from "./errors.js";
import { keysetOf } from "./keys.js";
import { checkSignatures, openAlone, parseSignedEnvelope } from "./signed_envelope.js";
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./keys.js").Keysets} Keysets */
/** @typedef {import("./signed_envelope.js").Header} Header */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ room: string, channel: string, sequence: number }} Place
 * @typedef {Place & { bytes: Bytes, hash: string, reporter: string, fingerprint: string, madeAt: number, key: Bytes, reason: string, envelope: Bytes,
 *   signed: Bytes, block: SignatureBlock }} Report with the right layout; key: of the one message
 * @typedef {Place & { hash: string }} StoredMessage what the server has, or had, at the place: the hash is of the envelope
 * @typedef {{ header: Header, content: Bytes }} Proven who wrote the message, and what it says
 */

const TYPE = 0x1c;
const LABEL = label("sealwire/v1/report");
/** Largest reason, in bytes. */
export const REASON_BYTES = 1_024;
/** Largest report, in bytes: the largest content, and what is around it. */
const MOST_BYTES = 1_048_576 + 8_192;

/**
 * Reads the layout; throws an `OpenError`. That of the envelope in it is read later.
 * @param {Uint8Array} bytes
 * @returns {Promise<Report>}
 */
export async function parseReport(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const place = { room: record.id(), channel: record.id(), sequence: record.count() };
  const reporter = record.id();
  const fingerprint = record.hash();
  const madeAt = record.u64();
  const key = record.take(KEY_BYTES);
  const reason = readReason(record);
  const envelope = record.sized32();
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  const hash = toHex(await sha256(LABEL, signed));
  return { ...place, bytes: whole, hash, reporter, fingerprint, madeAt, key, reason, envelope, signed, block };
}

/**
 * Reports a message, for the tail of `messages.report`. Throws a `SealError` (`field` for a key that the message does not commit to, a
 * sequence of 0 or a reason that is too long).
 * @param {SigningKeys} keys
 * @param {{ sequence: number, reporter: string, madeAt: number, reason: string, envelope: Bytes, key: Bytes }} of
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signReport(keys, { sequence, reporter, madeAt, reason, envelope, key }, { dsaNonce } = {}) {
  const said = utf8(reason);
  if (sequence < 1 || said.length > REASON_BYTES) throw new SealError("field");
  const read = parseSignedEnvelope(envelope);
  // The administrators could not tell it from a lie.
  await openAlone(read, key).catch(() => {
    throw new SealError("field");
  });
  const { room, channel } = read.header;
  const place = join(VERSION, TYPE, fromHex(room, ID_BYTES), fromHex(channel, ID_BYTES), u64(sequence));
  const by = join(fromHex(reporter, ID_BYTES), await keys.verifying.fingerprint(), u64(madeAt));
  return keys.append(LABEL, join(place, by, key, u16(said.length), said, u32(envelope.length), envelope), dsaNonce);
}

/**
 * Proves who wrote a reported message, and opens it: the reporter, what the server has at that place, the sender, what it says, in the
 * order of the document. Throws a `RoomError`.
 * @param {Report} report
 * @param {StoredMessage} stored
 * @param {Keysets} keysets
 * @returns {Promise<Proven>}
 */
export async function proveReport(report, stored, keysets) {
  const { keys } = keysetOf(keysets, report.reporter, report.fingerprint);
  await within("reporter", () => keys.verify(LABEL, report.signed, report.block));
  if (!isAt(report, stored)) throw new RoomError("other_place");
  if (toHex(await sha256(report.envelope)) !== stored.hash) throw new RoomError("other_message");
  const envelope = await within("envelope", () => parseSignedEnvelope(report.envelope));
  const { header } = envelope;
  if (header.room !== report.room || header.channel !== report.channel) throw new RoomError("other_place");
  const sender = keysetOf(keysets, header.sender, header.fingerprint);
  await within("sender", () => checkSignatures(envelope, sender.keys));
  return { header, content: await within("message", () => openAlone(envelope, report.key)) };
}

/** @param {Place} one @param {Place} other */
function isAt(one, other) {
  return one.room === other.room && one.channel === other.channel && one.sequence === other.sequence;
}

/** @param {RecordReader} record */
function readReason(record) {
  const length = record.u16();
  if (length > REASON_BYTES) throw new OpenError("field");
  try {
    return text(record.take(length), "");
  } catch (error) {
    throw error instanceof OpenError ? error : new OpenError("field");
  }
}
