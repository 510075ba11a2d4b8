/**
 * A message: what it answers, what it says, how others took it, and in words what is not well with it.
 */
import { mentionsOf, partsOf } from "../../model/mentions.js";
import { parseMarkdown } from "../../model/markdown.js";
import { fold } from "../fold.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { drawFile } from "./files/row.js";
import { talkIcon } from "./icons.js";
import { messageMenu } from "./menu.js";
import { nameOf, namesOf } from "./names.js";
import { threadLink } from "./thread.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./view.js").View} View
 * @typedef {import("./plan.js").RowPlan} RowPlan
 * @typedef {import("../../rooms/requests.js").MessageRow} MessageRow
 * @typedef {import("../../model/markdown.js").Block} Block
 * @typedef {import("../../model/markdown.js").Inline} Inline
 * @typedef {import("../../model/mentions.js").Named} Named
 */

/** Emoji that are offered without searching. */
export const QUICK = Object.freeze(["👍", "❤️", "😄", "🎉", "👀", "✅"]);

/** @param {TalkContext} context @param {View} view @param {RowPlan} plan @param {MessageRow} row @param {(key: string) => void} toggle */
export function drawMessage(context, view, plan, row, toggle) {
  const { words } = context;
  return [
    row.replyTo !== null && quote(context, view, row.replyTo),
    row.file !== undefined && drawFile(context, view, { ...row, file: row.file }),
    (row.file === undefined || row.text !== "") && text(context, view, plan, row, toggle),
    row.edited && h("p", { class: "hint edited" }, words.say("message.edited")),
    plan.pinned && h("p", { class: "hint pinned-mark" }, talkIcon("pin"), words.say("message.pinned")),
    row.oldEpoch && h("p", { class: "note warn" }, icon("key"), words.say("message.old_epoch")),
    row.clockOff && h("p", { class: "note warn" }, icon("clock"), words.say("message.clock_off")),
    reactions(context, view, row),
    threadLink(context, view, row),
    sendState(context, view, row),
    plan.seen !== "" && h("p", { class: "state" }, icon("check"), words.say("message.read_by", { names: namesOf(context, plan.seen.split(" ")) })),
    messageMenu(context, view, row),
  ];
}

/** @param {TalkContext} context @param {View} view @param {NonNullable<MessageRow["replyTo"]>} to */
function quote(context, view, { message, account, text: said }) {
  const name = nameOf(context, account);
  return h(
    "button",
    { type: "button", class: "quote", "data-control": "quote", title: context.words.say("message.show_quoted"), onclick: () => view.reveal(message) },
    h("span", { class: "unseen" }, context.words.say("message.answers", { name })),
    h("strong", { class: "name", dir: "auto", "aria-hidden": "true" }, name),
    h("span", { class: "said", dir: "auto" }, said === "" ? context.words.say("message.quoted_gone") : said),
  );
}

/** @param {TalkContext} context @param {View} view @param {RowPlan} plan @param {MessageRow} row @param {(key: string) => void} toggle */
function text(context, view, plan, row, toggle) {
  const { words } = context;
  const folded = fold(row.text);
  const shown = folded !== null && !plan.expanded ? folded : row.text;
  const content = h("div", { class: folded !== null && !plan.expanded ? "text rich folded" : "text rich", dir: "auto" }, ...parseMarkdown(shown).map((block) => drawBlock(context, peopleOf(context, view.room), block)));
  if (folded === null) return content;
  const size = words.size(new TextEncoder().encode(row.text).length);
  const label = plan.expanded ? words.say("message.show_less") : words.say("message.show_all", { size });
  return h("div", {}, content, h("button", { type: "button", class: "small", "data-control": "fold", "aria-expanded": String(plan.expanded), onclick: () => toggle(row.key) }, label));
}

/** Whom a text here may mention. @param {TalkContext} context @param {string} room @returns {readonly Named[]} */
export function peopleOf({ conversations }, room) {
  return conversations.list.peek()?.find((each) => each.room === room)?.members ?? [];
}

/** @param {TalkContext} context @param {string} room @param {string} text */
export function mentioned(context, room, text) {
  return mentionsOf(text, peopleOf(context, room));
}

