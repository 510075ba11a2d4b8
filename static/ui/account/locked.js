/**
 * A session whose keys are not here, or not to be trusted: why, and what to do next. And the session that needs a new password
 * before anything else.
 */
import { faultOfName } from "../../model/names.js";
import { acceptServer } from "../../model/server_name.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { thread } from "../sign_in.js";
import { codeSteps } from "./code.js";
import { enrolmentOf } from "./door.js";
import { accountForm, faultOfPassword, nameField, passwordField } from "./parts.js";
import { waysIn } from "./ways_in.js";

/** @typedef {import("../context.js").Context} Context */

/** @param {Context} context @param {import("../../model/signals.js").Scope} scope */
export function lockedCard(context, scope) {
  const { chat } = context;
  const place = h("div", { class: "card" });
  scope.effect(() => fill(place, ...contents(context, chat.account.trouble.value)));
  return place;
}

/** @param {Context} context @param {import("../../model/account.js").Trouble | null} trouble @returns {import("../dom.js").Child[]} */
function contents(context, trouble) {
  const { chat, words } = context;
  const name = chat.session.peek().name;
  const brand = h("p", { class: "brand" }, thread(), words.say("app.name"));
  const out = h("button", { type: "button", class: "small", onclick: () => chat.signOut() }, words.say("nav.sign_out"));
  const state = trouble ?? "no_keys";
  const head = [brand, trouble !== null && trouble !== "not_kept" && icon("warn"), h("h1", {}, words.say(`locked.${state}`, { name })), h("p", { class: "lead" }, words.say(`locked.${state}_lead`, { server: chat.account.server.peek() }))];
  if (state === "no_keys" || state === "not_kept") return [...head, ways(context, []), h("p", { class: "others" }, out)];
  const next = [h("p", {}, words.say(`locked.${state}_next`)), again(context, state)];
  if (state !== "vault_corrupt") return [...head, ...next, h("p", { class: "others" }, out)];
  return [...head, ...next, ways(context, [startFresh(context)]), h("p", { class: "others" }, out)];
}

/** @param {Context} context @param {string} state */
function again({ chat, words }, state) {
  const said = h("p", { class: "fault", role: "alert" });
  // Where other ways stand below, theirs is the first button; and another name is nothing to be accepted in passing.
  const first = state !== "vault_corrupt" && state !== "server_name";
  const button = h("button", { type: "button", class: first ? "primary wide" : "wide", onclick: retry }, words.say(state === "server_name" ? "server.accept" : "locked.again"));
  return h("div", { class: "again" }, said, button);

  async function retry() {
    if (state === "server_name") acceptServer(chat.account.server.peek());
    button.disabled = true;
    setText(said, "");
    const failed = await chat.unlock();
    button.disabled = false;
    if (failed !== null) setText(said, words.error(failed.code));
  }
}

/** @param {Context} context @param {import("../dom.js").Child[]} freshMore */
function ways(context, freshMore) {
  const { chat, words } = context;
  const enrolment = enrolmentOf(context);
  return waysIn(context, enrolment, {
    name: chat.session.peek().name,
    fixed: true,
    byPassword: (_, password) => enrolment.unlock(password),
    byCode: (_, code) => enrolment.unlockByCode(code),
    byToken: null,
    freshMore: freshMore.length > 0 ? freshMore : [h("p", { class: "hint" }, words.say("fresh.sign_out_first"))],
  });
}

/** Who came by password may start fresh at once. @param {Context} context */
function startFresh(context) {
  const { chat, words } = context;
  if (!enrolmentOf(context).mayStartFresh) return h("p", { class: "hint" }, words.say("fresh.password_first"));
  return h("button", { type: "button", class: "danger wide", onclick: () => chat.beginFresh() }, words.say("fresh.submit"));
}

/** @param {Context} context @param {import("../../model/signals.js").Scope} _scope */
export function renewCard(context, _scope) {
  const { chat, words } = context;
  const enrolment = enrolmentOf(context);
  const fresh = chat.renewal === "fresh";
  const place = h("div", { class: "steps" });
  const named = nameField(context, chat.session.peek().name);
  named.input.readOnly = true;
  const secret = passwordField(context, { label: words.say("renew.password"), name: () => named.input.value });
  const { form } = accountForm(context, {
    enrolment,
    inputs: [secret.input],
    fields: [named.element, secret.element],
    submit: "renew.submit",
    busy: "sign_up.busy",
    check: () => (faultOfName(named.input.value) === null ? faultOfPassword(context, secret.input.value, named.input.value) : null),
    send,
  });
  if (fresh) form.addEventListener("focusin", () => enrolment.warm(), { once: true });
  fill(place, h("h1", {}, words.say(fresh ? "renew.title_fresh" : "renew.title")), h("p", { class: "lead" }, words.say(fresh ? "renew.lead_fresh" : "renew.lead")), form, h("p", { class: "others" }, signOut()));
  return h("div", { class: "card" }, h("p", { class: "brand" }, thread(), words.say("app.name")), place);

  function signOut() {
    return h("button", { type: "button", class: "small", onclick: () => chat.signOut() }, words.say("nav.sign_out"));
  }

  async function send() {
    const drafted = fresh ? await enrolment.draftFresh(secret.input.value) : await enrolment.draftPassword(secret.input.value);
    if ("failed" in drafted) return drafted.failed;
    codeSteps(context, place, { code: drafted.code, heading: "h1", fits: (typed) => enrolment.rehearse(typed), finish });
    return null;
  }

  /** @param {boolean} rehearsed */
  async function finish(rehearsed) {
    const failed = fresh ? await enrolment.startFresh({ rehearsed }) : await enrolment.changePassword({ rehearsed });
    return failed === null ? null : words.error(failed.code);
  }
}
