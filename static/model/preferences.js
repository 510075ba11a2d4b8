/**
 * What this browser remembers: theme, language, the name used last. A browser that forbids storage forgets, nothing else.
 */
import { Signal } from "./signals.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

const PREFIX = "sealwire.";

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Keeps a value; null removes it. @param {string} key @param {string | null} value */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Private modes refuse storage; the choice then lasts as long as the page.
  }
}

/** The user's choices. */
export class Preferences {
  /** @type {Signal<Theme>} */
  theme;
  /** Language chosen by hand, or null for the browser's. @type {Signal<string | null>} */
  language;

  constructor() {
    const theme = recall("theme");
    this.theme = new Signal(theme === "light" || theme === "dark" ? theme : "auto");
    this.language = new Signal(recall("language"));
  }

  /** @param {Theme} theme */
  chooseTheme(theme) {
    this.theme.value = theme;
    remember("theme", theme === "auto" ? null : theme);
  }

  /** @param {string} language */
  chooseLanguage(language) {
    this.language.value = language;
    remember("language", language);
  }
}
