/**
 * Names that may follow an `@`: a list over the box, gone through with the arrow keys while the box keeps the focus.
 */
import { begunMention } from "../../model/mentions.js";
import { fill, h, setAttribute } from "../dom.js";
import { peopleOf } from "./message.js";
import { isThere } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {{ box: HTMLTextAreaElement, put: (text: string) => void }} Writing
 */

const SHOWN = 6;

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room @param {Writing} writing */
export function mentionList(context, scope, room, { box, put }) {
  const list = h("ul", { id: `${box.id}-mentions`, class: "mention-list", role: "listbox", "aria-label": context.words.say("compose.mentions") });
  list.hidden = true;
  /** @type {Array<{ account: string, name: string }>} */
  let found = [];
  let chosen = 0;
  scope.listen(box, "input", look);
  scope.listen(box, "click", look);
  scope.listen(box, "blur", () => show([]));
  // Before the box sends or the composer acts on the same key.
  scope.listen(box, "keydown", pressed, { capture: true });
  return list;

  function look() {
    const begun = box.selectionStart === box.selectionEnd ? begunMention(box.value.slice(0, box.selectionStart)) : null;
    if (begun === null) return show([]);
    const wanted = begun.toLocaleLowerCase();
    const own = context.account.account.peek();
    const names = peopleOf(context, room).filter(({ account, name }) => account !== own && name.toLocaleLowerCase().startsWith(wanted) && name.toLocaleLowerCase() !== wanted);
    return show(names.slice(0, SHOWN));
  }

  /** @param {typeof found} next */
  function show(next) {
    found = next;
    chosen = 0;
    list.hidden = found.length === 0;
    setAttribute(box, "aria-controls", found.length === 0 ? null : list.id);
    draw();
  }

  function draw() {
    fill(
      list,
      ...found.map((person, i) =>
        h(
          "li",
          { id: `${list.id}-${i}`, role: "option", "aria-selected": String(i === chosen), onpointerdown: (event) => take(event, i) },
          h("span", { class: "here", "data-online": String(isThere(context, person.account)), "aria-hidden": "true" }),
          h("span", { class: "name", dir: "auto" }, person.name),
        ),
      ),
    );
    setAttribute(box, "aria-activedescendant", found.length === 0 ? null : `${list.id}-${chosen}`);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (found.length === 0 || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") return take(event, chosen);
    else if (event.key === "Escape") found = [];
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (found.length === 0) show([]);
    else draw();
  }

  /** @param {Event} event @param {number} i */
  function take(event, i) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const before = box.value.slice(0, box.selectionStart);
    const start = before.lastIndexOf("@");
    const text = `${before.slice(0, start)}@${found[i].name} `;
    const rest = box.value.slice(box.selectionStart).replace(/^ /, "");
    put(text + rest);
    box.setSelectionRange(text.length, text.length);
    show([]);
  }
}
