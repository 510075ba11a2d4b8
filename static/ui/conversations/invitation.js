/**
 * An invitation into a group: whose it is, the numbers to compare before anything is answered, and the answer.
 */
import { qrText, safetyNumber } from "../../crypto/numbers.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { qrCode } from "../people/qr.js";
import { digits } from "../people/verify.js";
import { WARNS } from "./members.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../model/conversations.js").Invitation} Invitation
 */

/** In the sidebar. @param {TalkContext} context @param {Invitation} invitation */
export function invitationCard(context, invitation) {
  const { words } = context;
  return h(
    "li",
    { class: "request", tabindex: "-1" },
    h("p", {}, sentenceOf(context, invitation)),
    h("div", { class: "answers" }, h("button", { type: "button", class: "small", "data-control": "invitation", "aria-haspopup": "dialog", onclick: () => invitationDialog(context, invitation) }, words.say("invited.look"))),
  );
}

/** @param {TalkContext} context @param {Invitation} invitation */
function invitationDialog(context, invitation) {
  const { words, conversations, layout, announcer, account: own } = context;
  const { inviterName: name, inviterKeys, safetyNumber: number } = invitation;
  const fault = h("p", { id: "invited-fault", class: "fault", role: "alert" });
  const mine = { account: own.account.peek(), fingerprint: own.fingerprint.peek() };
  openDialog(words, words.say("invited.heading"), (close) => {
    const button = (/** @type {string} */ key, /** @type {() => Promise<string | null>} */ run, style = "") =>
      h("button", { type: "button", class: style, "data-control": key, onclick: () => go(run, close) }, words.say(key));
    const verified = inviterKeys === "verified";
    return [
      h("p", { class: "lead" }, h("span", { class: "block" }, sentenceOf(context, invitation)), h("span", { class: "block" }, words.say("invited.until", { time: words.date(invitation.expiresAt) }))),
      WARNS.has(inviterKeys) && h("p", { class: "warning", role: "alert" }, icon("warn"), h("span", {}, words.say(`trust.${inviterKeys}`, { name }))),
      h("p", {}, words.say(verified ? "invited.verified" : "invited.compare", { name })),
      digits(number),
      h(
        "div",
        { class: "answers" },
        verified ? button("invited.accept", () => answer(true), "primary") : button("invited.match", match, "primary"),
        !verified && button("invited.accept_anyway", () => answer(true)),
        button("invited.decline", () => answer(false)),
        !verified && button("verify.differ", differ),
      ),
      fault,
      h("details", { class: "setting-fold" }, h("summary", {}, words.say("verify.code")), h("p", { class: "quiet" }, words.say("verify.code_lead", { name })), qrCode(qrText(mine), words.say("verify.code"))),
    ];
  });

  /** @param {boolean} accept @returns {Promise<string | null>} */
  async function answer(accept) {
    const given = await conversations.ask("conversation_answer", { invitation: invitation.invitation, accept });
    if ("error" in given) return given.error.code;
    announcer.say(words.say(accept ? "invited.accepted" : "invited.declined", { name }));
    if (accept) {
      conversations.show(given.ok.room, given.ok.channel);
      layout.back();
    }
    return null;
  }

  async function match() {
    return (await noted(true)) ?? answer(true);
  }

  /** Declines first: what is noted and blocked holds even if that fails. */
  async function differ() {
    const refused = (await noted(false)) ?? (await context.people.friends.block(invitation.inviter))?.code ?? null;
    return refused ?? answer(false);
  }

  /** Notes what was compared, if the keys are still those of the number on the screen. @param {boolean} same @returns {Promise<string | null>} */
  async function noted(same) {
    const { contacts } = context.people;
    const unread = await contacts.check(invitation.inviter, name);
    if (unread !== null) return unread.code;
    const pin = contacts.pin(invitation.inviter);
    if (pin === null || (await safetyNumber(mine, { account: invitation.inviter, fingerprint: pin.fingerprint })) !== number) return "keys_conflict";
    const refused = same ? await contacts.match(invitation.inviter, pin) : await contacts.differ(invitation.inviter, pin);
    return refused?.code ?? null;
  }

  /** @param {() => Promise<string | null>} run @param {(next?: unknown) => void} close */
  async function go(run, close) {
    fill(fault);
    const buttons = document.querySelectorAll(/** @type {"button"} */ ("dialog .answers button"));
    for (const each of buttons) each.disabled = true;
    const refused = await run();
    for (const each of buttons) each.disabled = false;
    if (refused !== null) return fill(fault, words.error(refused));
    return close(document.getElementById("composer") ?? document.getElementById("talks-title"));
  }
}

/** @param {TalkContext} context @param {Invitation} invitation */
function sentenceOf({ words }, { inviterName, name }) {
  return name === "" ? words.say("invited.group", { name: inviterName }) : words.say("invited.named", { name: inviterName, room: name });
}
