/**
 * A new room: who finds it, what it is called, what newcomers read, and who is invited at once.
 */
import { Scope } from "../../model/signals.js";
import { closedNote } from "../conversations/newcomers.js";
import { picker } from "../conversations/picker.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { choices, faultOfFace, textField } from "./fields.js";

/**
 * @typedef {import("../conversations/index.js").TalkContext} TalkContext
 * @typedef {"public" | "private"} Kind
 * @typedef {"shared" | "from_joining"} History
 */

/** @param {TalkContext} context */
export function createRoomDialog(context) {
  const { words, conversations, announcer, layout } = context;
  const scope = new Scope();
  let kind = /** @type {Kind} */ ("private");
  let history = /** @type {History} */ ("from_joining");
  /** @type {string[]} */
  let accounts = [];
  const name = textField(context, "found-name", "found.name", { hint: "found.optional", most: 120 });
  const topic = textField(context, "found-topic", "found.topic", { hint: "found.optional", most: 500 });
  const fault = h("p", { class: "fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, words.say("found.submit"));
  const past = choices(words.say("create.history"), "found-history", pastChoices(), history, (next) => (history = /** @type {History} */ (next)));
  const kinds = choices(words.say("found.kind"), "found-kind", [option("private"), option("public")], kind, (next) => chosen(/** @type {Kind} */ (next)));
  const dialog = openDialog(words, words.say("found.title"), (close) => [
    h("p", { class: "lead" }, words.say("found.lead")),
    closedNote(context, scope),
    h(
      "form",
      { novalidate: true, onsubmit: (/** @type {Event} */ event) => create(event, close) },
      kinds.element,
      name.element,
      topic.element,
      past.element,
      h("details", { class: "setting-fold" }, h("summary", {}, words.say("found.invite")), picker(context, scope, { many: true, without: new Set(), changed: (people) => (accounts = people.map(({ account }) => account)) })),
      fault,
      submit,
    ),
  ]);
  dialog.addEventListener("close", () => scope.end());
  name.input.focus();

  /** @param {Kind} value */
  function option(value) {
    return { value, label: words.say(`found.${value}`), hint: words.say(`found.${value}_lead`) };
  }

  function pastChoices() {
    return /** @type {History[]} */ (["from_joining", "shared"]).map((value) => ({ value, label: words.say(`history.${value}`), hint: words.say(`history.${value}_lead`) }));
  }

  /** What newcomers read follows what kind it is, until somebody says otherwise. @param {Kind} next */
  function chosen(next) {
    kind = next;
    history = kind === "public" ? "shared" : "from_joining";
    past.choose(history);
    name.hint.hidden = kind === "public";
    fill(fault);
  }

  /** @param {Event} event @param {(next?: unknown) => void} close */
  async function create(event, close) {
    event.preventDefault();
    if (submit.disabled) return;
    const face = { name: name.input.value.trim(), topic: topic.input.value.trim() };
    const wrong = kind === "public" && face.name === "" ? "found.no_name" : faultOfFace(face);
    if (wrong !== null) return fill(fault, words.say(wrong));
    submit.disabled = true;
    fill(fault);
    const given = await conversations.ask("conversation_create", { kind, accounts, ...face, history });
    submit.disabled = false;
    if ("error" in given) return fill(fault, words.error(given.error.code));
    announcer.say(words.say("found.done"));
    close(document.getElementById("composer"));
    conversations.show(given.ok.room, given.ok.channel);
    return layout.back();
  }
}
