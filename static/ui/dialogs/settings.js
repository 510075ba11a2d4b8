/**
 * Appearance and language.
 */
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";
import { languageButtons, themeButtons } from "../sign_in.js";

/** @param {import("../context.js").Context} context */
export function openSettings({ preferences, words }) {
  const dialog = openDialog(words, words.say("settings.title"), (close) => [
    group("settings.theme", themeButtons(preferences, words)),
    group("settings.language", languageButtons(preferences, words), close),
  ]);
  return dialog;

  /** @param {string} label @param {HTMLElement[]} buttons @param {(() => void)} [then] */
  function group(label, buttons, then) {
    const set = h("div", { class: "choices", role: "group", "aria-label": words.say(label) }, ...buttons);
    if (then !== undefined) set.addEventListener("click", then);
    return h("section", { class: "setting" }, h("h3", {}, words.say(label)), set);
  }
}
