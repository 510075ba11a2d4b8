/**
 * Comparing keys: sixty digits to read aloud, a code for a camera, and the answer that stays.
 */
import { parseQrText, qrText, safetyNumber } from "../../crypto/numbers.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { qrCode } from "./qr.js";

/**
 * @typedef {import("./index.js").PeopleContext} PeopleContext
 * @typedef {import("../../model/contacts.js").Pin} Pin
 * @typedef {{ account: string, name: string }} Whom
 */

/**
 * Reads the newest keys of somebody and shows what to compare.
 * @param {PeopleContext} context
 * @param {Whom} whom
 */
export async function verifyDialog(context, whom) {
  const { words } = context;
  const body = h("div", { class: "verify" });
  openDialog(words, words.say("verify.title", { name: whom.name }), (close) => {
    void read(context, whom, body, close);
    return [body];
  });
}

/** @param {PeopleContext} context @param {Whom} whom @param {HTMLElement} body @param {() => void} close */
async function read(context, whom, body, close) {
  const { people, words } = context;
  fill(body, h("p", { role: "status" }, words.say("verify.reading")));
  const refused = await people.contacts.check(whom.account, whom.name);
  if (!body.isConnected) return;
  const pin = people.contacts.pin(whom.account);
  if (people.contacts.trust(whom.account) === "alarm") {
    fill(body, h("p", { class: "warning", role: "alert" }, icon("warn"), h("span", {}, words.say("trust.alarm", { name: whom.name }))));
  } else if (refused !== null || pin === null) {
    const again = h("button", { type: "button", class: "small", onclick: () => read(context, whom, body, close) }, icon("retry"), words.say("people.again"));
    fill(body, h("p", { class: "fault", role: "alert" }, words.say("verify.not_read", { cause: words.error(refused?.code ?? "internal") })), again);
    again.focus();
  } else {
    await compare(context, whom, pin, body, close);
  }
}

/** @param {PeopleContext} context @param {Whom} whom @param {Pin} pin @param {HTMLElement} body @param {() => void} close */
async function compare(context, { account, name }, pin, body, close) {
  const { people, account: own, words, announcer } = context;
  const mine = { account: own.account.peek(), fingerprint: own.fingerprint.peek() };
  const number = await safetyNumber(mine, { account, fingerprint: pin.fingerprint });
  const fault = h("p", { id: "verify-fault", class: "fault", role: "alert" });
  const same = h("button", { type: "button", class: "primary", onclick: () => answer(true) }, icon("check"), words.say("verify.match"));
  const other = h("button", { type: "button", onclick: () => answer(false) }, words.say("verify.differ"));
  const verified = people.contacts.trust(account) === "verified";
  fill(
    body,
    h("p", { class: "lead" }, words.say("verify.lead", { name })),
    verified && h("p", { class: "note" }, icon("check"), words.say("verify.done", { name })),
    digits(number),
    h("div", { class: "answers" }, same, other),
    fault,
    scanned(context, { account, pin, answer, fault }),
    h("section", { class: "setting" }, h("h3", {}, words.say("verify.code")), h("p", { class: "quiet" }, words.say("verify.code_lead", { name })), qrCode(qrText(mine), words.say("verify.code"))),
  );
  same.focus();

  /** @param {boolean} match */
  async function answer(match) {
    fill(fault);
    same.disabled = other.disabled = true;
    const refused = match ? await people.contacts.match(account, pin) : await differ();
    same.disabled = other.disabled = false;
    if (refused !== null) return fill(fault, words.error(refused.code));
    announcer.say(words.say(match ? "verify.matched" : "verify.differed", { name }));
    return match ? close() : fill(body, h("p", { class: "warning", role: "alert" }, icon("warn"), h("span", {}, words.say("verify.differed", { name }))));
  }

  /** Notes it first: what is noted holds even if the server does not block. */
  async function differ() {
    return (await people.contacts.differ(account, pin)) ?? people.friends.block(account);
  }
}

/** Twelve groups of five. @param {string} number */
export function digits(number) {
  return h("p", { class: "safety tabular" }, ...number.split(" ").flatMap((group) => [h("span", {}, group), " "]));
}

/**
 * Where a code's text goes that another device has read: this page has no camera.
 * @param {PeopleContext} context
 * @param {{ account: string, pin: Pin, answer: (match: boolean) => Promise<unknown>, fault: HTMLElement }} of
 */
function scanned({ words }, { account, pin, answer, fault }) {
  const input = h("input", { id: "scanned", type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: "200", "aria-describedby": "verify-fault" });
  return h(
    "form",
    { class: "setting", novalidate: true, onsubmit: check },
    h("label", { for: "scanned" }, words.say("verify.scanned")),
    h("div", { class: "line-field" }, input, h("button", { type: "submit" }, words.say("verify.check"))),
  );

  /** @param {Event} event */
  function check(event) {
    event.preventDefault();
    const read = parseQrText(input.value.trim());
    if (read === null) return fill(fault, words.say("verify.no_code"));
    if (read.account !== account) return fill(fault, words.say("verify.other_account"));
    return void answer(read.fingerprint === pin.fingerprint);
  }
}
