/**
 * The list of keys.
 */
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";

/** Keys and the label of what they do; several keys are alternatives. @type {ReadonlyArray<{ keys: readonly string[], label: string }>} */
const HELP = Object.freeze([
  { keys: ["Enter"], label: "help.send" },
  { keys: ["Shift + Enter"], label: "help.newline" },
  { keys: ["C"], label: "help.compose" },
  { keys: ["M"], label: "help.timeline" },
  { keys: ["End"], label: "help.newest" },
  { keys: ["Alt + ↑", "Alt + ↓"], label: "help.rooms" },
  { keys: ["P"], label: "help.people" },
  { keys: ["O"], label: "help.open" },
  { keys: ["D"], label: "help.details" },
  { keys: ["Esc"], label: "help.close" },
  { keys: ["?"], label: "help.help" },
]);

/** @param {import("../context.js").Context} context */
export function openHelp({ words }) {
  openDialog(words, words.say("help.title"), () => [
    h("dl", { class: "keys" }, ...HELP.map(({ keys, label }) => h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, words.say(label))))),
  ]);
}
