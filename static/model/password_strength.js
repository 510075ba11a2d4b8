/**
 * A modest measure of a password: how many guesses it may stand, by its length, its variety and what is easily guessed in it. It
 * knows no dictionary, so it flatters words; what it calls weak is weak.
 */
import { tidyName } from "./names.js";

/**
 * `too_short`, `common`: not taken. `reason` names what makes it weaker than its length, if anything.
 * @typedef {{ level: "too_short" | "common" | "weak" | "fair" | "good", reason: "repeats" | "sequence" | "name" | null }} Strength
 */

/** The least length in Unicode scalar values (NIST SP 800-63B §3.1.1.2 has 8 where there is a second way in, as here the server's limits). */
export const LEAST_SCALARS = 8;
/** Bits from which on a password is fair, and good. */
const FAIR_BITS = 45;
const GOOD_BITS = 65;
/** A letter repeated or counted on is worth this much of one that is not. */
const WORTH = 0.25;
/** Marks, joiners and the signs that choose how a character looks. */
const JOINING = /[\p{M}\u200d\ufe0e\ufe0f]/u;

/** The commonest of the lists that leak again and again, with eight characters and more. */
const COMMON = new Set(
  ("password passw0rd password1 password123 12345678 123456789 1234567890 0123456789 87654321 qwertyui qwerty123 qwertyuiop 1q2w3e4r " +
    "1q2w3e4r5t 1qaz2wsx qazwsxedc asdfghjkl zxcvbnm1 11111111 00000000 88888888 66666666 abcd1234 abc12345 abcdefgh iloveyou sunshine " +
    "princess football baseball superman trustno1 welcome1 whatever letmein1 monkey123 dragon123 master123 changeme administrator " +
    "admin123 password! woaini1314 5201314520 1234qwer q1w2e3r4 computer internet starwars pokemon1 michelle jennifer").split(" "),
);
const KEYBOARD = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qwertzuiop", "azertyuiop"];

/**
 * @param {string} password
 * @param {string} name the account's
 * @returns {Strength}
 */
export function strengthOf(password, name) {
  const characters = [...password];
  const lower = password.toLowerCase();
  if (characters.length < LEAST_SCALARS) return { level: "too_short", reason: null };
  if (COMMON.has(lower)) return { level: "common", reason: null };
  const named = namedIn(lower, name);
  const { repeats, steps } = patterns([...lower]);
  const dull = Math.min(characters.length, repeats + steps + named);
  // What only joins or bends the character before it is no choice of its own.
  const chosen = characters.filter((character) => !JOINING.test(character)).length;
  const bits = (chosen - Math.min(chosen, dull) * (1 - WORTH)) * Math.log2(alphabetOf(password));
  const reason = named > 0 ? "name" : repeats >= 3 ? "repeats" : steps >= 3 ? "sequence" : null;
  return { level: bits >= GOOD_BITS ? "good" : bits >= FAIR_BITS ? "fair" : "weak", reason };
}

/** How many characters are the account's name. @param {string} lower @param {string} name */
function namedIn(lower, name) {
  const plain = tidyName(name).toLowerCase();
  return [...plain].length >= 3 && lower.includes(plain) ? [...plain].length : 0;
}

/** How many characters follow from the one before: the same again, or the next on the keyboard or in the alphabet. @param {string[]} characters */
function patterns(characters) {
  let repeats = 0;
  let steps = 0;
  for (let i = 1; i < characters.length; i++) {
    const [before, now] = [characters[i - 1], characters[i]];
    if (before === now) repeats += 1;
    else if (Math.abs((now.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0)) === 1) steps += 1;
    else if (KEYBOARD.some((row) => row.includes(before + now) || row.includes(now + before))) steps += 1;
  }
  return { repeats, steps };
}

/** How many characters there are to choose from, judging by those that were chosen. @param {string} password */
function alphabetOf(password) {
  const kinds = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    // Of the 33 signs few are ever used.
    [/[ -/:-@[-`{-~]/, 10],
    [/[^\0-~]/, 90],
  ];
  const size = kinds.reduce((sum, [kind, letters]) => sum + (/** @type {RegExp} */ (kind).test(password) ? Number(letters) : 0), 0);
  return Math.max(2, size);
}
