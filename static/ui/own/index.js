/**
 * An account's own settings, one fold each. They load with their dialogue.
 */
import "../later.js";
import { Scope } from "../../model/signals.js";
import { openDialog } from "../dialog.js";
import { fill, h } from "../dom.js";
import { peopleContext } from "../people/index.js";
import { exportSection } from "./export.js";
import { profileSection } from "./profile.js";
import { passwordSection, recoverySection } from "./renewal.js";
import { removeSection } from "./remove.js";
import { rotateSection } from "./rotate.js";
import { sessionsSection } from "./sessions.js";

/**
 * @typedef {import("../people/index.js").PeopleContext} PeopleContext
 * @typedef {(context: PeopleContext, scope: Scope, close: () => void) => Element} Section
 */

/** In the order of how often they are wanted. @type {ReadonlyArray<[string, Section]>} */
const SECTIONS = Object.freeze([
  ["own.profile", profileSection],
  ["own.sessions", sessionsSection],
  ["own.password", passwordSection],
  ["own.recovery", recoverySection],
  ["own.rotate", rotateSection],
  ["own.export", exportSection],
  ["own.remove", removeSection],
]);

/** @param {import("../context.js").Context} bare */
export function openAccount(bare) {
  const context = peopleContext(bare);
  const { words } = context;
  const scope = new Scope();
  const dialog = openDialog(words, words.say("own.title"), (close) => SECTIONS.map(([label, draw]) => fold(label, draw, close)));
  dialog.addEventListener("close", () => scope.end());

  /** Draws a section when it is opened, anew each time: what it shows may have changed. @param {string} label @param {Section} draw @param {() => void} close */
  function fold(label, draw, close) {
    const body = h("div", { class: "fold-body" });
    let inner = scope.child();
    const part = h("details", { class: "setting-fold", name: "own", "data-section": label, ontoggle: toggled }, h("summary", {}, words.say(label)), body);
    return part;

    function toggled() {
      inner.end();
      inner = scope.child();
      fill(body, part.open && draw(context, inner, close));
    }
  }
}
