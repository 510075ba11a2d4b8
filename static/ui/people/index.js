/**
 * The entry of what an account sees of other people. It loads when an account is signed in.
 */
import "../later.js";
import { People } from "../../model/people.js";
import { keysBanner } from "./keys_banner.js";
import { peopleSection } from "./section.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../../model/account.js").Account} Account
 * @typedef {Context & { account: Account, people: People }} PeopleContext
 */

/** One for each account object: it outlives a change of language. @type {WeakMap<Account, People>} */
const PEOPLE = new WeakMap();

/** @param {Context} context @returns {PeopleContext} */
export function peopleContext(context) {
  const { account, connection } = context.chat;
  const people = PEOPLE.get(account) ?? new People(account, connection);
  PEOPLE.set(account, people);
  return { ...context, account, people };
}

/** The section of the sidebar. @param {Context} context @param {import("../../model/signals.js").Scope} scope */
export function drawPeople(context, scope) {
  const whole = peopleContext(context);
  tell(whole);
  return peopleSection(whole, scope);
}

/** The line over the conversation. @param {Context} context @param {import("../../model/signals.js").Scope} scope */
export function drawBanner(context, scope) {
  return keysBanner(peopleContext(context), scope);
}

/** Has what others did spoken. @param {PeopleContext} context */
function tell({ people, words, announcer }) {
  people.friends.onNews = ({ kind, friend: { name } }) => announcer.say(words.say(kind === "asks" ? "people.say_asks" : "people.say_accepted", { name }));
  people.contacts.onHalt = (account, trust) => {
    const name = people.friends.find(account)?.name;
    if (name !== undefined) announcer.say(words.say(`trust.${trust}`, { name }));
  };
}
