/**
 * The people of an account in the sidebar: who asks, who is online, and the ways to somebody new.
 */
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { HALTS } from "../../model/contacts.js";
import { addDialog } from "./add.js";
import { inviteDialog } from "./invite.js";
import { offerCard } from "./offer.js";
import { openPerson } from "./person.js";

/**
 * @typedef {import("./index.js").PeopleContext} PeopleContext
 * @typedef {import("../../model/friends.js").Friend} Friend
 * @typedef {import("../../model/contacts.js").Trust} Trust
 * @typedef {{ friend: Friend, trust: Trust, renewed: boolean }} Row
 */

/** Requests first, then who is there, then the others; blocked people last. */
const ORDER = Object.freeze(["asking", "online", "friend", "asked", "blocked"]);

/** @param {PeopleContext} context @param {import("../../model/signals.js").Scope} scope */
export function peopleSection(context, scope) {
  const { chat, people, words } = context;
  const { friends, contacts } = people;
  const title = h("h2", { id: "people-title", tabindex: "-1" }, words.say("people.title"));
  const list = h("ul", { class: "list friends", "aria-labelledby": "people-title" });
  const quiet = h("p", { class: "quiet inset" });
  const trouble = h("div", { class: "inset", role: "status" });
  const fault = h("p", { class: "fault inset", role: "alert" });
  const stale = h("p", { class: "quiet inset" }, words.say("people.stale"));
  scope.effect(() => {
    const known = friends.list.value;
    const rows = (known ?? []).map((friend) => ({ friend, trust: contacts.trust(friend.account), renewed: contacts.renewed.value.has(friend.account) }));
    rows.sort((a, b) => rank(a.friend) - rank(b.friend) || words.compare(a.friend.name, b.friend.name));
    reconcile(list, rows, ({ friend }) => friend.account, draw, sameRow);
    list.hidden = rows.length === 0;
    quiet.hidden = rows.length > 0 || (known === null && friends.fault.value !== null);
    setText(quiet, words.say(known === null ? "people.loading" : "people.none"));
  });
  scope.effect(() => showTrouble());
  scope.effect(() => {
    // A list that is a cut old still says who is known; who is online it does not.
    stale.hidden = chat.connection.value.phase === "open" || friends.list.value === null;
  });
  return h(
    "section",
    { class: "people-part", "aria-labelledby": "people-title" },
    title,
    offerCard(context, scope),
    list,
    quiet,
    stale,
    trouble,
    fault,
    h("button", { type: "button", class: "row-button", onclick: () => addDialog(context) }, icon("plus"), h("span", {}, words.say("people.add"))),
    h("button", { type: "button", class: "row-button", onclick: () => inviteDialog(context) }, icon("send"), h("span", {}, words.say("people.invite"))),
  );

  function showTrouble() {
    const code = friends.fault.value;
    if (code === null) return fill(trouble);
    const again = h("button", { type: "button", class: "small", onclick: () => void friends.read() }, icon("retry"), words.say("people.again"));
    return fill(trouble, h("p", { class: "quiet" }, words.say("people.not_read", { cause: words.error(code) })), again);
  }

  /** @param {Row} row */
  function draw(row) {
    return row.friend.state === "asking" ? request(row.friend) : person(row);
  }

  /** Somebody who waits for an answer. @param {Friend} friend */
  function request({ account, name, display }) {
    return h(
      "li",
      { class: "request", tabindex: "-1" },
      h("p", {}, words.say("people.asks", { name }), display !== "" && h("span", { class: "hint block", dir: "auto" }, display)),
      h(
        "div",
        { class: "answers" },
        h("button", { type: "button", class: "small", "aria-label": words.say("people.accept_of", { name }), onclick: () => act(() => friends.accept(account)) }, icon("check"), words.say("people.accept")),
        h("button", { type: "button", class: "small", "aria-label": words.say("people.decline_of", { name }), onclick: () => act(() => friends.decline(account)) }, words.say("people.decline")),
      ),
    );
  }

  /** @param {Row} row */
  function person({ friend, trust, renewed }) {
    const { account, name, display, state } = friend;
    const online = state === "friend" && friend.online;
    return h(
      "li",
      { tabindex: "-1" },
      h(
        "button",
        { type: "button", class: "row-button", "data-control": "person", "aria-haspopup": "dialog", onclick: () => openPerson(context, account) },
        state === "friend" ? h("span", { class: "here", "data-online": String(online), "aria-hidden": "true" }) : icon(state === "blocked" ? "close" : "clock"),
        h("span", { class: "name", dir: "auto" }, name, display !== "" && h("span", { class: "hint" }, ` ${display}`)),
        trustMark(trust, renewed),
        h("span", { class: "hint" }, words.say(state === "friend" ? (online ? "people.online" : "people.offline") : `people.state_${state}`)),
      ),
    );
  }

  /** Nothing while all is well: a mark for keys that both compared, and a warning. @param {Trust} trust @param {boolean} renewed */
  function trustMark(trust, renewed) {
    if (HALTS.has(trust)) return h("span", { class: "trust warn", title: words.say(`trust.short_${trust}`) }, icon("warn"), h("span", { class: "unseen" }, words.say(`trust.short_${trust}`)));
    if (trust !== "verified") return null;
    const label = words.say(renewed ? "trust.short_renewed" : "trust.short_verified");
    return h("span", { class: "trust", title: label }, icon("check"), h("span", { class: "unseen" }, label));
  }

  /** @param {() => Promise<import("../../wire/frame.js").Refusal | null>} command */
  async function act(command) {
    fill(fault);
    const refused = await command();
    if (refused !== null) fill(fault, words.error(refused.code));
    // What was pressed is gone: the keyboard goes on from the heading.
    else if (document.activeElement === document.body) title.focus();
  }
}

/** @param {Friend} friend */
function rank({ state, online }) {
  return ORDER.indexOf(state === "friend" && online ? "online" : state);
}

/** @param {Row} a @param {Row} b */
function sameRow(a, b) {
  const [one, other] = [a.friend, b.friend];
  const same = one.state === other.state && one.online === other.online && one.name === other.name && one.display === other.display;
  return same && a.trust === b.trust && a.renewed === b.renewed;
}
