/**
 * One line over the conversation while something keeps messages from coming; nothing at all while nothing does.
 */
import { Signal } from "../model/signals.js";
import { countdown } from "./countdown.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {{ kind: "offline" | "link" | "backend" | "refused" }} Trouble
 */

/** A cut that heals within this long is not worth a word. */
const PATIENCE_MS = 2_000;

/** @param {Context} context @param {import("../model/signals.js").Scope} scope @param {import("../model/room.js").Room | null} room */
export function banner({ chat, words, announcer }, scope, room) {
  const line = h("div", { class: "banner", role: "status" });
  line.hidden = true;
  const online = new Signal(navigator.onLine);
  scope.listen(window, "online", () => (online.value = true));
  scope.listen(window, "offline", () => (online.value = false));
  const overdue = overdueSignal(chat, scope);
  let said = false;
  scope.effect(() => {
    const link = chat.connection.value;
    const parts = !online.value ? offline() : overdue.value && link.phase !== "open" ? cut(link) : chat.backendLostAt.value > 0 ? backend() : (distrust(chat.account.trouble.value) ?? (room && refused(room.entry.value)));
    line.hidden = parts === null;
    if (parts !== null) fill(line, ...parts);
    else if (said) announcer.say(words.say("say.connected"));
    said = parts !== null;
  });
  return line;

  function offline() {
    return [icon("offline"), h("span", {}, words.say("banner.offline"))];
  }

  function backend() {
    return [icon("warn"), h("span", {}, words.say("banner.backend"))];
  }

  /** A vault that is not what it should be never looks well. @param {import("../model/account.js").Trouble | null} trouble */
  function distrust(trouble) {
    return trouble === "vault_corrupt" || trouble === "vault_rolled_back" ? [icon("warn"), h("span", {}, words.say(`banner.${trouble}`))] : null;
  }

  /** @param {import("../sync/connection.js").ConnectionState} link */
  function cut(link) {
    const retry = h("button", { type: "button", class: "small", onclick: () => chat.retryNow() }, words.say("banner.retry"));
    if (link.phase !== "waiting") return [icon("offline"), h("span", {}, words.say("banner.connecting"))];
    const key = link.reason === "resume" ? "banner.resume" : link.reason === "flood" ? "banner.flood" : "banner.cut";
    return [icon("offline"), quietCount(link.retryAt, (time) => words.say(key, { time })), retry];
  }

  /** @param {{ phase: string, code: string, retryAt: number }} entry */
  function refused(entry) {
    if (entry.phase !== "refused") return null;
    const cause = words.error(entry.code);
    if (entry.retryAt === 0) return [icon("warn"), h("span", {}, words.say("banner.refused", { cause }))];
    return [icon("warn"), quietCount(entry.retryAt, (time) => words.say("banner.refused_again", { cause, time }))];
  }

  /** @param {number} until @param {(time: string) => string} sentence */
  function quietCount(until, sentence) {
    const element = countdown(until, (left) => sentence(words.span(left)));
    element.setAttribute("aria-live", "off");
    return element;
  }
}

/** True once the link has been gone for longer than anybody should be left without a word. @param {import("../model/chat.js").Chat} chat @param {import("../model/signals.js").Scope} scope */
function overdueSignal(chat, scope) {
  const overdue = new Signal(false);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  scope.effect(() => {
    const { phase, since } = chat.connection.value;
    clearTimeout(timer);
    if (phase === "open" || phase === "stopped") {
      overdue.value = false;
      return;
    }
    timer = setTimeout(() => (overdue.value = true), Math.max(0, since + PATIENCE_MS - Date.now()));
  });
  scope.add(() => clearTimeout(timer));
  return overdue;
}
