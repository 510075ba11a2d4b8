/**
 * What is pinned in a conversation: each as it stands now, to be gone to, and by owners and admins taken down.
 */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { talkIcon } from "./icons.js";
import { leads } from "./members.js";
import { nameOf } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../rooms/requests.js").Pinned} Pinned
 * @typedef {{ pin: Pinned, name: string, may: boolean }} Entry
 */

/** Most of a text that an entry shows, in characters. */
const SHOWN = 200;

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function pinnedList(context, scope, room) {
  const { words, conversations, layout } = context;
  const list = h("ul", { class: "pins", "aria-labelledby": "pins-title" });
  const fault = h("p", { class: "fault", role: "alert" });
  const section = h("section", { class: "pinned" }, h("h3", { id: "pins-title" }, talkIcon("pin"), words.say("pins.title")), list, fault);
  scope.effect(() => {
    const conversation = conversations.find(room);
    const channel = conversations.channel.value;
    const pins = (conversation?.pins ?? []).filter((pin) => pin.channel === channel);
    const may = conversation !== undefined && leads(conversation);
    // The newest first: that is what its readers look for.
    const entries = pins.toReversed().map((pin) => ({ pin, name: pin.account === "" ? "" : nameOf(context, pin.account), may }));
    // Without a pin there is nothing of this part: the keyboard goes on from the next one.
    const next = section.nextElementSibling?.querySelector(/** @type {"h3"} */ ("h3"));
    reconcile(list, entries, ({ pin }) => pin.hash, draw, (a, b) => JSON.stringify(a) === JSON.stringify(b), next ?? undefined);
    section.hidden = pins.length === 0;
  });
  return section;

  /** @param {Entry} entry */
  function draw({ pin, name, may }) {
    const gone = pin.state === "erased";
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row-button pin", "data-control": "go-to-pin", disabled: gone, onclick: () => go(pin) },
        h("span", { class: "two-lines" }, name !== "" && h("span", { class: "hint name", dir: "auto" }, words.say(pin.state === "edited" ? "pins.by_edited" : "pins.by", { name, time: words.date(pin.time) })), h("span", { class: "said", dir: "auto" }, textOf(pin))),
      ),
      may && h("button", { type: "button", class: "plain", "data-control": "unpin", "aria-label": words.say("pins.unpin"), title: words.say("pins.unpin"), onclick: () => void unpin(pin) }, icon("close")),
    );
  }

  /** @param {Pinned} pin */
  function textOf({ state, text }) {
    return state === "here" || state === "edited" ? text.slice(0, SHOWN) : words.say(`pins.${state}`);
  }

  /** @param {Pinned} pin */
  function go({ message, hash }) {
    conversations.wanted.value = { message, hash };
    layout.back();
  }

  /** @param {Pinned} pin */
  async function unpin({ channel, message, hash }) {
    fill(fault);
    const refused = await conversations.act("conversation_pin", { room, channel, message, hash, on: false });
    if (refused !== null) fill(fault, words.error(refused));
  }
}

/** Pins a message, or takes that back. @param {TalkContext} context @param {Pick<import("./view.js").View, "room" | "channel" | "complain">} view @param {import("../../rooms/requests.js").MessageRow} row @param {boolean} on */
export async function pin({ conversations, words, announcer }, { room, channel, complain }, { message, hash }, on) {
  const refused = await conversations.act("conversation_pin", { room, channel, message, hash, on });
  if (refused !== null) return complain(words.error(refused));
  return announcer.say(words.say(on ? "pins.pinned" : "pins.unpinned"));
}
