/**
 * One line over the conversation while keys of somebody known wait for a decision; nothing while nobody's do.
 */
import { HALTS } from "../../model/contacts.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { openPerson } from "./person.js";

/** @param {import("./index.js").PeopleContext} context @param {import("../../model/signals.js").Scope} scope */
export function keysBanner(context, scope) {
  const { people, words } = context;
  const line = h("div", { class: "banner" });
  let shown = "";
  scope.effect(() => {
    const waiting = (people.friends.list.value ?? []).flatMap((friend) => {
      const trust = people.contacts.trust(friend.account);
      return friend.state !== "blocked" && HALTS.has(trust) ? [{ ...friend, trust }] : [];
    });
    const [first] = waiting;
    line.hidden = first === undefined;
    const now = first === undefined ? "" : `${first.account} ${first.trust}`;
    if (now === shown) return;
    shown = now;
    if (first === undefined) return fill(line);
    const look = h("button", { type: "button", class: "small", onclick: () => openPerson(context, first.account) }, words.say("trust.look"));
    return fill(line, icon("warn"), h("span", {}, words.say(`trust.${first.trust}`, { name: first.name })), look);
  });
  return line;
}
