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

/** The keys of the account are not here. @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function lockedScreen(context, scope) {
  return later(context, scope, (module) => module.lockedCard);
}

/** A new password before anything else. @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function renewScreen(context, scope) {
  return later(context, scope, (module) => module.renewCard);
}

/**
 * A screen of accounts, which loads when it is needed.
 * @param {Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {(module: typeof import("./account/locked.js")) => (context: Context, scope: import("../model/signals.js").Scope) => Element} which
 */
function later(context, scope, which) {
  const { words } = context;
  const place = h("main", { class: "gate" }, h("div", { class: "card" }, h("h1", { class: "quiet" }, words.say("starting.title"))), languageAndTheme(context));
  let ended = false;
  scope.add(() => (ended = true));
  import("./account/locked.js").then(
    (module) => {
      if (ended) return;
      place.firstElementChild?.replaceWith(which(module)(context, scope));
      place.querySelector(/** @type {"input"} */ ("input:not([readonly])"))?.focus();
    },
    () => place.querySelector(".card")?.append(h("p", { role: "status" }, words.error("unreachable")), h("button", { type: "button", onclick: () => location.reload() }, words.say("outdated.reload"))),
  );
  return place;
}

/** @param {Context} context @param {...import("./dom.js").Child} children */
function card(context, ...children) {
  return h("main", { class: "gate" }, h("div", { class: "card" }, ...children), languageAndTheme(context));
}
