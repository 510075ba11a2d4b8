/** The room of the golden vectors, its accounts and its chain (docs/protocol.md §14.7 to §14.14). */
import assert from "node:assert/strict";
import { Chain } from "../../../static/crypto/chain.js";
import { OpenError } from "../../../static/crypto/errors.js";
import { RoomChain } from "../../../static/crypto/room/chain.js";
import { RoomError } from "../../../static/crypto/room/errors.js";
import { WrapPrivateKey } from "../../../static/crypto/rsa.js";
import { SigningKeys } from "../../../static/crypto/signature.js";
import { bytes, vectors } from "./vectors.js";

/** The chain of commits, and what does not continue it. */
export const golden = vectors("commit");
export const ROOM = golden.room;
/** The DSA nonce of vectors. */
export const PLAIN = { dsaNonce: new Uint8Array() };
const { accounts } = vectors("account_keys");
const HOUR_MS = 3_600_000;

/** The account with this id. @param {string} id */
export function accountOf(id) {
  return accounts.find(({ account }) => account === id);
}

/** The account with this name. @param {string} name */
export function named(name) {
  return accounts.find((each) => each.name === name);
}

/** The identity keys with this fingerprint. @param {string} fingerprint */
export function identityOf(fingerprint) {
  const { pss_pkcs8, x } = accounts.flatMap(({ identities }) => identities).find((each) => each.fingerprint === fingerprint);
  return SigningKeys.fromBytes(bytes(pss_pkcs8), bytes(x));
}

/** A wrap key of an account, the first one unless said otherwise. @param {string} id @param {number} [number] */
export function wrapKeyOf(id, number = 1) {
  return WrapPrivateKey.fromPkcs8(bytes(accountOf(id).wraps[number - 1].pkcs8));
}

/** The first `most` keysets of every account. @param {number} [most] */
export async function keysetsOf(most = Infinity) {
  const read = golden.keysets.map(async ({ account, keysets }) => {
    const [first, ...more] = keysets.slice(0, most);
    const chain = await Chain.first(account, null, bytes(first));
    for (const keyset of more) await chain.extend(bytes(keyset));
    return /** @type {[string, Chain]} */ ([account, chain]);
  });
  return new Map(await Promise.all(read));
}

/** The room after its first `count` commits; null for none. @param {number} count */
export async function chainAfter(count) {
  if (count === 0) return null;
  const { n, hash } = golden.valid[count - 1];
  const records = golden.valid.slice(0, count).map(({ record }) => bytes(record));
  return RoomChain.reread(ROOM, { n, commit: hash, state: "" }, records);
}

/** When the commit after the first `count` is made. @param {number} count */
export function nextTime(count) {
  return Number(golden.valid[0].made_at) + count * HOUR_MS;
}

/** That something is refused for this cause, with what failed inside it behind slashes. @param {string} path */
export function refused(path) {
  return (error) => {
    const found = error instanceof RoomError ? error.path : error instanceof OpenError ? error.cause : null;
    if (found === null) throw error;
    assert.equal(found, path);
    return true;
  };
}
