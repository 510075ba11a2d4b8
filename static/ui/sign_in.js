/**
 * The door: a name for now, or an account.
 */
import { faultOfName } from "../model/names.js";
import { LANGUAGES } from "../i18n/index.js";
import { recall } from "../model/preferences.js";
import { fill, h } from "./dom.js";
import { Fault } from "./fault.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./account/door.js").View} View
 */

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function signIn(context, scope) {
  const { chat, words } = context;
  const notice = h("p", { class: "notice", role: "status" });
  scope.effect(() => {
    const kind = chat.notice.value;
    notice.hidden = kind === null;
    notice.textContent = kind === null ? "" : words.say(`notice.${kind}`);
  });
  const invited = location.hash.startsWith("#SEALWIRE1:") || recall("invitation") !== null;
  const body = h("div", { class: "body" });
  show("guest");
  return h(
    "main",
    { class: "gate" },
    h("div", { class: "card" }, h("p", { class: "brand" }, thread(), words.say("app.name")), notice, invited && h("p", { class: "notice" }, words.say("door.invited")), body),
    languageAndTheme(context),
  );

  /** @param {View} view */
  async function show(view) {
    if (view === "guest") {
      fill(body, ...guestDoor(context, go));
      return;
    }
    const { accountDoor } = await import("./account/door.js");
    fill(body, ...accountDoor(context, view, go));
  }

  /** @param {View} view */
  async function go(view) {
    await show(view);
    const inputs = [...body.querySelectorAll("input")];
    (inputs.find((input) => input.value === "") ?? inputs[0])?.focus();
  }
}

/**
 * A name for now.
 * @param {Context} context
 * @param {(view: View) => Promise<void>} go
 */
function guestDoor({ chat, words }, go) {
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
  input.addEventListener("input", () => fault.show());
  const fault = new Fault(words, "name-fault", [input]);
  const submit = h("button", { class: "primary wide", type: "submit" }, words.say("sign_in.submit"));
  const form = h(
    "form",
    { novalidate: true, onsubmit: enter },
    h("label", { for: "name" }, words.say("sign_in.name")),
    input,
    h("p", { id: "name-hint", class: "hint" }, words.say("sign_in.hint")),
    fault.element,
    submit,
  );
  return [
    h("h1", {}, words.say("sign_in.title")),
    h("p", { class: "lead" }, words.say("sign_in.lead")),
    form,
    h(
      "section",
      { class: "or", "aria-labelledby": "or-account" },
      h("h2", { id: "or-account" }, words.say("door.or")),
      h("p", { class: "hint" }, words.say("door.why")),
      h("div", { class: "pair" }, way("account", "door.sign_in"), way("new", "door.create")),
    ),
    h("p", { class: "foot" }, words.say("sign_in.foot")),
  ];

  /** @param {View} view @param {string} label */
  function way(view, label) {
    const button = h("button", { type: "button", "data-control": `door-${view}`, onclick: open }, words.say(label));
    return button;

    async function open() {
      try {
        await go(view);
      } catch {
        fault.show(words.error("unreachable"));
      }
    }
  }

  /** @param {Event} event */
  async function enter(event) {
    event.preventDefault();
    if (submit.disabled) return;
    const wrong = faultOfName(input.value);
    if (wrong !== null) {
      fault.show(words.say(`fault.${wrong}`));
      input.focus();
      return;
    }
    fault.show();
    busy(true);
    const refused = await chat.signIn(input.value);
    if (!form.isConnected) return;
    busy(false);
    if (refused === null) return;
    if (refused.retry_after_ms === undefined) {
      fault.show(words.error(refused.code));
      input.focus();
      input.select();
    } else {
      patience(refused.code, refused.retry_after_ms);
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
    fault.wait(words.error(code), wait, () => {
      submit.disabled = false;
      // A server that was busy need not be asked by hand again; a limit is for the user to decide.
      if (code === "busy") form.requestSubmit();
    });
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
