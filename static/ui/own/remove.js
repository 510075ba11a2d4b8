/**
 * Deleting the account: by its password, and by its name, so that nobody does it in passing.
 */
import { deleteAccount } from "../../model/own_account.js";
import { tidyName } from "../../model/names.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/** @type {import("./index.js").Section} */
export function removeSection({ chat, account, words }, _, close) {
  const name = account.name.peek();
  const typed = h("input", { id: "remove-name", type: "text", dir: "auto", maxlength: "200", autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": "remove-fault" });
  const password = h("input", { id: "remove-password", type: "password", autocomplete: "current-password", "aria-describedby": "remove-fault" });
  const fault = h("p", { id: "remove-fault", class: "fault", role: "alert" });
  const busy = h("p", { class: "hint", role: "status" });
  const submit = h("button", { type: "submit", class: "danger" }, words.say("own.remove_submit"));
  return h(
    "form",
    { novalidate: true, onsubmit: remove },
    h("p", { class: "warning" }, icon("warn"), h("span", {}, words.say("own.remove_lead"))),
    h("label", { for: "remove-name" }, words.say("own.remove_name", { name })),
    typed,
    h("label", { for: "remove-password" }, words.say("own.remove_password")),
    password,
    fault,
    submit,
    busy,
  );

  /** @param {Event} event */
  async function remove(event) {
    event.preventDefault();
    if (submit.disabled) return;
    fill(fault);
    if (tidyName(typed.value) !== name) {
      fill(fault, words.say("own.remove_wrong_name"));
      return typed.focus();
    }
    submit.disabled = true;
    fill(busy, words.say("own.busy"));
    const refused = await deleteAccount(account, password.value);
    submit.disabled = false;
    fill(busy);
    if (refused !== null) {
      fill(fault, refused.code === "password_wrong" ? words.say("own.password_wrong") : words.error(refused.code));
      return password.focus();
    }
    close();
    return void chat.signOut();
  }
}
