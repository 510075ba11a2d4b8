/**
 * Long messages are shown by their beginning until somebody asks for all: the page stays usable, the text unchanged.
 */

const CHARACTERS = 4_000;
const LINES = 40;
const SHOWN_CHARACTERS = 1_600;
const SHOWN_LINES = 20;

/**
 * The beginning of a long text, or null if it is short enough to be shown whole.
 * @param {string} text
 * @returns {string | null}
 */
export function fold(text) {
  const cut = Math.min(text.length > CHARACTERS ? SHOWN_CHARACTERS : text.length, endOfLines(text));
  if (cut >= text.length) return null;
  // A character outside the basic plane is two units: not cut in two.
  const code = text.charCodeAt(cut - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? cut - 1 : cut);
}

/** Where the shown lines end, if there are too many lines. @param {string} text */
function endOfLines(text) {
  let at = -1;
  let shown = text.length;
  for (let lines = 1; lines <= LINES; lines++) {
    at = text.indexOf("\n", at + 1);
    if (at === -1) return text.length;
    if (lines === SHOWN_LINES) shown = at;
  }
  return shown;
}