/** @param {TalkContext} context @param {readonly Named[]} people @param {Block} block @returns {HTMLElement} */
function drawBlock(context, people, block) {
  switch (block.kind) {
    case "block":
      return h("pre", { dir: "ltr", tabindex: "0" }, h("code", {}, block.text));
    case "quote":
      return h("blockquote", {}, ...block.blocks.map((each) => drawBlock(context, people, each)));
    case "paragraph":
      return h("p", { dir: "auto" }, ...block.parts.flatMap((part) => drawInline(context, people, part)));
  }
}

/** @param {TalkContext} context @param {readonly Named[]} people @param {Inline} part @returns {Array<Node | string>} */
function drawInline(context, people, part) {
  switch (part.kind) {
    case "code":
      return [h("code", {}, part.text)];
    case "strong":
      return [h("b", {}, ...part.parts.flatMap((each) => drawInline(context, people, each)))];
    case "emphasis":
      return [h("em", {}, ...part.parts.flatMap((each) => drawInline(context, people, each)))];
    case "link":
      return [h("a", { href: part.href, target: "_blank", rel: "noopener noreferrer", title: part.href }, ...part.parts.flatMap((each) => drawInline(context, people, each)))];
    case "text": {
      const own = context.account.account.peek();
      return partsOf(part.text, people).map(({ text: piece, account }) => (account === null ? piece : h("span", { class: account === own ? "mention me" : "mention" }, piece)));
    }
  }
}

/** @param {TalkContext} context @param {View} view @param {MessageRow} row */
function reactions(context, view, row) {
  if (row.reactions.length === 0) return null;
  const own = context.account.account.peek();
  const buttons = row.reactions.map(({ emoji, accounts }) => {
    const mine = accounts.includes(own);
    const label = context.words.say("message.reacted", { emoji, names: namesOf(context, accounts) });
    return h(
      "button",
      { type: "button", class: "reaction", "data-control": `react-${emoji}`, "aria-pressed": String(mine), title: label, onclick: () => react(context, view, row, emoji, !mine) },
      h("span", { "aria-hidden": "true" }, emoji),
      h("span", { class: "tabular", "aria-hidden": "true" }, context.words.number(accounts.length)),
      h("span", { class: "unseen" }, label),
    );
  });
  return h("div", { class: "reactions" }, ...buttons);
}

/** @param {TalkContext} context @param {Pick<View, "channel" | "complain">} view @param {MessageRow} row @param {string} emoji @param {boolean} on */
export async function react({ conversations, words }, { channel, complain }, { message, hash }, emoji, on) {
  const refused = await conversations.send(channel, { type: "reaction", message, hash, emoji, on });
  if (refused !== null) complain(words.say("send.failed", { cause: words.error(refused) }));
}

/** @param {TalkContext} context @param {{ room: string }} view @param {MessageRow} row */
function sendState({ conversations, words }, { room }, { send, message, file }) {
  // What becomes of a file stands beside its name.
  if (send === null || (file !== undefined && send.state === "failed")) return null;
  const button = (/** @type {boolean} */ again) =>
    h("button", { type: "button", class: "small", "data-control": again ? "retry" : "discard", onclick: () => void decide(again) }, icon(again ? "retry" : "bin"), words.say(again ? "send.retry" : "send.discard"));
  const discard = button(false);
  if (send.state === "held") return h("div", { class: "state" }, h("span", {}, words.say("send.held")), discard);
  if (send.state !== "failed") return h("p", { class: "state" }, words.say(`send.${send.state}`));
  return h("div", { class: "state bad", role: "alert" }, h("span", {}, words.say("send.failed", { cause: send.code === "over_quota" ? words.say("send.over_quota") : words.error(send.code) })), button(true), discard);

  /** @param {boolean} again */
  async function decide(again) {
    const refused = await conversations.act("conversation_retry", { room, message, again });
    const focused = document.activeElement;
    // Its row goes, now or with the next frame, and takes the button with it.
    if (refused === null && !again && (focused === document.body || focused === discard)) document.getElementById("composer")?.focus();
  }
}
