/**
 * Screens on which there is nothing to do but read, wait or reload.
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { languageAndTheme } from "./sign_in.js";

/** @typedef {import("./context.js").Context} Context */

/** A browser that calls this address insecure has no encryption: no form here. @param {Context} context */
export function insecureScreen(context) {
  const { words } = context;
  return card(
    context,
    icon("warn"),
    h("h1", {}, words.say("insecure.title")),
    h("p", {}, words.say("insecure.lead", { address: location.host })),
    h("p", {}, words.say("insecure.ways")),
    h("ul", {}, h("li", {}, words.say("insecure.https")), h("li", {}, words.say("insecure.localhost"))),
  );
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function startingScreen(context, scope) {
  const { chat, words } = context;
  const cause = h("p", { role: "status" });
  scope.effect(() => {
    const state = chat.connection.value;
    cause.textContent = state.phase === "waiting" ? words.error(state.reason) : "";
  });
  return card(context, h("h1", { class: "quiet" }, words.say("starting.title")), cause);
}

/** @param {Context} context */
export function outdatedScreen(context) {
  const { words } = context;
  return card(
    context,
    h("h1", {}, words.say("outdated.title")),
    h("p", {}, words.say("outdated.lead")),
    h("button", { class: "primary", type: "button", onclick: () => location.reload() }, words.say("outdated.reload")),
  );
}

/** @param {Context} context */
export function returningScreen(context) {
  const { chat, words } = context;
  return card(
    context,
    h("h1", {}, words.say("returning.title", { name: chat.session.peek().name })),
    h("p", {}, words.say("returning.lead")),
    h("button", { type: "button", onclick: () => chat.signOut() }, words.say("returning.other")),
  );
}

/** @param {Context} context @param {...import("./dom.js").Child} children */
function card(context, ...children) {
  return h("main", { class: "gate" }, h("div", { class: "card" }, ...children), languageAndTheme(context));
}
