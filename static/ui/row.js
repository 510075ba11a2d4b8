/**
 * One row of the timeline.
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { drawMessage } from "./row_message.js";
import { isClosed } from "./row_plan.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("../model/room.js").Room} Room
 * @typedef {import("./row_plan.js").RowPlan} RowPlan
 * @typedef {import("../model/timeline.js").Item} Item
 */

/**
 * @param {Context} context
 * @param {Room} room
 * @param {RowPlan} plan
 * @param {(key: string) => void} toggle shows a long message in full, or not
 */
export function drawRow(context, room, plan, toggle) {
  const { item } = plan;
  return h(
    "div",
    { class: `row ${item.kind}`, "data-key": item.key, "data-thread": plan.thread, "data-head": String(plan.head), tabindex: "-1" },
    plan.day && h("p", { class: "day" }, h("time", { datetime: new Date(item.time).toISOString().slice(0, 10) }, context.words.day(item.time, Date.now()))),
    plan.unread && h("p", { class: "unread-line" }, h("span", {}, context.words.say("timeline.new"))),
    ...drawBody(context, room, plan, toggle),
  );
}

/** @param {Context} context @param {Room} room @param {RowPlan} plan @param {(key: string) => void} toggle */
function drawBody(context, room, plan, toggle) {
  const { words } = context;
  const item = plan.item;
  switch (item.kind) {
    case "unreadable":
      if (isClosed(item)) return [line(icon("clock"), words.say("unreadable.before_you_joined", { count: plan.count }), words.say("unreadable.before_you_joined_next", { count: plan.count }))];
      return drawMessage(context, room, plan, item, toggle);
    case "message":
      return drawMessage(context, room, plan, item, toggle);
    case "presence":
      return [line(null, ...presence(words, item))];
    case "rotation":
      return [line(icon("key"), words.say(ROTATIONS.has(item.reason) ? `timeline.rotation.${item.reason}` : "timeline.rotation.demand"))];
    case "missed":
      return [line(icon("gap"), words.say(MISSED.has(item.reason) ? `timeline.missed.${item.reason}` : "timeline.missed.too_old"))];
    case "changed":
      return [line(icon("warn"), words.say("timeline.changed", { name: item.name }))];
  }
}

const ROTATIONS = new Set(["first", "left", "age", "unanswered", "demand"]);
const MISSED = new Set(["restart", "too_old", "withheld"]);

/** @param {import("../i18n/index.js").Words} words @param {import("../model/timeline.js").PresenceItem} item */
function presence(words, item) {
  return /** @type {const} */ (["joined", "left", "lost"])
    .filter((how) => item[how].length > 0)
    .map((how) => words.say(`timeline.${how}`, { count: item[how].length, names: words.names(item[how]) }));
}

/** @param {SVGElement | null} mark @param {...string} sentences */
function line(mark, ...sentences) {
  return h("div", { class: "line" }, mark, h("div", {}, ...sentences.map((sentence) => h("p", { dir: "auto" }, sentence))));
}
