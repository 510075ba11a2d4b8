/**
 * What the forms of accounts are made of.
 */
import "../later.js";
import { strengthOf } from "../../model/password_strength.js";
import { WAITABLE } from "../../wire/codes.js";
import { fill, h, setAttribute, setText } from "../dom.js";
import { Fault } from "../fault.js";
import { icon } from "../icons.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../dom.js").Child} Child
 * @typedef {import("../../model/enrolment.js").Failed} Failed
 * @typedef {import("../../model/enrolment.js").Enrolment} Enrolment
 *
 * @typedef {object} FormPlan
 * @property {Enrolment} enrolment
 * @property {HTMLInputElement[]} inputs
 * @property {Child[]} fields
 * @property {string} submit key of the button's words
 * @property {string} busy key of its words while it is under way
 * @property {() => string | null} check a sentence about what cannot be sent, or null
 * @property {() => Promise<Failed>} send
 * @property {Record<string, string>} [faults] words for codes that mean something else here
 * @property {(code: string | null) => HTMLInputElement | null} [blame] which input is wrong, by a refusal's code or, for null, by what is
 *   typed; null where it may be any
 */

/** One line to type something in. @param {{ id: string, label: string, hint?: string | null } & Record<string, any>} of @returns {{ element: HTMLElement, input: HTMLInputElement }} */
export function field({ id, label, hint = null, ...properties }) {
  const described = hint === null ? "form-fault" : `${id}-hint form-fault`;
  const input = h("input", { id, type: "text", spellcheck: "false", autocapitalize: "none", maxlength: "1024", dir: "auto", required: true, "aria-describedby": described, ...properties });
  return { element: h("div", { class: "field-row" }, h("label", { for: id }, label), input, hint !== null && h("p", { id: `${id}-hint`, class: "hint" }, hint)), input };
}

/**
 * A user name; a password manager files the password under it.
 * @param {Context} context @param {string} name
 */
export function nameField({ words }, name) {
  const made = field({ id: "account-name", label: words.say("account.name"), autocomplete: "username", maxlength: "200" });
  made.input.value = name;
  return made;
}

/**
 * A password, hidden until its owner wants to see it.
 * @param {Context} context
 * @param {{ id?: string, label?: string, name?: (() => string) | null }} [of] `name` of the account, for a password that is being chosen
 */
export function passwordField({ words }, { id = "password", label = words.say("account.password"), name = null } = {}) {
  const strength = h("p", { id: `${id}-hint`, class: "hint strength", role: "status" }, name === null ? "" : words.say("strength.hint"));
  const input = h("input", {
    id,
    type: "password",
    autocomplete: name === null ? "current-password" : "new-password",
    maxlength: "1024",
    required: true,
    "aria-describedby": `${id}-hint form-fault`,
  });
  const show = h("button", { type: "button", class: "small", "aria-controls": id, "aria-pressed": "false", onclick: toggle }, words.say("account.show"));
  if (name !== null) input.addEventListener("input", () => judge(name()));
  return { element: h("div", { class: "field-row" }, h("label", { for: id }, label), h("div", { class: "with-button" }, input, show), strength), input };

  function toggle() {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    show.setAttribute("aria-pressed", String(hidden));
    setText(show, words.say(hidden ? "account.hide" : "account.show"));
  }

  /** @param {string} account */
  function judge(account) {
    const { level, reason } = strengthOf(input.value, account);
    strength.dataset.level = input.value === "" ? "" : level;
    const because = reason === null || level === "good" ? "" : ` ${words.say(`strength.because_${reason}`)}`;
    setText(strength, input.value === "" ? words.say("strength.hint") : `${words.say(`strength.${level}`)}${because}`);
  }
}

/** What keeps a chosen password from being taken, as a sentence. @param {Context} context @param {string} password @param {string} name */
export function faultOfPassword({ words }, password, name) {
  const { level } = strengthOf(password, name);
  return level === "too_short" || level === "common" ? words.say(`strength.${level}`) : null;
}

/**
 * A form that sends, shows what was wrong, and asks about a server that calls itself otherwise.
 * @param {Context} context
 * @param {FormPlan} plan
 */
