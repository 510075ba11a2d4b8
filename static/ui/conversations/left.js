/**
 * What was written for a conversation that one is in no more, and never left: it is shown until its writer has taken it or gives it up.
 */
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { talkIcon } from "./icons.js";

/** In the sidebar. @param {import("./index.js").TalkContext} context @param {import("../../rooms/requests.js").Left} left */
export function leftCard({ words, conversations, announcer }, { message, text }) {
  return h(
    "li",
    { class: "request left-text", tabindex: "-1" },
    h("p", {}, words.say("left.lead")),
    h("blockquote", { class: "said", dir: "auto" }, text),
    h(
      "div",
      { class: "answers" },
      h("button", { type: "button", class: "small", "data-control": `copy-${message}`, onclick: copy }, talkIcon("copy"), words.say("menu.copy")),
      h("button", { type: "button", class: "small", "data-control": `discard-${message}`, onclick: () => void conversations.act("conversation_give_up", { message }) }, icon("bin"), words.say("send.discard")),
    ),
  );

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      announcer.say(words.say("invite.copied"));
    } catch {
      announcer.say(words.say("menu.copy_failed"));
    }
  }
}
