/**
 * New identity keys, signed by the present ones.
 */
import { fill, h, setText } from "../dom.js";

/** Characters of a fingerprint that stand together. */
const GROUP = 8;

/** @type {import("./index.js").Section} */
export function rotateSection({ account, words }, scope) {
  const fault = h("p", { class: "fault", role: "alert" });
  const done = h("p", { class: "hint", role: "status" });
  const fingerprint = h("p", { class: "fingerprint" });
  const button = h("button", { type: "button", class: "primary", onclick: rotate }, words.say("own.rotate_submit"));
  scope.effect(() => setText(fingerprint, (account.fingerprint.value.match(new RegExp(`.{${GROUP}}`, "g")) ?? []).join(" ")));
  return h("div", {}, h("p", { class: "lead" }, words.say("own.rotate_lead")), h("h3", {}, words.say("own.rotate_fingerprint")), fingerprint, button, fault, done);

  async function rotate() {
    if (button.disabled) return;
    fill(fault);
    fill(done, words.say("own.busy"));
    button.disabled = true;
    const refused = await (await account.keys()).rotate();
    button.disabled = false;
    fill(done, refused === null && words.say("own.rotate_done"));
    if (refused !== null) fill(fault, words.error(refused.code));
  }
}
