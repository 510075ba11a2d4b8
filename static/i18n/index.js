/**
 * Sentences and numbers in the reader's language.
 */
import { EN } from "./en.js";

/**
 * @typedef {Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>} Catalogue
 * @typedef {Record<string, string | number>} Fill
 */

/** Languages that a reader can choose, by their own names. */
export const LANGUAGES = Object.freeze({ en: "English", zh: "简体中文" });

/** Units of a size, each a thousand of the one before it. */
const SIZES = Object.freeze(["byte", "kilobyte", "megabyte", "gigabyte"]);

/** First strong isolate … pop: keeps a name's direction to itself inside a sentence. */
const ISOLATE = "\u2068";
const POP = "\u2069";

/**
 * Picks the language: the chosen one, else the first of the browser's that there is, else English.
 * @param {string | null} chosen
 * @param {readonly string[]} browser
 * @returns {string}
 */
export function pickLanguage(chosen, browser) {
  if (chosen === "pseudo" || (chosen !== null && chosen in LANGUAGES)) return chosen;
  for (const tag of browser) {
    const language = tag.toLowerCase().split("-")[0];
    if (language in LANGUAGES) return language;
  }
  return "en";
}

/** Catalogues that are here; English always is. @type {Map<string, Catalogue>} */
const LOADED = new Map([["en", EN]]);
/** @type {Readonly<Record<string, () => Promise<Catalogue>>>} */
const LATER = Object.freeze({
  zh: async () => (await import("./zh.js")).ZH,
  pseudo: async () => {
    ({ pseudo } = await import("./pseudo.js"));
    Object.assign(LEARNT.pseudo, pseudo(LEARNT.en));
    return pseudo(EN);
  },
});
/** Makes the made-up language, where it is spoken. @type {((catalogue: Catalogue) => Catalogue) | null} */
let pseudo = null;

/** Sentences of parts of the page that have loaded later, by language. @type {Record<string, Catalogue>} */
const LEARNT = { en: {}, zh: {}, pseudo: {} };

/** Adds the sentences of such a part, also to the words that there are. @param {Catalogue} en @param {Catalogue} zh */
export function learn(en, zh) {
  Object.assign(LEARNT.en, en);
  Object.assign(LEARNT.zh, zh);
  if (pseudo !== null) Object.assign(LEARNT.pseudo, pseudo(en));
}

/** Whether `Words` can be made in this language at once. @param {string} language */
export function isLoaded(language) {
  return LOADED.has(language);
}

/** Loads a language; says whether it is there. @param {string} language */
export async function loadLanguage(language) {
  try {
    if (!LOADED.has(language)) LOADED.set(language, await LATER[language]());
    return true;
  } catch {
    return false;
  }
}

/** One language, which is loaded. */
export class Words {
  /** Tag for `lang` attributes. */
  tag;
  #catalogue;
  #learnt;
  #locale;
  #plural;
  #number;
  #clock;
  #moment;
  #date;
  #day;
  #collator;
  #list;

  /** @param {string} language */
  constructor(language) {
    const catalogue = LOADED.get(language);
    if (catalogue === undefined) throw new Error(`${language} is not loaded`);
    this.#catalogue = catalogue;
    this.#learnt = LEARNT[language] ?? {};
    this.tag = language === "zh" ? "zh-Hans" : "en";
    this.#locale = language === "zh" ? "zh-CN" : "en-GB";
    this.#plural = new Intl.PluralRules(this.#locale);
    this.#number = new Intl.NumberFormat(this.#locale);
    this.#clock = new Intl.DateTimeFormat(this.#locale, { hour: "2-digit", minute: "2-digit" });
    this.#moment = new Intl.DateTimeFormat(this.#locale, { dateStyle: "full", timeStyle: "medium" });
    this.#date = new Intl.DateTimeFormat(this.#locale, { dateStyle: "medium", timeStyle: "short" });
    this.#day = new Intl.DateTimeFormat(this.#locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    this.#collator = new Intl.Collator(this.#locale, { sensitivity: "base", numeric: true });
    this.#list = new Intl.ListFormat(this.#locale, { type: "conjunction" });
  }

