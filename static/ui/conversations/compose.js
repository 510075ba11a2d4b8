/**
 * Where one writes into a conversation: a text, an answer, or a change of what was said.
 */
import { encodeText } from "../../wire/records.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { writingBox } from "../writing_box.js";
import { talkIcon } from "./icons.js";
import { mentionList } from "./mention_list.js";
import { mentioned } from "./message.js";
import { nameOf, placeName } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../rooms/requests.js").MessageRow} MessageRow
 * @typedef {import("../../crypto/room/content.js").KnownContent} KnownContent
 * @typedef {import("../../rooms/requests.js").Row} Row
 *
 * `sent`: something is on its way to the outbox, and whether it is new; `rows`: those among which one writes; `thread`: everything said here answers in it.
 * @typedef {{ room: string, channel: string, title: string, sent: (isNew: boolean) => void, rows: () => readonly Row[], thread?: import("../../model/thread.js").Thread }} Where
 */

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {Where} where */
export function composeBox(context, scope, { room, channel, title, sent, rows, thread }) {
  const { conversations, words } = context;
  const draft = thread?.draft ?? conversations.draft(channel);
  const about = h("div", { class: "about-draft" });
  const fault = h("p", { class: "fault", role: "alert" });
  const closed = h("p", { class: "hint waiting" });
  const slow = h("p", { class: "hint slow" });
  let begun = false;
  /** The message that is answered or changed. @type {MessageRow | null} */
  let shown = null;
  const writing = writingBox(context, scope, { id: thread === undefined ? "composer" : "thread-composer", name: title, draft: draft.text, above: [about, closed, slow, fault], changed, send });
  const names = mentionList(context, scope, room, writing);
  writing.element.querySelector(".field")?.before(names);
  scope.listen(writing.box, "keydown", pressed);
  scope.listen(writing.box, "blur", () => conversations.typing.own(channel, false));
  scope.add(() => conversations.typing.own(channel, false));
  scope.effect(() => showClosed());
  scope.effect(() => {
    void (thread === undefined ? conversations.rows(channel).items.value : thread.items.value);
    if ((draft.reply ?? draft.edit) === shown) return;
    // It is forgotten.
    if (draft.text === "") writing.put("");
    showAbout();
  });
  scope.effect(() => {
    const conversation = conversations.find(room);
    if (conversation !== undefined && thread === undefined) writing.rename(placeName(context, conversation, channel));
  });
  showAbout();
  return { element: writing.element, reply, edit, complain: (/** @type {string} */ sentence) => fill(fault, sentence) };

  /** @param {MessageRow} row */
  function reply(row) {
    if (draft.edit !== null) writing.put("");
    Object.assign(draft, { reply: row, edit: null });
    showAbout();
    writing.box.focus();
  }

  /** @param {MessageRow} row */
  function edit(row) {
    Object.assign(draft, { reply: null, edit: row });
    writing.put(row.text);
    showAbout();
    writing.box.focus();
    writing.box.setSelectionRange(row.text.length, row.text.length);
  }

  function cancel() {
    if (draft.edit !== null) writing.put("");
    Object.assign(draft, { reply: null, edit: null });
    showAbout();
    writing.box.focus();
  }

  /** @param {string} text */
  function changed(text) {
    // The first measure is none of the writer's.
    // A stranger sees nothing before the first answer.
    if (begun && draft.text !== text && conversations.list.peek()?.find((each) => each.room === room)?.request === false) conversations.typing.own(channel, text.trim() !== "");
    begun = true;
    if (draft.text !== text) drafting();
    draft.text = text;
    fill(fault);
  }

  /** What is written into a thread lasts as long as that is shown. */
  function drafting() {
    if (thread === undefined) conversations.drafting(channel);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape" && (draft.reply !== null || draft.edit !== null)) {
      event.preventDefault();
      cancel();
    } else if (event.key === "ArrowUp" && writing.box.value === "") {
      const last = rows().findLast((row) => row.kind === "message" && row.mine && row.send?.state !== "failed");
      // What is on its way cannot be changed yet, and what was said before it is not meant.
      if (last?.kind !== "message" || last.hash === "") return;
      event.preventDefault();
      edit(last);
    }
  }

  /** @param {string} text */
  function send(text) {
    encodeText(text);
    const before = { ...draft, text };
    const content = contentOf(text);
    Object.assign(draft, { text: "", reply: null, edit: null });
    showAbout();
    conversations.typing.sent(channel);
    sent(before.edit === null);
    const sending = conversations.send(channel, content);
    if (thread === undefined) conversations.keepDraft(channel);
    void sending.then((refused) => {
      if (refused === null) return;
      // What was not even put into the outbox comes back, unless something else is being written.
      if (writing.box.value === "" && writing.box.isConnected) {
        Object.assign(draft, before);
        drafting();
        writing.put(text);
        showAbout();
      }
      fill(fault, words.say("send.failed", { cause: words.error(refused) }));
    });
  }

  /** @param {string} text @returns {KnownContent} */
  function contentOf(text) {
    const { edit: changes } = draft;
    const answers = draft.reply ?? thread?.answered ?? null;
    if (changes !== null) return { type: "edit", message: changes.message, hash: changes.hash, text, revision: 1 };
    const mentions = mentioned(context, room, text);
    const more = mentions.length > 0 ? { mentions } : {};
    return answers === null ? { type: "text", text, ...more } : { type: "reply", text, message: answers.message, hash: answers.hash, ...more };
  }

  function showAbout() {
    const { reply: answers, edit: changes } = draft;
    const row = (shown = answers ?? changes);
    if (row === null) return fill(about);
    const label = answers !== null ? words.say("compose.reply", { name: nameOf(context, row.account) }) : words.say("compose.edit");
    return fill(
      about,
      talkIcon(answers !== null ? "reply" : "pen"),
      h("span", { class: "two-lines" }, h("span", {}, label), h("span", { class: "hint said", dir: "auto" }, row.text || (row.file?.name ?? ""))),
      h("button", { type: "button", class: "plain", "aria-label": words.say("compose.cancel"), title: words.say("compose.cancel"), onclick: cancel }, icon("close")),
    );
  }

  /** Where nothing can be sent, it says why. */
  function showClosed() {
    const conversation = conversations.find(room);
    const state = conversation?.channels.find((each) => each.channel === channel);
    const why = conversation === undefined ? null : whyClosed(conversation, state?.archived === true);
    const waits = state !== undefined && state.slowMs > 0 && why === null && conversation?.role === "member";
    fill(slow, waits && words.say("compose.slow", { time: words.span(state.slowMs) }));
    slow.hidden = !waits;
    const name = why === null || conversation === undefined ? "" : nameOf(context, conversation.halted ?? conversation.members.find(({ own }) => !own)?.account ?? "");
    fill(closed, why !== null && icon("warn"), why !== null && words.say(`compose.${why}`, { name }));
    writing.box.readOnly = why !== null;
  }
}

/** Why nothing can be sent; null if it can. @param {import("./index.js").Conversation} conversation @param {boolean} isArchived whether its channel is */
export function whyClosed({ kind, state, role, members, archived, halted = null }, isArchived) {
  if (archived || isArchived) return "archived";
  if (state === "keys_reset") return kind === "direct" ? "keys_reset_direct" : "keys_reset";
  if (state === "stopped") return state;
  if (role === "muted") return "muted";
  if (kind === "direct" && members.some(({ own, anew }) => !own && anew)) return "partner_reset";
  if (halted === null) return null;
  const keys = members.find(({ account }) => account === halted)?.keys;
  return keys === "alarm" || keys === "lost" ? `keys_${keys}` : "keys_changed";
}
