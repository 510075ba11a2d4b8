/**
 * A recovery code: shown once, then two of its groups are typed back, or not, knowing what that means.
 */
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { Fault } from "../fault.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../dom.js").Child} Child
 * @typedef {object} CodePlan
 * @property {string} code in seven groups
 * @property {"h1" | "h3"} heading under which a step stands: a card's own, or below a dialogue's
 * @property {(typed: Array<{ group: number, text: string }>) => Promise<boolean>} fits whether the typed groups open the vault
 * @property {(rehearsed: boolean) => Promise<string | null>} finish goes on; a sentence if that failed
 */

const GROUP_CHARACTERS = 4;

/**
 * Draws the steps into `place`, one after the other.
 * @param {Context} context
 * @param {HTMLElement} place
 * @param {CodePlan} plan
 */
export function codeSteps({ words }, place, { code, heading, fits, finish }) {
  const groups = code.split("-");
  show();

  function show() {
    const copied = h("span", { class: "hint", role: "status" });
    const next = h("button", { type: "button", class: "primary wide", "data-first": true, onclick: rehearse }, words.say("code.written"));
    fill(
      place,
      h(heading, {}, words.say("code.title")),
      h("p", { class: "lead" }, words.say("code.lead")),
      h("ol", { class: "code", translate: "no", "aria-label": words.say("code.title") }, ...groups.map((group) => h("li", {}, group))),
      h("p", { class: "code-keep" }, h("button", { type: "button", class: "small", onclick: () => copy(copied) }, words.say("code.copy")), copied),
      h("p", { class: "hint" }, words.say("code.keep")),
      next,
    );
    next.focus();
  }

  /** @param {HTMLElement} copied */
  async function copy(copied) {
    try {
      await navigator.clipboard.writeText(code);
      setText(copied, words.say("code.copied"));
    } catch {
      setText(copied, words.say("code.not_copied"));
    }
  }

  function rehearse() {
    const asked = twoOf(groups.length);
    const inputs = asked.map((group) =>
      h("input", { id: `group-${group}`, type: "text", class: "group", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: "8", dir: "ltr", "aria-describedby": "form-fault" }),
    );
    const fault = new Fault(words, "form-fault", inputs);
    const check = h("button", { class: "primary wide", type: "submit" }, words.say("code.check"));
    const skip = h("button", { type: "button", class: "wide", onclick: () => askToSkip() }, words.say("code.skip"));
    fill(
      place,
      h(heading, {}, words.say("code.rehearse_title")),
      h("p", { class: "lead" }, words.say("code.rehearse_lead")),
      h(
        "form",
        { novalidate: true, onsubmit: compare },
        h("div", { class: "groups" }, ...inputs.map((input, i) => h("div", { class: "field-row" }, h("label", { for: input.id }, words.say("code.group", { n: asked[i] + 1 })), input))),
        fault.element,
        check,
        skip,
        h("button", { type: "button", class: "plain back", onclick: show }, icon("back"), words.say("code.again")),
      ),
    );
    for (const input of inputs) input.addEventListener("input", () => move(input, inputs));
    inputs[0].focus();

    /** @param {Event} event */
    async function compare(event) {
      event.preventDefault();
      if (check.disabled) return;
      fault.show();
      check.disabled = true;
      const good = await fits(inputs.map((input, i) => ({ group: asked[i], text: input.value.trim() })));
      if (good) return settle(true, check, fault);
      check.disabled = false;
      fault.show(words.say("code.differs"));
      inputs[0].select();
    }
  }

  /** A full group goes on to the next. @param {HTMLInputElement} input @param {HTMLInputElement[]} inputs */
  function move(input, inputs) {
    if (input.value.trim().length < GROUP_CHARACTERS) return;
    inputs.find((each) => each.value === "")?.focus();
  }

  function askToSkip() {
    const go = h("button", { type: "button", class: "wide" }, words.say("code.skip_go"));
    const fault = new Fault(words, "form-fault", []);
    go.addEventListener("click", () => settle(false, go, fault));
    const stay = h("button", { type: "button", class: "primary wide", onclick: rehearse }, words.say("code.skip_stay"));
    fill(place, h(heading, {}, words.say("code.skip_title")), h("p", {}, words.say("code.skip_lead")), fault.element, stay, go);
    stay.focus();
  }

  /** @param {boolean} rehearsed @param {HTMLButtonElement} button @param {Fault} fault */
  async function settle(rehearsed, button, fault) {
    button.disabled = true;
    setText(button, words.say("code.finishing"));
    const failed = await finish(rehearsed);
    if (failed === null || !button.isConnected) return;
    button.disabled = false;
    setText(button, words.say("code.try_again"));
    fault.show(failed);
  }
}

/** Two different groups, the smaller first. @param {number} count */
function twoOf(count) {
  const [a, b] = crypto.getRandomValues(new Uint32Array(2));
  const first = a % count;
  const second = (first + 1 + (b % (count - 1))) % count;
  return [Math.min(first, second), Math.max(first, second)];
}
