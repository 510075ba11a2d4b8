/**
 * Base64 with padding (RFC 4648 §4).
 */
import { FrameError } from "./bytes.js";

/**
 * Decodes; throws a `FrameError`.
 * @param {string} data
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function fromBase64(data) {
  let binary;
  try {
    binary = atob(data);
  } catch {
    throw new FrameError("a text is not base64");
  }
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

/**
 * Encodes bytes.
 * @param {Uint8Array} bytes
 */
export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