export function accountForm({ words }, { enrolment, inputs, fields, submit, busy, check, send, faults = {}, blame = () => null }) {
  const fault = new Fault(words, "form-fault", inputs);
  const button = h("button", { class: "primary wide", type: "submit" }, words.say(submit));
  const question = h("div", { class: "question", role: "group" });
  question.hidden = true;
  const form = h("form", { novalidate: true, onsubmit: go }, ...fields, fault.element, question, button);
  const typed = inputs.filter((input) => !input.readOnly);
  for (const input of inputs) input.addEventListener("input", () => fault.show());
  return { form, fault };

  /** @param {Event} event */
  async function go(event) {
    event.preventDefault();
    if (button.disabled) return;
    const wrong = check();
    if (wrong !== null) return tell(wrong, blame(null) ?? inputs.find((input) => input.value === "") ?? null);
    fault.show();
    underWay(true);
    // What loads later may not: there is no connection, or an older page than the server's.
    const failed = await send().catch(() => ({ code: "no_worker", message: "" }));
    underWay(false);
    if (failed !== null && form.isConnected) show(failed);
  }

  /** @param {NonNullable<Failed>} failed */
  function show(failed) {
    if (failed.unknown !== undefined) return ask(failed.unknown);
    const sentence = failed.code in faults ? words.say(faults[failed.code]) : words.error(failed.code);
    if (failed.retry_after_ms !== undefined) {
      button.disabled = true;
      return fault.wait(sentence, failed.retry_after_ms, () => (button.disabled = false));
    }
    // Nothing that was typed keeps a server from being reached.
    if (WAITABLE.has(failed.code)) return fault.showAt(null, sentence);
    tell(sentence, blame(failed.code));
  }

  /** @param {string} sentence @param {HTMLInputElement | null} input the wrong one, or any may be */
  function tell(sentence, input) {
    // What a hint says already is not said twice.
    for (const hint of form.querySelectorAll(".hint")) if (hint.textContent === sentence) fill(hint);
    if (input === null) fault.show(sentence);
    else fault.showAt(input, sentence);
    (input ?? inputs.at(-1))?.focus();
  }

  /** @param {import("../../model/enrolment.js").UnknownServer} unknown */
  function ask(unknown) {
    const yes = h("button", { type: "button", class: "primary", onclick: () => accept(unknown) }, words.say("server.accept"));
    const no = h("button", { type: "button", onclick: () => settle() }, words.say("server.refuse"));
    const sentence = words.say("server.unknown", { server: unknown.server, host: location.host });
    const then = words.say(unknown.before === null ? "server.unknown_next" : "server.changed", { before: unknown.before ?? "" });
    question.replaceChildren(h("p", {}, icon("warn"), h("span", {}, sentence)), h("p", {}, then), h("div", { class: "actions" }, no, yes));
    question.setAttribute("aria-label", sentence);
    question.hidden = false;
    button.hidden = true;
    no.focus();
  }

  /** @param {import("../../model/enrolment.js").UnknownServer} unknown */
  function accept(unknown) {
    enrolment.accept(unknown);
    settle();
    form.requestSubmit();
  }

  function settle() {
    question.hidden = true;
    button.hidden = false;
  }

  /** @param {boolean} now */
  function underWay(now) {
    button.disabled = now;
    setText(button, words.say(now ? busy : submit));
    for (const input of typed) setAttribute(input, "readonly", now);
  }
}

/**
 * A row of buttons of which one is chosen.
 * @template {string} K
 * @param {string} label
 * @param {ReadonlyArray<{ key: K, words: string }>} ways
 * @param {K} chosen
 * @param {(key: K) => void} choose
 */
export function waysRow(label, ways, chosen, choose) {
  return h(
    "div",
    { class: "ways", role: "group", "aria-label": label },
    ...ways.map(({ key, words }) => h("button", { type: "button", class: "choice", "data-control": `way-${key}`, "aria-pressed": String(key === chosen), onclick: () => choose(key) }, words)),
  );
}

/** A step back. @param {string} text @param {() => void} onclick */
export function backButton(text, onclick) {
  return h("button", { type: "button", class: "plain back", onclick }, icon("back"), text);
}
