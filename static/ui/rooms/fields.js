/**
 * Parts of the forms about rooms.
 */
import { h } from "../dom.js";

/** @typedef {import("../conversations/index.js").TalkContext} TalkContext */

/** The longest name and topic, in bytes (docs/protocol.md §14.14). */
const BYTES = Object.freeze({ name: 256, topic: 1_024 });

/** A line to type in, with what stands below it. @param {TalkContext} context @param {string} id @param {string} label @param {{ hint?: string, value?: string, most: number }} how */
export function textField({ words }, id, label, { hint: below, value = "", most }) {
  const hint = h("p", { id: `${id}-hint`, class: "hint" }, below !== undefined && words.say(below));
  hint.hidden = below === undefined;
  const input = h("input", { id, type: "text", dir: "auto", value, maxlength: most, autocomplete: "off", "aria-describedby": below === undefined ? null : hint.id });
  return { element: h("div", { class: "field-row" }, h("label", { for: id }, words.say(label)), input, hint), input, hint };
}

/**
 * One of several.
 * @param {string} legend @param {string} name @param {Array<{ value: string, label: string, hint?: string }>} options @param {string} value
 * @param {(value: string) => void} changed
 */
export function choices(legend, name, options, value, changed) {
  const boxes = options.map((each) => h("input", { type: "radio", name, value: each.value, checked: each.value === value, onchange: () => changed(each.value) }));
  const rows = options.map(({ label, hint }, at) => h("label", { class: "pick" }, boxes[at], h("span", {}, h("span", { class: "block" }, label), hint !== undefined && h("span", { class: "hint" }, hint))));
  const element = h("fieldset", {}, h("legend", {}, legend), ...rows);
  return { element, choose };

  /** @param {string} next */
  function choose(next) {
    for (const box of boxes) box.checked = box.value === next;
  }
}

/** What is wrong with a name and topic, as a sentence; null if nothing is. @param {{ name: string, topic: string }} face */
export function faultOfFace({ name, topic }) {
  if (bytesOf(name) > BYTES.name) return "rename.too_long";
  return bytesOf(topic) > BYTES.topic ? "found.topic_long" : null;
}

/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text).length;
