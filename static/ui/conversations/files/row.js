/**
 * A file in the timeline: its name, how far it is, and what can be done with it.
 */
import { fill, h, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { fileElement } from "./element.js";
import { fileIcon } from "./icons.js";
import { drawPreview } from "./preview.js";
import { saveFile } from "./saving.js";

/**
 * @typedef {import("../index.js").TalkContext} TalkContext
 * @typedef {import("../../../model/files.js").FilePlace} FilePlace
 * @typedef {import("../../../model/files.js").FileShown} FileShown
 * @typedef {import("../../../model/files.js").FileView} FileView
 * @typedef {import("../../../model/files.js").Transfer} Transfer
 * @typedef {import("../../../model/signals.js").Scope} Scope
 * @typedef {import("../../../rooms/requests.js").MessageRow} MessageRow
 * @typedef {MessageRow & { file: FileShown }} FileRow
 */

/** Why a file that did not go has to be chosen once more. */
const CHOOSE = new Set(["file_needed", "file_changed", "file_unreadable"]);
/** What a letter says while its file is on its way. */
const UPLOADING = "uploading";

/** @param {TalkContext} context @param {{ room: string, channel?: string }} where @param {FileRow} row */
export function drawFile(context, where, row) {
  const { words } = context;
  const { name, size } = row.file;
  /** @type {FilePlace} */
  const place = { room: where.room, ...(where.channel === undefined ? {} : { channel: where.channel }), message: row.message, hash: row.hash };
  return fileElement((element, scope) => {
    const state = h("div", { class: "file-state" });
    const view = h("div", { class: "file-view" });
    fill(
      element,
      h("p", { class: "file-head" }, fileIcon("file"), h("span", { class: "unseen" }, words.say("files.file", { name, size: words.size(size) })), h("bdi", { class: "name", "aria-hidden": "true" }, name), h("span", { class: "hint tabular", "aria-hidden": "true" }, words.size(size))),
      state,
      view,
    );
    follow(context, scope, place, row, { state, view });
  });
}

/** @param {TalkContext} context @param {Scope} scope @param {FilePlace} place @param {FileRow} row @param {{ state: HTMLElement, view: HTMLElement }} parts */
function follow(context, scope, place, row, { state, view }) {
  const { files } = context.conversations;
  /** What is drawn, so that a button keeps its focus while a number changes. */
  let drawn = "";
  /** What was done last with it: its button stands here again when that is over. */
  let done = "";
  /** @type {(transfer: Transfer) => void} */
  let move = () => {};
  const inner = scope.child();
  /** What can be seen of it, as it is drawn. @type {FileView["preview"]} */
  let seen = null;
  scope.effect(() => {
    const transfer = files.transfers.value.get(row.message);
    const shown = files.views.value.get(row.message);
    const next = stateOf(row, transfer, shown);
    if (next !== drawn) {
      drawn = next;
      const held = state.contains(document.activeElement) ? document.activeElement?.getAttribute("data-control") : null;
      // A small file is there before anybody was shown that it is on its way.
      if (held !== null && held !== undefined && held !== "file-cancel") done = held;
      move = drawState(context, place, row, state, { transfer, shown });
      // What was done may end with the button that did it: another one stands in its place.
      if (held !== null) (state.querySelector(/** @type {"button"} */ (`[data-control="${done}"]`)) ?? state.querySelector("button"))?.focus();
    }
    if (transfer !== undefined) move(transfer);
  });
  scope.effect(() => {
    const preview = files.views.value.get(row.message)?.preview ?? null;
    // What became of another file leaves this one as it is, with its focus and how far it was read.
    if (preview === seen) return;
    seen = preview;
    inner.end();
    fill(view, preview !== null && drawPreview(context, inner, row.file, preview));
  });
}

/** What is to be drawn, by name. @param {FileRow} row @param {Transfer | undefined} transfer @param {FileView | undefined} shown */
function stateOf({ send, hash }, transfer, shown) {
  if (transfer !== undefined) return `${transfer.state === "elsewhere" ? "elsewhere" : "moving"} ${transfer.way}`;
  if (send !== null && send.state === "failed") return `failed ${send.code}`;
  if (hash === "") return "away";
  return `here ${shown?.fault ?? ""} ${shown?.preview !== null && shown?.preview !== undefined}`;
}

/**
 * @param {TalkContext} context
 * @param {FilePlace} place
 * @param {FileRow} row
 * @param {HTMLElement} element
 * @param {{ transfer: Transfer | undefined, shown: FileView | undefined }} now
 * @returns {(transfer: Transfer) => void} takes what moves
 */
function drawState(context, place, row, element, { transfer, shown }) {
  if (transfer !== undefined) return drawMoving(context, place, row, element, transfer);
  if (row.send !== null && row.send.state === "failed") drawFailed(context, place, element, row.send.code);
  else if (row.hash === "") fill(element);
  else drawHere(context, place, row, element, shown);
  return () => {};
}

/** @param {TalkContext} context @param {FilePlace} place @param {FileRow} row @param {HTMLElement} element @param {Transfer} transfer */
function drawMoving({ words, conversations }, place, row, element, { way, state }) {
  const { name } = row.file;
  const bar = h("progress", { max: 1, value: 0, "aria-label": words.say("files.progress", { name }) });
  const told = h("span", { class: "hint tabular" });
  const stop = () => (way === "up" ? void conversations.files.drop(place) : conversations.files.stop(place));
  const cancel = h("button", { type: "button", class: "small", "data-control": "file-cancel", "aria-label": words.say("files.cancel_of", { name }), onclick: stop }, icon("close"), words.say("files.cancel"));
  fill(element, bar, told, state !== "elsewhere" && cancel);
  return (/** @type {Transfer} */ { state: now, done, size }) => {
    bar.value = size === 0 ? 0 : done / size;
    setText(told, now === "moving" ? words.say(`files.${way}`, { done: words.size(done), size: words.size(size) }) : words.say(`files.state_${now}`));
  };
}

/** @param {TalkContext} context @param {FilePlace} place @param {HTMLElement} element @param {string} code */
function drawFailed({ words, conversations }, place, element, code) {
  const { files } = conversations;
  const isInterrupted = code === UPLOADING;
  const fault = h("p", { class: "fault", role: "alert" });
  const chooser = h("input", { type: "file", hidden: true, tabindex: "-1", "aria-hidden": "true", "data-control": "file-again", onchange: () => void go(chooser.files?.[0] ?? null) });
  const choose = h("button", { type: "button", class: "small", "data-control": "file-choose", onclick: () => chooser.click() }, fileIcon("clip"), words.say("files.choose"));
  const again = h("button", { type: "button", class: "small", "data-control": "retry", onclick: () => void go(null) }, icon("retry"), words.say("send.retry"));
  const discard = h("button", { type: "button", class: "small", "data-control": "discard", onclick: () => void files.drop(place) }, icon("bin"), words.say("send.discard"));
  const cause = code === "over_quota" ? words.say("send.over_quota") : isInterrupted ? "" : words.error(code);
  const sentence = isInterrupted ? words.say("files.interrupted") : words.say("files.failed", { cause });
  fill(element, h("div", { class: "state bad", role: isInterrupted ? "status" : "alert" }, h("span", {}, sentence), isInterrupted || CHOOSE.has(code) ? choose : again, discard), chooser, fault);

  /** @param {File | null} file */
  async function go(file) {
    chooser.value = "";
    fill(fault);
    const refused = await files.again(place, file);
    if (refused !== null) fill(fault, words.error(refused));
  }
}

/** @param {TalkContext} context @param {FilePlace} place @param {FileRow} row @param {HTMLElement} element @param {FileView | undefined} shown */
function drawHere(context, place, row, element, shown) {
  const { words, conversations } = context;
  const { name, look } = row.file;
  const isShown = shown !== undefined && shown.preview !== null;
  const save = h("button", { type: "button", class: "small", "data-control": "file-save", "aria-label": words.say("files.save_of", { name }), onclick: () => void saveFile(context, place, row.file) }, fileIcon("save"), words.say("files.save"));
  const act = isShown ? "hide" : "show";
  const see = () => (isShown ? conversations.files.hide(row.message) : void conversations.files.show(place));
  const show = h("button", { type: "button", class: "small", "data-control": "file-show", "aria-expanded": String(isShown), "aria-label": words.say(`files.${act}_of`, { name }), onclick: see }, fileIcon("eye"), words.say(`files.${act}`));
  const fault = shown !== undefined && shown.fault !== null && h("p", { class: "fault", role: "alert" }, words.say("files.not_fetched", { cause: words.error(shown.fault) }));
  fill(element, save, look !== null && show, fault);
}
