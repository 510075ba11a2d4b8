/**
 * `@name` in a text, and whom it means.
 */

/** @typedef {{ account: string, name: string }} Named */

/**
 * Cuts a text into what mentions somebody and what does not. Of names that begin alike the longest counts.
 * @param {string} text
 * @param {readonly Named[]} people
 * @returns {Array<{ text: string, account: string | null }>}
 */
export function partsOf(text, people) {
  const byLength = people.filter(({ name }) => name !== "").sort((a, b) => b.name.length - a.name.length);
  const parts = [];
  let from = 0;
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    if (at > 0 && isWord(text[at - 1])) continue;
    const whom = byLength.find(({ name }) => startsAt(text, at + 1, name));
    if (whom === undefined) continue;
    const end = at + 1 + whom.name.length;
    if (at > from) parts.push({ text: text.slice(from, at), account: null });
    parts.push({ text: text.slice(at, end), account: whom.account });
    from = end;
    at = end - 1;
  }
  if (from < text.length) parts.push({ text: text.slice(from), account: null });
  return parts;
}

/** The accounts that a text mentions, each once. @param {string} text @param {readonly Named[]} people */
export function mentionsOf(text, people) {
  return [...new Set(partsOf(text, people).flatMap(({ account }) => (account === null ? [] : [account])))];
}

/**
 * What stands before the caret, if it begins a mention: the letters behind the last `@`.
 * @param {string} before
 * @returns {string | null}
 */
export function begunMention(before) {
  const at = before.lastIndexOf("@");
  if (at === -1 || (at > 0 && isWord(before[at - 1]))) return null;
  const begun = before.slice(at + 1);
  return begun.length > 31 || begun.includes("\n") ? null : begun;
}

/** @param {string} text @param {number} at @param {string} name */
function startsAt(text, at, name) {
  if (text.slice(at, at + name.length).toLocaleLowerCase() !== name.toLocaleLowerCase()) return false;
  const next = text[at + name.length];
  // Scripts without spaces between words need none here either.
  return next === undefined || !/[a-z0-9]/i.test(next) || !/[a-z0-9]$/i.test(name);
}

/** @param {string} character */
function isWord(character) {
  return /[a-z0-9._-]/i.test(character);
}
