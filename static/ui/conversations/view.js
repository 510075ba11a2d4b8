/**
 * One end-to-end conversation: its head, what needs a decision, what was said, who is writing, and where to write.
 */
import { untracked, Signal } from "../../model/signals.js";
import { banner } from "../banner.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { accountPart } from "../account_part.js";
import { windowed } from "../windowed.js";
import { composeBox } from "./compose.js";
import { attachTo } from "./files/attach.js";
import { channelName, isOnline, isRoom, namesOf, placeName, titleOf } from "./names.js";
import { notices } from "./notices.js";
import { isClosed, rowsOf, sameRow } from "./plan.js";
import { drawRow } from "./row.js";
import { bindRowKeys } from "./row_keys.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../model/signals.js").Scope} Scope
 * @typedef {import("../../rooms/requests.js").Row} Row
 * @typedef {import("../../rooms/requests.js").MessageRow} MessageRow
 *
 * What rows and composer ask of the view around them.
 * @typedef {object} View
 * @property {string} room
 * @property {string} channel
 * @property {(row: MessageRow) => void} reply
 * @property {(row: MessageRow) => void} edit
 * @property {(sentence: string) => void} complain says by the composer what could not be done
 * @property {(message: string) => void} reveal shows the message that another one answers
 * @property {boolean} [isThread] whether it shows one thread only
 */

/** Rows that are read at least, and at most when more are unread. */
const FIRST_ROWS = 100;
const MOST_ROWS = 300;
/** Pages that are read back to find an answered message. */
const BACK_PAGES = 30;

/** @param {TalkContext} context @param {Scope} scope */
export function talkView(context, scope) {
  const { conversations } = context;
  const place = h("div", { class: "talk-place" });
  /** Whether it is told already: a channel that was just made is, in a moment. */
  const there = new Signal(false);
  let inner = scope.child();
  scope.effect(() => {
    const [room, channel] = [conversations.current.value, conversations.channel.value];
    there.value = room !== null && channel !== null && (conversations.at(channel) !== undefined || conversations.find(room) === undefined);
  });
  scope.effect(() => {
    const room = conversations.current.value;
    const channel = conversations.channel.value;
    inner.end();
    inner = scope.child();
    fill(place, room === null || channel === null || !there.value ? null : untracked(() => channelView(context, inner, { room, channel })));
  });
  return place;
}

/** @param {TalkContext} context @param {Scope} scope @param {{ room: string, channel: string }} of */
function channelView(context, scope, { room, channel }) {
  const { conversations, words, attention } = context;
  const rows = conversations.rows(channel);
  const conversation = now();
  const title = conversation === undefined ? words.plain("talks.alone") : placeName(context, conversation, channel);
  /** Whether the reader was shown where to begin. */
  const began = new Signal(false);
  const firstUnread = new Signal(/** @type {string | null} */ (null));
  const unread = new Signal(0);
  /** @type {View} */
  const view = { room, channel, reply: (row) => box.reply(row), edit: (row) => box.edit(row), reveal: (message) => void find({ message }), complain: (sentence) => box.complain(sentence) };
  const readTo = conversation?.read ?? 0;
  void rows.begin(Math.min(MOST_ROWS, Math.max(FIRST_ROWS, (conversation?.unread ?? 0) + 20)));

  const timeline = windowed(context, scope, {
    label: words.say("timeline.label", { room: title }),
    empty: emptyState(context, scope, rows),
    items: () => (conversations.list.value, rows.items.value),
    unread,
    firstUnread,
    plan: (items, start, end, expanded) => rowsOf(items, start, end, { conversation: now(), firstUnread: firstUnread.peek(), expanded, nameOf: (account) => conversations.nameOf(account) }),
    keyOf: (plan) => plan.key,
    draw: (plan, toggle) => drawRow(context, view, plan, toggle),
    same: sameRow,
    read: () => conversations.read(channel),
    older: () => rows.older(),
    land: () => {
      began.value = true;
      firstUnread.value = (conversation?.unread ?? 0) > 0 ? firstBehind(rows.items.peek(), readTo) : null;
      return firstUnread.peek();
    },
  });
  const box = composeBox(context, scope, { room, channel, title, sent, rows: () => rows.items.peek() });
  scope.effect(() => {
    const present = conversations.at(channel);
    const looking = attention.visible.value && attention.atEnd.value;
    // What comes while nobody looks begins with a line, which then stays.
    if (began.value && !looking && present !== undefined && present.unread > 0 && unread.peek() === 0) firstUnread.value = firstBehind(rows.items.peek(), present.read);
    unread.value = present?.unread ?? 0;
  });
  scope.effect(() => {
    void rows.items.value;
    const seen = began.value && attention.visible.value && attention.atEnd.value && conversations.at(channel) !== undefined;
    if (seen) untracked(() => conversations.read(channel));
  });
  scope.effect(() => {
    // Where history is shared its keys are handed over to whoever asks.
    const shared = conversations.find(room)?.history === "shared" && rows.items.value.some(isClosed);
    if (shared) untracked(() => conversations.askShared(room));
  });
  scope.effect(() => {
    const { value: wanted } = conversations.wanted;
    if (wanted === null) return;
    conversations.wanted.value = null;
    untracked(() => void find(wanted));
  });
  const section = h("section", { class: "conversation", "aria-label": title });
  keepTitle(context, scope, { room, channel }, section);
  bindRowKeys(context, scope, timeline.element, view);
  const parts = [banner(context, scope, null), accountPart(context, scope, "banner"), notices(context, scope, room)];
  fill(section, head(context, scope, { room, channel }), ...parts, timeline.element, typingLine(context, scope, channel), box.element);
  attachTo(context, scope, { room, channel }, { section, composer: box.element, complain: box.complain });
  return section;

  function now() {
    return untracked(() => conversations.at(channel));
  }

  /** Nothing is new any more, and what was said is at the end. @param {boolean} isNew */
  function sent(isNew) {
    firstUnread.value = null;
    if (isNew) timeline.toEnd();
  }

  /** @param {{ message: string, hash?: string }} wanted */
  async function find({ message, hash }) {
    const row = () => (hash === undefined ? rows.message(message) : rows.items.peek().find((each) => "hash" in each && each.hash === hash));
    for (let page = 0; page < BACK_PAGES && row() === undefined; page++) if (!(await rows.older())) break;
    const key = row()?.key;
    if (key !== undefined) timeline.reveal(key);
    else context.announcer.say(words.say("message.far"));
  }
}

