/**
 * The rooms of an account in the sidebar, each with its channels and what is unread in them.
 */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { talkIcon } from "../conversations/icons.js";
import { unreadBadges } from "../conversations/level.js";
import { channelName, isRoom, titleOf } from "../conversations/names.js";

/**
 * @typedef {import("../conversations/index.js").TalkContext} TalkContext
 * @typedef {import("../conversations/index.js").Conversation} Conversation
 * @typedef {import("../../rooms/requests.js").ChannelState} ChannelState
 * @typedef {import("../../model/levels.js").Level} Level
 * @typedef {{ channel: string, name: string, current: boolean, unread: number, mentioned: number, level: Level, archived: boolean, draft: boolean }} ChannelEntry
 * @typedef {{ room: string, title: string, isPublic: boolean, archived: boolean, alarm: "stopped" | "alarm" | null, channels: ChannelEntry[] }} Entry
 */

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope */
export function roomsSection(context, scope) {
  const { words, conversations } = context;
  const list = h("ul", { class: "list rooms-list", "aria-labelledby": "rooms-title" });
  const quiet = h("p", { class: "quiet inset" });
  scope.effect(() => {
    const known = conversations.list.value;
    const current = conversations.channel.value;
    const rooms = (known ?? []).filter(isRoom).map((conversation) => entryOf(context, conversation, current));
    rooms.sort((a, b) => Number(a.archived) - Number(b.archived) || words.compare(a.title, b.title) || a.room.localeCompare(b.room));
    reconcile(list, rooms, ({ room }) => room, (entry) => drawRoom(context, entry), (a, b) => JSON.stringify(a) === JSON.stringify(b));
    list.hidden = rooms.length === 0;
    quiet.hidden = rooms.length > 0 || known === null;
    fill(quiet, words.say("room.none"));
  });
  return h(
    "section",
    { class: "rooms-part", "aria-labelledby": "rooms-title" },
    h("h2", { id: "rooms-title", tabindex: "-1" }, words.say("room.title"), h("span", { class: "seal" }, icon("seal"), words.say("talks.sealed"))),
    list,
    quiet,
    step("plus", "room.new", async () => (await import("./create.js")).createRoomDialog(context)),
    step("search", "room.browse", async () => (await import("./directory.js")).directoryDialog(context)),
  );

  /** @param {import("../icons.js").IconName} name @param {string} key @param {() => Promise<unknown>} open */
  function step(name, key, open) {
    return h("button", { type: "button", class: "row-button", "data-control": key, "aria-haspopup": "dialog", onclick: () => void open().catch(() => context.announcer.say(words.say("account_part.missing"))) }, icon(name), h("span", {}, words.say(key)));
  }
}

/** @param {TalkContext} context @param {Conversation} conversation @param {string | null} current channel @returns {Entry} */
function entryOf(context, conversation, current) {
  const { room, kind, archived, state } = conversation;
  const alarm = state === "stopped" ? "stopped" : context.conversations.alarms(conversation).length > 0 ? "alarm" : null;
  const channels = conversation.channels.filter((each) => !each.archived || each.unread > 0 || each.channel === current).map((each) => channelEntry(context, conversation, each, current));
  return { room, title: titleOf(context, conversation), isPublic: kind === "public", archived, alarm, channels };
}

/** @param {TalkContext} context @param {Conversation} conversation @param {ChannelState} state @param {string | null} current @returns {ChannelEntry} */
function channelEntry(context, conversation, { channel, unread, mentioned, archived }, current) {
  const here = channel === current;
  const draft = !here && context.conversations.draft(channel).text.trim() !== "";
  return { channel, name: channelName(context, conversation, channel), current: here, unread, mentioned, level: context.conversations.levels.of(channel), archived, draft };
}

/** @param {TalkContext} context @param {Entry} entry */
function drawRoom(context, { room, title, isPublic, archived, alarm, channels }) {
  const { words } = context;
  const kind = words.say(isPublic ? "room.kind_public" : "room.kind_private");
  const warning = alarm === null ? "" : words.say(`talks.${alarm}`);
  return h(
    "li",
    { class: "room-item", "data-room": room },
    h(
      "button",
      { type: "button", class: "row-button room-row", "data-control": "show-room", "data-room": room, onclick: () => show(context, room) },
      talkIcon(isPublic ? "globe" : "house"),
      h("span", { class: "name", dir: "auto" }, title),
      h("span", { class: "unseen" }, kind),
      archived && h("span", { class: "hint" }, words.say("room.archived")),
      alarm !== null && h("span", { class: "trust warn", title: warning }, icon("warn"), h("span", { class: "unseen" }, warning)),
    ),
    h("ul", { class: "list channel-list" }, ...channels.map((channel) => drawChannel(context, room, channel))),
  );
}

/** @param {TalkContext} context @param {string} room @param {ChannelEntry} entry */
function drawChannel(context, room, { channel, name, current, unread, mentioned, level, archived, draft }) {
  const { words } = context;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "row-button channel-row", "data-control": `channel-${channel}`, "data-channel": channel, "aria-current": current ? "page" : null, onclick: () => show(context, room, channel) },
      icon("room"),
      h("span", { class: "name", dir: "auto" }, name),
      draft && h("span", { class: "hint" }, talkIcon("pen")),
      archived && h("span", { class: "hint" }, words.say("channel.archived")),
      ...unreadBadges(words, { unread, mentioned }, level),
    ),
  );
}

/** @param {TalkContext} context @param {string} room @param {string} [channel] */
function show({ conversations, layout }, room, channel) {
  conversations.show(room, channel);
  layout.back();
}
