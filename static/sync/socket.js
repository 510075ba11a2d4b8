/**
 * The page's first choice: frames as binary messages of a WebSocket.
 */
import { CLIENT_SILENCE_MS } from "../wire/limits.js";
import { decodeFrame, encodeCommand, encodePong, encodePublish } from "../wire/frame.js";
import { refusal } from "./api.js";

/**
 * What both transports offer. `onEnd` is called once, whatever the end was.
 * @typedef {object} Link
 * @property {"socket" | "events"} kind
 * @property {(command: string, fields: Record<string, unknown>, tail?: Uint8Array) => Promise<import("../wire/frame.js").Outcome>} command
 * @property {(channel: string, payload: Uint8Array, under?: import("../wire/frame.js").Under) => Promise<import("../wire/frame.js").Outcome>} publish
 * @property {() => void} close
 *
 * @typedef {object} LinkEvents
 * @property {() => void} onOpen
 * @property {(frame: import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame) => void} onFrame
 * @property {(end: { opened: boolean, reason: string }) => void} onEnd `reason` is a close name, `cut`, `silent`, `garbled`, or `not_signed_in`
 */

const ANSWER_WITHIN_MS = 20_000;
const OPEN_WITHIN_MS = 5_000;
const SUBPROTOCOL = "sealwire.v1";

/** @implements {Link} */
export class SocketLink {
  /** @type {"socket"} */
  kind = "socket";
  #events;
  #socket;
  #opened = false;
  #ended = false;
  #nextRequest = 1;
  /** @type {Map<number, (outcome: import("../wire/frame.js").Outcome) => void>} */
  #waiting = new Map();
  /** @type {ReturnType<typeof setTimeout>} */
  #silence;

  /** @param {string} url @param {LinkEvents} events */
  constructor(url, events) {
    this.#events = events;
    this.#silence = setTimeout(() => this.#end("cut"), OPEN_WITHIN_MS);
    this.#socket = new WebSocket(url, SUBPROTOCOL);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#open();
    this.#socket.onmessage = (message) => this.#receive(message.data);
    this.#socket.onclose = () => this.#end("cut");
  }

  /** @param {string} command @param {Record<string, unknown>} fields @param {Uint8Array} [tail] */
  command(command, fields, tail) {
    return this.#ask((request) => encodeCommand(request, command, fields, tail));
  }

  /** @param {string} channel @param {Uint8Array} payload @param {import("../wire/frame.js").Under} [under] */
  publish(channel, payload, under) {
    return this.#ask((request) => encodePublish(request, channel, payload, under));
  }

  close() {
    this.#end("done");
  }

  #open() {
    this.#opened = true;
    this.#alive();
    this.#events.onOpen();
  }

  #alive() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#end("silent"), CLIENT_SILENCE_MS);
  }

  /** @param {unknown} data */
  #receive(data) {
    if (this.#ended) return;
    this.#alive();
    let frame;
    try {
      frame = decodeFrame(new Uint8Array(/** @type {ArrayBuffer} */ (data)));
    } catch {
      this.#end("garbled");
      return;
    }
    if (frame.kind === "ping") this.#send(encodePong(frame.nonce));
    else if (frame.kind === "reply") this.#answer(frame.request, frame.outcome);
    else if (frame.kind === "close") this.#end(frame.reason);
    else if (frame.kind === "event" || frame.kind === "deliver") this.#events.onFrame(frame);
  }

  /** @param {(request: number) => Uint8Array<ArrayBuffer>} encode @returns {Promise<import("../wire/frame.js").Outcome>} */
  #ask(encode) {
    if (!this.#takes) return Promise.resolve(refusal("cut"));
    const request = this.#nextRequest++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(request, refusal("timeout")), ANSWER_WITHIN_MS);
      this.#waiting.set(request, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      this.#send(encode(request));
    });
  }

  /** Whether it takes frames: one that closes says so later only, to `onclose`. */
  get #takes() {
    return !this.#ended && this.#opened && this.#socket.readyState === this.#socket.OPEN;
  }

  /** @param {Uint8Array<ArrayBuffer>} frame */
  #send(frame) {
    if (this.#takes) this.#socket.send(frame);
  }

  /** @param {number} request @param {import("../wire/frame.js").Outcome} outcome */
  #answer(request, outcome) {
    const resolve = this.#waiting.get(request);
    this.#waiting.delete(request);
    resolve?.(outcome);
  }

  /** @param {string} reason */
  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#silence);
    this.#socket.close();
    for (const request of [...this.#waiting.keys()]) this.#answer(request, refusal("cut"));
    this.#events.onEnd({ opened: this.#opened, reason });
  }
}
