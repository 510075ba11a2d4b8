/**
 * A made-up language that finds what does not fit: English with accents, a third longer, in brackets. It is chosen only by
 * hand, by setting `sealwire.language` to `pseudo` in the browser's storage.
 */

const FROM = "aceinosuyACEINOSUY";
const TO = "àçéîñöšûýÀÇÉÎÑÖŠÛÝ";

/**
 * @param {import("./index.js").Catalogue} catalogue
 * @returns {import("./index.js").Catalogue}
 */
export function pseudo(catalogue) {
  /** @type {import("./index.js").Catalogue} */
  const out = {};
  for (const [key, entry] of Object.entries(catalogue)) {
    out[key] =
      typeof entry === "string"
        ? stretch(entry)
        : Object.fromEntries(Object.entries(entry).map(([form, sentence]) => [form, stretch(sentence)]));
  }
  return out;
}

/** @param {string} sentence */
function stretch(sentence) {
  const accented = sentence.replace(/\{[a-z_]+\}|./gsu, (part) => {
    const at = FROM.indexOf(part);
    return part.length === 1 && at !== -1 ? TO.charAt(at) : part;
  });
  return `[${accented}${" ~".repeat(Math.ceil(sentence.length / 6))}]`;
}
