/**
 * The display name.
 */
import { fill, h, setAttribute } from "../dom.js";
import { tidyName } from "../../model/names.js";

/** The longest display name in Unicode scalar values (docs/protocol.md §14.17). */
const DISPLAY_SCALARS = 64;

/** @type {import("./index.js").Section} */
export function profileSection({ account, words }) {
  const name = account.name.peek();
  const input = h("input", { id: "display", type: "text", dir: "auto", maxlength: "200", autocomplete: "nickname", disabled: true, "aria-describedby": "display-hint display-fault" });
  const fault = h("p", { id: "display-fault", class: "fault", role: "alert" });
  const done = h("p", { class: "hint", role: "status" }, words.say("own.reading"));
  const submit = h("button", { type: "submit", class: "primary" }, words.say("own.save"));
  void read();
  return h(
    "form",
    { novalidate: true, onsubmit: save },
    h("label", { for: "display" }, words.say("own.display")),
    input,
    h("p", { id: "display-hint", class: "hint" }, words.say("own.display_hint", { name })),
    fault,
    submit,
    done,
  );

  async function read() {
    const answer = await account.call("accounts.find", { name });
    fill(done);
    if ("error" in answer) return fill(fault, words.error(answer.error.code));
    input.value = typeof answer.ok.display === "string" ? answer.ok.display : "";
    input.disabled = false;
  }

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    if (submit.disabled || input.disabled) return;
    const display = tidyName(input.value);
    const long = [...display].length > DISPLAY_SCALARS;
    setAttribute(input, "aria-invalid", long ? "true" : null);
    fill(done);
    fill(fault, long && words.say("own.display_long"));
    if (long) return input.focus();
    submit.disabled = true;
    const answer = await account.call("accounts.update", { display });
    submit.disabled = false;
    if ("error" in answer) fill(fault, words.error(answer.error.code));
    else fill(done, words.say("own.saved"));
  }
}
