/**
 * Grants: a member answers a key request with secrets, sealed to who asked (docs/protocol.md §14.13).
 */
import { fromHex, join, u64 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { HASH_BYTES, ID_BYTES, RecordReader, VERSION, label } from "../record.js";
import { IV_BYTES, KEY_BYTES, hkdf, openPart, readSealedPart, sealedPart } from "../seal.js";
import { readBlock } from "../signature.js";
import { WRAPPED, WRAPPED_BYTES, unwrap, wrap } from "../wrap_key.js";
import { RoomError, within } from "./errors.js";
import { encodeSecrets, parseSecrets, sortSecrets } from "./granted.js";
import { isInChain, isMemberWith, keysetOf, wrapKeyFor } from "./keys.js";
/** @typedef {import("../rsa.js").WrapPrivateKey} WrapPrivateKey */
/** @typedef {import("../seal.js").Sealed} Sealed */
/** @typedef {import("../signature.js").SignatureBlock} SignatureBlock */
/** @typedef {import("../signature.js").SigningKeys} SigningKeys */
/** @typedef {import("../wrap_key.js").WrapKey} WrapKey */
/** @typedef {import("./chain.js").RoomChain} RoomChain */
/** @typedef {import("./granted.js").EpochSecret} EpochSecret */
/** @typedef {import("./key_request.js").KeyRequest} KeyRequest */
/** @typedef {import("./keys.js").Keysets} Keysets */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{ bytes: Bytes, room: string, request: string, granter: string, fingerprint: string, asker: string, commit: string,
 *   madeAt: number, wrap: number, share: Bytes, above: Bytes, part: Sealed, signed: Bytes, block: SignatureBlock }} Grant
 *   with the right layout; nobody has looked at it
 */

const TYPE = 0x19;
const LABEL = label("sealwire/v1/grant");
const KEY = label("sealwire/v1/grant-key");
/** Largest grant, in bytes: a thousand secrets, padded. */
const MOST_BYTES = 73_728;
/** Bytes of a grant's own key. */
const GRANT_KEY_BYTES = 32;

/** Reads the layout; throws an `OpenError`. @param {Uint8Array} bytes @returns {Grant} */
export function parseGrant(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const room = record.id();
  const request = record.hash();
  const granter = record.id();
  const fingerprint = record.hash();
  const asker = record.id();
  const commit = record.hash();
  const madeAt = record.u64();
  const number = record.count();
  const share = record.take(WRAPPED_BYTES);
  const above = record.soFar();
  const part = readSealedPart(record);
  const signed = record.soFar();
  const block = readBlock(record);
  const whole = record.finish();
  return { bytes: whole, room, request, granter, fingerprint, asker, commit, madeAt, wrap: number, share, above, part, signed, block };
}

/**
 * Answers a key request that was checked. Throws a `SealError` (`field` for secrets that are none, too many or out of order, or
 * another wrap key than the request names or the list vouches for), or a `RoomError` (`unknown_keys`).
 * @param {SigningKeys} keys
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 * @param {{ request: KeyRequest, granter: string, madeAt: number, wrapKey: WrapKey, secrets: EpochSecret[] }} of
 * @param {{ grantKey?: Bytes, iv?: Bytes, dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function signGrant(keys, chain, keysets, { request, granter, madeAt, wrapKey, secrets }, choices = {}) {
  const { record, hash: commit } = chain.head;
  const vouched = wrapKeyFor(record, keysets, request.account, wrapKey);
  if (vouched === null || wrapKey.number !== request.wrap) throw new SealError("field");
  const plain = encodeSecrets(secrets);
  const { grantKey = crypto.getRandomValues(new Uint8Array(GRANT_KEY_BYTES)), iv = crypto.getRandomValues(new Uint8Array(IV_BYTES)) } = choices;
  const { room, account: asker } = request;
  const by = join(fromHex(granter, ID_BYTES), await keys.verifying.fingerprint(), fromHex(asker, ID_BYTES));
  const start = join(VERSION, TYPE, fromHex(room, ID_BYTES), fromHex(request.hash, HASH_BYTES), by, fromHex(commit, HASH_BYTES));
  const above = join(start, u64(madeAt), u64(wrapKey.number), await wrap(wrapKey.key, WRAPPED.grantKey, grantKey));
  const key = await sealingKey(grantKey, { request: request.hash, room, granter, asker });
  return keys.append(LABEL, join(above, await sealedPart(key, iv, above, plain)), choices.dsaNonce);
}

/**
 * Accepts what a member answered to an own request that is pending, in the order of the document, and compares each secret
 * with the commit of its epoch. Throws a `RoomError`.
 * @param {Grant} grant
 * @param {KeyRequest} pending
 * @param {{ number: number, key: WrapPrivateKey }} own wrap key
 * @param {RoomChain} chain
 * @param {Keysets} keysets
 */
export async function acceptGrant(grant, pending, own, chain, keysets) {
  const { granter, fingerprint } = grant;
  const isAnswer = grant.room === pending.room && grant.request === pending.hash && grant.asker === pending.account;
  if (!isAnswer || grant.room !== chain.room) throw new RoomError("other_request");
  if (!isMemberWith(chain.head.record, keysets, granter, fingerprint)) throw new RoomError("not_member");
  const { keys } = keysetOf(keysets, granter, fingerprint);
  await within("signature", () => keys.verify(LABEL, grant.signed, grant.block));
  isInChain(chain, grant.commit);
  const secrets = await within("open", () => openSecrets(grant, own));
  return sortSecrets(secrets, pending, chain);
}

/** @param {Grant} grant @param {{ number: number, key: WrapPrivateKey }} own */
async function openSecrets(grant, { number, key }) {
  if (number !== grant.wrap) throw new OpenError("share");
  const grantKey = await unwrap(key, WRAPPED.grantKey, grant.share);
  return parseSecrets(await openPart(await sealingKey(grantKey, grant), grant.part, grant.above));
}

/** @param {Bytes} grantKey @param {Pick<Grant, "request" | "room" | "granter" | "asker">} between */
function sealingKey(grantKey, { request, room, granter, asker }) {
  const info = join(KEY, fromHex(room, ID_BYTES), fromHex(granter, ID_BYTES), fromHex(asker, ID_BYTES));
  return hkdf(grantKey, fromHex(request, HASH_BYTES), info, KEY_BYTES);
}
