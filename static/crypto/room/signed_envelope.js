/**
 * The envelope of end-to-end rooms: one message, sealed under its own key and signed by its sender's identity keys, so that no
 * other member can have written it (docs/protocol.md §9 and §14.10).
 */
import { fromHex, join, text, toHex, u32, u64 } from "../../wire/bytes.js";
import { CONTENT_BYTES } from "../../wire/limits.js";
import { OpenError, SealError } from "../errors.js";
import { pad, unpad } from "../padding.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label, sha256 } from "../record.js";
import { IV_BYTES, KEY_BYTES, TAG_BYTES, hkdf, open, readSealedPart, sameBytes, seal } from "../seal.js";
import { readBlock } from "../signature.js";
import { RoomError, within } from "./errors.js";
import { keysetOf } from "./keys.js";
import { checkSecret } from "./secret.js";
/** @typedef {import("../seal.js").Sealed} Sealed */
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("../signature.js").VerifyingKeys} VerifyingKeys */
/** @typedef {import("./chain.js").RoomChain} RoomChain */
/** @typedef {import("./history.js").ChainEntry} ChainEntry */
/** @typedef {import("./keys.js").Keysets} Keysets */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ channel: string, sender: string, stored: boolean }} Delivery what a deliver frame says about the envelope in it
 * @typedef {{ room: string, epoch: number, commit: string, fingerprint: string, instance: string, counter: number,
 *   sentAt: number, message: string, commitment: string } & Delivery} Header what an envelope says in the clear
 * @typedef {{ bytes: Bytes, header: Header, head: Bytes, sealed: Sealed, signed: Bytes, block: SignatureBlock }} SignedEnvelope
 *   head: the header's bytes, to which the content is bound
 */

const TYPE = 0x04;
const LABEL = label("sealwire/v1/envelope");
const MESSAGE = label("sealwire/v1/message");
const KEY_COMMITMENT = label("sealwire/v1/key-commitment");
/** Header, IV and the ciphertext's length, in bytes. */
const FRONT_BYTES = 203 + IV_BYTES + 4;
/** Largest signature block, in bytes: RSA-4096. */
const BLOCK_BYTES = 2 + 512 + 64;
/** Largest envelope, in bytes: the largest bucket with what CBC adds. */
const MOST_BYTES = FRONT_BYTES + CONTENT_BYTES + 1 + 16 + TAG_BYTES + BLOCK_BYTES;
/** Bit 0 of the flags: the server keeps it. */
const STORED = 1;

/**
 * Reads the layout; throws an `OpenError`.
 * @param {Uint8Array} bytes
 * @returns {SignedEnvelope}
 */
export function parseSignedEnvelope(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const channel = record.id();
  const epoch = record.count();
  const commit = record.hash();
  const sender = record.id();
  const fingerprint = record.hash();
  const instance = record.id();
  const counter = record.u64();
  const flags = record.u8();
  if (flags > STORED) throw new OpenError("field");
  const sentAt = record.u64();
  const message = record.id();
  const commitment = record.hash();
  const head = record.soFar();
  const sealed = readSealedPart(record);
  const signed = record.soFar();
  const block = readBlock(record);
  const stored = flags === STORED;
  const header = { room, channel, epoch, commit, sender, fingerprint, instance, counter, stored, sentAt, message, commitment };
  return { bytes: record.finish(), header, head, sealed, signed, block };
}

/**
 * Checks that its sender was in the room and made it: the place it came to, membership by the chain, PSS, DSA. Throws a
 * `RoomError`. Replay is looked at afterwards, before it is opened.
 * @param {SignedEnvelope} envelope
 * @param {Delivery} delivery
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 * @param {(keys: VerifyingKeys, ...signed: Parameters<VerifyingKeys["verify"]>) => Promise<void>} [verify] where it is done
 */
export async function checkSender({ header, signed, block }, delivery, chain, keysets, verify = (keys, ...signed) => keys.verify(...signed)) {
  const { sender, fingerprint } = header;
  const isThere = header.channel === delivery.channel && sender === delivery.sender && header.stored === delivery.stored;
  if (header.room !== chain.room || !isThere) throw new RoomError("other_place");
  const { history } = chain;
  if (history.isBefore(header.epoch)) throw new RoomError("older");
  const entry = history.entry(header.epoch);
  if (entry === undefined) throw new RoomError("unknown_epoch");
  if (entry.hash !== header.commit) throw new RoomError("other_commit");
  const member = history.memberAt(header.epoch, sender);
  if (member === null || member.fingerprint !== fingerprint) throw new RoomError("not_member");
  if (member.role === "muted") throw new RoomError("muted");
  const { keys } = keysetOf(keysets, sender, fingerprint);
  await within("signature", () => verify(keys, LABEL, signed, block));
}

