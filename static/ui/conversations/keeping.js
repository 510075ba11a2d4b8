/**
 * How long a conversation keeps what is said in it: shown to its members, chosen when it begins, and changed by its owners.
 */
import { openDialog } from "../dialog.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../i18n/index.js").Words} Words
 */

/** After how many days a conversation may forget; 0 never (docs/protocol.md §14.7). */
const KEEP_DAYS = Object.freeze([0, 1, 7, 30, 90]);

/** A field with the choice. @param {Words} words @param {string} id @param {number} days the one that is chosen */
export function keepField(words, id, days) {
  const select = h("select", { id }, ...KEEP_DAYS.map((each) => h("option", { value: each, selected: each === days }, words.say(`keep.option_${lastingOf(each)}`, { count: each }))));
  return { select, element: h("div", { class: "field-row" }, h("label", { for: id }, words.say("keep.label")), select, h("p", { class: "hint" }, words.say("keep.lead"))) };
}

/** In the details. @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function keepingPart(context, scope, room) {
  const { words, conversations } = context;
  const told = h("p", {});
  const change = h("button", { type: "button", class: "small", "data-control": "keep", "aria-haspopup": "dialog", onclick: () => keepDialog(context, room) }, words.say("keep.change"));
  scope.effect(() => {
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    const { policy, kind, role, archived } = conversation;
    setText(told, words.say(`keep.is_${lastingOf(policy.keepDays)}`, { count: policy.keepDays }));
    // Of a direct conversation it is chosen once, when it begins.
    change.hidden = role !== "owner" || kind === "direct" || archived;
  });
  return h("section", { class: "keeping" }, h("h3", {}, icon("clock"), words.say("keep.title")), told, change);
}

/** @param {TalkContext} context @param {string} room */
function keepDialog({ words, conversations }, room) {
  const before = conversations.list.peek()?.find((each) => each.room === room)?.policy.keepDays ?? 0;
  const { select, element } = keepField(words, "keep-days", before);
  const effect = h("p", { class: "note" });
  const fault = h("p", { class: "fault", role: "alert" });
  select.addEventListener("change", tell);
  openDialog(words, words.say("keep.title"), (close) => {
    const go = h("button", { type: "submit", class: "primary", "data-control": "go" }, words.say("own.save"));
    return [h("form", { novalidate: true, onsubmit: save }, element, effect, fault, go)];

    /** @param {Event} event */
    async function save(event) {
      event.preventDefault();
      go.disabled = true;
      fill(fault);
      const refused = await conversations.act("conversation_policy", { room, policy: { keepDays: Number(select.value) } });
      go.disabled = false;
      return refused === null ? close() : fill(fault, words.error(refused));
    }
  });
  select.focus();
  tell();

  /** A shorter time holds for what is there, too; a longer one for what follows. */
  function tell() {
    const days = Number(select.value);
    const isShorter = days > 0 && (before === 0 || days < before);
    effect.hidden = days === before;
    setText(effect, isShorter ? words.say("keep.shorter", { count: days }) : words.say("keep.longer"));
  }
}

/** @param {number} days */
function lastingOf(days) {
  return days === 0 ? "ever" : "days";
}
