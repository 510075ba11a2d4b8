/**
 * Asking somebody to be a friend, found by the exact name.
 */
import { faultOfName } from "../../model/names.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("./index.js").PeopleContext} PeopleContext */

/** @param {PeopleContext} context */
export function addDialog({ people, account, words, announcer }) {
  const { friends } = people;
  const input = h("input", { id: "add-name", type: "text", dir: "auto", maxlength: "200", autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": "add-fault", "data-first": true });
  const fault = h("p", { id: "add-fault", class: "fault", role: "alert" });
  const found = h("div", { class: "found", role: "status" });
  const submit = h("button", { type: "submit", class: "primary" }, words.say("add.find"));
  openDialog(words, words.say("people.add"), (close) => [
    h("p", { class: "lead" }, words.say("add.lead")),
    h("form", { novalidate: true, onsubmit: (/** @type {Event} */ event) => find(event, close) }, h("label", { for: "add-name" }, words.say("add.name")), input, fault, submit),
    found,
  ]);

  /** @param {Event} event @param {() => void} close */
  async function find(event, close) {
    event.preventDefault();
    if (submit.disabled) return;
    fill(fault);
    fill(found);
    const wrong = faultOfName(input.value);
    if (wrong !== null) return fail(words.say(`fault.${wrong}`));
    submit.disabled = true;
    const answer = await friends.search(input.value);
    submit.disabled = false;
    if ("refused" in answer) return fail(answer.refused.code === "no_such_account" ? words.say("add.nobody") : words.error(answer.refused.code));
    if (answer.found.account === account.account.peek()) return fail(words.say("add.yourself"));
    show(answer.found, close);
  }

  /** @param {string} sentence */
  function fail(sentence) {
    fill(fault, sentence);
    input.focus();
  }

  /** @param {import("../../model/friends.js").Found} person @param {() => void} close */
  function show({ account: id, name, display }, close) {
    const state = friends.find(id)?.state;
    const who = h("p", { class: "who" }, icon("people"), h("strong", { dir: "auto" }, name), display !== "" && h("span", { class: "hint", dir: "auto" }, display));
    if (state !== undefined && state !== "asking") return fill(found, who, h("p", { class: "hint" }, words.say(`add.already_${state}`)));
    const ask = h("button", { type: "button", class: "primary", onclick: () => add(ask, { id, name, asks: state === "asking" }, close) }, words.say(state === "asking" ? "people.accept" : "add.ask"));
    fill(found, who, h("p", { class: "hint" }, words.say("add.compare_later")), ask);
    ask.focus();
    return undefined;
  }

  /** @param {HTMLButtonElement} button @param {{ id: string, name: string, asks: boolean }} whom @param {() => void} close */
  async function add(button, { id, name, asks }, close) {
    button.disabled = true;
    const refused = await (asks ? friends.accept(id) : friends.add(id));
    button.disabled = false;
    if (refused !== null) return fail(words.error(refused.code));
    announcer.say(words.say(asks ? "people.say_accepted" : "add.asked", { name }));
    close();
  }
}
