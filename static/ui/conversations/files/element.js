/**
 * `<sw-file>`: what becomes of a file of the timeline: how far it is, what can be seen of it, why it did not come. It follows the model as
 * long as it is on the page, so that its row stays as it is.
 */
import { Scope, untracked } from "../../../model/signals.js";

/** The element. */
export class FileElement extends HTMLElement {
  /** Draws into it, until the scope ends. @type {(element: HTMLElement, scope: Scope) => void} */
  draw = () => {};
  /** @type {Scope | null} */
  #scope = null;

  connectedCallback() {
    const scope = new Scope();
    this.#scope = scope;
    untracked(() => this.draw(this, scope));
  }

  disconnectedCallback() {
    this.#scope?.end();
    this.#scope = null;
  }
}

/** Makes one. @param {(element: HTMLElement, scope: Scope) => void} draw */
export function fileElement(draw) {
  if (customElements.get("sw-file") === undefined) customElements.define("sw-file", FileElement);
  const element = new FileElement();
  element.className = "file";
  element.draw = draw;
  return element;
}
