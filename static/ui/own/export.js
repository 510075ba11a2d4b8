/**
 * A copy of the account's data, made here and saved as a file.
 */
import { exportOf, parseSessions } from "../../model/own_account.js";
import { fill, h } from "../dom.js";

/** @type {import("./index.js").Section} */
export function exportSection({ account, people, words }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const done = h("p", { class: "hint", role: "status" });
  const button = h("button", { type: "button", class: "primary", onclick: save }, words.say("own.export_submit"));
  return h("div", {}, h("p", { class: "lead" }, words.say("own.export_lead")), button, fault, done);

  async function save() {
    fill(fault);
    fill(done);
    button.disabled = true;
    const [self, sessions] = await Promise.all([account.call("accounts.find", { name: account.name.peek() }), account.call("auth.sessions")]);
    button.disabled = false;
    // Half a copy would pass for a whole one.
    if ("error" in self) return fill(fault, words.error(self.error.code));
    if ("error" in sessions) return fill(fault, words.error(sessions.error.code));
    const friends = people.friends.list.peek();
    if (friends === null || account.vault.peek() === null) return fill(fault, words.error("unavailable"));
    const copy = exportOf({ account, friends, display: String(self.ok.display ?? ""), sessions: parseSessions(sessions.ok.sessions), now: Date.now() });
    download(`sealwire-${account.name.peek()}.json`, JSON.stringify(copy, null, 2));
    fill(done, words.say("own.export_done"));
  }
}

/** @param {string} name @param {string} text */
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: url, download: name }).click();
  // The browser has taken what it needs once the click was handled.
  setTimeout(() => URL.revokeObjectURL(url));
}
