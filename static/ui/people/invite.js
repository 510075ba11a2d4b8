/**
 * Inviting somebody who has no account: a link or a code that says whose invitation it is.
 */
import { invitationLink } from "../../model/invitation.js";
import { openDialog } from "../dialog.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { qrCode } from "./qr.js";

/** @param {import("./index.js").PeopleContext} context */
export function inviteDialog({ account, words, announcer }) {
  const link = invitationLink(location.origin, { account: account.account.peek(), fingerprint: account.fingerprint.peek() });
  const field = h("input", { id: "invite-link", type: "text", readonly: true, dir: "ltr", onfocus: () => field.select() });
  field.value = link;
  const said = h("p", { class: "hint", role: "status" });
  openDialog(words, words.say("people.invite"), () => [
    h("p", { class: "lead" }, words.say("invite.lead")),
    h("label", { for: "invite-link" }, words.say("invite.link")),
    h("div", { class: "line-field" }, field, h("button", { type: "button", class: "primary", "data-first": true, onclick: copy }, words.say("invite.copy"))),
    said,
    h("section", { class: "setting" }, h("h3", {}, words.say("invite.code")), qrCode(link, words.say("invite.code")) ?? h("p", { class: "quiet" }, words.say("invite.no_code"))),
    h("p", { class: "note" }, icon("key"), h("span", {}, words.say("invite.foot"))),
  ]);

  async function copy() {
    const copied = await navigator.clipboard.writeText(link).then(() => true, () => false);
    if (!copied) field.focus();
    said.textContent = words.say(copied ? "invite.copied" : "invite.copy_by_hand");
    announcer.say(said.textContent);
  }
}
