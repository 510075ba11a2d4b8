/**
 * What administrators of the server do: judge reported messages (what was said, whether it is proven who said it, what comes of it), and
 * keep newcomers out for a while.
 */
import { Reports } from "../../model/reports.js";
import { Scope } from "../../model/signals.js";
import { openDialog } from "../dialog.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { talkIcon } from "./icons.js";
import { newcomersPart } from "./newcomers.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../rooms/requests.js").JudgedReport} JudgedReport
 */

/** Causes that have a sentence of their own; the others have one together. */
const CAUSES = new Set(["reporter", "other_place", "other_message", "sender", "message", "unknown_keys", "keys_alarm"]);
/** One for each account's conversations: it outlives a change of language. @type {WeakMap<TalkContext["conversations"], Reports>} */
const REPORTS = new WeakMap();

/** The way to them, for who administrates the server. @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope */
export function reportsButton(context, scope) {
  const { words } = context;
  const reports = reportsOf(context);
  const badge = h("span", { class: "badge" });
  const closed = h("span", { class: "hint" }, words.say("newcomers.now"));
  const button = h("button", { type: "button", class: "row-button", "data-control": "reports", "aria-haspopup": "dialog", onclick: () => reportsDialog(context, reports) }, talkIcon("flag"), h("span", { class: "two-lines" }, h("span", {}, words.say("admin.title")), closed), badge);
  scope.effect(() => {
    const count = reports.items.value?.length ?? 0;
    button.hidden = !reports.mode.administers.value;
    closed.hidden = !reports.mode.emergency.value;
    badge.hidden = count === 0;
    fill(badge, h("span", { "aria-hidden": "true" }, words.number(count)), h("span", { class: "unseen" }, words.say("reports.count", { count })));
  });
  return button;
}

/** @param {TalkContext} context */
function reportsOf({ conversations, account }) {
  const reports = REPORTS.get(conversations) ?? new Reports(account, conversations);
  REPORTS.set(conversations, reports);
  return reports;
}

/** @param {TalkContext} context @param {Reports} reports */
function reportsDialog(context, reports) {
  const { words } = context;
  const scope = new Scope();
  const list = h("ul", { class: "reports" });
  const title = h("h3", { tabindex: "-1" }, words.say("reports.title"));
  const quiet = h("p", { class: "quiet", role: "status" });
  const fault = h("p", { class: "fault", role: "alert" });
  const dialog = openDialog(words, words.say("admin.title"), () => [
    h("section", { class: "setting" }, title, h("p", { class: "hint" }, words.say("reports.lead")), list, quiet, fault),
    newcomersPart(context, scope, reports.mode),
  ]);
  dialog.addEventListener("close", () => scope.end());
  scope.effect(() => {
    const items = reports.items.value ?? [];
    const unread = reports.fault.value;
    reconcile(list, items, ({ report }) => report, draw, Object.is, title);
    quiet.hidden = items.length > 0;
    setText(quiet, unread === null ? words.say(reports.items.value === null ? "reports.loading" : "reports.none") : words.error(unread));
  });

  /** @param {JudgedReport} item */
  function draw(item) {
    const name = item.senderName || words.say("talks.somebody");
    return h(
      "li",
      { class: "report", "data-report": item.report },
      h("p", {}, words.say(item.reason === "" ? "reports.by" : "reports.by_because", { name: item.reporterName || words.say("talks.somebody"), time: words.date(item.receivedAt), text: item.reason })),
      item.proven && h("blockquote", { class: "preview", dir: "auto" }, item.text === "" ? words.say("reports.no_text", { text: item.type }) : item.text),
      h("p", { class: item.proven ? "note" : "warning" }, icon(item.proven ? "check" : "warn"), h("span", {}, item.proven ? words.say("reports.proven", { name, time: words.date(item.sentAt) }) : words.say(sentenceOf(item), { name }))),
      h("div", { class: "answers" }, answer(item, "upheld"), answer(item, "dismissed")),
    );
  }

  /** @param {JudgedReport} item @param {keyof typeof import("../../model/reports.js").VERDICTS} verdict */
  function answer({ report }, verdict) {
    return h("button", { type: "button", class: "small", "data-control": verdict, onclick: () => void settle(report, verdict) }, words.say(`reports.${verdict}`));
  }

  /** @param {string} report @param {keyof typeof import("../../model/reports.js").VERDICTS} verdict */
  async function settle(report, verdict) {
    fill(fault);
    const refused = await reports.settle(report, verdict);
    if (refused !== null) fill(fault, words.error(refused));
  }
}

/** @param {JudgedReport} report */
function sentenceOf({ cause }) {
  return `reports.not_${cause !== null && CAUSES.has(cause) ? cause : "read"}`;
}
