/**
 * A new conversation: with whom, under which name, and what newcomers will read.
 */
import { Scope } from "../../model/signals.js";
import { openDialog } from "../dialog.js";
import { fill, h, setText } from "../dom.js";
import { isTooLong } from "./decisions.js";
import { keepField } from "./keeping.js";
import { closedNote } from "./newcomers.js";
import { picker } from "./picker.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./picker.js").Person} Person
 */

/** @param {TalkContext} context */
export function createDialog(context) {
  const { words, conversations, announcer, layout } = context;
  const scope = new Scope();
  /** @type {readonly Person[]} */
  let chosen = [];
  let history = /** @type {"shared" | "from_joining"} */ ("from_joining");
  const name = h("input", { id: "group-name", type: "text", dir: "auto", maxlength: "120", autocomplete: "off" });
  const fault = h("p", { class: "fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary", disabled: true }, words.say("create.direct"));
  const group = h(
    "div",
    { class: "group-part" },
    closedNote(context, scope),
    h("label", { for: "group-name" }, words.say("create.name")),
    name,
    h("p", { class: "hint" }, words.say("create.name_hint")),
    h("fieldset", {}, h("legend", {}, words.say("create.history")), choice("from_joining"), choice("shared")),
  );
  group.hidden = true;
  const keep = keepField(words, "keep-days", 0);
  const dialog = openDialog(words, words.say("create.title"), (close) => [
    h("p", { class: "lead" }, words.say("create.lead")),
    h("form", { novalidate: true, onsubmit: (/** @type {Event} */ event) => create(event, close) }, picker(context, scope, { many: true, without: new Set(), changed }), group, keep.element, fault, submit),
  ]);
  dialog.addEventListener("close", () => scope.end());
  dialog.querySelector(/** @type {"input"} */ (".picks input, #pick-name"))?.focus();

  /** @param {"shared" | "from_joining"} policy */
  function choice(policy) {
    const box = h("input", { type: "radio", name: "history", checked: policy === history, onchange: () => (history = policy) });
    return h("label", { class: "pick" }, box, h("span", {}, h("span", { class: "block" }, words.say(`history.${policy}`)), h("span", { class: "hint" }, words.say(`history.${policy}_lead`))));
  }

  /** @param {readonly Person[]} next */
  function changed(next) {
    chosen = next;
    group.hidden = chosen.length < 2;
    submit.disabled = chosen.length === 0;
    setText(submit, words.say(chosen.length < 2 ? "create.direct" : "create.group"));
    fill(fault);
  }

  /** @param {Event} event @param {(next?: unknown) => void} close */
  async function create(event, close) {
    event.preventDefault();
    if (chosen.length === 0 || submit.disabled) return;
    if (isTooLong(name.value.trim())) return fill(fault, words.say("rename.too_long"));
    submit.disabled = true;
    fill(fault);
    const kind = chosen.length === 1 ? "direct" : "group";
    const given = await conversations.ask("conversation_create", { kind, accounts: chosen.map(({ account }) => account), name: kind === "group" ? name.value.trim() : "", history, keepDays: Number(keep.select.value) });
    submit.disabled = false;
    if ("error" in given) return fill(fault, words.error(given.error.code));
    announcer.say(words.say("create.done"));
    close(document.getElementById("composer"));
    conversations.show(given.ok.room, given.ok.channel);
    return layout.back();
  }

}

/** Inviting somebody into a running group. @param {TalkContext} context @param {import("./index.js").Conversation} conversation */
export function inviteIntoDialog(context, { room, members }) {
  const { words, conversations } = context;
  const scope = new Scope();
  /** @type {Person | undefined} */
  let chosen;
  const fault = h("p", { class: "fault", role: "alert" });
  const told = h("p", { class: "note", role: "status" });
  const submit = h("button", { type: "submit", class: "primary", disabled: true }, words.say("inviting.submit"));
  const changed = (/** @type {readonly Person[]} */ next) => {
    [chosen] = next;
    submit.disabled = chosen === undefined;
    fill(told);
  };
  const dialog = openDialog(words, words.say("inviting.title"), () => [
    h("p", { class: "lead" }, words.say("inviting.lead")),
    h("form", { novalidate: true, onsubmit: invite }, picker(context, scope, { many: false, without: new Set(members.map(({ account }) => account)), changed }), fault, told, submit),
  ]);
  dialog.addEventListener("close", () => scope.end());
  dialog.querySelector(/** @type {"input"} */ (".picks input, #pick-name"))?.focus();

  /** @param {Event} event */
  async function invite(event) {
    event.preventDefault();
    if (chosen === undefined || submit.disabled) return;
    const { account, name } = chosen;
    submit.disabled = true;
    fill(fault);
    const given = await conversations.ask("conversation_invite", { room, account });
    submit.disabled = false;
    if ("error" in given) return fill(fault, words.error(given.error.code));
    return fill(told, words.say(given.ok.online ? "inviting.online" : "inviting.offline", { name }));
  }
}
