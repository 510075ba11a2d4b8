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
  /** @type {HTMLInputElement[]} */
  #marked = [];

  /** @param {import("../i18n/index.js").Words} words @param {string} id @param {HTMLInputElement[]} inputs that are marked with it */
  constructor(words, id, inputs) {
    this.element = h("p", { id, class: "fault", role: "alert" });
    this.#words = words;
    this.#inputs = inputs;
  }

  /** Shows what is wrong, or nothing. @param {...import("./dom.js").Child} children */
  show(...children) {
    fill(this.element, ...children);
    this.#mark(children.length > 0 ? this.#inputs.filter((input) => !input.readOnly) : []);
  }

  /** Shows what is wrong with one of the inputs, or with none. @param {HTMLInputElement | null} input @param {...import("./dom.js").Child} children */
  showAt(input, ...children) {
    fill(this.element, ...children);
    this.#mark(input === null ? [] : [input]);
  }

  /** @param {HTMLInputElement[]} wrong */
  #mark(wrong) {
    for (const input of new Set([...this.#inputs, ...this.#marked, ...wrong])) setAttribute(input, "aria-invalid", wrong.includes(input) ? "true" : null);
    this.#marked = wrong;
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
    this.showAt(null, h("span", { class: "block" }, sentence), left);
  }
}
