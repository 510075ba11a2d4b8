/**
 * Which panes are to be seen. Wide: all three; up to 1100 px the details lie over the conversation; up to 720 px there is one
 * pane at a time.
 */
import { Signal } from "../model/signals.js";

/** @typedef {"rooms" | "conversation" | "details"} Pane */

const WIDE = "(min-width: 1101px)";
const PHONE = "(max-width: 720px)";

/** The panes of this window. */
export class Layout {
  /** @type {Signal<Pane>} the one that a phone shows */
  pane = new Signal(/** @type {Pane} */ ("conversation"));
  /** Whether details are open beside or over the conversation. */
  details = new Signal(matchMedia(WIDE).matches);
  phone = new Signal(matchMedia(PHONE).matches);

  constructor() {
    matchMedia(WIDE).addEventListener("change", (event) => {
      this.details.value = event.matches;
    });
    matchMedia(PHONE).addEventListener("change", (event) => {
      this.phone.value = event.matches;
    });
  }

  /** Opens or closes the details, whatever that means at this width. */
  toggleDetails() {
    if (this.phone.peek()) this.pane.value = this.pane.peek() === "details" ? "conversation" : "details";
    else this.details.update((open) => !open);
  }

  /** Back to the conversation where panes lie over it. */
  back() {
    this.pane.value = "conversation";
    if (!matchMedia(WIDE).matches) this.details.value = false;
  }
}
