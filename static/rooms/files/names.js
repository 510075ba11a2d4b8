/**
 * Names of files: what they are shown and saved as. A name is its sender's word, and may be made to look like another one.
 */
import { utf8 } from "../../wire/bytes.js";

/** What changes how the characters around it read: marks, embeddings, overrides and isolates of direction; what has no width; lines. */
const MISLEADING = /[\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|\p{Cc}|[\u{E0000}-\u{E007F}]/gu;
/** What some file system cannot have in a name. */
const NOT_IN_FILES = /[<>:"/\\|?*]/g;
/** Names that are devices on Windows, whatever follows their dot. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** The longest name that is saved, in bytes: some systems allow 255, and browsers add a number. */
const SAVED_BYTES = 200;
/** The longest ending that is kept whole, with its dot. */
const ENDING = /\.[^.\s]{1,16}$/u;

/** A name as it is shown: every character that would change how the others read is a visible one. @param {string} name */
export function shownName(name) {
  return name.replace(MISLEADING, "\uFFFD");
}

/** A name to save a file under: one that no system takes for a path, a device or a hidden file. @param {string} name */
export function savedName(name) {
  const plain = name.replace(MISLEADING, "").replace(NOT_IN_FILES, "_").replace(/^[.\s]+|[.\s]+$/gu, "");
  const safe = DEVICES.test(plain) ? `_${plain}` : plain;
  return cut(safe) || "file";
}

/** A name as a content may have it, of one that a file system gave. @param {string} name @param {number} most bytes */
export function sentName(name, most) {
  const plain = name.normalize("NFC").replace(/\p{Surrogate}/gu, "\uFFFD").replace(/\p{Cc}/gu, "").replace(/[/\\]/g, "_");
  return cut(plain, most) || "file";
}

/** Shortens a name before its ending. @param {string} name @param {number} [most] bytes */
function cut(name, most = SAVED_BYTES) {
  if (utf8(name).length <= most) return name;
  const ending = ENDING.exec(name)?.[0] ?? "";
  const characters = [...name.slice(0, name.length - ending.length)];
  const room = most - utf8(ending).length;
  while (utf8(characters.join("")).length > room) characters.pop();
  return characters.join("") + ending;
}
