/**
 * Ways for files into a conversation: a button beside the box, dropping, and pasting. Nothing goes before its user has seen what it is.
 */
import { FILE_BYTES } from "../../../model/files.js";
import { openDialog } from "../../dialog.js";
import { fill, h } from "../../dom.js";
import { icon } from "../../icons.js";
import { whyClosed } from "../compose.js";
import { fileIcon } from "./icons.js";

/**
 * @typedef {import("../index.js").TalkContext} TalkContext
 * @typedef {import("../../../model/signals.js").Scope} Scope
 * @typedef {{ room: string, channel?: string }} Where
 */

/** What browsers before `isComposing` say for a key that an input method took. */
const IME_KEY = 229;

/**
 * @param {TalkContext} context
 * @param {Scope} scope
 * @param {Where} where
 * @param {{ section: HTMLElement, composer: HTMLElement, complain: (sentence: string) => void }} around
 */
export function attachTo(context, scope, where, { section, composer, complain }) {
  const { words, conversations } = context;
  /** Whether nothing can be sent here; the box says why. */
  let closed = false;
  const chooser = h("input", { type: "file", multiple: true, hidden: true, "data-control": "files", tabindex: "-1", "aria-hidden": "true", onchange: chosen });
  const button = h("button", { type: "button", class: "plain attach", "data-control": "attach", "aria-haspopup": "dialog", "aria-label": words.say("files.attach"), title: words.say("files.attach"), onclick: () => chooser.click() }, fileIcon("clip"));
  composer.querySelector(".field")?.prepend(chooser, button);
  const over = h("div", { class: "drop", "aria-hidden": "true" }, fileIcon("clip"), h("span", {}, words.say("files.drop")));
  over.hidden = true;
  section.append(over);
  scope.effect(() => {
    const conversation = conversations.find(where.room);
    const isArchived = conversation?.channels.some(({ channel, archived }) => channel === where.channel && archived) === true;
    closed = conversation !== undefined && whyClosed(conversation, isArchived) !== null;
    button.disabled = closed;
    if (closed) over.hidden = true;
  });
  scope.listen(section, "dragover", (/** @type {DragEvent} */ event) => dragged(event, true));
  scope.listen(section, "dragleave", (/** @type {DragEvent} */ event) => dragged(event, event.relatedTarget instanceof Node && section.contains(event.relatedTarget)));
  scope.listen(section, "drop", dropped);
  scope.listen(composer, "paste", pasted);

  function chosen() {
    offer([...(chooser.files ?? [])]);
    // The same one may be chosen again.
    chooser.value = "";
  }

  /** @param {DragEvent} event @param {boolean} shown */
  function dragged(event, shown) {
    if (event.dataTransfer === null || !event.dataTransfer.types.includes("Files")) return;
    // A browser would open what is dropped in place of the page.
    event.preventDefault();
    over.hidden = !shown || closed;
  }

  /** @param {DragEvent} event */
  function dropped(event) {
    const { dataTransfer } = event;
    if (dataTransfer === null || !dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over.hidden = true;
    if (closed) return;
    const entries = [...dataTransfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
    if (entries.some((entry) => entry?.isDirectory === true)) return complain(words.say("files.folder"));
    offer([...dataTransfer.files]);
  }

  /** @param {ClipboardEvent} event */
  function pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    // Text that was copied with a picture of itself is meant as text.
    if (files.length === 0 || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    offer(files);
  }

  /** @param {File[]} files */
  function offer(files) {
    if (files.length > 0 && !closed && document.querySelector("dialog[open]") === null) sendDialog(context, where, files, () => closed);
  }
}

/** Asks before anything goes. @param {TalkContext} context @param {Where} where @param {File[]} files @param {() => boolean} isClosed whether nothing can be sent any more */
function sendDialog({ words, conversations }, where, files, isClosed) {
  const fault = h("p", { class: "fault", role: "alert" });
  const tooLarge = files.find(({ size }) => size > FILE_BYTES);
  const caption = h("textarea", { id: "caption", rows: 2, dir: "auto", maxlength: "4000" });
  const go = h("button", { type: "submit", class: "primary", "data-control": "go" }, words.say("files.go"));
  go.disabled = tooLarge !== undefined;
  openDialog(words, words.say("files.title", { count: files.length }), (close) => [
    h("p", { class: "lead" }, words.say("files.lead")),
    h("ul", { class: "file-names" }, ...files.map(({ name, size }) => h("li", {}, fileIcon("file"), h("bdi", { class: "name" }, name), h("span", { class: "hint tabular" }, words.size(size))))),
    h(
      "form",
      { onsubmit: (/** @type {Event} */ event) => send(event, close) },
      h("label", { for: "caption" }, words.say("files.caption")),
      caption,
      fault,
      h("div", { class: "actions" }, h("button", { type: "button", onclick: () => close(document.getElementById("composer")) }, words.say("files.cancel")), go),
    ),
  ]);
  if (tooLarge === undefined) caption.focus();
  else fill(fault, icon("warn"), words.say("files.too_large", { name: tooLarge.name, limit: words.size(FILE_BYTES) }));
  // Enter sends, as in the box.
  caption.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === IME_KEY) return;
    event.preventDefault();
    caption.form?.requestSubmit();
  });

  /** @param {Event} event @param {(next?: unknown) => void} close */
  async function send(event, close) {
    event.preventDefault();
    if (go.disabled) return;
    if (isClosed()) return close(document.getElementById("composer"));
    go.disabled = true;
    // What is said with several is said once, with the first.
    for (const [at, file] of files.entries()) {
      const refused = await conversations.files.send(where, file, at === 0 ? caption.value.trim() : "");
      if (refused === null) continue;
      files.splice(0, at);
      go.disabled = false;
      return fill(fault, words.error(refused));
    }
    close(document.getElementById("composer"));
  }
}
