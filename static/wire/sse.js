/**
 * Reads a stream of Server-Sent Events as it arrives, in pieces of any size (WHATWG HTML §9.2.6), and gives the data of
 * each event. Comments count as life, nothing more.
 */
import { FRAME_BYTES } from "./limits.js";
import { FrameError } from "./bytes.js";

/** Base64 of the largest frame, with room for the field name. */
const LINE_CHARACTERS = Math.ceil(FRAME_BYTES / 3) * 4 + 64;

/** Collects lines into events. */
export class EventParser {
  #decoder = new TextDecoder();
  /** @type {string[]} pieces of a line that has not ended */
  #pieces = [];
  #length = 0;
  /** @type {string[]} */
  #data = [];

  /**
   * Takes a piece of the stream and returns the data of the events that it completes.
   * @param {Uint8Array} chunk
   * @returns {string[]}
   */
  push(chunk) {
    const text = this.#decoder.decode(chunk, { stream: true });
    /** @type {string[]} */
    const events = [];
    let from = 0;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
      this.#keep(text.slice(from, at));
      from = at + 1;
      const line = this.#pieces.join("");
      this.#pieces = [];
      this.#length = 0;
      this.#line(line.endsWith("\r") ? line.slice(0, -1) : line, events);
    }
    this.#keep(text.slice(from));
    return events;
  }

  /** @param {string} piece */
  #keep(piece) {
    this.#length += piece.length;
    if (this.#length > LINE_CHARACTERS) throw new FrameError("an event is too large");
    if (piece !== "") this.#pieces.push(piece);
  }

  /** @param {string} line @param {string[]} events */
  #line(line, events) {
    if (line === "") {
      if (this.#data.length > 0) events.push(this.#data.join("\n"));
      this.#data = [];
    } else if (line.startsWith("data:")) {
      this.#data.push(line.charAt(5) === " " ? line.slice(6) : line.slice(5));
    }
  }
}
