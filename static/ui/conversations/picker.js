/**
 * Choosing people: those that one knows, and anybody else by the exact name.
 */
import { HALTS } from "../../model/contacts.js";
import { faultOfName } from "../../model/names.js";
import { fill, h, setText } from "../dom.js";
import { isThere } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {{ account: string, name: string, display: string }} Person
 */

/** From this many on there is a field to narrow the list down. */
const FILTER_FROM = 8;

/**
 * @param {TalkContext} context
 * @param {import("../../model/signals.js").Scope} scope
 * @param {{ many: boolean, without: ReadonlySet<string>, changed: (chosen: readonly Person[]) => void }} how `without` are not offered
 */
export function picker(context, scope, { many, without, changed }) {
  const { words, people, account } = context;
  /** Found by name, not among the known. @type {Person[]} */
  const found = [];
  /** @type {Map<string, Person>} */
  const chosen = new Map();
  const list = h("div", { class: "picks", role: "group", "aria-label": words.say("pick.people") });
  const none = h("p", { class: "quiet" }, words.say("pick.none"));
  const filter = h("input", { type: "search", dir: "auto", "aria-label": words.say("pick.filter"), placeholder: words.say("pick.filter"), oninput: () => draw() });
  const input = h("input", { id: "pick-name", type: "text", dir: "auto", maxlength: "200", autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": "pick-fault" });
  const fault = h("p", { id: "pick-fault", class: "fault", role: "alert" });
  const find = h("button", { type: "button", onclick: () => void search() }, words.say("add.find"));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    void search();
  });
  scope.effect(draw);
  return h("div", { class: "picker" }, filter, list, none, h("label", { for: "pick-name" }, words.say("pick.other")), h("div", { class: "line-field" }, input, find), fault);

  function draw() {
    const friends = (people.friends.list.value ?? []).filter(({ state }) => state === "friend");
    const all = [...found, ...friends.filter((friend) => !found.some((each) => each.account === friend.account))].filter((person) => !without.has(person.account));
    const wanted = filter.value.trim().toLocaleLowerCase();
    filter.hidden = all.length < FILTER_FROM;
    none.hidden = all.length > 0;
    list.hidden = all.length === 0;
    const rows = all
      .map((person) => ({ person, online: isThere(context, person.account) }))
      .filter(({ person }) => chosen.has(person.account) || person.name.toLocaleLowerCase().includes(wanted))
      .sort((a, b) => Number(b.online) - Number(a.online) || words.compare(a.person.name, b.person.name));
    const focused = document.activeElement?.id ?? "";
    fill(list, ...rows.map(({ person, online }) => pick(person, online)));
    if (focused.startsWith("pick-") && focused !== "pick-name") document.getElementById(focused)?.focus();
  }

  /** @param {Person} person @param {boolean} online */
  function pick(person, online) {
    const trust = people.contacts.trust(person.account);
    const box = h("input", { type: many ? "checkbox" : "radio", name: "pick", id: `pick-${person.account}`, checked: chosen.has(person.account), onchange: () => choose(person, box.checked) });
    return h(
      "label",
      { class: "pick", for: `pick-${person.account}` },
      box,
      h("span", { class: "here", "data-online": String(online), "aria-hidden": "true" }),
      h("span", { class: "name", dir: "auto" }, person.name, person.display !== "" && h("span", { class: "hint" }, ` ${person.display}`)),
      HALTS.has(trust) && h("span", { class: "hint warn" }, words.say(`trust.short_${trust}`)),
      h("span", { class: "hint" }, words.say(online ? "people.online" : "people.offline")),
    );
  }

  /** @param {Person} person @param {boolean} on */
  function choose(person, on) {
    if (!many) chosen.clear();
    if (on) chosen.set(person.account, person);
    else chosen.delete(person.account);
    changed([...chosen.values()]);
  }

  async function search() {
    setText(fault, "");
    const wrong = faultOfName(input.value);
    if (wrong !== null) return setText(fault, words.say(`fault.${wrong}`));
    find.disabled = true;
    const answer = await people.friends.search(input.value);
    find.disabled = false;
    if ("refused" in answer) return setText(fault, answer.refused.code === "no_such_account" ? words.say("add.nobody") : words.error(answer.refused.code));
    if (answer.found.account === account.account.peek()) return setText(fault, words.say("add.yourself"));
    if (without.has(answer.found.account)) return setText(fault, words.say("pick.there", { name: answer.found.name }));
    found.unshift(answer.found);
    input.value = "";
    choose(answer.found, true);
    draw();
    return document.getElementById(`pick-${answer.found.account}`)?.focus();
  }
}
