/**
 * Reporting a message: what is handed over is said before it is.
 */
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf } from "./names.js";

/** The longest reason, in bytes (docs/protocol.md §14.15). */
const REASON_BYTES = 1_024;

/** @param {import("./index.js").TalkContext} context @param {import("./view.js").View} view @param {import("../../rooms/requests.js").MessageRow} row */
export function reportDialog(context, { room, channel }, row) {
  const { words, conversations, announcer } = context;
  const reason = h("textarea", { id: "report-reason", rows: 3, dir: "auto", "data-first": true, "aria-describedby": "report-fault" });
  const fault = h("p", { id: "report-fault", class: "fault", role: "alert" });
  openDialog(words, words.say("report.title"), (close) => {
    const go = h("button", { type: "submit", class: "danger", "data-control": "go" }, words.say("report.go"));
    return [
      h("blockquote", { class: "preview", dir: "auto" }, row.text.slice(0, 300)),
      h("p", { class: "lead" }, words.say("report.lead", { name: nameOf(context, row.account) })),
      h("p", { class: "note" }, icon("key"), h("span", {}, words.say("report.key"))),
      h(
        "form",
        { novalidate: true, onsubmit: send },
        h("label", { for: "report-reason" }, words.say("report.reason")),
        reason,
        fault,
        h("div", { class: "actions" }, h("button", { type: "button", onclick: () => close() }, words.say("sure.no")), go),
      ),
    ];

    /** @param {Event} event */
    async function send(event) {
      event.preventDefault();
      const said = reason.value.trim();
      if (new TextEncoder().encode(said).length > REASON_BYTES) return fill(fault, words.say("report.too_long"));
      go.disabled = true;
      fill(fault);
      const refused = await conversations.act("conversation_report", { room, channel, message: row.message, hash: row.hash, reason: said });
      go.disabled = false;
      if (refused !== null) return fill(fault, refused === "over_quota" ? words.say("report.again") : words.error(refused));
      announcer.say(words.say("report.done"));
      return close(document.getElementById("composer"));
    }
  });
}
