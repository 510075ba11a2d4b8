/**
 * Frames as a WebSocket message or an event carries them: `kind u8 | body` (docs/protocol.md §2).
 */
import { FRAME_BYTES } from "./limits.js";
import { FrameError, Reader, fromHex, join, text, u32, u64, utf8 } from "./bytes.js";
import { closeName } from "./codes.js";

/**
 * @typedef {{ code: string, message: string, retry_after_ms?: number }} Refusal
 * @typedef {{ ok: Record<string, any>, tail?: Uint8Array } | { error: Refusal }} Outcome the header of a reply, and the tail of a good one
 * @typedef {{ kind: "reply", request: number, outcome: Outcome }} ReplyFrame
 * @typedef {{ kind: "event", header: { event: string } & Record<string, any>, tail: Uint8Array }} EventFrame
 * @typedef {{ kind: "deliver", channel: string, sequence: number, time: number, flags: number, sender: string, name: string, payload: Uint8Array }} DeliverFrame
 * @typedef {{ kind: "ping" | "pong", nonce: Uint8Array }} Heartbeat
 * @typedef {{ kind: "close", code: number, reason: string }} CloseFrame
 * @typedef {ReplyFrame | EventFrame | DeliverFrame | Heartbeat | CloseFrame} ServerFrame
 * @typedef {{ epoch: number, stored: boolean }} Under the epoch under which a payload is sealed, and whether the server keeps it
 */

const COMMAND = 0x01;
const REPLY = 0x02;
const EVENT = 0x03;
const PUBLISH = 0x04;
const DELIVER = 0x05;
const PING = 0x06;
const PONG = 0x07;
const CLOSE = 0x08;

/** Deliver flags that version 1 knows: none, stored, and stored commit. */
const DELIVER_FLAGS = Object.freeze([0b00, 0b01, 0b11]);
const NOTHING = new Uint8Array();
/** In proxy-sealed rooms the proxy chooses the key. @type {Under} */
const BY_PROXY = Object.freeze({ epoch: 0, stored: false });
/** The longest name in UTF-8: 31 scalar values of four bytes. */
const NAME_BYTES = 124;

/**
 * Reads one frame from the server; throws a `FrameError` for anything that does not fit.
 * @param {Uint8Array} message
 * @returns {ServerFrame}
 */
export function decodeFrame(message) {
  if (message.length > FRAME_BYTES) throw new FrameError("the frame is too large");
  const reader = new Reader(message);
  const kind = reader.u8("kind");
  switch (kind) {
    case REPLY:
      return decodeReply(reader);
    case EVENT:
      return decodeEvent(reader);
    case DELIVER:
      return decodeDeliver(reader);
    case PING:
      return decodeHeartbeat(reader, "ping");
    case PONG:
      return decodeHeartbeat(reader, "pong");
    case CLOSE:
      return decodeClose(reader);
    default:
      throw new FrameError("no such kind in this direction");
  }
}

/**
 * Encodes a command.
 * @param {number} request
 * @param {string} command
 * @param {Record<string, unknown>} fields
 * @param {Uint8Array} [tail]
 */
export function encodeCommand(request, command, fields, tail = NOTHING) {
  const header = utf8(JSON.stringify({ command, ...fields }));
  return join(COMMAND, u32(request), u32(header.length), header, tail);
}

/**
 * Encodes what `POST /api/<command>` takes where there is a tail (docs/protocol.md §11): `header_length | fields | tail`.
 * @param {Record<string, unknown>} fields
 * @param {Uint8Array} tail
 */
export function encodeCommandBody(fields, tail) {
  const header = utf8(JSON.stringify(fields));
  return join(u32(header.length), header, tail);
}

/**
 * Reads the answer to that: `header_length | reply header | tail`; throws a `FrameError`.
 * @param {Uint8Array} body
 * @returns {Outcome}
 */
export function decodeReplyBody(body) {
  const reader = new Reader(body);
  const outcome = parseOutcome(decodeHeader(reader));
  return withTail(outcome, reader.rest());
}

