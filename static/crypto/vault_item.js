/**
 * Items of the vault: one secret, mark, pin or preference each, sealed under an item key of the root
 * (docs/protocol.md §14.6).
 */
import { fromHex, join, toHex, u64, utf8 } from "../wire/bytes.js";
import { OpenError, SealError } from "./errors.js";
import { ID_BYTES, RecordReader, VERSION, label } from "./record.js";
import { IV_BYTES, KEY_BYTES, hkdf, openPart, readSealedPart, sealedPart } from "./seal.js";
import { isBase64, isDecimal, isHex, parseObject } from "./vault_content.js";
/** @typedef {import("./seal.js").Sealed} Sealed */
/** @typedef {import("./vault_content.js").ItemKeyEntry} ItemKeyEntry */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * Which item it is; an account has one of each name.
 * @typedef {{ kind: "epoch_secret", room: string, n: number } | { kind: "read_mark", channel: string }
 *   | { kind: "pin", account: string } | { kind: "room_head", room: string } | { kind: "preference", name: string }} ItemName
 * @typedef {{ account: string, itemKey: string, name: ItemName, number: number, forgetAt: number | null }} ItemFields
 * @typedef {ItemFields & { bytes: Bytes, named: Bytes, above: Bytes, part: Sealed }} VaultItem an item that was read and not opened
 */

const TYPE = 0x14;
const LABEL = label("sealwire/v1/vault-item");
/** Largest item that holds a room's record, and largest other one, in bytes. */
const MOST_BYTES = Object.freeze({ roomHead: 192 * 1_024, other: 4_096 });
/** @type {readonly (ItemName["kind"] | undefined)[]} by their byte */
const KINDS = Object.freeze([undefined, "epoch_secret", "read_mark", "pin", "room_head", "preference"]);
const PREFERENCE = /^[!-~]{1,32}$/;

/** What an item's content must be, by kind; further keys are kept. @type {Readonly<Record<ItemName["kind"], (content: Record<string, unknown>) => boolean>>} */
const CONTENTS = Object.freeze({
  epoch_secret: ({ secret, commit }) => isHex(secret, 32) && isHex(commit, 32),
  read_mark: ({ run, sequence, message }) => isHex(run, 16) && isDecimal(sequence) && isHex(message, 16),
  pin: ({ number, head, fingerprint, verified, acknowledged }) =>
    isDecimal(number) && isHex(head, 32) && isHex(fingerprint, 32) && typeof verified === "boolean" && isDecimal(acknowledged),
  room_head: ({ n, commit, state }) => isDecimal(n) && isHex(commit, 32) && isBase64(state),
  preference: () => true,
});

/** Reads the layout; throws an `OpenError`. @param {Uint8Array} bytes @returns {VaultItem} */
export function parseItem(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES.roomHead);
  const account = record.id();
  const itemKey = record.id();
  const kind = KINDS[record.u8()];
  if (kind === undefined) throw new OpenError("field");
  if (bytes.length > mostBytes(kind)) throw new OpenError("too_large");
  const named = record.take(record.u8());
  const name = parseName(kind, named);
  const number = record.count();
  const forgetAt = record.u64() || null;
  const above = record.soFar();
  const part = readSealedPart(record);
  return { bytes: record.finish(), account, itemKey, name, number, forgetAt, named, above, part };
}

/**
 * Opens an item with the item key that it names; throws an `OpenError` (`other_item_key`, `tag`, `content`, …). That
 * account and number are the expected ones is for the caller to compare.
 * @param {VaultItem} item
 * @param {ItemKeyEntry} key
 */
export async function openItem({ account, itemKey, name, named, number, above, part }, key) {
  if (key.id !== itemKey) throw new OpenError("other_item_key");
  const content = parseObject(await openPart(await keyOf(key, account, name.kind, named, number), part, above));
  if (!CONTENTS[name.kind](content)) throw new OpenError("content");
  return content;
}

/**
 * Seals an item; throws a `SealError` (`field` for the number 0 or a content that its kind cannot have, `too_large`).
 * @param {ItemKeyEntry} key
 * @param {Omit<ItemFields, "itemKey">} fields number: one more than the item that it replaces
 * @param {Record<string, unknown>} content
 * @param {Bytes} [iv] random unless a vector says otherwise
 */
export async function sealItem(key, { account, name, number, forgetAt }, content, iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))) {
  const { kind } = name;
  if (number < 1 || forgetAt === 0 || !CONTENTS[kind](content)) throw new SealError("field");
  const named = nameBytes(name);
  const start = join(VERSION, TYPE, fromHex(account, ID_BYTES), fromHex(key.id, ID_BYTES), KINDS.indexOf(kind));
  const above = join(start, named.length, named, u64(number), u64(forgetAt ?? 0));
  const part = await sealedPart(await keyOf(key, account, kind, named, number), iv, above, utf8(JSON.stringify(content)));
  const item = join(above, part);
  if (item.length > mostBytes(kind)) throw new SealError("too_large");
  return item;
}

/** @param {ItemKeyEntry} key @param {string} account @param {ItemName["kind"]} kind @param {Bytes} named @param {number} number */
function keyOf(key, account, kind, named, number) {
  const info = join(LABEL, KINDS.indexOf(kind), named.length, named, u64(number));
  return hkdf(fromHex(key.key, KEY_BYTES), fromHex(account, ID_BYTES), info, KEY_BYTES);
}

/** @param {ItemName["kind"]} kind */
function mostBytes(kind) {
  return kind === "room_head" ? MOST_BYTES.roomHead : MOST_BYTES.other;
}

/** @param {ItemName} name @returns {Bytes} */
function nameBytes(name) {
  switch (name.kind) {
    case "epoch_secret":
      if (name.n < 1) throw new SealError("field");
      return join(fromHex(name.room, ID_BYTES), u64(name.n));
    case "read_mark":
      return fromHex(name.channel, ID_BYTES);
    case "pin":
      return fromHex(name.account, ID_BYTES);
    case "room_head":
      return fromHex(name.room, ID_BYTES);
    case "preference":
      if (!PREFERENCE.test(name.name)) throw new SealError("field");
      return utf8(name.name);
  }
}

/** @param {ItemName["kind"]} kind @param {Bytes} named @returns {ItemName} */
function parseName(kind, named) {
  const lengths = { epoch_secret: ID_BYTES + 8, read_mark: ID_BYTES, pin: ID_BYTES, room_head: ID_BYTES, preference: named.length };
  if (named.length !== lengths[kind]) throw new OpenError("field");
  const id = toHex(named.subarray(0, ID_BYTES));
  switch (kind) {
    case "epoch_secret":
      return { kind, room: id, n: epochOf(named) };
    case "read_mark":
      return { kind, channel: id };
    case "pin":
      return { kind, account: id };
    case "room_head":
      return { kind, room: id };
    case "preference": {
      const name = String.fromCharCode(...named);
      if (!PREFERENCE.test(name)) throw new OpenError("field");
      return { kind, name };
    }
  }
}

/** The epoch's number, 1 … 2^53 − 1, at the end of a secret's name. @param {Bytes} named */
function epochOf(named) {
  const n = new DataView(named.buffer, named.byteOffset).getBigUint64(ID_BYTES);
  if (n < 1n || n > BigInt(Number.MAX_SAFE_INTEGER)) throw new OpenError("field");
  return Number(n);
}