/** The first that others said behind a mark. @param {readonly Row[]} rows @param {number} mark */
function firstBehind(rows, mark) {
  const row = rows.find((each) => each.sequence > mark && each.kind !== "commit" && each.kind !== "note" && each.kind !== "resource" && !isClosed(each) && !(each.kind === "message" && each.mine));
  return row?.key ?? null;
}

/** @param {TalkContext} context @param {Scope} scope @param {{ room: string, channel: string }} of */
function head(context, scope, { room, channel }) {
  const { words, layout, conversations } = context;
  const name = h("bdi");
  const place = h("span", { class: "place-in-room" });
  const title = h("h2", { dir: "auto" }, name, place);
  const topic = h("span", { class: "hint topic", dir: "auto" });
  const here = h("span", { class: "here", "aria-hidden": "true" });
  const state = h("span", { class: "unseen" });
  const count = h("span", { class: "tabular", "aria-hidden": "true" });
  const people = h("button", { type: "button", class: "plain", onclick: () => layout.toggleDetails() }, icon("people"), count);
  scope.effect(() => {
    const open = layout.phone.value ? layout.pane.value === "details" : layout.details.value;
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    const online = isOnline(context, conversation);
    const members = conversation.members.length;
    setText(name, titleOf(context, conversation));
    setText(place, isRoom(conversation) ? ` # ${channelName(context, conversation, channel)}` : "");
    setText(topic, isRoom(conversation) ? (conversation.channels.find((each) => each.channel === channel)?.topic ?? "") : "");
    topic.hidden = topic.textContent === "";
    here.hidden = conversation.kind !== "direct";
    here.dataset.online = String(online);
    setText(state, conversation.kind === "direct" ? words.say(online ? "people.online" : "people.offline") : "");
    setText(count, words.number(members));
    people.setAttribute("aria-expanded", String(open));
    people.setAttribute("aria-label", `${words.say(open ? "nav.details_hide" : "nav.details")} · ${words.say("rooms.people", { count: members })}`);
    people.title = words.say(open ? "nav.details_hide" : "nav.details");
  });
  return h(
    "header",
    { class: "bar" },
    h("button", { type: "button", class: "plain phone-only", "aria-label": words.say("nav.rooms"), onclick: () => (layout.pane.value = "rooms") }, icon("menu")),
    here,
    title,
    topic,
    state,
    h("span", { class: "seal end-to-end" }, icon("seal"), h("span", {}, words.say("talks.sealed"))),
    people,
  );
}

/** Title of the window, and the name of the section. @param {TalkContext} context @param {Scope} scope @param {{ room: string, channel: string }} of @param {HTMLElement} section */
function keepTitle(context, scope, { room, channel }, section) {
  const { words, conversations, chat } = context;
  scope.effect(() => {
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    const count = chat.rooms.entered.value.reduce((sum, each) => sum + each.unread.value, chat.unread.value);
    const name = isRoom(conversation) ? `${titleOf(context, conversation)} # ${channelName(context, conversation, channel)}` : titleOf(context, conversation);
    section.setAttribute("aria-label", name);
    document.title = count === 0 ? words.plain("app.title", { room: name }) : words.plain("app.title_unread", { count, room: name });
  });
}

/** @param {TalkContext} context @param {Scope} scope @param {string} channel */
function typingLine(context, scope, channel) {
  const line = h("p", { class: "typing hint" });
  scope.effect(() => {
    const writing = context.conversations.typing.in(channel);
    setText(line, writing.length === 0 ? "" : context.words.say("typing.some", { count: writing.length, names: namesOf(context, writing) }));
  });
  return line;
}

/** What stands where nothing is to be seen yet. @param {TalkContext} context @param {Scope} scope @param {import("../../model/conversation_rows.js").ConversationRows} rows */
function emptyState({ words }, scope, rows) {
  const title = h("h2");
  const lead = h("p");
  const again = h("button", { type: "button", class: "small", onclick: () => rows.begin() }, icon("retry"), words.say("people.again"));
  const box = h("div", { class: "empty" }, title, lead, again);
  scope.effect(() => {
    const fault = rows.fault.value;
    const loaded = rows.loaded.value;
    box.hidden = loaded && rows.items.value.some((row) => row.kind !== "commit" && row.kind !== "note");
    again.hidden = loaded || fault === null;
    setText(title, words.say(loaded ? "timeline.empty" : fault === null ? "talk.reading" : "talk.not_read"));
    setText(lead, loaded ? words.say("talk.empty_lead") : fault === null ? "" : words.error(fault));
  });
  return box;
}
