/**
 * What this browser keeps for itself: sealed under a key that nobody can read out of it.
 */
import { text, utf8 } from "../wire/bytes.js";

/** @typedef {{ iv: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer> }} LocallySealed */

const IV_BYTES = 12;

/** Makes a key. @returns {Promise<CryptoKey>} */
export function makeLocalKey() {
  return /** @type {Promise<CryptoKey>} */ (crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
}

/** @param {CryptoKey} key @param {Uint8Array<ArrayBuffer>} name to which it is bound @param {unknown} value as JSON has it @returns {Promise<LocallySealed>} */
export async function sealLocally(key, name, value) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: name }, key, utf8(JSON.stringify(value)));
  return { iv, sealed: new Uint8Array(sealed) };
}

/** Throws where it is another's, or damaged. @param {CryptoKey} key @param {Uint8Array<ArrayBuffer>} name @param {LocallySealed} kept @returns {Promise<any>} */
export async function openLocally(key, name, { iv, sealed }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: name }, key, sealed);
  return JSON.parse(text(new Uint8Array(plain), "content"));
}
