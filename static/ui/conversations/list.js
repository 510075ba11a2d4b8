/**
 * The conversations of an account in the sidebar: invitations first, then who wrote last.
 */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { createDialog } from "./create.js";
import { invitationCard } from "./invitation.js";
import { leftCard } from "./left.js";
import { unreadBadges } from "./level.js";
import { isOnline, isRoom, titleOf } from "./names.js";
import { reportsButton } from "./reports.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./index.js").Conversation} Conversation
 * @typedef {{ conversation: Conversation, title: string, last: string, current: boolean, online: boolean, draft: boolean, alarm: boolean, level: import("../../model/levels.js").Level }} Entry
 */

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope */
export function talks(context, scope) {
  const { words, conversations, people } = context;
  const title = h("h2", { id: "talks-title", tabindex: "-1" }, words.say("talks.title"), h("span", { class: "seal" }, icon("seal"), words.say("talks.sealed")));
  const list = h("ul", { class: "list talks-list", "aria-labelledby": "talks-title" });
  const invited = h("ul", { class: "invited", "aria-label": words.say("invited.title") });
  const left = h("ul", { class: "invited", "aria-label": words.say("left.title") });
  const quiet = h("p", { class: "quiet inset", role: "status" });
  const again = h("button", { type: "button", class: "small", onclick: () => conversations.again() }, icon("retry"), words.say("people.again"));
  scope.effect(() => {
    const known = conversations.list.value?.filter((conversation) => !isRoom(conversation)) ?? null;
    const current = conversations.current.value;
    const fault = conversations.fault.value;
    const entries = (known ?? []).map((conversation) => entryOf(context, conversation, current));
    reconcile(list, entries, ({ conversation }) => conversation.room, draw, sameEntry);
    list.hidden = entries.length === 0;
    quiet.hidden = entries.length > 0 && fault === null;
    fill(quiet, fault !== null ? words.say("talks.not_read", { cause: words.error(fault) }) : words.say(known === null ? "talks.loading" : "talks.none"));
    // A worker that broke is whole again after a reload, and not before.
    again.hidden = fault === null || fault === "no_worker";
  });
  scope.effect(() => {
    const texts = conversations.left.value;
    reconcile(left, texts, ({ message }) => message, (each) => leftCard(context, each), Object.is, title);
    left.hidden = texts.length === 0;
  });
  scope.effect(() => {
    const invitations = conversations.invitations.value;
    void people.contacts;
    reconcile(invited, invitations, ({ invitation }) => invitation, (each) => invitationCard(context, each), Object.is, title);
    invited.hidden = invitations.length === 0;
  });
  return h(
    "section",
    { class: "talks", "aria-labelledby": "talks-title" },
    title,
    invited,
    list,
    left,
    quiet,
    again,
    reportsButton(context, scope),
    h("button", { type: "button", class: "row-button", "data-control": "new-talk", "aria-haspopup": "dialog", onclick: () => createDialog(context) }, icon("plus"), h("span", {}, words.say("talks.new"))),
  );

  /** @param {Entry} entry */
  function draw({ conversation, title, last, current, online, draft, alarm, level }) {
    const { room, kind, request } = conversation;
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row-button talk-row", "data-control": "room", "data-room": room, "aria-current": current ? "page" : null, onclick: show },
        kind === "direct" ? h("span", { class: "here", "data-online": String(online), "aria-hidden": "true" }) : icon("people"),
        h(
          "span",
          { class: "two-lines" },
          h("span", { class: "name", dir: "auto" }, title),
          kind === "direct" && h("span", { class: "unseen" }, words.say(online ? "people.online" : "people.offline")),
          h("span", { class: "hint last", dir: "auto" }, request ? words.say("talks.request") : draft ? words.say("talks.draft", { text: last }) : last),
        ),
        (alarm || conversation.state === "stopped") && h("span", { class: "trust warn" }, icon("warn"), h("span", { class: "unseen" }, words.say(conversation.state === "stopped" ? "talks.stopped" : "talks.alarm"))),
        ...unreadBadges(words, conversation, level),
      ),
    );

    function show() {
      conversations.show(room);
      context.layout.back();
    }
  }
}

/** @param {TalkContext} context @param {Conversation} conversation @param {string | null} current @returns {Entry} */
function entryOf(context, conversation, current) {
  const here = conversation.room === current;
  const draft = here ? "" : context.conversations.draft(conversation.channel).text.trim();
  const last = draft || conversation.lastText || (conversation.lastTime === 0 ? "" : context.words.date(conversation.lastTime));
  return { conversation, title: titleOf(context, conversation), last: last.slice(0, 200), current: here, online: isOnline(context, conversation), draft: draft !== "", alarm: context.conversations.alarms(conversation).length > 0, level: context.conversations.levels.of(conversation.channel) };
}

/** @param {Entry} a @param {Entry} b */
function sameEntry(a, b) {
  const [one, other] = [a.conversation, b.conversation];
  const same = one.unread === other.unread && one.mentioned === other.mentioned && one.request === other.request && one.state === other.state;
  return same && a.title === b.title && a.last === b.last && a.current === b.current && a.online === b.online && a.draft === b.draft && a.alarm === b.alarm && a.level === b.level;
}
