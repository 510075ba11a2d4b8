/**
 * Places for what only an account sees. It loads when an account is there; a guest's page never asks for it.
 */
import { Signal } from "../model/signals.js";
import { fill, h } from "./dom.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("../model/signals.js").Scope} Scope
 * @typedef {(context: Context, scope: Scope) => Element} Draw
 */

const talk = () => import("./conversations/index.js");

/** @type {Readonly<Record<"people" | "banner" | "talks" | "talk" | "aside", () => Promise<Draw>>>} */
const PARTS = Object.freeze({
  people: async () => (await import("./people/index.js")).drawPeople,
  banner: async () => (await import("./people/index.js")).drawBanner,
  talks: async () => (await talk()).drawTalks,
  talk: async () => (await talk()).drawTalk,
  aside: async () => (await talk()).drawAside,
});

/** @param {Context} context @param {Scope} scope @param {keyof typeof PARTS} part */
export function accountPart(context, scope, part) {
  const { chat, words } = context;
  const place = h("div", { class: `account-part place-${part}` });
  const here = new Signal(false);
  let inner = scope.child();
  scope.effect(() => {
    const phase = chat.account.phase.value;
    here.value = phase === "unproven" || phase === "ready";
  });
  scope.effect(() => {
    inner.end();
    inner = scope.child();
    fill(place);
    if (here.value) void show(inner);
  });
  return place;

  /** @param {Scope} scope */
  async function show(scope) {
    let ended = false;
    scope.add(() => (ended = true));
    const draw = await PARTS[part]().catch(() => null);
    if (ended) return;
    if (draw !== null) return fill(place, draw(context, scope));
    // One line is enough for both parts.
    if (part === "people") fill(place, h("p", { class: "quiet inset", role: "status" }, words.say("account_part.missing")), h("button", { type: "button", class: "small", onclick: () => show(scope) }, words.say("account_part.again")));
  }
}
