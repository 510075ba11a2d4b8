/**
 * New secrets for an account that is open: a new password or the same again, with a new recovery code and a new vault key.
 */
import { codeSteps } from "../account/code.js";
import { enrolmentOf } from "../account/door.js";
import { accountForm, faultOfPassword, passwordField } from "../account/parts.js";
import { openCheckCode } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @typedef {import("../people/index.js").PeopleContext} PeopleContext
 * @typedef {import("../../model/enrolment.js").Failed} Failed
 * @typedef {object} RenewalPlan
 * @property {"password" | "code"} renews a new password and with it a new code, or a new code under the same password
 * @property {string} submit key of the words that begin it
 * @property {string} done key of what is said in the end
 * @property {() => Promise<Failed>} [before] what is done first, once the present password was proven
 */

/** What the server or the vault say of the present password. @type {Readonly<Record<string, string>>} */
const PRESENT_WRONG = Object.freeze({ login_failed: "own.password_wrong", password_wrong: "own.password_wrong" });

/** @type {import("./index.js").Section} */
export function passwordSection(context) {
  const { words } = context;
  return h("div", {}, h("p", { class: "lead" }, words.say("own.password_lead")), renewal(context, { renews: "password", submit: "own.password_submit", done: "own.password_done" }));
}

/** @type {import("./index.js").Section} */
export function recoverySection(context, scope, close) {
  const { account, words } = context;
  const state = h("p", { role: "status" });
  const check = h("button", { type: "button", onclick: checkCode }, words.say("check_code.open"));
  scope.effect(() => {
    const rehearsed = account.rehearsed.value;
    fill(state, words.say(rehearsed === null ? "own.recovery_unknown" : rehearsed ? "own.recovery_rehearsed" : "own.recovery_not_rehearsed"));
    check.hidden = rehearsed === true;
  });
  return h(
    "div",
    {},
    state,
    check,
    h("h3", {}, words.say("own.recovery_new")),
    h("p", { class: "lead" }, words.say("own.recovery_lead")),
    renewal(context, { renews: "code", submit: "own.recovery_submit", done: "own.recovery_done" }),
  );

  function checkCode() {
    close();
    openCheckCode(context);
  }
}

/** @param {PeopleContext} context @param {RenewalPlan} plan */
export function renewal(context, { renews, submit, done, before }) {
  const { chat, account, words, announcer } = context;
  const enrolment = enrolmentOf(context);
  const place = h("div", { class: "steps" });
  const name = account.name.peek();
  const present = passwordField(context, { id: "present", label: words.say("own.password_old") });
  const next = passwordField(context, { id: "next", label: words.say("own.password_new"), name: () => name });
  const chosen = renews === "password" ? next : present;
  const { form, fault } = accountForm(context, {
    enrolment,
    inputs: renews === "password" ? [present.input, next.input] : [present.input],
    fields: renews === "password" ? [present.element, next.element] : [present.element],
    submit,
    busy: "own.busy",
    check: () => (present.input.value === "" ? words.say("own.password_missing") : renews === "password" ? faultOfPassword(context, next.input.value, name) : null),
    send,
    faults: PRESENT_WRONG,
    blame: (code) => (code === null ? (present.input.value === "" ? present : chosen).input : code in PRESENT_WRONG ? present.input : null),
  });
  fill(place, form);
  return place;

  /** @returns {Promise<Failed>} */
  async function send() {
    // Whatever comes first changes the vault, and the draft is made from the vault as it is then.
    const wrong = (await enrolment.confirm(present.input.value)) ?? (await before?.()) ?? null;
    if (wrong?.code === "means_unknown") return signInAgain();
    if (wrong !== null) return wrong;
    const drafted = await enrolment.draftPassword(chosen.input.value);
    if ("failed" in drafted) return drafted.failed;
    codeSteps(context, place, { code: drafted.code, heading: "h3", fits: (typed) => enrolment.rehearse(typed), finish });
    return null;
  }

  /** @param {boolean} rehearsed @returns {Promise<string | null>} */
  async function finish(rehearsed) {
    const failed = await enrolment.changePassword({ rehearsed });
    if (failed?.code === "vault_conflict" || failed?.code === "keys_conflict") {
      fill(place, form);
      fault.show(words.say("own.conflict"));
      return null;
    }
    if (failed?.code === "means_unknown") return signInAgain();
    if (failed !== null) return words.error(failed.code);
    const said = h("p", { class: "note", role: "status", tabindex: "-1" }, words.say(done));
    fill(place, said);
    said.focus();
    announcer.say(words.say(done));
    return null;
  }

  /** Nothing was changed, and nothing can be before the browser knows its session again. */
  function signInAgain() {
    const out = h("button", { type: "button", class: "primary", onclick: () => chat.signOut() }, words.say("nav.sign_out"));
    fill(place, h("p", { class: "warning", role: "alert" }, icon("warn"), h("span", {}, words.error("means_unknown"))), out);
    out.focus();
    return null;
  }
}
