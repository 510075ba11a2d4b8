/**
 * The channels of a room in its details, and what owners and admins do with them.
 */
import { channelName } from "../conversations/names.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { leads } from "../conversations/members.js";
import { faultOfFace, textField } from "./fields.js";

/**
 * @typedef {import("../conversations/index.js").TalkContext} TalkContext
 * @typedef {import("../conversations/index.js").Conversation} Conversation
 * @typedef {import("../../rooms/requests.js").ChannelState} ChannelState
 * @typedef {import("../../rooms/requests.js").ChannelChange} ChannelChange
 * @typedef {{ channel: string, name: string, topic: string, archived: boolean, slowMs: number, current: boolean, leads: boolean }} Entry
 */

/** What slow mode may be set to, in seconds. */
const SLOW = Object.freeze([0, 5, 10, 30, 60, 300, 900, 3_600]);

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function channelsSection(context, scope, room) {
  const { words, conversations } = context;
  const list = h("ul", { class: "people channels" });
  const add = h("button", { type: "button", class: "row-button", "data-control": "channel.new", "aria-haspopup": "dialog", onclick: () => channelDialog(context, room, null) }, icon("plus"), h("span", {}, words.say("channel.new")));
  scope.effect(() => {
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    const current = conversations.channel.value;
    const may = leads(conversation) && !conversation.archived;
    const entries = conversation.channels.map(({ channel, topic, archived, slowMs }) => ({ channel, name: channelName(context, conversation, channel), topic, archived, slowMs, current: channel === current, leads: may }));
    reconcile(list, entries, ({ channel }) => channel, draw, (a, b) => JSON.stringify(a) === JSON.stringify(b));
    add.hidden = !may;
  });
  return h("section", { class: "channels-part" }, h("h3", {}, icon("room"), words.say("channel.title")), list, add);

  /** @param {Entry} entry */
  function draw({ channel, name, topic, archived, slowMs, current, leads: may }) {
    const notes = [...(topic === "" ? [] : [topic]), ...(archived ? [words.say("channel.archived")] : []), ...(slowMs === 0 ? [] : [words.say("channel.slow_each", { time: words.span(slowMs) })])];
    const label = words.say("channel.change", { channel: name });
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row-button", "data-control": `channel-${channel}`, "aria-current": current ? "page" : null, onclick: () => show(channel) },
        icon("room"),
        h("span", { class: "two-lines" }, h("span", { class: "name", dir: "auto" }, name), notes.length > 0 && h("span", { class: "hint last", dir: "auto" }, notes.join(" · "))),
      ),
      may && h("button", { type: "button", class: "plain", "data-control": `change-${channel}`, "aria-haspopup": "dialog", "aria-label": label, title: label, onclick: () => channelDialog(context, room, channel) }, icon("gear")),
    );
  }

  /** @param {string} channel */
  function show(channel) {
    conversations.show(room, channel);
    context.layout.back();
  }
}

