/**
 * About the room: how it is sealed, said plainly, and who is in it.
 */
import { LOBBY } from "../model/rooms.js";
import { Signal } from "../model/signals.js";
import { h, setText } from "./dom.js";
import { accountPart } from "./account_part.js";
import { icon } from "./icons.js";
import { reconcile } from "./list.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("../model/room.js").Room} Room
 * @typedef {import("../model/members.js").Person} Person
 */

/** People in the document at most; the field finds the others. */
const SHOWN = 200;
/** From this many on there is a field to find somebody. */
const FILTER_FROM = 12;

/** @param {Context} context @param {import("../model/signals.js").Scope} scope */
export function details(context, scope) {
  const { chat, words, layout } = context;
  const body = h("div", { class: "scroll", tabindex: "-1" });
  let inner = scope.child();
  scope.effect(() => {
    const room = chat.rooms.current.value;
    inner.end();
    inner = scope.child();
    body.replaceChildren(...(room === null ? [accountPart(context, inner, "aside")] : [about(context, inner, room), people(context, inner, room), ...exit(context, room)]));
  });
  return h(
    "section",
    { class: "details", "aria-label": words.say("details.title") },
    h(
      "header",
      { class: "bar" },
      h("h2", {}, words.say("details.title")),
      h("button", { type: "button", class: "plain", "aria-label": words.say("nav.details_hide"), title: words.say("nav.details_hide"), onclick: () => layout.toggleDetails() }, icon("close")),
    ),
    body,
  );
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope @param {Room} room */
function about({ chat, words }, scope, room) {
  const key = h("dd");
  const connection = h("dd");
  scope.effect(() => {
    const { state, n } = room.key.value;
    setText(key, state === "held" ? words.say("details.key_held", { n }) : words.say(`details.key_${state}`));
  });
  scope.effect(() => setText(connection, words.say(`details.connection_${chat.connection.value.kind ?? "none"}`)));
  return h(
    "section",
    { class: "about" },
    h("h3", {}, icon("seal"), words.say("details.sealed")),
    h("p", {}, words.say("details.sealed_lead")),
    h(
      "dl",
      {},
      h("div", {}, h("dt", {}, words.say("details.key")), key),
      h("div", {}, h("dt", {}, words.say("details.kept")), h("dd", {}, words.say("details.kept_none"))),
      h("div", {}, h("dt", {}, words.say("details.connection")), connection),
    ),
  );
}

/** @param {Context} context @param {import("../model/signals.js").Scope} scope @param {Room} room */
function people({ chat, words }, scope, room) {
  const count = h("span", { class: "tabular hint" });
  const list = h("ul", { class: "people" });
  const rest = h("p", { class: "quiet inset" });
  const wanted = new Signal("");
  const field = h("input", { type: "search", dir: "auto", "aria-label": words.say("details.filter"), placeholder: words.say("details.filter"), oninput: () => (wanted.value = field.value) });
  scope.effect(() => {
    void room.members.version.value;
    const total = room.members.headcount.value;
    const self = chat.session.value.member;
    const account = chat.account.account.value;
    const isYou = (/** @type {Person} */ person) => person.members.includes(self) || (account !== "" && person.account === account);
    const find = wanted.value.trim().toLocaleLowerCase();
    const found = room.members.people().filter((person) => person.name.toLocaleLowerCase().includes(find));
    found.sort((a, b) => Number(isYou(b)) - Number(isYou(a)) || words.compare(a.name, b.name));
    setText(count, words.number(total));
    field.hidden = total < FILTER_FROM;
    reconcile(list, found.slice(0, SHOWN), (person) => person.key, (person) => draw(person, isYou(person)), sameEntry);
    const unseen = find === "" ? total - Math.min(found.length, SHOWN) : found.length - SHOWN;
    rest.hidden = unseen <= 0 && found.length > 0;
    setText(rest, found.length === 0 && find !== "" ? words.say("details.nobody") : words.say("details.more", { count: Math.max(0, unseen) }));
    if (found.length === 0 && find === "") rest.hidden = true;
  });
  return h("section", { class: "who-is-here" }, h("h3", {}, icon("people"), words.say("details.people"), count), field, list, rest);

  /** @param {Person} person @param {boolean} you */
  function draw({ name, kind, members }, you) {
    return h(
      "li",
      {},
      h("span", { class: "name", dir: "auto" }, name),
      you && h("span", { class: "mark-you" }, words.say("details.you")),
      kind === "guest" && h("span", { class: "hint" }, words.say("details.guest")),
      members.length > 1 && h("span", { class: "hint" }, words.say("details.devices", { count: members.length })),
    );
  }
}

/** @param {Person} a @param {Person} b */
function sameEntry(a, b) {
  return a.name === b.name && a.kind === b.kind && a.members.length === b.members.length;
}

/** @param {Context} context @param {Room} room */
function exit({ chat, words, layout }, room) {
  if (room.name === LOBBY) return [];
  const leave = () => {
    layout.back();
    chat.rooms.exit(room);
  };
  return [h("button", { type: "button", class: "row-button leave", onclick: leave }, icon("exit"), h("span", {}, words.say("rooms.exit")))];
}
