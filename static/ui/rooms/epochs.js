/**
 * The versions of a room's key, the newest first: who made each, when, and why, as the signed history has it.
 */
import { fill, h } from "../dom.js";
import { nameOf } from "../conversations/names.js";

/**
 * @typedef {import("../conversations/index.js").TalkContext} TalkContext
 * @typedef {import("../../rooms/requests.js").Epoch} Epoch
 */

/** How many are read at once. */
const PAGE = 20;

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function epochsFold(context, scope, room) {
  const { words, conversations } = context;
  const list = h("ol", { class: "epochs", reversed: true });
  const fault = h("p", { class: "fault", role: "alert" });
  const more = h("button", { type: "button", class: "small", "data-control": "more-epochs", onclick: () => void read() }, words.say("epoch.more"));
  const fold = h("details", { class: "setting-fold epochs-fold" }, h("summary", {}, words.say("epoch.title")), h("p", { class: "quiet" }, words.say("epoch.lead")), list, fault, more);
  /** The oldest that is here; null before the first reading. @type {number | null} */
  let oldest = null;
  let newest = 0;
  /** Counts readings: only the newest is shown, or two would show the same versions. */
  let turn = 0;
  more.hidden = true;
  scope.listen(fold, "toggle", () => {
    if (fold.open && oldest === null) void read();
  });
  scope.effect(() => {
    const n = conversations.find(room)?.n ?? 0;
    if (oldest === null || n === newest) return;
    // There is another one: read anew from it on.
    oldest = null;
    if (fold.open) void read();
  });
  return fold;

  async function read() {
    const own = ++turn;
    const before = oldest;
    newest = conversations.list.peek()?.find((each) => each.room === room)?.n ?? 0;
    const given = await conversations.ask("conversation_epochs", { room, before, count: PAGE });
    if (own !== turn) return undefined;
    if ("error" in given) return fill(fault, words.error(given.error.code));
    const { epochs, more: hasMore } = given.ok;
    fill(fault);
    if (before === null) fill(list);
    list.append(...epochs.map(draw));
    oldest = epochs.at(-1)?.n ?? before;
    more.hidden = !hasMore;
    return undefined;
  }

  /** @param {Epoch} epoch */
  function draw({ n, by, time, reason }) {
    return h(
      "li",
      { value: n },
      h("p", {}, h("strong", {}, words.say("epoch.version", { n })), " ", h("time", { class: "hint", datetime: new Date(time).toISOString() }, words.date(time))),
      h("p", { class: "hint" }, words.say(`epoch.reason_${reason}`, { name: nameOf(context, by) })),
    );
  }
}
