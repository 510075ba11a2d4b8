/**
 * One person: how they stand with this account, how far their keys are to be trusted, and what can be done about both.
 */
import { Scope } from "../../model/signals.js";
import { HALTS } from "../../model/contacts.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { verifyDialog } from "./verify.js";

/**
 * @typedef {import("./index.js").PeopleContext} PeopleContext
 * @typedef {import("../../model/friends.js").Friend} Friend
 * @typedef {import("../../wire/frame.js").Refusal} Refusal
 */

/** @param {PeopleContext} context @param {string} account */
export function openPerson(context, account) {
  const { people, words } = context;
  const { friends, contacts } = people;
  const found = friends.find(account);
  if (found === undefined) return;
  const known = found;
  const scope = new Scope();
  const fault = h("p", { class: "fault", role: "alert" });
  const dialog = openDialog(words, known.name, (close) => [about(), keys(close), fault, actions(close)]);
  dialog.addEventListener("close", () => scope.end());

  function about() {
    const line = h("p", { class: "lead", role: "status" });
    scope.effect(() => {
      const friend = friends.list.value?.find((each) => each.account === account) ?? known;
      const state = friend.state === "friend" ? (friend.online ? "people.online" : "people.offline") : `people.state_${friend.state}`;
      fill(line, friend.display !== "" && h("span", { class: "block", dir: "auto" }, friend.display), words.say(state));
    });
    return line;
  }

  /** @param {() => void} close */
  function keys(close) {
    const box = h("section", { class: "setting" });
    scope.effect(() => {
      const trust = contacts.trust(account);
      const renewed = contacts.renewed.value.has(account);
      const halts = HALTS.has(trust);
      fill(
        box,
        h("h3", {}, words.say("person.keys")),
        h("p", { class: halts ? "warning" : "", role: halts ? "alert" : null }, halts && icon("warn"), h("span", {}, words.say(`trust.${trust}`, { name: known.name }))),
        renewed && h("p", { class: "quiet" }, words.say(trust === "verified" ? "trust.renewed_verified" : "trust.renewed", { name: known.name })),
        h(
          "div",
          { class: "answers" },
          trust !== "alarm" && h("button", { type: "button", class: trust === "verified" ? "" : "primary", "data-control": "verify", onclick: () => compare(close) }, words.say("person.compare")),
          (trust === "changed" || trust === "blocked" || trust === "lost") && h("button", { type: "button", onclick: () => go(acknowledge) }, words.say("person.acknowledge")),
        ),
      );
    });
    return box;
  }

  /** @param {() => void} close */
  function compare(close) {
    close();
    void verifyDialog(context, { account, name: known.name });
  }

  /** @returns {Promise<Refusal | null>} */
  async function acknowledge() {
    const pin = contacts.pin(account);
    return pin === null ? null : contacts.acknowledge(account, pin);
  }

  /** @param {() => void} close */
  function actions(close) {
    const row = h("div", { class: "actions" });
    scope.effect(() => {
      const state = friends.list.value?.find((each) => each.account === account)?.state;
      fill(row, ...buttons(state, close));
    });
    return row;
  }

  /** @param {Friend["state"] | undefined} state @param {() => void} close */
  function buttons(state, close) {
    const button = (/** @type {string} */ label, /** @type {() => Promise<Refusal | null>} */ command) =>
      h("button", { type: "button", "data-control": label, onclick: () => go(command, close) }, words.say(`person.${label}`));
    if (state === undefined) return [];
    if (state === "blocked") return [button("unblock", () => friends.unblock(account))];
    const remove = state === "asked" ? "take_back" : "remove";
    return [
      state === "friend" && h("button", { type: "button", class: "primary", "data-control": "write", onclick: () => void write(close) }, words.say("person.write")),
      button("block", () => friends.block(account)), state === "asking" ? null : button(remove, () => friends.remove(account)),
    ];
  }

  /** @param {() => void} close */
  async function write(close) {
    fill(fault);
    // Conversations know people, and not the other way round.
    const { openDirect } = await import("../conversations/index.js");
    const refused = await openDirect(context, account);
    if (refused === null) close();
    else fill(fault, words.error(refused));
  }

  /** @param {() => Promise<Refusal | null>} command @param {() => void} [then] */
  async function go(command, then) {
    fill(fault);
    const refused = await command();
    if (refused !== null) fill(fault, words.error(refused.code));
    else then?.();
  }
}
