/**
 * Who is in a conversation: role, how far their keys are to be trusted, whether they are there; and what can be done about each.
 */
import { Signal } from "../../model/signals.js";
import { openDialog } from "../dialog.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { verifyDialog } from "../people/verify.js";
import { removeDialog, transferDialog } from "./decisions.js";
import { isThere, memberName } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./index.js").Conversation} Conversation
 * @typedef {import("../../rooms/requests.js").RoomMember} RoomMember
 * @typedef {import("../../rooms/requests.js").Role} Role
 * @typedef {{ member: RoomMember, online: boolean }} Entry
 */

/** People in the document at most; the field finds the others. */
const SHOWN = 200;
const FILTER_FROM = 12;
/** Higher ranks first; only who ranks higher may change somebody. @type {readonly Role[]} */
const RANKS = Object.freeze(/** @type {Role[]} */ (["owner", "admin", "member", "muted"]));

/** How far keys are trusted of which the page warns. @type {ReadonlySet<RoomMember["keys"]>} */
export const WARNS = new Set(/** @type {RoomMember["keys"][]} */ (["changed", "lost", "alarm"]));

/** Whether the user is its owner or admin, by the signed chain. @param {Pick<Conversation, "role">} conversation */
export function leads({ role }) {
  return role === "owner" || role === "admin";
}

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function membersList(context, scope, room) {
  const { words, conversations } = context;
  const count = h("span", { class: "tabular hint" });
  const list = h("ul", { class: "people members" });
  const rest = h("p", { class: "quiet inset" });
  const wanted = new Signal("");
  const field = h("input", { type: "search", dir: "auto", "aria-label": words.say("details.filter"), placeholder: words.say("details.filter"), oninput: () => (wanted.value = field.value) });
  scope.effect(() => {
    const members = (conversations.find(room)?.members ?? []).map((member) => ({ ...member, name: memberName(context, member) }));
    const find = wanted.value.trim().toLocaleLowerCase();
    const found = members.filter(({ name }) => name.toLocaleLowerCase().includes(find));
    found.sort((a, b) => Number(b.own) - Number(a.own) || RANKS.indexOf(a.role) - RANKS.indexOf(b.role) || words.compare(a.name, b.name));
    setText(count, words.number(members.length));
    field.hidden = members.length < FILTER_FROM;
    const entries = found.slice(0, SHOWN).map((member) => ({ member, online: isThere(context, member.account) }));
    reconcile(list, entries, ({ member }) => member.account, draw, sameEntry);
    rest.hidden = found.length > 0 && found.length <= SHOWN;
    setText(rest, found.length === 0 ? words.say("details.nobody") : words.say("details.more", { count: Math.max(0, found.length - SHOWN) }));
  });
  return h("section", { class: "who-is-here" }, h("h3", {}, icon("people"), words.say("talk.members"), count), field, list, rest);

  /** @param {Entry} entry */
  function draw({ member, online }) {
    const { account, name, role, own, keys } = member;
    const label = own || keys === "seen" ? null : `trust.short_${keys}`;
    const warns = WARNS.has(keys);
    const parts = [
      h("span", { class: "here", "data-online": String(own || online), "aria-hidden": "true" }),
      h("span", { class: "name", dir: "auto" }, name),
      !own && h("span", { class: "unseen" }, words.say(online ? "people.online" : "people.offline")),
      own && h("span", { class: "mark-you" }, words.say("details.you")),
      label !== null && h("span", { class: warns ? "trust warn" : "trust", title: words.say(label) }, icon(warns ? "warn" : "check"), h("span", { class: "unseen" }, words.say(label))),
      role !== "member" && h("span", { class: "hint" }, words.say(`role.${role}`)),
    ];
    if (own) return h("li", { class: "own-row" }, ...parts);
    return h("li", {}, h("button", { type: "button", class: "row-button", "data-control": "member", "aria-haspopup": "dialog", onclick: () => memberDialog(context, room, account) }, ...parts));
  }
}

/** @param {Entry} a @param {Entry} b */
function sameEntry(a, b) {
  return a.online === b.online && a.member.name === b.member.name && a.member.role === b.member.role && a.member.keys === b.member.keys;
}

