/**
 * The way round a blocked WebSocket: frames arrive by Server-Sent Events, commands leave by POST. It reads the stream with
 * fetch rather than EventSource, which hides comments (the only sign of life on a quiet stream) and the HTTP status.
 */
import { CLIENT_SILENCE_MS } from "../wire/limits.js";
import { decodeFrame } from "../wire/frame.js";
import { fromBase64 } from "../wire/base64.js";
import { EventParser } from "../wire/sse.js";
import { postCommand, postPublish, postTailed } from "./api.js";

/**
 * @typedef {import("./socket.js").Link} Link
 * @typedef {import("./socket.js").LinkEvents} LinkEvents
 */

/** @implements {Link} */
export class EventLink {
  /** @type {"events"} */
  kind = "events";
  #events;
  #abort = new AbortController();
  #opened = false;
  #ended = false;
  /** @type {ReturnType<typeof setTimeout>} */
  #silence;

  /** @param {string} url @param {LinkEvents} events */
  constructor(url, events) {
    this.#events = events;
    this.#silence = setTimeout(() => this.#end("silent"), CLIENT_SILENCE_MS);
    this.#run(url).then(
      (reason) => this.#end(reason),
      () => this.#end("cut"),
    );
  }

  /** @param {string} command @param {Record<string, unknown>} fields @param {Uint8Array} [tail] */
  command(command, fields, tail) {
    return tail === undefined ? postCommand(command, fields) : postTailed(command, fields, tail);
  }

  /** @param {string} channel @param {Uint8Array} payload @param {import("../wire/frame.js").Under} [under] */
  publish(channel, payload, under) {
    return postPublish(channel, payload, under);
  }

  close() {
    this.#end("done");
  }

  /** @param {string} url @returns {Promise<string>} why the stream ended */
  async #run(url) {
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream" },
      credentials: "same-origin",
      cache: "no-store",
      signal: this.#abort.signal,
    });
    if (response.status === 401) return "not_signed_in";
    if (!response.ok || response.body === null) return "cut";
    this.#opened = true;
    this.#alive();
    this.#events.onOpen();
    return this.#read(response.body.getReader());
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async #read(reader) {
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#ended) return "cut";
      this.#alive();
      let data;
      try {
        data = parser.push(value).map((event) => decodeFrame(fromBase64(event)));
      } catch {
        return "garbled";
      }
      for (const frame of data) {
        if (frame.kind === "close") return frame.reason;
        if (frame.kind === "event" || frame.kind === "deliver") this.#events.onFrame(frame);
      }
    }
  }

  #alive() {
    clearTimeout(this.#silence);
    if (!this.#ended) this.#silence = setTimeout(() => this.#end("silent"), CLIENT_SILENCE_MS);
  }

  /** @param {string} reason */
  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#silence);
    this.#abort.abort();
    this.#events.onEnd({ opened: this.#opened, reason });
  }
}
