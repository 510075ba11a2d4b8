/**
 * The public rooms of the server: looked for by name, looked at, and joined.
 */
import { Directory } from "../../model/directory.js";
import { Scope } from "../../model/signals.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { talkIcon } from "../conversations/icons.js";
import { closedNote } from "../conversations/newcomers.js";

/**
 * @typedef {import("../conversations/index.js").TalkContext} TalkContext
 * @typedef {import("../../model/directory.js").Listed} Listed
 * @typedef {import("../../model/directory.js").Looked} Looked
 */

/** @param {TalkContext} context */
export function directoryDialog(context) {
  const { words } = context;
  const directory = new Directory(context.account);
  const scope = new Scope();
  const input = h("input", { id: "directory-find", type: "text", dir: "auto", maxlength: "120", autocomplete: "off", "data-first": true });
  const list = h("ul", { class: "directory", "aria-label": words.say("directory.title") });
  const state = h("p", { class: "quiet", role: "status" });
  const more = h("button", { type: "button", class: "small", "data-control": "more-rooms", onclick: () => void read(true) }, words.say("directory.more"));
  let find = "";
  /** @type {string | null} */
  let after = null;
  /** Counts searches: what an older one brings is nobody's. */
  let search = 0;
  /** @type {(next?: unknown) => void} */
  let leave = () => {};
  const dialog = openDialog(words, words.say("directory.title"), (close) => {
    leave = close;
    return [
      h("p", { class: "lead" }, words.say("directory.lead")),
      closedNote(context, scope),
      h("form", { novalidate: true, onsubmit: submit }, h("label", { for: "directory-find" }, words.say("directory.find")), h("div", { class: "line-field" }, input, h("button", { type: "submit" }, words.say("directory.search")))),
      state,
      list,
      more,
    ];
  });
  dialog.addEventListener("close", () => scope.end());
  void read(false);

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    find = input.value.trim();
    void read(false);
  }

  /** @param {boolean} goesOn */
  async function read(goesOn) {
    search += 1;
    const mine = search;
    more.hidden = true;
    if (!goesOn) {
      after = null;
      fill(list);
    }
    say(words.say("directory.loading"));
    const page = await directory.page(find, after);
    if (mine !== search) return;
    if ("code" in page) {
      more.hidden = !goesOn;
      return say(words.say("directory.failed", { cause: words.error(page.code) }));
    }
    after = page.rooms.at(-1)?.room ?? after;
    list.append(...page.rooms.map((listed) => drawListed(context, directory, listed, (next) => leave(next))));
    more.hidden = !page.more;
    say(list.children.length > 0 ? "" : words.say(find === "" ? "directory.none" : "directory.nothing"));
  }

  /** @param {string} sentence */
  function say(sentence) {
    state.hidden = sentence === "";
    fill(state, sentence);
  }
}

/** @param {TalkContext} context @param {Directory} directory @param {Listed} listed @param {(next?: unknown) => void} close */
function drawListed(context, directory, listed, close) {
  const { words } = context;
  const body = h("div", { class: "looked" });
  const fold = h(
    "details",
    { class: "setting-fold", "data-room": listed.room },
    h(
      "summary",
      {},
      h("span", { class: "name", dir: "auto" }, listed.name),
      h("span", { class: "hint" }, words.say("directory.members", { count: listed.members })),
      listed.topic !== "" && h("span", { class: "topic", dir: "auto" }, listed.topic),
    ),
    body,
  );
  fold.addEventListener("toggle", () => {
    if (fold.open && body.children.length === 0) void look(context, directory, listed.room, body, close);
  });
  return h("li", {}, fold);
}

/** @param {TalkContext} context @param {Directory} directory @param {string} room @param {HTMLElement} body @param {(next?: unknown) => void} close */
async function look(context, directory, room, body, close) {
  const { words } = context;
  fill(body, h("p", { class: "quiet", role: "status" }, words.say("directory.loading")));
  const looked = await directory.look(room);
  if ("code" in looked) {
    // It is in the list all the same: who is banned stands in a room's signed history, of which a list reads nothing.
    const sentence = looked.code === "no_such_room" ? words.say("directory.no_way") : words.say("directory.failed", { cause: words.error(looked.code) });
    return fill(body, h("p", { class: "fault", role: "alert" }, sentence), h("button", { type: "button", class: "small", onclick: () => void look(context, directory, room, body, close) }, icon("retry"), words.say("people.again")));
  }
  return fill(body, rules(context, looked), channels(context, looked), entry(context, room, looked, close));
}

/** @param {TalkContext} context @param {Looked} looked */
function rules({ words }, { isOpen, isShared }) {
  return h(
    "dl",
    {},
    h("div", {}, h("dt", {}, words.say("room.join")), h("dd", {}, words.say(isOpen ? "room.join_open" : "room.join_by_invitation"))),
    h("div", {}, h("dt", {}, words.say("create.history")), h("dd", {}, words.say(isShared ? "history.shared" : "history.from_joining"))),
  );
}

/** @param {TalkContext} context @param {Looked} looked */
function channels({ words }, { channels: all }) {
  const rows = all.map(({ name, topic }) => h("li", {}, icon("room"), h("span", { class: "name", dir: "auto" }, name), topic !== "" && h("span", { class: "hint", dir: "auto" }, topic)));
  return h("ul", { class: "looked-channels", "aria-label": words.say("directory.channels") }, ...rows);
}

/** The way in, or why there is none. @param {TalkContext} context @param {string} room @param {Looked} looked @param {(next?: unknown) => void} close */
function entry(context, room, { isOpen }, close) {
  const { words, conversations, announcer, layout } = context;
  const isIn = conversations.list.peek()?.some((each) => each.room === room) === true;
  if (!isIn && !isOpen) return h("p", { class: "note" }, talkIcon("house"), words.say("directory.closed"));
  const fault = h("p", { class: "fault", role: "alert" });
  const go = h("button", { type: "button", class: "primary", "data-control": isIn ? "open" : "join", onclick: () => void enter() }, words.say(isIn ? "directory.open" : "directory.join"));
  return h("div", {}, isIn && h("p", { class: "hint" }, words.say("directory.in")), fault, go);

  async function enter() {
    go.disabled = true;
    fill(fault);
    const given = isIn ? null : await conversations.ask("conversation_join", { room });
    go.disabled = false;
    if (given !== null && "error" in given) return fill(fault, words.error(given.error.code));
    if (given !== null) announcer.say(words.say("directory.joined"));
    close(document.getElementById("composer"));
    conversations.show(room, given?.ok.channel);
    return layout.back();
  }
}
