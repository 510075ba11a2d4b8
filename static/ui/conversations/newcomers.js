/**
 * The emergency mode of the server: said where it stands in the way, and turned on and off by its administrators.
 */
import { ServerMode } from "../../model/server_mode.js";
import { fill, h, setText } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("../../model/signals.js").Scope} Scope
 */

/** Says that nobody new comes in, if it is so now, where somebody is about to make what is refused then. @param {TalkContext} context @param {Scope} scope */
export function closedNote({ words, account }, scope) {
  const mode = new ServerMode(account);
  const note = h("p", { class: "warning", role: "status" });
  scope.effect(() => {
    const isClosed = mode.emergency.value;
    fill(note, isClosed && icon("warn"), isClosed && h("span", {}, words.error("closed")));
    note.hidden = !isClosed;
  });
  // What it does not say now, it says by refusing.
  void mode.read();
  return note;
}

/** What an administrator does about it. Asked about where it is: it can be taken back. @param {TalkContext} context @param {Scope} scope @param {ServerMode} mode */
export function newcomersPart({ words }, scope, mode) {
  const state = h("p", {});
  const place = h("div", {});
  const fault = h("p", { class: "fault", role: "alert" });
  scope.effect(() => {
    const isClosed = mode.emergency.value;
    state.className = isClosed ? "warning" : "";
    fill(state, isClosed && icon("warn"), h("span", {}, words.say(isClosed ? "newcomers.closed" : "newcomers.open")));
    fill(place, change(isClosed));
  });
  void mode.read();
  return h("section", { class: "setting newcomers" }, h("h3", {}, words.say("newcomers.title")), state, place, fault);

  /** @param {boolean} isClosed */
  function change(isClosed) {
    const key = isClosed ? "newcomers.reopen" : "newcomers.close";
    const button = h("button", { type: "button", "data-control": key, onclick: () => (isClosed ? void set(button, false) : ask()) }, words.say(key));
    return button;
  }

  function ask() {
    const go = h("button", { type: "button", class: "danger", "data-control": "go", onclick: () => void set(go, true) }, words.say("newcomers.close"));
    fill(place, h("p", {}, words.say("newcomers.sure")), h("div", { class: "answers" }, h("button", { type: "button", onclick: stay }, words.say("sure.no")), go));
    go.focus();
  }

  function stay() {
    fill(place, change(false));
    place.querySelector("button")?.focus();
  }

  /** @param {HTMLButtonElement} button @param {boolean} emergency */
  async function set(button, emergency) {
    button.disabled = true;
    fill(fault);
    const refused = await mode.set(emergency);
    button.disabled = false;
    if (refused !== null) return setText(fault, words.error(refused));
    return place.querySelector("button")?.focus();
  }
}
