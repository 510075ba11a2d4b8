/** Identity keys for tests: those of the golden sessions, which protect nothing. */
import { DsaPrivateKey } from "../../../static/crypto/dsa.js";
import { PssPrivateKey } from "../../../static/crypto/rsa.js";
import { SigningKeys } from "../../../static/crypto/signature.js";
import { bytes, vectors } from "./vectors.js";

/** @param {any} session of `keys.json`; x is what its PKCS #8 key of DSA ends with */
export function dsaOf(session) {
  return DsaPrivateKey.fromBytes(bytes(session.dsa_pkcs8).slice(-32));
}

/** Three pairs of keys. */
export function identities() {
  return Promise.all(vectors("keys").sessions.map(async (each) => new SigningKeys(await PssPrivateKey.fromPkcs8(bytes(each.pss_pkcs8)), dsaOf(each))));
}
