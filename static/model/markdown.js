/**
 * A small markdown as a syntax tree: bold, italic, code, blocks of code, quotes, links. What does not fit a rule is text, so
 * nothing that was written is lost.
 */

/**
 * @typedef {{ kind: "text", text: string } | { kind: "strong" | "emphasis", parts: Inline[] } | { kind: "code", text: string }
 *   | { kind: "link", href: string, parts: Inline[] }} Inline
 * @typedef {{ kind: "paragraph", parts: Inline[] } | { kind: "block", text: string } | { kind: "quote", blocks: Block[] }} Block
 */

/** Quotes in quotes; deeper ones are text. */
const DEEP = 4;
/** How far a mark's other end may be, in characters, so that nobody's page stands still over what somebody wrote. */
const REACH = 2_000;
const FENCE = /^```[^`]*$/;
const QUOTE = /^> ?/;
/** What may stand in a link: nothing that a browser would run. */
const URL_START = /^https?:\/\/[^\s<>]/i;
const BARE = /https?:\/\/[^\s<>"'，。；：！？、（）【】《》「」『』]+/gi;
/** Marks of the end of a sentence that are no part of a bare address. */
const TRAILING = /[.,;:!?'"*_~]+$/;
const INLINE = /`+|\*\*|\*|__|_|\[|https?:\/\//gi;

/**
 * Reads a text.
 * @param {string} text
 * @returns {Block[]}
 */
export function parseMarkdown(text) {
  return blocksOf(text.split("\n"), 0);
}

/** @param {string[]} lines @param {number} depth @returns {Block[]} */
function blocksOf(lines, depth) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {string[]} */
  let open = [];
  const close = () => {
    const text = open.join("\n").replace(/^\n+|\n+$/g, "");
    if (text !== "") blocks.push({ kind: "paragraph", parts: inlineOf(text) });
    open = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const end = FENCE.test(lines[at]) ? lines.findIndex((line, i) => i > at && line.trim() === "```") : -1;
    if (end !== -1) {
      close();
      blocks.push({ kind: "block", text: lines.slice(at + 1, end).join("\n") });
      at = end;
    } else if (depth < DEEP && QUOTE.test(lines[at])) {
      close();
      let last = at;
      while (last + 1 < lines.length && QUOTE.test(lines[last + 1])) last += 1;
      blocks.push({ kind: "quote", blocks: blocksOf(lines.slice(at, last + 1).map((line) => line.replace(QUOTE, "")), depth + 1) });
      at = last;
    } else {
      open.push(lines[at]);
    }
  }
  close();
  return blocks;
}

/**
 * Reads what stands within a paragraph.
 * @param {string} text
 * @param {boolean} [linked] whether it stands in a link already
 * @returns {Inline[]}
 */
export function inlineOf(text, linked = false) {
  /** @type {Inline[]} */
  const parts = [];
  let from = 0;
  INLINE.lastIndex = 0;
  for (let match = INLINE.exec(text); match !== null; match = INLINE.exec(text)) {
    const at = match.index;
    const found = inlineAt(text, at, match[0], linked);
    if (found === null) continue;
    if (at > from) parts.push({ kind: "text", text: text.slice(from, at) });
    parts.push(found.part);
    from = found.end;
    INLINE.lastIndex = found.end;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}

/** @param {string} text @param {number} at @param {string} mark @param {boolean} linked @returns {{ part: Inline, end: number } | null} */
function inlineAt(text, at, mark, linked) {
  if (mark[0] === "`") return codeAt(text, at, mark);
  if (mark === "[") return linked ? null : linkAt(text, at);
  if (mark[0] === "*" || mark[0] === "_") return stressAt(text, at, mark, linked);
  return linked ? null : bareAt(text, at);
}

/** @param {string} text @param {number} at @param {string} mark @returns {{ part: Inline, end: number } | null} */
function codeAt(text, at, mark) {
  const start = at + mark.length;
  const end = start + text.slice(start, start + REACH).indexOf(mark);
  if (end <= start || text[end + mark.length] === "`") return null;
  return { part: { kind: "code", text: text.slice(start, end) }, end: end + mark.length };
}

/** Stress stands close around its words; `_` not within one. @param {string} text @param {number} at @param {string} mark @param {boolean} linked @returns {{ part: Inline, end: number } | null} */
function stressAt(text, at, mark, linked) {
  const start = at + mark.length;
  if (/\s|^$/.test(text[start] ?? "")) return null;
  if (mark[0] === "_" && isLetter(text[at - 1])) return null;
  const near = text.slice(0, start + REACH);
  for (let end = near.indexOf(mark, start + 1); end !== -1; end = near.indexOf(mark, end + 1)) {
    const before = text[end - 1];
    const after = text[end + mark.length];
    if (/\s/.test(before) || (mark[0] === "_" && isLetter(after)) || (mark.length === 1 && (after === mark || before === mark))) continue;
    const inner = text.slice(start, end);
    if (inner.includes("\n\n")) return null;
    return { part: { kind: mark.length === 2 ? "strong" : "emphasis", parts: innerOf(inner, linked) }, end: end + mark.length };
  }
  return null;
}

/** `[words](https://…)`. @param {string} text @param {number} at @returns {{ part: Inline, end: number } | null} */
function linkAt(text, at) {
  const near = text.slice(0, at + REACH);
  const middle = near.indexOf("](", at + 1);
  const end = middle === -1 ? -1 : near.indexOf(")", middle);
  if (middle <= at + 1 || end === -1) return null;
  const words = text.slice(at + 1, middle);
  const href = hrefOf(text.slice(middle + 2, end));
  if (href === null || words.includes("[") || words.includes("\n")) return null;
  return { part: { kind: "link", href, parts: innerOf(words, true) }, end: end + 1 };
}

/** @param {string} text @param {number} at @returns {{ part: Inline, end: number } | null} */
function bareAt(text, at) {
  BARE.lastIndex = at;
  const match = BARE.exec(text);
  if (match === null || match.index !== at) return null;
  let address = match[0].replace(TRAILING, "");
  // A closing bracket that was not opened within the address belongs to the sentence.
  while (address.endsWith(")") && !address.includes("(")) address = address.slice(0, -1).replace(TRAILING, "");
  const href = hrefOf(address);
  return href === null ? null : { part: { kind: "link", href, parts: [{ kind: "text", text: address }] }, end: at + address.length };
}

/** The same scanner may not run in itself. @param {string} text @param {boolean} linked */
function innerOf(text, linked) {
  const { lastIndex } = INLINE;
  const parts = inlineOf(text, linked);
  INLINE.lastIndex = lastIndex;
  return parts;
}

/** @param {string} address @returns {string | null} */
function hrefOf(address) {
  if (!URL_START.test(address)) return null;
  try {
    return new URL(address).href;
  } catch {
    return null;
  }
}

/** @param {string | undefined} character */
function isLetter(character) {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
