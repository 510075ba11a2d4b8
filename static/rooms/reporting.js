/**
 * Reporting a message to the server's administrators: its envelope as the server has it, and the key of this one message
 * (docs/protocol.md §14.15).
 */
import { OpenError } from "../crypto/errors.js";
import { signReport } from "../crypto/room/report.js";
import { envelopeHash, messageKey, parseSignedEnvelope } from "../crypto/room/signed_envelope.js";
import { Refused } from "../keys/failure.js";
import { framesOf } from "./deliveries.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/signed_envelope.js").SignedEnvelope} SignedEnvelope */
/** @typedef {import("./channel.js").Channel} Channel */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./requests.js").RoomRequests} RoomRequests */
/** @typedef {import("./session.js").Session} Session */

/**
 * Reports a message that is here. Throws `Refused` (`no_such_message`, `keys_reset`, or why its key is not here), a `SealError`, or a
 * `ServerRefusal`.
 * @param {Session} session
 * @param {Conversation} conversation
 * @param {RoomRequests["conversation_report"]["takes"]} takes
 */
export async function report(session, conversation, { channel: id, message, hash, reason }) {
  const channel = conversation.channel(id);
  const item = channel.rows.byHash(hash);
  if (item === null || item.message !== message) throw new Refused("no_such_message");
  const { account: reporter, own, page } = session;
  // What is shown of an edited message is in its newest edit.
  const shown = channel.rows.shownOf(item);
  const envelope = await envelopeAt(page, channel, shown.sequence, shown.hash);
  const keys = await own.signing(own.head.fingerprint);
  if (keys === null) throw new Refused("keys_reset");
  const of = { sequence: shown.sequence, reporter, madeAt: session.now(), reason, envelope: envelope.bytes, key: await keyTo(conversation, envelope) };
  await page.call("messages.report", {}, await signReport(keys, of));
}

/** The envelope with this hash, as the server has it. @param {Session["page"]} page @param {Channel} channel @param {number} sequence @param {string} hash @returns {Promise<SignedEnvelope>} */
async function envelopeAt(page, { id }, sequence, hash) {
  const { tail } = await page.call("messages.fetch", { channel: id, before: String(sequence + 1), limit: 1 });
  const [frame] = framesOf(tail, id);
  try {
    const envelope = parseSignedEnvelope(frame?.payload ?? new Uint8Array());
    if (frame.sequence === sequence && (await envelopeHash(envelope)) === hash) return envelope;
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
  }
  // It was deleted since, or the server gives something else.
  throw new ServerRefusal("no_such_message");
}

/** @param {Conversation} conversation @param {SignedEnvelope} envelope */
async function keyTo({ secrets }, { header }) {
  const secret = await secrets.of(header.epoch);
  if (secret === null) throw new Refused(secrets.missing(header.epoch) ?? "waiting_for_key");
  return messageKey(secret, header);
}
