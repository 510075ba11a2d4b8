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

/** The same for who has conversations; their words come with an account. */
const TALKS = Object.freeze([
  { keys: ["N"], label: "help.new_talk" },
  { keys: ["↑", "↓"], label: "help.rows" },
  { keys: ["Enter"], label: "help.menu" },
  { keys: ["R"], label: "help.reply" },
  { keys: ["T"], label: "help.thread" },
  { keys: ["E"], label: "help.edit" },
  { keys: ["Del"], label: "help.delete" },
]);

/** @param {import("../context.js").Context} context */
export function openHelp({ chat, words }) {
  const all = document.getElementById("talks-title") === null || chat.account.account.peek() === "" ? HELP : [...HELP, ...TALKS];
  openDialog(words, words.say("help.title"), () => [
    h("dl", { class: "keys" }, ...all.map(({ keys, label }) => h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, words.say(label))))),
  ]);
}
