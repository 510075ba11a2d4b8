/**
 * What owners and admins change of a room: name and topic, rules, who is kept out, and whether it is only read.
 */
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { passFocus } from "../list.js";
import { titleOf } from "../conversations/names.js";
import { choices, faultOfFace, textField } from "./fields.js";

/**
 * @typedef {import("../conversations/index.js").TalkContext} TalkContext
 * @typedef {import("../conversations/index.js").Conversation} Conversation
 * @typedef {import("../../rooms/requests.js").Policy} Policy
 */

/** @param {TalkContext} context @param {Conversation} conversation */
export function settingsDialog(context, conversation) {
  const { words } = context;
  const { role, archived } = conversation;
  openDialog(words, words.say("setup.title"), (close) => [
    !archived && faceForm(context, conversation),
    role === "owner" && !archived && rules(context, conversation),
    conversation.banned.length > 0 && bannedList(context, conversation),
    role === "owner" && archive(context, conversation, close),
  ]);
}

/** @param {TalkContext} context @param {Conversation} conversation */
function faceForm(context, { room, kind, name: called, topic: about }) {
  const { words, conversations } = context;
  const name = textField(context, "setup-name", "found.name", { value: called, most: 120 });
  const topic = textField(context, "setup-topic", "found.topic", { value: about, most: 500 });
  const fault = h("p", { class: "fault", role: "alert" });
  const told = h("p", { class: "note", role: "status" });
  const submit = h("button", { type: "submit", class: "primary", "data-control": "save-face" }, words.say("own.save"));
  return h(
    "section",
    { class: "setting" },
    h("h3", {}, words.say("setup.face")),
    h("p", { class: "hint" }, words.say(kind === "public" ? "setup.face_public" : "setup.face_private")),
    h("form", { novalidate: true, onsubmit: save }, name.element, topic.element, fault, told, submit),
  );

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    const face = { name: name.input.value.trim(), topic: topic.input.value.trim() };
    const wrong = kind === "public" && face.name === "" ? "found.no_name" : faultOfFace(face);
    fill(told);
    if (wrong !== null) return fill(fault, words.say(wrong));
    submit.disabled = true;
    fill(fault);
    const refused = await conversations.act("conversation_rename", { room, ...face });
    submit.disabled = false;
    return refused === null ? fill(told, words.say("setup.saved")) : fill(fault, words.error(refused));
  }
}

/** @param {TalkContext} context @param {Conversation} conversation */
function rules({ words, conversations }, { room, policy }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const told = h("p", { class: "note", role: "status" });
  const wanted = { ...policy };
  const submit = h("button", { type: "button", "data-control": "save-rules", onclick: () => void save() }, words.say("own.save"));
  return h(
    "section",
    { class: "setting" },
    h("h3", {}, words.say("setup.rules")),
    h("p", { class: "hint" }, words.say("setup.rules_lead")),
    rule("room.join", "join", { open: "room.join_open", by_invitation: "room.join_by_invitation" }),
    rule("create.history", "history", { from_joining: "history.from_joining", shared: "history.shared" }),
    rule("room.inviting", "invite", { any_member: "room.invite_any_member", owners_and_admins: "room.invite_owners_and_admins" }),
    fault,
    told,
    submit,
  );

  /** @param {string} legend @param {"join" | "history" | "invite"} which @param {Record<string, string>} values with the words of each */
  function rule(legend, which, values) {
    const options = Object.entries(values).map(([value, key]) => ({ value, label: words.say(key) }));
    return choices(words.say(legend), `setup-${which}`, options, policy[which], (value) => Object.assign(wanted, { [which]: value })).element;
  }

  async function save() {
    submit.disabled = true;
    fill(fault);
    fill(told);
    const { join, history, invite } = wanted;
    const refused = await conversations.act("conversation_policy", { room, policy: { join, history, invite } });
    submit.disabled = false;
    if (refused === null) fill(told, words.say("setup.saved"));
    else fill(fault, words.error(refused));
  }
}

/** @param {TalkContext} context @param {Conversation} conversation */
function bannedList({ words, conversations }, { room, banned }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const title = h("h3", { tabindex: "-1" }, words.say("setup.banned"));
  const rows = banned.map(({ account, name }) => {
    const called = name || conversations.nameOf(account) || words.say("talks.somebody");
    const button = h("button", { type: "button", class: "small", "data-control": "unban", onclick: () => void run() }, words.say("setup.unban", { name: called }));
    const row = h("li", {}, h("span", { class: "name", dir: "auto" }, called), button);
    let isAsked = false;
    return row;

    async function run() {
      // Disabled it would lose the focus, and its row could not hand it on.
      if (isAsked) return undefined;
      isAsked = true;
      const refused = await conversations.act("conversation_unban", { room, account });
      isAsked = false;
      if (refused !== null) return fill(fault, words.error(refused));
      passFocus(row, title);
      return row.remove();
    }
  });
  return h("section", { class: "setting" }, title, h("ul", { class: "people banned" }, ...rows), fault);
}

/** Asked about where it is: what is archived can be opened again. @param {TalkContext} context @param {Conversation} conversation @param {(next?: unknown) => void} close */
function archive(context, conversation, close) {
  const { words, conversations } = context;
  const { room, archived } = conversation;
  const fault = h("p", { class: "fault", role: "alert" });
  const label = words.say(archived ? "setup.unarchive" : "setup.archive");
  const ask = h("button", { type: "button", "data-control": "archive", onclick: () => (archived ? void run() : question()) }, label);
  const place = h("div", {}, ask);
  return h("section", { class: "setting" }, h("h3", {}, label), !archived && h("p", { class: "hint" }, words.say("setup.archive_lead")), place, fault);

  function question() {
    const go = h("button", { type: "button", class: "danger", "data-control": "go", onclick: () => void run() }, words.say("setup.archive"));
    fill(place, h("p", {}, words.say("setup.sure_archive", { room: titleOf(context, conversation) })), h("div", { class: "answers" }, h("button", { type: "button", onclick: () => fill(place, ask) }, words.say("sure.no")), go));
    go.focus();
  }

  async function run() {
    fill(fault);
    const refused = await conversations.act("conversation_archive", { room, archived: !archived });
    if (refused === null) close();
    else fill(fault, words.error(refused));
  }
}