  /**
   * The sentence for a key. Texts that are filled in are isolated, so that a right-to-left name moves nothing else.
   * @param {string} key
   * @param {Fill} [fill] `count` chooses the plural form
   */
  say(key, fill = {}) {
    return this.#fill(key, fill, (value) => `${ISOLATE}${value}${POP}`);
  }

  /** The same without isolation, for the window's title. @param {string} key @param {Fill} [fill] */
  plain(key, fill = {}) {
    return this.#fill(key, fill, (value) => value);
  }

  /** The sentence for an error code; a newer server's is named. @param {string} code */
  error(code) {
    const key = `error.${code}`;
    return key in this.#catalogue || key in this.#learnt ? this.say(key) : this.say("error.unknown", { code });
  }

  /** @param {number} value */
  number(value) {
    return this.#number.format(value);
  }

  /** Hours and minutes. @param {number} time */
  clock(time) {
    return this.#clock.format(time);
  }

  /** Date and time in full. @param {number} time */
  moment(time) {
    return this.#moment.format(time);
  }

  /** Date and time, short. @param {number} time */
  date(time) {
    return this.#date.format(time);
  }

  /** A day's name: today, yesterday, or its date. @param {number} time @param {number} now */
  day(time, now) {
    const day = new Date(time).toDateString();
    if (day === new Date(now).toDateString()) return this.say("timeline.today");
    if (day === new Date(now - 86_400_000).toDateString()) return this.say("timeline.yesterday");
    return this.#day.format(time);
  }

  /** Whole seconds, or minutes from two on. @param {number} ms */
  span(ms) {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    const unit = seconds < 120 ? "second" : "minute";
    const value = unit === "second" ? seconds : Math.ceil(seconds / 60);
    return new Intl.NumberFormat(this.#locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
  }

  /** A size in bytes, kilobytes, megabytes or gigabytes: the largest of which there is one. @param {number} bytes */
  size(bytes) {
    const power = Math.min(Math.floor(Math.log10(Math.max(1, bytes)) / 3), SIZES.length - 1);
    return new Intl.NumberFormat(this.#locale, { style: "unit", unit: SIZES[power], unitDisplay: "short", maximumFractionDigits: power < 2 ? 0 : 1 }).format(bytes / 1000 ** power);
  }

  /** Names joined as the language joins them; beyond five the rest is counted. @param {readonly string[]} names */
  names(names) {
    const shown = names.slice(0, names.length > 5 ? 4 : 5).map((name) => `${ISOLATE}${name}${POP}`);
    const rest = names.length - shown.length;
    return this.#list.format(rest > 0 ? [...shown, this.say("timeline.others", { count: rest })] : shown);
  }

  /** Orders names as the language does. @param {string} a @param {string} b */
  compare(a, b) {
    return this.#collator.compare(a, b);
  }

  /** @param {string} key @param {Fill} fill @param {(value: string) => string} wrap */
  #fill(key, fill, wrap) {
    const entry = this.#catalogue[key] ?? this.#learnt[key];
    if (entry === undefined) throw new Error(`no words for ${key}`);
    const sentence = typeof entry === "string" ? entry : (entry[this.#plural.select(Number(fill.count))] ?? entry.other ?? "");
    return sentence.replace(/\{([a-z_]+)\}/g, (_, name) => {
      const value = fill[name];
      if (value === undefined) throw new Error(`nothing to fill in for ${name} of ${key}`);
      if (typeof value === "number") return this.#number.format(value);
      // What these words made themselves is whole already.
      return name === "time" || name === "cause" || name === "size" || name === "limit" || name === "names" ? value : wrap(value);
    });
  }
}
