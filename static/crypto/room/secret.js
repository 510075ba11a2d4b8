/**
 * Secrets of epochs, and the shares in which they come (docs/protocol.md §14.9).
 */
import { fromHex, join, toHex, u64 } from "../../wire/bytes.js";
import { OpenError } from "../errors.js";
import { ID_BYTES, label, sha256 } from "../record.js";
import { sameBytes } from "../seal.js";
import { NO_SHARE, WRAPPED, unwrap } from "../wrap_key.js";
/** @typedef {import("../rsa.js").WrapPrivateKey} WrapPrivateKey */
/** @typedef {import("./history.js").ChainEntry} ChainEntry */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const LABEL = label("sealwire/v1/epoch-secret");
/** Bytes of an epoch's secret. */
export const SECRET_BYTES = 32;

/** What a commit says of its epoch's secret. @param {Bytes} secret @param {string} room @param {number} n */
export async function commitmentOf(secret, room, n) {
  return toHex(await sha256(LABEL, join(fromHex(room, ID_BYTES), u64(n)), secret));
}

/** Checks that this is the epoch's secret; throws an `OpenError` (`share_commitment`). @param {ChainEntry} entry @param {Bytes} secret */
export async function checkSecret({ room, n, commitment }, secret) {
  const found = fromHex(await commitmentOf(secret, room, n), SECRET_BYTES);
  if (!sameBytes(found, fromHex(commitment, SECRET_BYTES))) throw new OpenError("share_commitment");
}

/**
 * Opens the own share of an epoch (step 8 of the document). If it fails the commit stands: say `epochs.bad_share`, and ask for
 * the secret. Throws an `OpenError` (`placeholder` where there is none for these keys, `share`, `share_commitment`).
 * @param {ChainEntry} entry
 * @param {Bytes} share
 * @param {WrapPrivateKey} key
 */
export async function openShare(entry, share, key) {
  if (sameBytes(share, NO_SHARE)) throw new OpenError("placeholder");
  const secret = await unwrap(key, WRAPPED.epochSecret, share);
  await checkSecret(entry, secret);
  return secret;
}
