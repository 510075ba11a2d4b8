/**
 * How much of a channel asks for attention: what its entry in a list shows of it, and where it is chosen.
 */
import { LEVELS } from "../../model/levels.js";
import { fill, h, setText } from "../dom.js";
import { talkIcon } from "./icons.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../model/levels.js").Level} Level
 */

/**
 * What an entry shows of what is unread: how many, how many of them mention its reader, and that not everything asks for attention.
 * What does not is counted quietly.
 * @param {import("../../i18n/index.js").Words} words
 * @param {{ unread: number, mentioned?: number }} counted
 * @param {Level} level
 * @returns {Array<HTMLElement | false>}
 */
export function unreadBadges(words, { unread, mentioned = 0 }, level) {
  const quiet = level === "all" ? "badge" : "badge quiet-badge";
  const mentions = words.say("talks.mentioned", { count: mentioned });
  return [
    level !== "all" && h("span", { class: "level-mark", title: words.say(`level.${level}`) }, talkIcon("quiet"), h("span", { class: "unseen" }, words.say(`level.${level}`))),
    mentioned > 0 && h("span", { class: level === "none" ? quiet : "badge mention-badge", title: mentions }, h("span", { "aria-hidden": "true" }, `@${words.number(mentioned)}`), h("span", { class: "unseen" }, mentions)),
    unread > 0 && h("span", { class: quiet }, h("span", { "aria-hidden": "true" }, words.number(unread)), h("span", { class: "unseen" }, words.say("rooms.unread", { count: unread }))),
  ];
}

/** Where the level of a channel is chosen. @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {() => string | null} channel the one that is shown; reading it subscribes */
export function levelChoice({ words, conversations: { levels } }, scope, channel) {
  const choices = LEVELS.map((level) => h("button", { type: "button", class: "choice", "data-control": `level-${level}`, onclick: () => void choose(level) }, words.say(`level.choose_${level}`)));
  const lead = h("p", { class: "hint" });
  const fault = h("p", { class: "fault", role: "alert" });
  scope.effect(() => {
    const shown = channel();
    const chosen = shown === null ? "all" : levels.of(shown);
    for (const [at, choice] of choices.entries()) {
      choice.disabled = shown === null || !levels.isRead;
      choice.setAttribute("aria-pressed", String(LEVELS[at] === chosen));
    }
    setText(lead, words.say(`level.lead_${chosen}`));
  });
  return h("section", { class: "level" }, h("h3", { id: "level-title" }, talkIcon("bell"), words.say("level.title")), h("div", { class: "choices", role: "group", "aria-labelledby": "level-title" }, ...choices), lead, fault);

  /** @param {Level} level */
  async function choose(level) {
    const shown = channel();
    if (shown === null) return;
    fill(fault);
    const refused = await levels.choose(shown, level);
    if (refused !== null) fill(fault, words.error(refused.code));
  }
}
