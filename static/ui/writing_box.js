/**
 * Where one writes. Enter sends, Shift and Enter make a new line; an Enter that ends the composition of a character does neither.
 */
import { TEXT_BYTES } from "../wire/limits.js";
import { TooLong } from "../wire/records.js";
import { fill, h, setText } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {object} Writing
 * @property {string} [id] of the box, where it is not the page's first one
 * @property {string} name of the room, as it is shown
 * @property {string} draft
 * @property {import("./dom.js").Child[]} above what stands over the box
 * @property {(text: string) => void} changed
 * @property {(text: string) => void} send throws `TooLong`, and nothing is sent then
 */

/** From this share of the limit on, the size is shown. */
const SHOW_SIZE_AT = 0.8;
/** What browsers before `isComposing` say for a key that an input method took. */
const IME_KEY = 229;

/**
 * @param {import("./context.js").Context} context
 * @param {import("../model/signals.js").Scope} scope
 * @param {Writing} writing
 */
export function writingBox({ words, layout }, scope, { id = "composer", name, draft, above, changed, send }) {
  const box = h("textarea", {
    id,
    rows: 1,
    dir: "auto",
    autocomplete: "off",
    "aria-label": words.say("composer.label", { room: name }),
    "aria-describedby": `${id}-fault ${id}-hint`,
    placeholder: words.say("composer.placeholder", { room: name }),
  });
  box.value = draft;
  const fault = h("p", { id: `${id}-fault`, class: "fault", role: "alert" });
  const size = h("p", { class: "hint tabular" });
  const button = h("button", { type: "submit", class: "primary send", "aria-label": words.say("composer.send"), title: words.say("composer.send") }, icon("send"));
  scope.listen(box, "input", measure);
  scope.listen(box, "keydown", pressed);
  queueMicrotask(() => {
    measure();
    if (!layout.phone.peek()) box.focus();
  });
  const element = h(
    "form",
    { class: "composer", onsubmit: submit },
    ...above,
    fault,
    h("div", { class: "field" }, box, button),
    h("div", { class: "under" }, h("p", { id: `${id}-hint`, class: "hint" }, words.say("composer.hint")), size),
  );
  return { element, box, put, rename };

  /** The room is called otherwise than before. @param {string} room */
  function rename(room) {
    box.setAttribute("aria-label", words.say("composer.label", { room }));
    box.placeholder = words.say("composer.placeholder", { room });
  }

  /** Puts a text into the box in place of what is there. @param {string} text */
  function put(text) {
    box.value = text;
    measure();
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === IME_KEY) return;
    submit(event);
  }

  function measure() {
    changed(box.value);
    fill(fault);
    button.disabled = box.value.trim() === "";
    // Growing with the text; the style sheet sets the most.
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
    const bytes = box.value.length * 3 < TEXT_BYTES * SHOW_SIZE_AT ? 0 : new TextEncoder().encode(box.value).length;
    setText(size, bytes < TEXT_BYTES * SHOW_SIZE_AT ? "" : words.say("composer.size", { size: words.size(bytes), limit: words.size(TEXT_BYTES) }));
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (box.value.trim() === "") return;
    try {
      send(box.value);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      fill(fault, words.say("composer.too_long", { size: words.size(error.bytes), limit: words.size(error.limit) }));
      return;
    }
    put("");
    box.focus();
  }
}
