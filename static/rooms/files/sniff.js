/**
 * What the bytes of a file are, whatever its name and its sender say. Only pictures that a browser draws without running anything are
 * known here, and of each how many pixels it claims to have.
 */
import { text } from "../../wire/bytes.js";

/** @typedef {{ type: string, width: number, height: number }} Picture */

/** The most pixels that are decoded: four bytes each. */
export const MOST_PIXELS = 24_000_000;
/** The longest side. */
const MOST_SIDE = 16_384;
/** Bytes of a text that are shown. */
export const TEXT_PREVIEW_BYTES = 65_536;
/** Endings and types of which a text is shown. SVG, HTML and other documents are not among them. */
const TEXTS = /\.(txt|text|log|md|markdown|csv|tsv|json|jsonl|toml|ya?ml|ini|conf|diff|patch|c|h|cc|cpp|hpp|rs|go|py|rb|js|mjs|ts|jsx|tsx|css|sql|sh|java|kt|swift|tex)$/i;
const PICTURES = /\.(png|jpe?g|gif|webp)$/i;
/** What is only ever saved. */
const DOCUMENTS = /\.(svgz?|x?html?|xml|xsl|mht|mhtml|pdf|docm|xlsm)$/i;

/** What may be tried to be shown of a file, by its name and the type that was said. @param {string} name @param {string} mediaType @returns {"image" | "text" | null} */
export function lookOf(name, mediaType) {
  const type = mediaType.toLowerCase().split(";")[0];
  if (DOCUMENTS.test(name) || /svg|html|xml|pdf/.test(type)) return null;
  if (PICTURES.test(name) || /^image\/(png|jpeg|gif|webp)$/.test(type)) return "image";
  return TEXTS.test(name) || /^text\/(plain|csv|markdown)$/.test(type) || type === "application/json" ? "text" : null;
}

/** The picture that these bytes are, if it may be decoded; else null. @param {Uint8Array} bytes @returns {Picture | null} */
export function pictureOf(bytes) {
  const found = png(bytes) ?? gif(bytes) ?? webp(bytes) ?? jpeg(bytes);
  if (found === null || found.width < 1 || found.height < 1) return null;
  const fits = found.width <= MOST_SIDE && found.height <= MOST_SIDE && found.width * found.height <= MOST_PIXELS;
  return fits ? found : null;
}

/** The beginning of a text; null if it is none. @param {Uint8Array} bytes @param {boolean} whole whether nothing follows */
export function textOf(bytes, whole) {
  const cut = bytes.subarray(0, TEXT_PREVIEW_BYTES);
  const end = whole && cut.length === bytes.length ? cut.length : wholeCharacters(cut);
  try {
    const read = text(cut.subarray(0, end), "text");
    return /[\u0000-\u0008\u000E-\u001F\u007F]/.test(read) ? null : read.replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}

/** Where the last whole character ends, of a text that was cut. @param {Uint8Array} bytes */
function wholeCharacters(bytes) {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** @param {Uint8Array} bytes @returns {Picture | null} */
function png(bytes) {
  if (!begins(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) || bytes.length < 33 || ascii(bytes, 12, 4) !== "IHDR") return null;
  const view = viewOf(bytes);
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

/** @param {Uint8Array} bytes @returns {Picture | null} */
function gif(bytes) {
  if (!/^GIF8[79]a$/.test(ascii(bytes, 0, 6)) || bytes.length < 13) return null;
  const view = viewOf(bytes);
  return { type: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** @param {Uint8Array} bytes @returns {Picture | null} */
function webp(bytes) {
  if (ascii(bytes, 0, 4) !== "RIFF" || ascii(bytes, 8, 4) !== "WEBP" || bytes.length < 30) return null;
  const view = viewOf(bytes);
  const type = "image/webp";
  switch (ascii(bytes, 12, 4)) {
    case "VP8 ":
      return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { type, width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint16(27, true) | (bytes[29] << 16)) };
    default:
      return null;
  }
}

/** The first frame header says how large it is. @param {Uint8Array} bytes @returns {Picture | null} */
function jpeg(bytes) {
  if (!begins(bytes, [0xff, 0xd8, 0xff])) return null;
  const view = viewOf(bytes);
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (marker === 0xff) at += 1;
    else if (isFrame(marker)) return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    else if (marker === 0xda || marker === 0xd9) return null;
    else at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** SOF0 to SOF15, without what has the same first digit and is none. @param {number} marker */
function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** @param {Uint8Array} bytes @param {number[]} start */
function begins(bytes, start) {
  return start.every((byte, at) => bytes[at] === byte);
}

/** @param {Uint8Array} bytes @param {number} from @param {number} length */
function ascii(bytes, from, length) {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}

/** @param {Uint8Array} bytes */
function viewOf({ buffer, byteOffset, byteLength }) {
  return new DataView(buffer, byteOffset, byteLength);
}
