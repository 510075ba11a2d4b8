/**
 * The door: a name, and what was wrong with it.
 */
import { faultOfName } from "../model/names.js";
import { LANGUAGES } from "../i18n/index.js";
import { fill, h, setAttribute } from "./dom.js";
import { countdown } from "./countdown.js";

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function signIn(context, scope) {
  const { chat, words } = context;
  const input = h("input", {
    id: "name",
    name: "name",
    type: "text",
    autocomplete: "nickname",
    autocapitalize: "words",
    spellcheck: "false",
    maxlength: "200",
    dir: "auto",
    required: true,
    "aria-describedby": "name-hint name-fault",
    "data-first": true,
  });
  input.value = chat.lastName;
  const fault = h("p", { id: "name-fault", class: "fault", role: "alert" });
  const submit = h("button", { class: "primary wide", type: "submit" }, words.say("sign_in.submit"));
  const form = h(
    "form",
    { novalidate: true, onsubmit: enter },
    h("label", { for: "name" }, words.say("sign_in.name")),
    input,
    h("p", { id: "name-hint", class: "hint" }, words.say("sign_in.hint")),
    fault,
    submit,
  );
  const notice = h("p", { class: "notice", role: "status" });
  scope.effect(() => {
    const kind = chat.notice.value;
    notice.hidden = kind === null;
    notice.textContent = kind === null ? "" : words.say(`notice.${kind}`);
  });
  scope.listen(input, "input", () => show());
  return h(
    "main",
    { class: "gate" },
    h(
      "div",
      { class: "card" },
      h("p", { class: "brand" }, thread(), words.say("app.name")),
      notice,
      h("h1", {}, words.say("sign_in.title")),
      h("p", { class: "lead" }, words.say("sign_in.lead")),
      form,
      h("p", { class: "foot" }, words.say("sign_in.foot")),
    ),
    languageAndTheme(context),
  );

  /** Shows what is wrong, or nothing. @param {...import("./dom.js").Child} children */
  function show(...children) {
    fill(fault, ...children);
    setAttribute(input, "aria-invalid", children.length > 0 ? "true" : null);
  }

  /** @param {Event} event */
  async function enter(event) {
    event.preventDefault();
    if (submit.disabled) return;
    const wrong = faultOfName(input.value);
    if (wrong !== null) {
      show(words.say(`fault.${wrong}`));
      input.focus();
      return;
    }
    show();
    busy(true);
    const refused = await chat.signIn(input.value);
    if (!form.isConnected) return;
    busy(false);
    if (refused === null) return;
    const wait = refused.retry_after_ms;
    if (wait === undefined) {
      show(words.error(refused.code));
      input.focus();
      input.select();
    } else {
      patience(refused.code, wait);
    }
  }

  /** @param {boolean} now */
  function busy(now) {
    submit.disabled = now;
    submit.textContent = words.say(now ? "sign_in.busy" : "sign_in.submit");
  }

  /** @param {string} code @param {number} wait milliseconds */
  function patience(code, wait) {
    submit.disabled = true;
    const left = countdown(Date.now() + wait, (ms) => words.say("sign_in.again_in", { time: words.span(ms) }));
    // The first sentence is announced; a count that changes every second must not be.
    left.setAttribute("aria-live", "off");
    left.addEventListener("done", () => {
      submit.disabled = false;
      show();
      // A server that was busy need not be asked by hand again; a limit is for the user to decide.
      if (code === "busy") form.requestSubmit();
    });
    show(h("span", { class: "block" }, words.error(code)), left);
  }
}

/** The device of the house, as a mark. */
export function thread() {
  return h("span", { class: "mark", "aria-hidden": "true" });
}

/** Language and theme, small, under a card. @param {Context} context */
export function languageAndTheme({ preferences, words }) {
  return h(
    "footer",
    { class: "choices" },
    h("span", { role: "group", "aria-label": words.say("settings.language") }, ...languageButtons(preferences, words)),
    h("span", { role: "group", "aria-label": words.say("settings.theme") }, ...themeButtons(preferences, words)),
  );
}

/** @param {import("../model/preferences.js").Preferences} preferences @param {import("../i18n/index.js").Words} words */
export function languageButtons(preferences, words) {
  return Object.entries(LANGUAGES).map(([language, name]) =>
    h(
      "button",
      {
        type: "button",
        class: "choice",
        lang: language === "zh" ? "zh-Hans" : language,
        "aria-pressed": String(words.tag.startsWith(language)),
        "data-control": `language-${language}`,
        onclick: () => preferences.chooseLanguage(language),
      },
      name,
    ),
  );
}

/** @param {import("../model/preferences.js").Preferences} preferences @param {import("../i18n/index.js").Words} words */
export function themeButtons(preferences, words) {
  const themes = /** @type {const} */ (["auto", "light", "dark"]);
  const buttons = themes.map((theme) =>
    h("button", { type: "button", class: "choice", "data-control": `theme-${theme}`, onclick: () => choose(theme) }, words.say(`settings.theme_${theme}`)),
  );
  mark();
  return buttons;

  /** @param {import("../model/preferences.js").Theme} theme */
  function choose(theme) {
    preferences.chooseTheme(theme);
    mark();
  }
  function mark() {
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(themes[at] === preferences.theme.peek())));
  }
}
