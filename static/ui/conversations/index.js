/**
 * The entry of end-to-end conversations. It loads when an account is signed in.
 */
import "../later.js";
import { Conversations } from "../../model/conversations.js";
import { peopleContext } from "../people/index.js";
import { aside } from "./aside.js";
import { roomsSection } from "../rooms/list.js";
import { h } from "../dom.js";
import { talks } from "./list.js";
import { nameOf, titleOf } from "./names.js";
import { talkView } from "./view.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../people/index.js").PeopleContext} PeopleContext
 * @typedef {import("../../model/signals.js").Scope} Scope
 * @typedef {import("../../model/conversations.js").Conversation} Conversation
 * @typedef {PeopleContext & { conversations: Conversations }} TalkContext
 */

/** One for each chat: it outlives a change of language. @type {WeakMap<Context["chat"], Conversations>} */
const CONVERSATIONS = new WeakMap();

/** @param {Context} context @returns {TalkContext} */
export function talkContext(context) {
  const conversations = CONVERSATIONS.get(context.chat) ?? new Conversations(context.chat);
  CONVERSATIONS.set(context.chat, conversations);
  return { ...peopleContext(context), conversations };
}

/** The sections of the sidebar: rooms with their channels, and conversations. @param {Context} context @param {Scope} scope */
export function drawTalks(context, scope) {
  const whole = talkContext(context);
  tell(whole);
  return h("div", {}, roomsSection(whole, scope), talks(whole, scope));
}

/** The conversation on the screen. @param {Context} context @param {Scope} scope */
export function drawTalk(context, scope) {
  return talkView(talkContext(context), scope);
}

/** What there is to know of it. @param {Context} context @param {Scope} scope */
export function drawAside(context, scope) {
  return aside(talkContext(context), scope);
}

/**
 * Shows the direct conversation with somebody, begun if there is none yet, or none any more since either has other keys.
 * @param {Context} context @param {string} account
 * @returns {Promise<string | null>} code of why not
 */
export async function openDirect(context, account) {
  const { conversations } = talkContext(context);
  const given = await conversations.ask("conversation_create", { kind: "direct", accounts: [account], name: "", history: "from_joining" });
  if ("error" in given) return given.error.code;
  conversations.show(given.ok.room, given.ok.channel);
  context.layout.back();
  return null;
}

/** Has what others said spoken, if it is on the screen. @param {TalkContext} context */
function tell(context) {
  const { conversations, words, announcer } = context;
  conversations.onNews = (conversation, rows, channel) => {
    if (conversations.channel.peek() !== channel) return;
    const room = titleOf(context, conversation);
    for (const row of rows) announcer.say(words.say("say.message", { name: nameOf(context, row.account), text: row.text || (row.file?.name ?? "") }), (count) => words.say("say.messages", { count, room }));
  };
  conversations.onInvited = ({ inviterName }) => announcer.say(words.say("invited.say", { name: inviterName }));
}
