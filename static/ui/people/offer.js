/**
 * The invitation that brought somebody here: whose it is, whether the keys are the ones it names, and what to do with it.
 */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @typedef {import("./index.js").PeopleContext} PeopleContext
 * @typedef {import("../../model/invitation.js").Offer} Offer
 */

/** @param {PeopleContext} context @param {import("../../model/signals.js").Scope} scope */
export function offerCard({ people, words, announcer }, scope) {
  const { invitation, friends, contacts } = people;
  const box = h("div", { class: "offer", role: "status" });
  const fault = h("p", { class: "fault", role: "alert" });
  scope.effect(() => {
    const offer = invitation.offer.value;
    box.hidden = offer === null || offer.state === "reading";
    fill(box, ...(offer === null ? [] : parts(offer)), fault);
  });
  return box;

  /** @param {Offer} offer */
  function parts(offer) {
    const away = h("button", { type: "button", class: "small", onclick: () => invitation.drop() }, words.say(offer.state === "matches" ? "offer.not_now" : "offer.away"));
    switch (offer.state) {
      case "reading":
        return [];
      case "matches": {
        const take = h("button", { type: "button", class: "small", onclick: () => add(take, offer) }, icon("plus"), words.say("offer.add"));
        return [h("p", {}, words.say("offer.matches", { name: offer.name })), h("div", { class: "answers" }, take, away)];
      }
      case "failed": {
        const again = h("button", { type: "button", class: "small", onclick: () => void invitation.look(() => false) }, icon("retry"), words.say("people.again"));
        return [h("p", {}, words.say("offer.failed", { cause: words.error(offer.code) })), h("div", { class: "answers" }, again, away)];
      }
      default:
        return [h("p", { class: "warning" }, icon("warn"), h("span", {}, words.say(`offer.${offer.state}`))), away];
    }
  }

  /** @param {HTMLButtonElement} button @param {Offer} offer */
  async function add(button, { inviter, name }) {
    button.disabled = true;
    fill(fault);
    // Pinned before the server is asked for anything: what it shows from here on must continue these keys.
    const refused = await pinned(inviter, name);
    button.disabled = false;
    if (refused !== null) return fill(fault, refused);
    announcer.say(words.say("add.asked", { name }));
    return invitation.drop();
  }

  /** @param {import("../../crypto/numbers.js").AccountKeys} inviter @param {string} name @returns {Promise<string | null>} why not */
  async function pinned({ account, fingerprint }, name) {
    const unread = await contacts.check(account, name);
    if (unread !== null) return words.error(unread.code);
    if (contacts.trust(account) === "alarm" || contacts.pin(account)?.fingerprint !== fingerprint) return words.say("offer.differs");
    const refused = await friends.add(account);
    return refused === null ? null : words.error(refused.code);
  }
}