/** @param {Outcome} outcome @param {Uint8Array} tail @returns {Outcome} */
function withTail(outcome, tail) {
  return "ok" in outcome && tail.length > 0 ? { ok: outcome.ok, tail } : outcome;
}

/**
 * Encodes the body of a publish frame: `request | channel | epoch | flags | payload`, which is also what `POST /api/publish` takes.
 * @param {number} request
 * @param {string} channel
 * @param {Uint8Array} payload
 * @param {Under} [under]
 */
export function encodePublishBody(request, channel, payload, { epoch, stored } = BY_PROXY) {
  return join(u32(request), fromHex(channel, 16), u64(epoch), Number(stored), payload);
}

/**
 * Encodes a publish frame.
 * @param {number} request
 * @param {string} channel
 * @param {Uint8Array} payload
 * @param {Under} [under]
 */
export function encodePublish(request, channel, payload, under) {
  return join(PUBLISH, encodePublishBody(request, channel, payload, under));
}

/** @param {Uint8Array} nonce the eight bytes of the ping */
export function encodePong(nonce) {
  return join(PONG, nonce);
}

/** @param {Uint8Array} nonce eight bytes */
export function encodePing(nonce) {
  return join(PING, nonce);
}

/**
 * Checks that a JSON value is the header of a reply.
 * @param {unknown} header
 * @returns {Outcome}
 */
export function parseOutcome(header) {
  if (isRecord(header)) {
    if (isRecord(header.ok)) return { ok: header.ok };
    const error = header.error;
    if (isRecord(error) && typeof error.code === "string") {
      const wait = error.retry_after_ms;
      const refusal = { code: error.code, message: typeof error.message === "string" ? error.message : "" };
      return { error: typeof wait === "number" && wait >= 0 ? { ...refusal, retry_after_ms: wait } : refusal };
    }
  }
  throw new FrameError("a reply is neither ok nor error");
}

/** @param {Reader} reader @returns {ReplyFrame} */
function decodeReply(reader) {
  const request = reader.u32("request");
  const outcome = parseOutcome(decodeHeader(reader));
  return { kind: "reply", request, outcome: withTail(outcome, reader.rest()) };
}

/** @param {Reader} reader @returns {EventFrame} */
function decodeEvent(reader) {
  const header = decodeHeader(reader);
  if (typeof header.event !== "string") throw new FrameError("an event has no name");
  return { kind: "event", header: /** @type {EventFrame["header"]} */ (header), tail: reader.rest() };
}

/** @param {Reader} reader @returns {DeliverFrame} */
function decodeDeliver(reader) {
  const channel = reader.id("channel");
  const sequence = reader.u64("sequence");
  const time = reader.u64("time");
  const flags = reader.u8("flags");
  if (!DELIVER_FLAGS.includes(flags)) throw new FrameError("unknown deliver flags");
  const sender = reader.id("sender");
  const nameLength = reader.u8("name length");
  if (nameLength > NAME_BYTES) throw new FrameError("a name is too long");
  const name = text(reader.take(nameLength, "name"), "name");
  return { kind: "deliver", channel, sequence, time, flags, sender, name, payload: reader.rest() };
}

/** @param {Reader} reader @param {"ping" | "pong"} kind @returns {Heartbeat} */
function decodeHeartbeat(reader, kind) {
  const nonce = reader.take(8, kind);
  reader.end(kind);
  return { kind, nonce };
}

/** @param {Reader} reader @returns {CloseFrame} */
function decodeClose(reader) {
  const code = reader.u16("close code");
  text(reader.rest(), "close sentence");
  return { kind: "close", code, reason: closeName(code) };
}

/** @param {Reader} reader @returns {Record<string, any>} */
function decodeHeader(reader) {
  const bytes = reader.take(reader.u32("header length"), "header");
  /** @type {unknown} */
  let header;
  try {
    header = JSON.parse(text(bytes, "header"));
  } catch (error) {
    if (error instanceof FrameError) throw error;
    throw new FrameError("a header is not JSON");
  }
  if (!isRecord(header)) throw new FrameError("a header is not an object");
  return header;
}

/** @param {unknown} value @returns {value is Record<string, any>} */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
