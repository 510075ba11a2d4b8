/**
 * Signing in on any device: by password, by recovery code, or fresh. All three are always to be seen.
 */
import { faultOfName } from "../../model/names.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { accountForm, field, nameField, passwordField, waysRow } from "./parts.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../dom.js").Child} Child
 * @typedef {import("../../model/enrolment.js").Enrolment} Enrolment
 * @typedef {"password" | "code" | "fresh"} Way
 *
 * What differs between the door and a session whose keys are missing: there the name is known.
 * @typedef {object} WaysPlan
 * @property {string} name
 * @property {boolean} fixed whether the name cannot be another one
 * @property {(name: string, password: string) => Promise<import("../../model/enrolment.js").Failed>} byPassword
 * @property {(name: string, code: string) => Promise<import("../../model/enrolment.js").Failed>} byCode
 * @property {((name: string, token: string) => Promise<import("../../model/enrolment.js").Failed>) | null} byToken null where one has to sign out first
 * @property {Child[]} [freshMore] more about starting fresh
 */

/** @type {readonly Way[]} */
const WAYS = Object.freeze(["password", "code", "fresh"]);

/** @param {Context} context @param {Enrolment} enrolment @param {WaysPlan} plan */
export function waysIn(context, enrolment, plan) {
  const { words } = context;
  const place = h("div", { class: "way" });
  let { name } = plan;
  show("password");
  return place;

  /** @param {Way} way */
  function show(way) {
    const ways = WAYS.map((key) => ({ key, words: words.say(`ways.${key}`) }));
    fill(place, waysRow(words.say("ways.label"), ways, way, choose), ...{ password, code, fresh }[way]());
  }

  /** @param {Way} way */
  function choose(way) {
    show(way);
    const first = [...place.querySelectorAll("input")].find((input) => input.value === "" && !input.readOnly);
    (first ?? place.querySelector("button"))?.focus();
  }

  function who() {
    const made = nameField(context, name);
    made.input.readOnly = plan.fixed;
    made.input.addEventListener("input", () => (name = made.input.value));
    return made;
  }

  /** @param {HTMLInputElement} input @param {string} empty key of the sentence for nothing typed */
  function check(input, empty) {
    const wrong = faultOfName(name);
    if (wrong !== null) return words.say(`fault.${wrong}`);
    return input.value.trim() === "" ? words.say(empty) : null;
  }

  /** What the server refuses may be the name as well as the secret; what the page finds in the secret is the secret's. @param {string | null} code @param {HTMLInputElement} named @param {HTMLInputElement} secret */
  function blame(code, named, secret) {
    if (code === "login_failed") return null;
    return code === null && faultOfName(name) !== null ? named : secret;
  }

  /** @returns {Child[]} */
  function password() {
    const named = who();
    const secret = passwordField(context);
    const { form } = accountForm(context, {
      enrolment,
      inputs: [named.input, secret.input],
      fields: [named.element, secret.element],
      submit: plan.fixed ? "ways.unlock" : "ways.sign_in",
      busy: "ways.opening",
      check: () => check(secret.input, "fault.password_missing"),
      blame: (code) => blame(code, named.input, secret.input),
      send: () => plan.byPassword(name, secret.input.value),
    });
    return [form];
  }

  /** @returns {Child[]} */
  function code() {
    const named = who();
    const typed = field({ id: "recovery-code", label: words.say("ways.code_label"), hint: words.say("ways.code_hint"), autocomplete: "off", autocapitalize: "characters", maxlength: "80", dir: "ltr", class: "code-input" });
    const { form } = accountForm(context, {
      enrolment,
      inputs: [named.input, typed.input],
      fields: [named.element, typed.element],
      submit: "ways.use_code",
      busy: "ways.opening",
      check: () => check(typed.input, "fault.code_missing"),
      blame: (code) => blame(code, named.input, typed.input),
      send: () => plan.byCode(name, typed.input.value),
      faults: { login_failed: "fault.code_refused", code_wrong: "fault.code_refused" },
    });
    return [h("p", { class: "lead" }, words.say("ways.code_lead")), form];
  }

  /** @returns {Child[]} */
  function fresh() {
    const about = [h("p", { class: "lead" }, words.say("fresh.lead")), h("p", { class: "warned" }, icon("warn"), h("span", {}, words.say("fresh.loses")))];
    const { byToken } = plan;
    if (byToken === null) return [...about, ...(plan.freshMore ?? [])];
    const named = who();
    const token = field({ id: "token", label: words.say("fresh.token"), hint: words.say("fresh.token_hint"), autocomplete: "off", maxlength: "200", dir: "ltr" });
    const { form } = accountForm(context, {
      enrolment,
      inputs: [named.input, token.input],
      fields: [named.element, token.element],
      submit: "fresh.submit",
      busy: "fresh.busy",
      check: () => check(token.input, "fault.token_missing"),
      blame: (code) => blame(code, named.input, token.input),
      send: () => byToken(name, token.input.value.trim().toLowerCase()),
      faults: { login_failed: "fault.token_refused", malformed: "fault.token_refused" },
    });
    return [...about, h("p", { class: "hint" }, words.say("fresh.with_password")), form];
  }
}
