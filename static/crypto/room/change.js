/**
 * The changes of a commit: who comes, who goes, and what the room allows from then on (docs/protocol.md §14.9).
 */
import { fromHex, join, u32 } from "../../wire/bytes.js";
import { OpenError } from "../errors.js";
import { parseKeyset } from "../keyset.js";
import { FieldReader, HASH_BYTES, ID_BYTES } from "../record.js";
import { encodePolicy, readPolicy } from "./policy.js";
import { parseRequest } from "./request.js";
import { ROLES } from "./room_record.js";
/** @typedef {import("../keyset.js").UnverifiedKeyset} UnverifiedKeyset */
/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {import("./request.js").Action} Action */
/** @typedef {import("./request.js").Request} Request */
/** @typedef {import("./room_record.js").Role} Role */

/**
 * One change; a commit has them ascending by kind, then by account.
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ kind: "founded", policy: Policy }
 *   | { kind: "placed", account: string, fingerprint: string }
 *   | { kind: "joined", request: Request } | { kind: "left", request: Request }
 *   | { kind: "removed", account: string, banned: boolean }
 *   | { kind: "role", account: string, role: Role }
 *   | { kind: "policy", policy: Policy }
 *   | { kind: "rekeyed", keyset: UnverifiedKeyset }
 *   | { kind: "unbanned", account: string }} Change
 */

/** @type {readonly (Change["kind"] | undefined)[]} by their byte */
const KINDS = Object.freeze([undefined, "founded", "placed", "joined", "left", "removed", "role", "policy", "rekeyed", "unbanned"]);

/** Whom a change is about; nobody where the room itself changes. @param {Change} change @returns {string | null} */
export function accountOf(change) {
  switch (change.kind) {
    case "founded":
    case "policy":
      return null;
    case "joined":
    case "left":
      return change.request.account;
    case "rekeyed":
      return change.keyset.account;
    default:
      return change.account;
  }
}

/** Orders changes as they stand in a commit; 0 for two that cannot both be there. @param {Change} a @param {Change} b */
export function compareChanges(a, b) {
  if (a.kind !== b.kind) return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  const [one, other] = [accountOf(a) ?? "", accountOf(b) ?? ""];
  return one < other ? -1 : Number(one > other);
}

/**
 * Reads `kind u8 | length u32 | body` where a commit stands; throws an `OpenError`.
 * @param {FieldReader} record
 * @returns {Promise<Change>}
 */
export async function readChange(record) {
  const kind = KINDS[record.u8()];
  const body = record.sized32();
  switch (kind) {
    case "joined":
      return { kind, request: await request(body, "join") };
    case "left":
      return { kind, request: await request(body, "leave") };
    case "rekeyed": {
      const keyset = await parseKeyset(body);
      if (keyset.link !== "rotated") throw new OpenError("field");
      return { kind, keyset };
    }
    default:
      return readShort(kind, new FieldReader(body));
  }
}

/** The change as it stands in a commit. @param {Change} change */
export function encodeChange(change) {
  const body = encodeBody(change);
  return join(KINDS.indexOf(change.kind), u32(body.length), body);
}

/**
 * Reads the body of a kind that holds no record.
 * @param {Exclude<Change["kind"], "joined" | "left" | "rekeyed"> | undefined} kind
 * @param {FieldReader} body
 */
function readShort(kind, body) {
  const change = readFields(kind, body);
  body.finish();
  return change;
}

/**
 * @param {Exclude<Change["kind"], "joined" | "left" | "rekeyed"> | undefined} kind
 * @param {FieldReader} body
 * @returns {Change}
 */
function readFields(kind, body) {
  switch (kind) {
    case "founded":
    case "policy":
      return { kind, policy: readPolicy(body) };
    case "placed":
      return { kind, account: body.id(), fingerprint: body.hash() };
    case "removed": {
      const account = body.id();
      const banned = body.u8();
      if (banned > 1) throw new OpenError("field");
      return { kind, account, banned: banned === 1 };
    }
    case "role": {
      const account = body.id();
      const role = ROLES[body.u8()];
      if (role === undefined) throw new OpenError("field");
      return { kind, account, role };
    }
    case "unbanned":
      return { kind, account: body.id() };
    default:
      throw new OpenError("field");
  }
}

/** @param {Change} change @returns {Bytes} */
function encodeBody(change) {
  switch (change.kind) {
    case "founded":
    case "policy":
      return encodePolicy(change.policy);
    case "placed":
      return join(fromHex(change.account, ID_BYTES), fromHex(change.fingerprint, HASH_BYTES));
    case "joined":
    case "left":
      return change.request.bytes;
    case "removed":
      return join(fromHex(change.account, ID_BYTES), Number(change.banned));
    case "role":
      return join(fromHex(change.account, ID_BYTES), ROLES.indexOf(change.role));
    case "rekeyed":
      return change.keyset.bytes;
    case "unbanned":
      return fromHex(change.account, ID_BYTES);
  }
}

/** @param {Bytes} body @param {Action} action */
async function request(body, action) {
  const read = await parseRequest(body);
  if (read.action !== action) throw new OpenError("field");
  return read;
}
