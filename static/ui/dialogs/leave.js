/**
 * Signing out: at once, unless something would be lost.
 */
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";

/** @param {import("../context.js").Context} context */
export async function leave(context) {
  const { chat, words } = context;
  const unsent = chat.rooms.unsent;
  const draft = chat.rooms.entered.peek().some((room) => room.draft.trim() !== "") || (await lostInConversations(context));
  if (unsent === 0 && !draft) {
    chat.signOut();
    return;
  }
  openDialog(words, words.say("leave.title"), (close) => [
    unsent > 0 && h("p", {}, words.say("leave.unsent", { count: unsent })),
    draft && h("p", {}, words.say("leave.draft")),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", "data-first": true, onclick: close }, words.say("leave.stay")),
      h("button", { type: "button", class: "danger", onclick: go }, words.say("leave.go")),
    ),
  ]);

  function go() {
    document.querySelector("dialog")?.close();
    chat.signOut();
  }
}

/** What was begun there is kept, in a browser that keeps anything; a change of what was said is not. @param {import("../context.js").Context} context */
async function lostInConversations(context) {
  const { account, kept } = context.chat.account;
  if (account.peek() === "") return false;
  const part = await import("../conversations/index.js").catch(() => null);
  if (part === null) return false;
  const { drafted, editing } = part.talkContext(context).conversations;
  return kept.peek() ? editing : drafted;
}