/** One member: keys, role, and ways out. @param {TalkContext} context @param {string} room @param {string} account */
export function memberDialog(context, room, account) {
  const { words, conversations } = context;
  const conversation = conversations.list.peek()?.find((each) => each.room === room);
  const member = conversation?.members.find((each) => each.account === account);
  if (conversation === undefined || member === undefined) return;
  const { keys, role, anew } = member;
  const name = memberName(context, member);
  const fault = h("p", { class: "fault", role: "alert" });
  const told = h("p", { class: "note", role: "status" });
  const warns = WARNS.has(keys);
  const below = RANKS.indexOf(conversation.role) < RANKS.indexOf(role) && leads(conversation);
  const isDirect = conversation.kind === "direct";
  openDialog(words, name, (close) => [
    h("p", { class: "lead" }, words.say(`role.is_${role}`)),
    h(
      "section",
      { class: "setting" },
      h("h3", {}, words.say("person.keys")),
      h("p", { class: warns ? "warning" : "" }, warns && icon("warn"), h("span", {}, words.say(`trust.${keys === "seen" ? "pinned" : keys}`, { name }))),
      anew && !isDirect && h("p", {}, words.say("member.anew_lead", { name })),
      h(
        "div",
        { class: "answers" },
        keys !== "alarm" && h("button", { type: "button", class: keys === "verified" ? "" : "primary", "data-control": "verify", onclick: () => compare(close) }, words.say("person.compare")),
        (keys === "changed" || keys === "lost") && h("button", { type: "button", "data-control": "acknowledge", onclick: () => void acknowledge(close) }, words.say("person.acknowledge")),
        anew && !warns && !isDirect && h("button", { type: "button", "data-control": "anew", onclick: () => void invite() }, words.say("member.anew")),
      ),
      told,
    ),
    !isDirect && below ? roles(close) : null,
    fault,
    !isDirect && below
      ? h(
          "div",
          { class: "actions" },
          conversation.role === "owner" && h("button", { type: "button", "data-control": "transfer", onclick: () => hand(close) }, words.say("member.transfer")),
          h("button", { type: "button", "data-control": "ban", onclick: () => remove(close, true) }, words.say("member.ban")),
          h("button", { type: "button", "data-control": "remove", onclick: () => remove(close, false) }, words.say("member.remove")),
        )
      : null,
  ]);

  /** @param {() => void} close */
  function roles(close) {
    const offered = RANKS.filter((each) => each !== "owner" && RANKS.indexOf(/** @type {Conversation} */ (conversation).role) < RANKS.indexOf(each));
    const buttons = offered.map((each) => h("button", { type: "button", class: "choice", "data-control": `role-${each}`, "aria-pressed": String(each === role), onclick: () => change(each, close) }, words.say(`role.${each}`)));
    return h("section", { class: "setting" }, h("h3", {}, words.say("role.title")), h("div", { class: "choices", role: "group", "aria-label": words.say("role.title") }, ...buttons));
  }

  /** @param {Role} next @param {() => void} close */
  async function change(next, close) {
    if (next === role) return;
    const refused = await conversations.act("conversation_role", { room, account, role: next });
    if (refused === null) close();
    else fill(fault, words.error(refused));
  }

  /** @param {() => void} close */
  async function acknowledge(close) {
    const { contacts } = context.people;
    const unread = await contacts.check(account, name);
    const pin = contacts.pin(account);
    const refused = unread ?? (pin === null ? null : await contacts.acknowledge(account, pin));
    if (refused === null) close();
    else fill(fault, words.error(refused.code));
  }

  /** Lets somebody in who has begun anew with other keys. */
  async function invite() {
    fill(fault);
    const given = await conversations.ask("conversation_invite", { room, account });
    if ("error" in given) return fill(fault, words.error(given.error.code));
    return fill(told, words.say(given.ok.online ? "inviting.online" : "inviting.offline", { name }));
  }

  /** @param {() => void} close */
  function compare(close) {
    close();
    void verifyDialog(context, { account, name });
  }

  /** @param {() => void} close */
  function hand(close) {
    close();
    transferDialog(context, room, account, name);
  }

  /** @param {() => void} close @param {boolean} ban */
  function remove(close, ban) {
    close();
    removeDialog(context, /** @type {Conversation} */ (conversation), /** @type {RoomMember} */ (member), ban);
  }
}
