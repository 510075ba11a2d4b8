/**
 * What can be done with a message: a menu that opens at its row.
 */
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { talkIcon } from "./icons.js";
import { QUICK, react } from "./message.js";
import { leads } from "./members.js";
import { nameOf } from "./names.js";
import { pin } from "./pins.js";
import { reportDialog } from "./report.js";
import { showThread } from "./thread.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./view.js").View} View
 * @typedef {import("../../rooms/requests.js").MessageRow} MessageRow
 */

/** Between menu, its button, and the edge of the window. */
const GAP_PX = 8;
/** The longest reason of a deletion, in bytes (docs/protocol.md §14.11). */
const REASON_BYTES = 256;

/** The button; nothing for what has no place in the conversation yet, which has its own. @param {TalkContext} context @param {View} view @param {MessageRow} row */
export function messageMenu(context, view, row) {
  if (row.hash === "") return null;
  const { words } = context;
  const label = words.say("menu.open", { name: nameOf(context, row.account) });
  const button = h("button", { type: "button", class: "plain menu-button", tabindex: "-1", "data-control": "menu", "aria-haspopup": "menu", "aria-label": label, title: words.say("menu.title"), onclick: open }, talkIcon("more"));
  return button;

  function open() {
    document.querySelector(".menu")?.remove();
    const around = button.closest(".rows") ?? document;
    const menu = h("div", { class: "menu", role: "menu", popover: "auto", "aria-label": words.say("menu.title") }, quick(), ...items());
    // Within the page's landmark; it lies over everything all the same.
    (button.closest("main") ?? document.body).append(menu);
    menu.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
      const within = menu.contains(document.activeElement);
      menu.remove();
      // The row may have been drawn anew meanwhile.
      const heir = around.querySelector(/** @type {"button"} */ (`.row[data-key="${CSS.escape(row.key)}"] [data-control=menu]`));
      if (within || document.activeElement === document.body) heir?.focus();
    });
    menu.addEventListener("keydown", move);
    menu.showPopover();
    place(menu, button);
    menu.querySelector("button")?.focus();
  }

  function quick() {
    const own = context.account.account.peek();
    const buttons = QUICK.map((emoji) => {
      const on = row.reactions.some((each) => each.emoji === emoji && each.accounts.includes(own));
      return h("button", { type: "button", role: "menuitemcheckbox", "aria-checked": String(on), class: "plain emoji", "aria-label": words.say("menu.react", { emoji }), title: words.say("menu.react", { emoji }), tabindex: "-1", onclick: () => done(() => void react(context, view, row, emoji, !on)) }, emoji);
    });
    return h("div", { class: "quick", role: "group", "aria-label": words.say("menu.reactions") }, ...buttons);
  }

  function items() {
    const may = mayErase(context, view.room, row);
    const conversation = context.conversations.list.peek()?.find((each) => each.room === view.room);
    const pinned = conversation?.pins.some(({ hash }) => hash === row.hash) === true;
    return [
      item(talkIcon("reply"), "menu.reply", () => view.reply(row), "R"),
      !view.isThread && item(talkIcon("thread"), "menu.thread", () => showThread(context, view.channel, row.hash), "T"),
      conversation !== undefined && leads(conversation) && item(talkIcon("pin"), pinned ? "menu.unpin" : "menu.pin", () => void pin(context, view, row, !pinned)),
      row.mine && item(talkIcon("pen"), "menu.edit", () => view.edit(row), "E"),
      row.text !== "" && item(talkIcon("copy"), "menu.copy", () => void copy()),
      !row.mine && item(talkIcon("unseen"), "menu.unread", () => void context.conversations.markUnread(view.channel, row.sequence)),
      !row.mine && item(talkIcon("flag"), "menu.report", () => reportDialog(context, view, row)),
      may && item(icon("bin"), "menu.delete", () => eraseDialog(context, view, row), "Del"),
    ];
  }

  /** @param {SVGElement} mark @param {string} key @param {() => void} run @param {string} [shortcut] */
  function item(mark, key, run, shortcut) {
    return h("button", { type: "button", role: "menuitem", class: "row-button", tabindex: "-1", "data-item": key, onclick: () => done(run) }, mark, h("span", {}, words.say(key)), shortcut !== undefined && h("kbd", { "aria-hidden": "true" }, shortcut));
  }

  /** @param {() => void} run */
  function done(run) {
    document.querySelector(/** @type {"div"} */ (".menu"))?.hidePopover();
    run();
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(row.text);
      context.announcer.say(words.say("invite.copied"));
    } catch {
      context.announcer.say(words.say("menu.copy_failed"));
    }
  }
}

/** @param {TalkContext} context @param {string} room @param {MessageRow} row */
export function mayErase({ conversations }, room, row) {
  const role = conversations.list.peek()?.find((each) => each.room === room)?.role;
  return row.mine || role === "owner" || role === "admin";
}

/** Asks before a message is gone for everybody. @param {TalkContext} context @param {{ channel: string }} view @param {MessageRow} row */
export function eraseDialog(context, { channel }, row) {
  const { words, conversations } = context;
  const reason = h("input", { id: "erase-reason", type: "text", dir: "auto", autocomplete: "off", "aria-describedby": "erase-fault" });
  const fault = h("p", { id: "erase-fault", class: "fault", role: "alert" });
  openDialog(words, words.say("erase.title"), (close) => {
    const go = h("button", { type: "button", class: "danger", onclick: erase }, words.say("erase.go"));
    return [
      h("blockquote", { class: "preview", dir: "auto" }, (row.text || (row.file?.name ?? "")).slice(0, 300)),
      h("p", { class: "lead" }, words.say(row.mine ? "erase.lead" : "erase.lead_other", { name: nameOf(context, row.account) })),
      // Of one's own nobody asks why.
      !row.mine && h("div", { class: "field-row" }, h("label", { for: "erase-reason" }, words.say("erase.reason")), reason),
      fault,
      h("div", { class: "actions" }, h("button", { type: "button", "data-first": true, onclick: () => close() }, words.say("erase.keep")), go),
    ];

    async function erase() {
      const said = reason.value.trim();
      if (new TextEncoder().encode(said).length > REASON_BYTES) return fill(fault, words.say("report.too_long"));
      go.disabled = true;
      const refused = await conversations.send(channel, { type: "tombstone", message: row.message, hash: row.hash, ...(said === "" ? {} : { reason: said }) });
      go.disabled = false;
      if (refused !== null) return fill(fault, words.error(refused));
      return close(document.getElementById("composer"));
    }
  });
}

/** Below its button, or above where there is no room. @param {HTMLElement} menu @param {HTMLElement} button */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + height + GAP_PX < innerHeight;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(GAP_PX, at.top - height - 4)}px`;
  menu.style.left = `${Math.min(Math.max(GAP_PX, at.right - width), innerWidth - width - GAP_PX)}px`;
}

/** Arrow keys go through a menu; Tab leaves it. @param {KeyboardEvent} event */
function move(event) {
  const menu = /** @type {HTMLElement} */ (event.currentTarget);
  const buttons = [...menu.querySelectorAll("button")];
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const to = by !== undefined ? (at + by + buttons.length) % buttons.length : event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : null;
  // A letter is none for the page while a menu is open, nor is the Escape that closes it.
  if (event.key.length === 1 || event.key === "Escape") event.stopPropagation();
  if (event.key === "Tab") menu.hidePopover();
  if (to === null) return;
  event.preventDefault();
  event.stopPropagation();
  buttons[to].focus();
}
