/**
 * One row of a conversation.
 */
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { fileIcon } from "./files/icons.js";
import { drawMessage } from "./message.js";
import { nameOf, namesOf } from "./names.js";
import { isClosed } from "./plan.js";
import { threadLink } from "./thread.js";
import { unreadable } from "./unreadable.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./view.js").View} View
 * @typedef {import("./plan.js").RowPlan} RowPlan
 * @typedef {import("../../rooms/requests.js").Row} Row
 * @typedef {import("../../rooms/requests.js").CommitRow} CommitRow
 * @typedef {import("../../rooms/requests.js").ErasedRow} ErasedRow
 * @typedef {import("../../rooms/requests.js").NoteRow} NoteRow
 */

/** Reasons of a commit that changed nobody; others are said by what they changed. */
const REASONS = new Set(["age", "count", "on_demand", "bad_share", "roles_or_policy"]);

/** @param {TalkContext} context @param {View} view @param {RowPlan} plan @param {(key: string) => void} toggle */
export function drawRow(context, view, plan, toggle) {
  const { row } = plan;
  return h(
    "div",
    { class: `row ${row.kind}${row.kind === "message" && row.mentions.includes(context.account.account.peek()) ? " to-me" : ""}`, "data-key": plan.key, "data-thread": plan.thread, "data-head": String(plan.head), tabindex: "-1" },
    plan.day && h("p", { class: "day" }, h("time", { datetime: new Date(row.time).toISOString().slice(0, 10) }, context.words.day(row.time, Date.now()))),
    plan.unread && h("p", { class: "unread-line" }, h("span", {}, context.words.say("timeline.new"))),
    h("div", { class: "what" }, ...body(context, view, plan, toggle)),
  );
}

/** @param {TalkContext} context @param {View} view @param {RowPlan} plan @param {(key: string) => void} toggle */
function body(context, view, plan, toggle) {
  const { row } = plan;
  switch (row.kind) {
    case "commit":
      return [line(icon("key"), ...commitSentences(context, row))];
    case "note":
      return [line(icon(row.what === "forgotten" ? "clock" : "key"), noteSentence(context, row))];
    case "unreadable":
      return isClosed(row) ? [unreadable(context, view, row, plan.count)] : [who(context, plan, row), unreadable(context, view, row, 1)];
    case "resource":
      return [line(fileIcon("link"), context.words.say(`resources.line_${row.action}`, { name: nameOf(context, row.account), title: row.title }))];
    case "erased":
      return [who(context, plan, row), h("p", { class: "note erased-note" }, icon("bin"), erased(context, row)), threadLink(context, view, row)];
    case "message":
      return [who(context, plan, row), ...drawMessage(context, view, plan, row, toggle)];
  }
}

/** Who, and when. @param {TalkContext} context @param {RowPlan} plan @param {Exclude<Row, CommitRow | NoteRow | import("../../rooms/requests.js").ResourceRow>} row */
function who(context, plan, row) {
  const { words } = context;
  const name = nameOf(context, row.account);
  const mine = row.account === context.account.account.peek();
  const time = h("time", { datetime: new Date(row.time).toISOString(), title: words.moment(row.time) }, words.clock(row.time));
  if (!plan.head) return h("p", { class: "gutter" }, h("span", { class: "unseen", dir: "auto" }, name), time);
  return h("p", { class: "head" }, h("strong", { class: "name", dir: "auto" }, name), mine && h("span", { class: "hint" }, words.say("message.you")), time);
}

/** @param {TalkContext} context @param {ErasedRow} row */
function erased(context, row) {
  const { words } = context;
  if (row.by === row.account) return row.reason === "" ? words.say("erased.own") : words.say("erased.own_reason", { text: row.reason });
  const name = nameOf(context, row.by);
  return row.reason === "" ? words.say("erased.by", { name }) : words.say("erased.by_reason", { name, text: row.reason });
}

/** What a commit changed, each as a sentence. @param {TalkContext} context @param {CommitRow} row */
export function commitSentences(context, row) {
  const { words } = context;
  const by = nameOf(context, row.by);
  const some = (/** @type {string} */ key, /** @type {string[]} */ accounts) =>
    accounts.length === 0 ? [] : [words.say(key, { count: accounts.length, names: namesOf(context, accounts), name: by })];
  const joined = row.n === 1 ? [] : row.joined;
  const sentences = [
    ...(row.n === 1 ? [words.say("commit.first", { name: by })] : []),
    ...some("commit.joined", joined),
    ...some("commit.left", row.left),
    ...some("commit.removed", row.removed.filter((account) => !row.banned.includes(account))),
    ...some("commit.banned", row.banned),
    ...some("commit.unbanned", row.unbanned),
    ...some("commit.rekeyed", row.rekeyed),
    ...(row.keepDays === null ? [] : [row.keepDays === 0 ? words.say("commit.keep_ever", { name: by }) : words.say("commit.keep_days", { count: row.keepDays, name: by })]),
    ...(row.n === 1 ? [] : row.roles.map(({ account, role }) => words.say(`commit.role_${role}`, { names: namesOf(context, [account]), name: by }))),
  ];
  if (sentences.length > 0) return sentences;
  return [words.say(`commit.reason_${REASONS.has(row.reason) ? row.reason : "other"}`, { name: by })];
}

/** What happened to a request for keys, or was forgotten. @param {TalkContext} context @param {NoteRow} row */
function noteSentence(context, { what, account, by, count }) {
  const { words } = context;
  if (what === "forgotten") return words.say("forgotten.line", { count });
  const own = context.account.account.peek();
  const name = nameOf(context, account === own ? by : account);
  if (what === "asked") return words.say("keys.asked", { name });
  if (what === "given") return words.say(account === own ? "keys.given_to_you" : "keys.given", { name });
  return account === own ? words.say("keys.refused_you") : words.say("keys.refused", { name });
}

/** @param {SVGElement} mark @param {...string} sentences */
function line(mark, ...sentences) {
  return h("div", { class: "line" }, mark, h("div", {}, ...sentences.map((sentence) => h("p", { dir: "auto" }, sentence))));
}
