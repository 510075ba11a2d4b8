/**
 * Steps in a conversation that are asked about first: leaving, removing, another name.
 */
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { digits } from "../people/verify.js";
import { memberName, titleOf } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./index.js").Conversation} Conversation
 * @typedef {import("../../rooms/requests.js").RoomMember} RoomMember
 */

/** The longest name, in bytes (docs/protocol.md §14.14). */
const NAME_BYTES = 256;

/** @param {TalkContext} context @param {Conversation} conversation */
export function leaveDialog(context, conversation) {
  const { words, conversations, layout } = context;
  const alone = conversation.members.every(({ own }) => own);
  const lastOwner = conversation.role === "owner" && !alone && !conversation.members.some(({ own, role }) => !own && role === "owner");
  sure(context, {
    title: words.say("leaving.title", { room: titleOf(context, conversation) }),
    sentences: [words.say("leaving.lead"), ...(lastOwner && conversation.kind !== "direct" ? [words.say("leaving.last_owner")] : [])],
    go: words.say("leaving.go"),
    run: () => conversations.act("conversation_leave", { room: conversation.room }),
    then: () => layout.back(),
  });
}

/** @param {TalkContext} context @param {Conversation} conversation @param {RoomMember} member @param {boolean} ban */
export function removeDialog(context, { room }, member, ban) {
  const { words, conversations } = context;
  const { account } = member;
  const name = memberName(context, member);
  sure(context, {
    title: words.say(ban ? "member.ban_title" : "member.remove_title", { name }),
    sentences: [words.say(ban ? "member.ban_lead" : "member.remove_lead", { name })],
    go: words.say(ban ? "member.ban" : "member.remove"),
    run: () => conversations.act("conversation_remove", { room, account, ban }),
  });
}

/** Somebody else owns it from then on. @param {TalkContext} context @param {string} room @param {string} account @param {string} name */
export function transferDialog(context, room, account, name) {
  const { words, conversations } = context;
  sure(context, {
    title: words.say("member.transfer_title", { name }),
    sentences: [words.say("member.transfer_lead", { name })],
    go: words.say("member.transfer"),
    run: () => conversations.act("conversation_transfer", { room, account }),
  });
}

/** @param {TalkContext} context @param {Conversation} conversation */
export function renameDialog(context, { room, name }) {
  const { words, conversations } = context;
  const input = h("input", { id: "talk-name", type: "text", dir: "auto", value: name, maxlength: "120", autocomplete: "off", "aria-describedby": "talk-name-fault", "data-first": true });
  const fault = h("p", { id: "talk-name-fault", class: "fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, words.say("own.save"));
  openDialog(words, words.say("rename.title"), (close) => [
    h("p", { class: "lead" }, words.say("rename.lead")),
    h("form", { novalidate: true, onsubmit: (/** @type {Event} */ event) => rename(event, close) }, h("label", { for: "talk-name" }, words.say("rename.name")), input, fault, submit),
  ]);
  input.select();

  /** @param {Event} event @param {() => void} close */
  async function rename(event, close) {
    event.preventDefault();
    const next = input.value.trim();
    if (isTooLong(next)) return fill(fault, words.say("rename.too_long"));
    submit.disabled = true;
    const refused = await conversations.act("conversation_rename", { room, name: next });
    submit.disabled = false;
    return refused === null ? close() : fill(fault, words.error(refused));
  }
}

/** What the vault kept of a conversation is lost: what the server shows now takes its place. @param {TalkContext} context @param {string} room */
export function goOnDialog(context, room) {
  const { words, conversations } = context;
  sure(context, {
    title: words.say("going_on.title"),
    sentences: [words.say("going_on.lead"), words.say("going_on.compare")],
    go: words.say("going_on.go"),
    run: () => conversations.act("conversation_decide", { room, kind: "rolled_back" }),
  });
}

/** The number by which members see whether they have the same history. @param {TalkContext} context @param {string} room */
export function numberDialog({ words, conversations }, room) {
  const number = conversations.list.peek()?.find((each) => each.room === room)?.number ?? "";
  openDialog(words, words.say("talk.number"), () => [h("p", { class: "lead" }, words.say("talk.number_lead")), digits(number)]);
}

/** Whether a room's name has more bytes than there is place for. @param {string} name */
export function isTooLong(name) {
  return new TextEncoder().encode(name).length > NAME_BYTES;
}

/**
 * @param {TalkContext} context
 * @param {{ title: string, sentences: string[], go: string, run: () => Promise<string | null>, then?: () => void }} question
 */
function sure({ words }, { title, sentences, go: label, run, then }) {
  const fault = h("p", { class: "fault", role: "alert" });
  openDialog(words, title, (close) => {
    const go = h("button", { type: "button", class: "danger", "data-control": "go", onclick: act }, label);
    return [...sentences.map((sentence) => h("p", {}, sentence)), fault, h("div", { class: "actions" }, h("button", { type: "button", "data-first": true, onclick: () => close() }, words.say("sure.no")), go)];

    async function act() {
      go.disabled = true;
      fill(fault);
      const refused = await run();
      go.disabled = false;
      if (refused !== null) return fill(fault, words.error(refused));
      close(document.getElementById("composer"));
      return then?.();
    }
  });
}