/** A new channel, or one that is there. @param {TalkContext} context @param {string} room @param {string | null} channel */
export function channelDialog(context, room, channel) {
  const { words, conversations } = context;
  const conversation = conversations.list.peek()?.find((each) => each.room === room);
  if (conversation === undefined) return;
  const state = conversation.channels.find((each) => each.channel === channel) ?? null;
  const called = channel === null ? "" : channelName(context, conversation, channel);
  const name = textField(context, "channel-name", "channel.name", { value: called, most: 120 });
  const topic = textField(context, "channel-topic", "channel.topic", { value: state?.topic ?? "", most: 500 });
  const slow = h("select", { id: "channel-slow" }, ...slowOptions(state?.slowMs ?? 0));
  const fault = h("p", { class: "fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, words.say(channel === null ? "channel.create" : "own.save"));
  openDialog(words, channel === null ? words.say("channel.new") : words.say("channel.change", { channel: called }), (close) => [
    h(
      "form",
      { novalidate: true, onsubmit: (/** @type {Event} */ event) => save(event, close) },
      name.element,
      topic.element,
      h("div", { class: "field-row" }, h("label", { for: "channel-slow" }, words.say("channel.slow")), slow, h("p", { class: "hint" }, words.say("channel.slow_lead"))),
      fault,
      submit,
    ),
    state !== null && order(state),
    state !== null && channel !== conversation.channel && archive(state, close),
  ]);
  name.input.focus();

  /** @param {number} now in milliseconds */
  function slowOptions(now) {
    const all = SLOW.includes(now / 1_000) ? SLOW : [...SLOW, now / 1_000].sort((a, b) => a - b);
    return all.map((seconds) => h("option", { value: seconds, selected: seconds * 1_000 === now }, seconds === 0 ? words.say("channel.slow_off") : words.say("channel.slow_each", { time: words.span(seconds * 1_000) })));
  }

  /** @param {Event} event @param {(next?: unknown) => void} close */
  async function save(event, close) {
    event.preventDefault();
    const face = { name: name.input.value.trim(), topic: topic.input.value.trim() };
    const wrong = face.name === "" ? "channel.name_wrong" : faultOfFace(face);
    if (wrong !== null) return fill(fault, words.say(wrong));
    submit.disabled = true;
    fill(fault);
    const refused = channel === null ? await make(face, close) : await change(changeOf(face));
    submit.disabled = false;
    if (refused !== null) return fill(fault, words.error(refused));
    return channel === null ? undefined : close();
  }

  /** What is other than before. @param {{ name: string, topic: string }} face @returns {ChannelChange} */
  function changeOf(face) {
    const slowMs = Number(slow.value) * 1_000;
    return { ...(face.name === called ? {} : { name: face.name }), ...(face.topic === state?.topic ? {} : { topic: face.topic }), ...(slowMs === state?.slowMs ? {} : { slowMs }) };
  }

  /** @param {ChannelChange} what @returns {Promise<string | null>} */
  async function change(what) {
    if (Object.keys(what).length === 0 || channel === null) return null;
    return conversations.act("conversation_channel_change", { room, channel, change: what });
  }

  /** @param {{ name: string, topic: string }} face @param {(next?: unknown) => void} close @returns {Promise<string | null>} */
  async function make(face, close) {
    const given = await conversations.ask("conversation_channel_create", { room, ...face });
    if ("error" in given) return given.error.code;
    const slowMs = Number(slow.value) * 1_000;
    const refused = slowMs === 0 ? null : await conversations.act("conversation_channel_change", { room, channel: given.ok.channel, change: { slowMs } });
    close(document.getElementById("composer"));
    conversations.show(room, given.ok.channel);
    context.layout.back();
    return refused;
  }

  /** Its place among the others. @param {ChannelState} shown */
  function order({ channel: own }) {
    const move = (/** @type {-1 | 1} */ by) => async () => {
      fill(fault);
      const refused = await moveChannel(context, room, own, by);
      if (refused !== null) fill(fault, words.error(refused));
    };
    return h(
      "div",
      { class: "answers" },
      h("button", { type: "button", class: "small", "data-control": "channel-up", onclick: move(-1) }, words.say("channel.up")),
      h("button", { type: "button", class: "small", "data-control": "channel-down", onclick: move(1) }, words.say("channel.down")),
    );
  }

  /** @param {ChannelState} shown @param {(next?: unknown) => void} close */
  function archive({ channel: own, archived }, close) {
    const go = h("button", { type: "button", "data-control": "archive", onclick: () => void run() }, words.say(archived ? "channel.unarchive" : "channel.archive"));
    return h("section", { class: "setting" }, !archived && h("p", { class: "hint" }, words.say("channel.archive_lead")), go);

    async function run() {
      go.disabled = true;
      const refused = await conversations.act("conversation_channel_archive", { room, channel: own, archived: !archived });
      go.disabled = false;
      if (refused === null) close();
      else fill(fault, words.error(refused));
    }
  }
}

/** Changes places with the one before or after it; each gets the place at which it is shown. @param {TalkContext} context @param {string} room @param {string} channel @param {-1 | 1} by @returns {Promise<string | null>} */
async function moveChannel({ conversations }, room, channel, by) {
  const channels = conversations.list.peek()?.find((each) => each.room === room)?.channels ?? [];
  const at = channels.findIndex((each) => each.channel === channel);
  const to = at + by;
  if (at < 0 || to < 0 || to >= channels.length) return null;
  const wanted = [...channels];
  [wanted[at], wanted[to]] = [wanted[to], wanted[at]];
  for (const [position, each] of wanted.entries()) {
    if (each.position === position) continue;
    const refused = await conversations.act("conversation_channel_change", { room, channel: each.channel, change: { position } });
    if (refused !== null) return refused;
  }
  return null;
}
