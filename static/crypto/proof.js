/**
 * The proof of keys: a session's challenge, answered with both identity keys (docs/protocol.md §14.5).
 */
import { fromHex, join, u64 } from "../wire/bytes.js";
import { serverName } from "./password.js";
import { HASH_BYTES, VERSION, label } from "./record.js";
/** @typedef {import("./signature.js").SigningKeys} SigningKeys */

const TYPE = 0x12;
const LABEL = label("sealwire/v1/proof");

/**
 * Writes and signs the proof. That the server's name is the one its user accepted is for the caller to check.
 * @param {SigningKeys} keys
 * @param {{ account: string, session: string, challenge: string, server: string, madeAt: number }} of
 * @param {{ dsaNonce?: Uint8Array }} [choices] what vectors choose and nobody else
 */
export async function prove(keys, { account, session, challenge, server, madeAt }, { dsaNonce } = {}) {
  const name = serverName(server);
  const who = join(VERSION, TYPE, fromHex(account, 16), await keys.verifying.fingerprint());
  const body = join(who, fromHex(session, 16), fromHex(challenge, HASH_BYTES), name.length, name, u64(madeAt));
  return keys.append(LABEL, body, dsaNonce);
}
