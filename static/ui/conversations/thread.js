/**
 * One thread beside its conversation: a message, what answers it, and where to answer.
 */
import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { Signal } from "../../model/signals.js";
import { composeBox } from "./compose.js";
import { talkIcon } from "./icons.js";
import { titleOf } from "./names.js";
import { rowsOf, sameRow } from "./plan.js";
import { drawRow } from "./row.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../model/signals.js").Scope} Scope
 * @typedef {import("../../model/thread.js").Thread} Thread
 * @typedef {import("./view.js").View} View
 */

/** Shows a thread where the details are. @param {TalkContext} context @param {string} channel @param {string} hash of a message in it */
export function showThread({ conversations, layout }, channel, hash) {
  conversations.openThread(channel, hash);
  if (layout.phone.peek()) layout.pane.value = "details";
  else layout.details.value = true;
}

/** The button under a message that was answered. @param {TalkContext} context @param {View} view @param {{ hash: string, answers: number }} row */
export function threadLink(context, view, { hash, answers }) {
  if (answers === 0 || view.isThread) return null;
  return h("button", { type: "button", class: "small thread-link", "data-control": "thread", onclick: () => showThread(context, view.channel, hash) }, talkIcon("thread"), context.words.say("thread.answers", { count: answers }));
}

/** @param {TalkContext} context @param {Scope} scope @param {Thread} thread */
export function threadPane(context, scope, thread) {
  const { words, conversations, layout } = context;
  const { room, channel } = thread;
  const list = h("div", { class: "rows thread-rows", role: "log", "aria-live": "off", "aria-label": words.say("thread.title") });
  const told = h("p", { class: "quiet", role: "status" });
  const again = h("button", { type: "button", class: "small", onclick: () => void thread.begin() }, icon("retry"), words.say("people.again"));
  const expanded = new Signal(/** @type {ReadonlySet<string>} */ (new Set()));
  const conversation = conversations.list.peek()?.find((each) => each.room === room);
  const title = words.plain("thread.of", { room: conversation === undefined ? "" : titleOf(context, conversation) });
  const box = composeBox(context, scope, { room, channel, title, sent: () => {}, rows: () => thread.items.peek(), thread });
  /** @type {View} */
  const view = { room, channel, isThread: true, reply: (row) => box.reply(row), edit: (row) => box.edit(row), complain: (sentence) => box.complain(sentence), reveal };
  scope.effect(() => {
    const rows = thread.items.value;
    const plans = rowsOf(rows, 0, rows.length, { conversation: conversations.at(channel), firstUnread: null, expanded: expanded.value, nameOf: (account) => conversations.nameOf(account) });
    reconcile(list, plans, ({ key }) => key, (plan) => drawRow(context, view, plan, toggle), sameRow);
  });
  scope.effect(() => {
    const fault = thread.fault.value;
    again.hidden = fault === null;
    told.hidden = thread.loaded.value && fault === null;
    setText(told, fault === null ? words.say("talk.reading") : words.error(fault));
  });
  return h(
    "section",
    { class: "thread-pane", "aria-labelledby": "thread-title" },
    h("div", { class: "thread-head" }, h("h3", { id: "thread-title" }, talkIcon("thread"), words.say("thread.title")), h("button", { type: "button", class: "plain", "data-control": "close-thread", "aria-label": words.say("thread.close"), title: words.say("thread.close"), onclick: close }, icon("close"))),
    told,
    again,
    list,
    box.element,
  );

  /** @param {string} key */
  function toggle(key) {
    expanded.update((keys) => (keys.has(key) ? new Set([...keys].filter((each) => each !== key)) : new Set([...keys, key])));
  }

  /** @param {string} message */
  function reveal(message) {
    conversations.wanted.value = { message };
    layout.back();
  }

  function close() {
    conversations.thread.value = null;
    if (layout.phone.peek()) layout.back();
    document.getElementById("composer")?.focus();
  }
}
