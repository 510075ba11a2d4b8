/**
 * `<sw-countdown>`: a sentence that counts seconds down to a time and then says so with a `done` event.
 */

/** The element. */
export class Countdown extends HTMLElement {
  /** When it ends, by the local clock in milliseconds. */
  until = 0;
  /** The sentence for a time left, in milliseconds. @type {(left: number) => string} */
  sentence = () => "";
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  connectedCallback() {
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #tick() {
    const left = Math.max(0, this.until - Date.now());
    this.textContent = this.sentence(left);
    if (left > 0) return;
    clearInterval(this.#timer);
    this.dispatchEvent(new Event("done"));
  }
}

/**
 * Makes one.
 * @param {number} until
 * @param {(left: number) => string} sentence
 */
export function countdown(until, sentence) {
  if (customElements.get("sw-countdown") === undefined) customElements.define("sw-countdown", Countdown);
  const element = new Countdown();
  element.until = until;
  element.sentence = sentence;
  return element;
}
