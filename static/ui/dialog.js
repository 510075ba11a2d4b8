/**
 * A modal dialogue: the element's own focus trap and Escape, and focus back where it was.
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Opens one. It is gone from the document once closed.
 * @param {import("../i18n/index.js").Words} words
 * @param {string} title
 * @param {(close: (next?: unknown) => void) => import("./dom.js").Child[]} draw its content; `close` may name the element that has the
 *   focus next
 */
export function openDialog(words, title, draw) {
  let heir = document.activeElement;
  /** @param {unknown} [next] */
  const close = (next) => {
    if (next instanceof HTMLElement) heir = next;
    dialog.close();
  };
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title" },
    h(
      "header",
      {},
      h("h2", { id: "dialog-title" }, title),
      h("button", { type: "button", class: "plain", "aria-label": words.say("nav.close"), title: words.say("nav.close"), onclick: close }, icon("close")),
    ),
    ...draw(close),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (heir instanceof HTMLElement && heir.isConnected) heir.focus();
  });
  // A click on the backdrop is one on the dialogue itself, outside its content box.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector(/** @type {"input"} */ ("[data-first]"))?.focus();
  return dialog;
}
