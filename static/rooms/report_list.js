/**
 * Reports as an administrator of the server sees them: each judged here, by the keys that its reporter and its sender have published
 * (docs/protocol.md §14.15).
 */
import { OpenError } from "../crypto/errors.js";
import { parseList } from "../crypto/record_list.js";
import { parseContent } from "../crypto/room/content.js";
import { RoomError } from "../crypto/room/errors.js";
import { parseReport, proveReport } from "../crypto/room/report.js";
import { Refused } from "../keys/failure.js";
/** @typedef {import("../crypto/room/content.js").RoomContent} RoomContent */
/** @typedef {import("../crypto/room/report.js").Report} Report */
/** @typedef {import("./requests.js").JudgedReport} JudgedReport */
/** @typedef {import("./requests.js").RoomRequests} RoomRequests */
/** @typedef {import("./session.js").Session} Session */

/** Of a text an administrator sees no more than this, in UTF-16 code units. */
const SHOWN = 2_000;

/** Most of one page. */
const MOST = 1_024;

/**
 * A page of those that are pending, the oldest first. Throws a `ServerRefusal`, or `Refused` (`bad_server`).
 * @param {Session} session
 * @param {RoomRequests["conversations_reports"]["takes"]} takes
 * @returns {Promise<RoomRequests["conversations_reports"]["gives"]>}
 */
export async function listReports(session, { after }) {
  const { ok, tail } = await session.page.call("reports.list", after === null ? {} : { after });
  const records = recordsOf(tail);
  if (!Array.isArray(ok.reports) || ok.reports.length !== records.length) throw new Refused("bad_server");
  const reports = [];
  for (const [at, record] of records.entries()) reports.push(await judged(session, ok.reports[at], record));
  return { reports, more: ok.more === true };
}

/** @param {Uint8Array} tail */
function recordsOf(tail) {
  try {
    return parseList(tail, MOST);
  } catch (error) {
    if (error instanceof OpenError) throw new Refused("bad_server");
    throw error;
  }
}

/** @param {Session} session @param {Record<string, any>} listed what the server says of it @param {Uint8Array} record @returns {Promise<JudgedReport>} */
async function judged(session, listed, record) {
  const known = { number: String(listed.number), report: String(listed.report), receivedAt: Number(listed.received_at) };
  const stored = { room: String(listed.room), channel: String(listed.channel), sequence: Number(listed.sequence), hash: String(listed.hash) };
  const nobody = { reporter: "", reporterName: "", sender: String(listed.sender), senderName: "", reason: "" };
  /** @type {Report | null} */
  let report = null;
  try {
    report = await parseReport(record);
    // The server settles what it names: another record under that name is none.
    if (report.hash !== known.report) throw new RoomError("other_message");
    const read = report;
    const { header, content } = await session.keysets.judge((keysets) => proveReport(read, stored, keysets));
    return { ...known, ...named(session, report, header.sender), proven: true, cause: null, sentAt: header.sentAt, ...cut(shownOf(parseContent(content))) };
  } catch (error) {
    const cause = causeOf(error);
    if (cause === null) throw error;
    return { ...known, ...(report === null ? nobody : named(session, report, nobody.sender)), proven: false, cause, sentAt: 0, type: "", text: "" };
  }
}

/** @param {Session} session @param {Report} report @param {string} sender */
function named({ keysets }, { reporter, reason }, sender) {
  return { reporter, reporterName: keysets.nameOf(reporter), sender, senderName: keysets.nameOf(sender), reason };
}

/** What a message says, as far as this version knows its type. @param {RoomContent} content */
function shownOf(content) {
  if (content.type === "newer") return { type: content.name, text: "" };
  if (content.type === "file") return { type: content.type, text: [content.name, content.text ?? ""].filter((each) => each !== "").join("\n") };
  if (content.type === "reaction") return { type: content.type, text: content.emoji };
  if (content.type === "resource") return { type: content.type, text: content.title };
  return { type: content.type, text: "text" in content ? (content.text ?? "") : "" };
}

/** @param {{ type: string, text: string }} shown */
function cut({ type, text }) {
  return { type, text: text.length > SHOWN ? `${text.slice(0, SHOWN)}\u2026` : text };
}

/** Why a report is no proof; null where that could not be found out. @param {unknown} error */
function causeOf(error) {
  if (error instanceof RoomError) return error.cause;
  if (error instanceof OpenError) return "record";
  return error instanceof Refused && error.code === "keys_alarm" ? "keys_alarm" : null;
}
