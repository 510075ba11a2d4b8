/**
 * Putting a file where its user wants it. It is given no type that anything would be run for, and a name that no system takes for
 * something else.
 */
import { h } from "../../dom.js";

/** @typedef {import("../index.js").TalkContext} TalkContext @typedef {import("../../../model/files.js").FilePlace} FilePlace @typedef {import("../../../model/files.js").FileShown} FileShown */

/** From this size on the user is asked for a place first, where the browser can write to it directly. */
const STREAMED_BYTES = 33_554_432;
/** How long a browser may take to copy what it was given, in milliseconds. */
const KEPT_MS = 120_000;

/** Fetches a file and saves it. @param {TalkContext} context @param {FilePlace} of @param {FileShown} file */
export async function saveFile({ conversations, announcer, words }, of, file) {
  const to = await chosenPlace(file);
  if (to === undefined) return;
  const saved = await conversations.files.save(of, to);
  if (saved === null) return;
  if (saved.blob !== null) download(saved.blob, saved.name);
  announcer.say(words.say("files.saved", { name: file.name }));
}

/** Where a large file goes; null where the browser is to put it, undefined if its user thought better of it. @param {FileShown} file @returns {Promise<unknown>} */
async function chosenPlace({ size, saveAs }) {
  const pick = /** @type {any} */ (globalThis).showSaveFilePicker;
  if (size < STREAMED_BYTES || typeof pick !== "function") return null;
  try {
    return await pick({ suggestedName: saveAs });
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError" ? undefined : null;
  }
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
