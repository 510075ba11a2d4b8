/**
 * Dialogues of accounts in the signed-in page: a guest makes an account, and a recovery code is checked later.
 */
import "../later.js";
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";
import { enrolmentOf } from "./door.js";
import { accountForm, field } from "./parts.js";
import { signUp } from "./sign_up.js";

/** @typedef {import("../context.js").Context} Context */

/** Makes the guest's name an account; rooms and timeline stay. @param {Context} context */
export function openUpgrade(context) {
  const { chat, words } = context;
  openDialog(words, words.say("upgrade.title"), (close) => [
    signUp(context, enrolmentOf(context), { name: chat.session.peek().name, fixed: true, below: [], done: () => close(document.getElementById("composer")) }),
  ]);
}

/** Tries the recovery code on the vault. @param {Context} context */
export function openCheckCode(context) {
  const { chat, words } = context;
  const typed = field({ id: "recovery-code", label: words.say("ways.code_label"), hint: words.say("ways.code_hint"), autocomplete: "off", autocapitalize: "characters", maxlength: "80", dir: "ltr", class: "code-input", "data-first": true });
  openDialog(words, words.say("check_code.title"), (close) => {
    const { form, fault } = accountForm(context, {
      enrolment: enrolmentOf(context),
      inputs: [typed.input],
      fields: [typed.element],
      submit: "check_code.submit",
      busy: "check_code.busy",
      check: () => (typed.input.value.trim() === "" ? words.say("fault.code_missing") : null),
      send,
    });
    return [h("p", { class: "lead" }, words.say("check_code.lead")), form, h("p", { class: "hint" }, words.say("check_code.lost"))];

    async function send() {
      const tried = await (await chat.account.keys()).rehearse(typed.input.value);
      if ("error" in tried) return tried.error;
      if (!tried.ok) {
        fault.show(words.say("check_code.differs"));
        return null;
      }
      close();
      context.announcer.say(words.say("check_code.good"));
      return null;
    }
  });
}
