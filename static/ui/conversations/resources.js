/**
 * Links and documents that members keep in a room: opened in a new tab that learns nothing of this one, and never fetched from here.
 */
import { safeLink } from "../../wire/links.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { whyClosed } from "./compose.js";
import { fileIcon } from "./files/icons.js";
import { talkIcon } from "./icons.js";
import { nameOf } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../rooms/requests.js").ShownResource} ShownResource
 * @typedef {import("../../rooms/requests.js").ResourceChange} ResourceChange
 * @typedef {ShownResource & { name: string, may: boolean }} Entry with the name of who put it there, and whether the user may change it
 */

/** The longest title, in bytes (docs/protocol.md §14.14). */
const TITLE_BYTES = 256;

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function resourcesList(context, scope, room) {
  const { words, conversations } = context;
  const list = h("ul", { class: "resources", "aria-labelledby": "resources-title" });
  const title = h("h3", { id: "resources-title", tabindex: "-1" }, fileIcon("link"), words.say("resources.title"));
  const none = h("p", { class: "quiet" }, words.say("resources.none"));
  const add = h("button", { type: "button", class: "row-button", "data-control": "resource-add", "aria-haspopup": "dialog", onclick: () => resourceDialog(context, room, null) }, icon("plus"), h("span", {}, words.say("resources.add")));
  scope.effect(() => {
    const conversation = conversations.find(room);
    // Who can say nothing here cannot say that they changed something.
    const may = conversation !== undefined && whyClosed(conversation, false) === null;
    const entries = (conversation?.resources ?? []).map((each) => ({ ...each, name: nameOf(context, each.by), may }));
    reconcile(list, entries, ({ resource }) => resource, (entry) => draw(context, room, entry), isSame, title);
    list.hidden = entries.length === 0;
    none.hidden = entries.length > 0;
    add.hidden = !may;
  });
  return h("section", { class: "resources-of-talk" }, title, none, list, add);
}

/** @param {TalkContext} context @param {string} room @param {Entry} entry */
function draw(context, room, entry) {
  const { words } = context;
  const { resource, title, url, host, name, at, may } = entry;
  const label = words.say("resources.change_of", { title });
  const change = h("button", { type: "button", class: "plain", "data-control": `resource-${resource}`, "aria-haspopup": "dialog", "aria-label": label, title: label, onclick: () => resourceDialog(context, room, resource) }, talkIcon("pen"));
  const by = h("span", { class: "hint", dir: "auto" }, words.say("resources.by", { name, time: words.date(at) }));
  return h("li", {}, h("span", { class: "two-lines" }, url === "" ? closed(context, entry) : link(context, url, title, host), url !== "" && h("span", { class: "hint host" }, host), by), may && change);
}

/** @param {TalkContext} context @param {string} url @param {string} title @param {string} host */
function link({ words }, url, title, host) {
  // Taken once more where it is opened: what is not safe is no link.
  const safe = safeLink(url);
  if (safe === null) return h("bdi", {}, title);
  return h("a", { href: safe.href, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer", title: safe.href, "aria-label": words.say("resources.opens", { title, host }) }, h("bdi", {}, title));
}

/** What leads nowhere that can be opened. @param {TalkContext} context @param {Entry} entry */
function closed({ words }, { title, file }) {
  return h("span", {}, h("bdi", {}, title), file === "" && h("span", { class: "hint block" }, words.say("resources.unsafe")));
}

/** Adds one, or changes one: title, address, place, or not at all any more. @param {TalkContext} context @param {string} room @param {string | null} resource */
function resourceDialog(context, room, resource) {
  const { words, conversations } = context;
  const now = () => conversations.list.peek()?.find((each) => each.room === room)?.resources ?? [];
  const there = now().find((each) => each.resource === resource);
  if (resource !== null && there === undefined) return;
  const title = h("input", { id: "resource-title", type: "text", dir: "auto", autocomplete: "off", maxlength: "256", value: there?.title ?? "", "data-first": true });
  const url = h("input", { id: "resource-url", type: "url", dir: "ltr", autocomplete: "off", maxlength: "2048", inputmode: "url", spellcheck: "false", value: there?.url ?? "", "aria-describedby": "resource-hint" });
  const fault = h("p", { class: "fault", role: "alert" });
  const isFile = there !== undefined && there.file !== "";
  openDialog(words, words.say(resource === null ? "resources.add" : "resources.change"), (close) => [
    h("p", { class: "lead" }, words.say("resources.lead")),
    h(
      "form",
      { novalidate: true, onsubmit: (/** @type {Event} */ event) => put(event, close) },
      h("label", { for: "resource-title" }, words.say("resources.name")),
      title,
      !isFile && h("label", { for: "resource-url", class: "next" }, words.say("resources.url")),
      !isFile && url,
      !isFile && h("p", { id: "resource-hint", class: "hint" }, words.say("resources.url_hint")),
      fault,
      resource !== null && places(resource, close),
      h("div", { class: "actions" }, h("button", { type: "button", onclick: () => close() }, words.say("sure.no")), h("button", { type: "submit", class: "primary", "data-control": "go" }, words.say("own.save"))),
    ),
  ]);

  /** @param {Event} event @param {(next?: unknown) => void} close */
  async function put(event, close) {
    event.preventDefault();
    const leads = isFile ? { file: there.file } : { url: url.value.trim() };
    const said = { title: title.value.trim(), ...leads };
    const bytes = new TextEncoder().encode(said.title).length;
    if (bytes === 0 || bytes > TITLE_BYTES) return refuse("resource_title", title);
    if (!isFile && safeLink(url.value) === null) return refuse("resource_url", url);
    return change(resource === null ? { change: "add", ...said } : { change: "edit", resource, ...said }, close);
  }

  /** @param {string} code @param {HTMLInputElement} at */
  function refuse(code, at) {
    fill(fault, words.error(code));
    at.focus();
  }

  /** @param {string} id @param {(next?: unknown) => void} close */
  function places(id, close) {
    const at = now().findIndex((each) => each.resource === id);
    const last = now().length - 1;
    const button = (/** @type {string} */ key, /** @type {boolean} */ off, /** @type {SVGElement} */ mark, /** @type {() => ResourceChange} */ what) =>
      h("button", { type: "button", class: "small", "data-control": key, disabled: off, onclick: () => void change(what(), close) }, mark, words.say(key));
    return h(
      "div",
      { class: "answers" },
      button("resources.up", at <= 0, fileIcon("up"), () => ({ change: "move", resource: id, before: now()[at - 1]?.resource ?? null })),
      button("resources.down", at >= last, icon("down"), () => ({ change: "move", resource: id, before: now()[at + 2]?.resource ?? null })),
      button("resources.remove", false, icon("bin"), () => ({ change: "remove", resource: id })),
    );
  }

  /** @param {ResourceChange} what @param {(next?: unknown) => void} close */
  async function change(what, close) {
    fill(fault);
    const at = now().findIndex((each) => each.resource === resource);
    const [next, before] = [now()[at + 1], now()[at - 1]];
    const refused = await conversations.act("conversation_resource", { room, change: what });
    if (refused !== null) return fill(fault, words.error(refused));
    // Its row was drawn anew, or is gone.
    const heirs = [resource, at === -1 ? undefined : next?.resource, before?.resource].map((each) => document.querySelector(`[data-control="resource-${each}"]`));
    return close(heirs.find((each) => each !== null) ?? document.getElementById("resources-title"));
  }
}

/** @param {Entry} a @param {Entry} b */
function isSame(a, b) {
  return a.title === b.title && a.url === b.url && a.file === b.file && a.name === b.name && a.at === b.at && a.may === b.may;
}