/**
 * Checks of an envelope whose commit is not in this chain that somebody of the room made it all the same: whoever signed it was shown
 * another history, or a commit is held back here. Throws a `RoomError`: bytes that anybody could have written show neither.
 * @param {SignedEnvelope} envelope
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 */
export async function checkElsewhere({ header, signed, block }, { room, head, history }, keysets) {
  const { sender, fingerprint } = header;
  const before = Math.min(Math.max(header.epoch - 1, 1), head.n);
  if (header.room !== room) throw new RoomError("other_place");
  if (history.isBefore(before)) throw new RoomError("older");
  if (history.memberAt(before, sender)?.fingerprint !== fingerprint) throw new RoomError("not_member");
  const { keys } = keysetOf(keysets, sender, fingerprint);
  await within("signature", () => keys.verify(LABEL, signed, block));
}

/** PSS, then DSA, by these keys; throws an `OpenError`. @param {SignedEnvelope} envelope @param {VerifyingKeys} keys */
export function checkSignatures({ signed, block }, keys) {
  return keys.verify(LABEL, signed, block);
}

/** SHA-256 of the whole envelope, signatures included: what others name it by. @param {SignedEnvelope} envelope */
export async function envelopeHash({ bytes }) {
  return toHex(await sha256(bytes));
}

/**
 * Opens with the secret of the epoch that the header names: key commitment, HMAC, CBC, padding, UTF-8, in this order. Throws
 * an `OpenError`; nothing has changed then.
 * @param {SignedEnvelope} envelope
 * @param {ChainEntry} entry of that epoch
 * @param {Bytes} secret
 * @returns {Promise<Bytes>} the content
 */
export async function openEnvelope(envelope, { room, n, hash }, secret) {
  const { header } = envelope;
  if (header.room !== room || header.epoch !== n || header.commit !== hash) throw new OpenError("other_epoch");
  return openAlone(envelope, await messageKey(secret, header));
}

/**
 * Opens one message with its own key, which opens no other. Throws as `openEnvelope` does.
 * @param {SignedEnvelope} envelope
 * @param {Bytes} key
 * @returns {Promise<Bytes>} the content
 */
export async function openAlone({ header, head, sealed }, key) {
  if (!sameBytes(await commitmentTo(key), fromHex(header.commitment, HASH_BYTES))) throw new OpenError("key_commitment");
  const content = unpad(await open(key, sealed, head));
  try {
    text(content, "content");
  } catch {
    throw new OpenError("not_utf8");
  }
  return content;
}

/**
 * Seals one message and signs it, for the payload of a publish frame. Throws a `SealError` (`too_large`, `field` for a secret
 * that is not the epoch's).
 * @param {SigningKeys} keys
 * @param {ChainEntry} entry of the newest epoch
 * @param {Bytes} secret
 * @param {Omit<Header, "room" | "epoch" | "commit" | "fingerprint" | "commitment">} of
 * @param {Uint8Array} content
 * @param {{ iv?: Bytes, dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function sealEnvelope(keys, entry, secret, of, content, { iv = crypto.getRandomValues(new Uint8Array(IV_BYTES)), dsaNonce } = {}) {
  const padded = pad(content);
  await checkSecret(entry, secret).catch(() => {
    throw new SealError("field");
  });
  const { channel, sender, instance, counter, stored, sentAt, message } = of;
  const key = await messageKey(secret, { ...of, room: entry.room, epoch: entry.n, commit: entry.hash });
  const place = join(fromHex(entry.room, ID_BYTES), fromHex(channel, ID_BYTES), u64(entry.n), fromHex(entry.hash, HASH_BYTES));
  const by = join(fromHex(sender, ID_BYTES), await keys.verifying.fingerprint(), fromHex(instance, ID_BYTES), u64(counter));
  const which = join(Number(stored), u64(sentAt), fromHex(message, ID_BYTES), await commitmentTo(key));
  const head = join(VERSION, TYPE, place, by, which);
  const { ciphertext, tag } = await seal(key, iv, head, padded);
  return keys.append(LABEL, join(head, iv, u32(ciphertext.length), ciphertext, tag), dsaNonce);
}

/**
 * The key of one message, which opens no other.
 * @param {Bytes} secret
 * @param {Omit<Header, "fingerprint" | "sentAt" | "message" | "commitment">} header
 */
export function messageKey(secret, { room, channel, epoch, commit, sender, instance, counter, stored }) {
  const place = join(fromHex(room, ID_BYTES), fromHex(channel, ID_BYTES), u64(epoch), fromHex(sender, ID_BYTES));
  const info = join(MESSAGE, place, fromHex(instance, ID_BYTES), u64(counter), Number(stored));
  return hkdf(secret, fromHex(commit, HASH_BYTES), info, KEY_BYTES);
}

/** @param {Bytes} key of a message */
function commitmentTo(key) {
  return sha256(KEY_COMMITMENT, key);
}
