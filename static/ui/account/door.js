/**
 * The door of accounts: sign in, or make one. Loads when somebody asks for it.
 */
import { Enrolment } from "../../model/enrolment.js";
import { h } from "../dom.js";
import { backButton } from "./parts.js";
import { signUp } from "./sign_up.js";
import { waysIn } from "./ways_in.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {"guest" | "account" | "new"} View
 */

/** @type {WeakMap<import("../../model/chat.js").Chat, Enrolment>} one attempt for all screens of a page: what was typed on one may serve the next */
const ATTEMPTS = new WeakMap();

/** @param {Context} context */
export function enrolmentOf({ chat }) {
  const attempt = ATTEMPTS.get(chat) ?? new Enrolment(chat);
  ATTEMPTS.set(chat, attempt);
  return attempt;
}

/**
 * What stands on the card.
 * @param {Context} context
 * @param {Exclude<View, "guest">} view
 * @param {(view: View) => void} go
 * @returns {import("../dom.js").Child[]}
 */
export function accountDoor(context, view, go) {
  const { chat, words } = context;
  const enrolment = enrolmentOf(context);
  const link = (/** @type {View} */ to, /** @type {string} */ label) => h("button", { type: "button", class: "small", onclick: () => go(to) }, words.say(label));
  if (view === "new") {
    const below = [h("p", { class: "others" }, link("account", "door.have_account"), link("guest", "door.as_guest"))];
    return [signUp(context, enrolment, { name: chat.lastName, fixed: false, below, done: () => {} })];
  }
  const ways = waysIn(context, enrolment, {
    name: chat.lastAccount,
    fixed: false,
    byPassword: (name, password) => enrolment.signIn(name, password),
    byCode: (name, code) => enrolment.recover(name, code),
    byToken: (name, token) => enrolment.signInFresh(name, token),
  });
  return [
    backButton(words.say("door.back"), () => go("guest")),
    h("h1", {}, words.say("door.sign_in")),
    ways,
    h("p", { class: "others" }, link("new", "door.create")),
  ];
}
