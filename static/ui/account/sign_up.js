/**
 * Making an account: name and password, the recovery code, and its rehearsal; keys are made meanwhile.
 */
import { faultOfName, tidyUserName } from "../../model/names.js";
import { fill, h } from "../dom.js";
import { codeSteps } from "./code.js";
import { accountForm, faultOfPassword, field, nameField, passwordField } from "./parts.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../../model/enrolment.js").Enrolment} Enrolment
 * @typedef {object} SignUpPlan
 * @property {string} name to begin with
 * @property {boolean} fixed whether the name is a guest's, who keeps it
 * @property {import("../dom.js").Child[]} below what stands under the form
 * @property {() => void} done the account is there and signed in
 */

/** What the server found wrong with what was typed, and in which words it is said. @type {Readonly<Record<string, string>>} */
const FAULTS = Object.freeze({
  name_taken: "error.name_taken",
  name_invalid: "error.name_invalid",
  malformed: "error.name_invalid",
  not_allowed: "sign_up.not_open",
  login_failed: "sign_up.invitation_wrong",
});
const INVITATION = new Set(["not_allowed", "login_failed"]);

/** @param {Context} context @param {Enrolment} enrolment @param {SignUpPlan} plan */
export function signUp(context, enrolment, { name, fixed, below, done }) {
  const { words } = context;
  const place = h("div", { class: "steps" });
  const who = nameField(context, name);
  who.input.readOnly = fixed;
  const secret = passwordField(context, { name: () => who.input.value });
  const invited = field({ id: "invitation", label: words.say("sign_up.invitation"), hint: words.say("sign_up.invitation_hint"), autocomplete: "off", required: false });
  const more = h("details", { class: "more" }, h("summary", {}, words.say("sign_up.invited")), invited.element);
  /** The code for this password, once it was drawn, and whether it was typed back. */
  let drawn = { password: "", code: "", rehearsed: false };
  const { form, fault } = accountForm(context, {
    enrolment,
    inputs: [who.input, secret.input],
    fields: [who.element, secret.element, more],
    submit: "sign_up.submit",
    busy: "sign_up.busy",
    check,
    send,
    faults: FAULTS,
    blame,
  });
  // Making keys takes a second; it is over when the password is typed.
  form.addEventListener("focusin", () => enrolment.warm(), { once: true });
  start();
  return place;

  function start() {
    // A dialogue has its own title.
    fill(place, !fixed && h("h1", {}, words.say("sign_up.title")), h("p", { class: "lead" }, words.say(fixed ? "sign_up.lead_guest" : "sign_up.lead")), form, ...below);
  }

  /** @param {string | null} code */
  function blame(code) {
    if (code !== null && INVITATION.has(code)) return invited.input;
    return code === null && faultOfName(who.input.value) === null ? secret.input : who.input;
  }

  function check() {
    const wrong = faultOfName(who.input.value);
    return wrong !== null ? words.say(`fault.${wrong}`) : faultOfPassword(context, secret.input.value, who.input.value);
  }

  /** @returns {Promise<import("../../model/enrolment.js").Failed>} */
  async function send() {
    if (drawn.password !== secret.input.value) {
      const drafted = await enrolment.draft(tidyUserName(who.input.value), secret.input.value);
      if ("failed" in drafted) return drafted.failed;
      drawn = { password: secret.input.value, code: drafted.code, rehearsed: false };
      codeSteps(context, place, { code: drawn.code, heading: fixed ? "h3" : "h1", fits: (typed) => enrolment.rehearse(typed), finish });
      return null;
    }
    return register(drawn.rehearsed);
  }

  /** @param {boolean} rehearsed @returns {Promise<string | null>} */
  async function finish(rehearsed) {
    drawn.rehearsed = rehearsed;
    const failed = await register(rehearsed);
    if (failed === null) return null;
    if (!(failed.code in FAULTS)) return words.error(failed.code);
    // Something of the form is wrong: back to it, with the code as it is.
    start();
    more.open ||= INVITATION.has(failed.code);
    const wrong = blame(failed.code);
    fault.showAt(wrong, words.say(FAULTS[failed.code]));
    wrong.focus();
    return null;
  }

  /** @param {boolean} rehearsed */
  async function register(rehearsed) {
    const failed = await enrolment.register({ name: who.input.value, rehearsed, invitation: invited.input.value.trim() });
    if (failed === null) done();
    return failed;
  }
}
