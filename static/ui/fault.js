/**
 * What went wrong with a form, below it: one sentence, and a count where waiting helps.
 */
import { fill, h, setAttribute } from "./dom.js";
import { countdown } from "./countdown.js";

/** The line, for one form. */
export class Fault {
  element;
  #words;
  #inputs;

  /** @param {import("../i18n/index.js").Words} words @param {string} id @param {HTMLInputElement[]} inputs that are marked with it */
  constructor(words, id, inputs) {
    this.element = h("p", { id, class: "fault", role: "alert" });
    this.#words = words;
    this.#inputs = inputs;
  }

  /** Shows what is wrong, or nothing. @param {...import("./dom.js").Child} children */
  show(...children) {
    fill(this.element, ...children);
    for (const input of this.#inputs) setAttribute(input, "aria-invalid", children.length > 0 ? "true" : null);
  }

  /**
   * Shows a sentence and counts down to when it is over.
   * @param {string} sentence
   * @param {number} wait milliseconds
   * @param {() => void} over
   */
  wait(sentence, wait, over) {
    const left = countdown(Date.now() + wait, (ms) => this.#words.say("sign_in.again_in", { time: this.#words.span(ms) }));
    // The first sentence is announced; a count that changes every second must not be.
    left.setAttribute("aria-live", "off");
    left.addEventListener("done", () => {
      this.show();
      over();
    });
    this.show(h("span", { class: "block" }, sentence), left);
  }
}
