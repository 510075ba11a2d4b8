/**
 * About the conversation: how it is sealed, said plainly, who is in it, and what can be done about both.
 */
import { Signal, untracked } from "../../model/signals.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { leaveDialog, renameDialog } from "./decisions.js";
import { inviteIntoDialog } from "./create.js";
import { channelsSection } from "../rooms/channels.js";
import { epochsFold } from "../rooms/epochs.js";
import { keepingPart } from "./keeping.js";
import { levelChoice } from "./level.js";
import { leads, membersList } from "./members.js";
import { isRoom } from "./names.js";
import { pinnedList } from "./pins.js";
import { resourcesList } from "./resources.js";
import { threadPane } from "./thread.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./index.js").Conversation} Conversation
 * @typedef {import("../../model/signals.js").Scope} Scope
 */

/** @param {TalkContext} context @param {Scope} scope */
export function aside(context, scope) {
  const { conversations } = context;
  const place = h("div", { class: "aside-place" });
  const there = new Signal(/** @type {string | null} */ (null));
  const details = h("div", {});
  const thread = h("div", {});
  fill(place, thread, details);
  showThreads(context, scope, thread, details);
  let inner = scope.child();
  scope.effect(() => {
    const room = conversations.current.value;
    there.value = room !== null && conversations.find(room) !== undefined ? room : null;
  });
  scope.effect(() => {
    const room = there.value;
    inner.end();
    inner = scope.child();
    fill(details, ...(room === null ? [] : untracked(() => parts(context, inner, room))));
  });
  return place;
}

/** A thread lies over the details as long as somebody reads it. @param {TalkContext} context @param {Scope} scope @param {HTMLElement} place @param {HTMLElement} details */
function showThreads(context, scope, place, details) {
  let inner = scope.child();
  scope.effect(() => {
    const thread = context.conversations.thread.value;
    inner.end();
    inner = scope.child();
    details.hidden = thread !== null;
    fill(place, thread === null ? null : untracked(() => threadPane(context, inner, thread)));
  });
}

/** @param {TalkContext} context @param {Scope} scope @param {string} room */
function parts(context, scope, room) {
  const conversation = context.conversations.list.peek()?.find((each) => each.room === room);
  const channels = conversation !== undefined && isRoom(conversation) ? [channelsSection(context, scope, room)] : [];
  return [about(context, scope, room), ...channels, pinnedList(context, scope, room), resourcesList(context, scope, room), membersList(context, scope, room), steps(context, scope, room), keepingPart(context, scope, room), levelChoice(context, scope, () => context.conversations.channel.value), epochsFold(context, scope, room), marks(context, scope)];
}

/** @param {TalkContext} context @param {Scope} scope @param {string} room */
function about(context, scope, room) {
  const { chat, words, conversations } = context;
  const face = h("p", { class: "face" });
  const topic = h("p", { class: "topic", dir: "auto" });
  const join = h("dd");
  const joinRow = h("div", {}, h("dt", {}, words.say("room.join")), join);
  const key = h("dd");
  const history = h("dd");
  const connection = h("dd");
  const number = h("p", { class: "safety tabular room-number" });
  scope.effect(() => {
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    setText(key, words.say("details.key_held", { n: conversation.n }));
    setText(history, words.say(`history.${conversation.history}`));
    setText(face, isRoom(conversation) ? words.say(`room.is_${conversation.kind}`) : "");
    setText(topic, conversation.topic);
    setText(join, words.say(`room.join_${conversation.policy.join}`));
    face.hidden = joinRow.hidden = !isRoom(conversation);
    topic.hidden = conversation.topic === "";
    fill(number, ...conversation.number.split(" ").flatMap((group) => [h("span", {}, group), " "]));
  });
  scope.effect(() => setText(connection, words.say(`details.connection_${chat.connection.value.kind ?? "none"}`)));
  const rotate = h("button", { type: "button", class: "small", "data-control": "rotate", onclick: () => void renew() }, icon("retry"), words.say("talk.rotate"));
  const told = h("p", { class: "hint", role: "status" });
  return h(
    "section",
    { class: "about" },
    h("h3", {}, icon("seal"), words.say("talks.sealed")),
    topic,
    h("p", {}, words.say("talk.sealed_lead")),
    face,
    h(
      "dl",
      {},
      h("div", {}, h("dt", {}, words.say("details.key")), key),
      h("div", {}, h("dt", {}, words.say("details.kept")), h("dd", {}, words.say("talk.kept"))),
      joinRow,
      h("div", {}, h("dt", {}, words.say("create.history")), history),
      h("div", {}, h("dt", {}, words.say("details.connection")), connection),
    ),
    h("details", { class: "setting-fold" }, h("summary", {}, words.say("talk.number")), h("p", { class: "quiet" }, words.say("talk.number_lead")), number, rotate, told),
  );

  async function renew() {
    rotate.disabled = true;
    const refused = await conversations.act("conversation_rotate", { room });
    rotate.disabled = false;
    setText(told, refused === null ? words.say("talk.rotated") : words.error(refused));
  }
}

/** @param {TalkContext} context @param {Scope} scope @param {string} room */
function steps(context, scope, room) {
  const { words, conversations } = context;
  const box = h("div", { class: "steps-of-talk" });
  let shown = "";
  scope.effect(() => {
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    const { kind, role, archived, policy } = conversation;
    const may = { lead: leads(conversation), invite: !archived && (leads(conversation) || policy.invite === "any_member") };
    const drawn = `${kind} ${role} ${archived} ${may.invite}`;
    if (shown === drawn) return;
    shown = drawn;
    const now = () => conversations.list.peek()?.find((each) => each.room === room) ?? conversation;
    fill(
      box,
      kind !== "direct" && may.invite && button("plus", "talk.invite", () => inviteIntoDialog(context, now())),
      kind === "group" && may.lead && button("gear", "rename.title", () => renameDialog(context, now())),
      isRoom(conversation) && may.lead && button("gear", "setup.title", async () => (await import("../rooms/settings.js")).settingsDialog(context, now())),
      button("exit", isRoom(conversation) ? "room.leave" : "talks.leave", () => leaveDialog(context, now())),
    );
  });
  return box;

  /** @param {import("../icons.js").IconName} name @param {string} key @param {() => void} onclick */
  function button(name, key, onclick) {
    return h("button", { type: "button", class: "row-button", "data-control": key, "aria-haspopup": "dialog", onclick }, icon(name), h("span", {}, words.say(key)));
  }
}

/** Whether others see how far one has read. @param {TalkContext} context @param {Scope} scope */
function marks({ words, conversations }, scope) {
  const box = h("input", { type: "checkbox", id: "marks", onchange: () => void choose() });
  const fault = h("p", { class: "fault", role: "alert" });
  scope.effect(() => {
    const shown = conversations.marks;
    box.disabled = shown === null;
    box.checked = shown === true;
  });
  return h("section", { class: "marks" }, h("label", { class: "pick", for: "marks" }, box, h("span", {}, h("span", { class: "block" }, words.say("marks.label")), h("span", { class: "hint" }, words.say("marks.lead")))), fault);

  async function choose() {
    fill(fault);
    const refused = await conversations.chooseMarks(box.checked);
    if (refused === null) return;
    box.checked = !box.checked;
    fill(fault, words.error(refused.code));
  }
}
