/**
 * JSON without duplicate keys, which `JSON.parse` lets through (docs/protocol.md §1).
 */

/** A text, or a sign that opens, closes or divides. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs;

/** Whether an object in a JSON text, at any depth, has a key twice. @param {string} json a text that `JSON.parse` takes */
export function hasDuplicateKeys(json) {
  /** @type {Array<Set<string> | null>} keys of the objects that are open; null for a list */
  const open = [];
  let before = "";
  for (const [token] of json.matchAll(TOKEN)) {
    const keys = open[open.length - 1] ?? null;
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token !== "," && keys !== null && (before === "{" || before === ",")) {
      const key = JSON.parse(token);
      if (keys.has(key)) return true;
      keys.add(key);
    }
    before = token;
  }
  return false;
}
