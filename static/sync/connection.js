/**
 * One lasting connection made of many short ones: a WebSocket, or events and POST where it is blocked; after a cut it
 * waits with jittered back-off and tries again until it is stopped.
 */
import { Backoff } from "./backoff.js";
import { EventLink } from "./event_stream.js";
import { SocketLink } from "./socket.js";
import { readSession, refusal } from "./api.js";

/**
 * @typedef {import("../wire/frame.js").Outcome} Outcome
 * @typedef {import("./socket.js").Link} Link
 * @typedef {import("./socket.js").LinkEvents} LinkEvents
 *
 * Why a session ended.
 * @typedef {"expired" | "done" | "replaced" | "revoked" | "version"} Ending
 *
 * What a user may be told. `since` is when the last working link ended, `retryAt` when the next try begins, both by the
 * local clock in milliseconds; `reason` is why it ended (a close name, `cut`, `silent`, `garbled`).
 * @typedef {{ phase: "stopped" | "connecting" | "open" | "waiting", kind: "socket" | "events" | null, since: number, retryAt: number, reason: string }} ConnectionState
 *
 * @typedef {object} ConnectionEvents
 * @property {(state: ConnectionState) => void} onState
 * @property {(frame: import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame) => void} onFrame
 * @property {() => void} onOpen a link stands: enter the rooms (again)
 * @property {(reason: Ending) => void} onLost the session ended; nothing is tried any more
 *
 * @typedef {object} Ways how links are made, so that tests bring their own
 * @property {(events: LinkEvents) => Link} socket
 * @property {(events: LinkEvents) => Link} events
 * @property {() => Promise<Outcome>} session
 */

/** After this many failures to open a WebSocket while the server answers otherwise, it is taken as blocked … */
const BLOCKED_AFTER = 2;
/** … and tried again only after this long, in milliseconds. */
const BLOCKED_FOR_MS = 300_000;
/** The least wait after the server ended a link because of a flood. */
const FLOOD_MS = 5_000;

/** @returns {Ways} the real ones */
export function browserWays() {
  const socketUrl = new URL("/api/socket", location.href);
  socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return {
    socket: (events) => new SocketLink(socketUrl.href, events),
    events: (events) => new EventLink("/api/events", events),
    session: readSession,
  };
}

/** Keeps a link to the web-proxy. */
export class Connection {
  #ways;
  #events;
  #backoff;
  /** @type {Link | null} */
  #link = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #socketFailures = 0;
  #blockedAt = 0;
  #attempt = 0;
  /** @type {number | null} milliseconds that the server named before it ended the link */
  #announcedWait = null;
  /** @type {ConnectionState} */
  #state = { phase: "stopped", kind: null, since: 0, retryAt: 0, reason: "cut" };

  /** @param {Ways} ways @param {ConnectionEvents} events @param {Backoff} [backoff] */
  constructor(ways, events, backoff = new Backoff()) {
    this.#ways = ways;
    this.#events = events;
    this.#backoff = backoff;
  }

  /** Connects; does nothing if it is under way. */
  start() {
    if (this.#state.phase !== "stopped") return;
    this.#set({ phase: "connecting", since: Date.now(), reason: "cut" });
    this.#try();
  }

  /** Ends the link and stops trying. */
  stop() {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = null;
    this.#set({ phase: "stopped", kind: null });
  }

  /** Tries now instead of waiting further. */
  retryNow() {
    if (this.#state.phase !== "waiting") return;
    clearTimeout(this.#timer);
    this.#try();
  }

  /** Tells why the next cut comes and how long to wait then (`session.resume`). @param {number} waitMs */
  expectCut(waitMs) {
    this.#announcedWait = waitMs;
  }

  /**
   * Sends a command; without a link the answer is `cut`.
   * @param {string} command
   * @param {Record<string, unknown>} [fields]
   * @param {Uint8Array} [tail] where the command takes one, or its reply may have one: empty then
   * @returns {Promise<Outcome>}
   */
  command(command, fields = {}, tail = undefined) {
    return this.#link === null ? Promise.resolve(refusal("cut")) : this.#link.command(command, fields, tail);
  }

  /** @param {string} channel @param {Uint8Array} payload @param {import("../wire/frame.js").Under} [under] @returns {Promise<Outcome>} */
  publish(channel, payload, under) {
    return this.#link === null ? Promise.resolve(refusal("cut")) : this.#link.publish(channel, payload, under);
  }

  #try() {
    this.#set({ phase: "connecting" });
    const blocked = this.#socketFailures >= BLOCKED_AFTER && Date.now() - this.#blockedAt < BLOCKED_FOR_MS;
    if (blocked) this.#openEvents();
    else this.#openSocket();
  }

  #openSocket() {
    const attempt = ++this.#attempt;
    this.#listen(attempt, this.#ways.socket, (end) => {
      if (end.opened) return this.#cut(end.reason);
      this.#socketFailures += 1;
      this.#blockedAt = Date.now();
      return this.#probe(attempt, end.reason);
    });
  }

  #openEvents() {
    this.#listen(++this.#attempt, this.#ways.events, (end) => this.#cut(end.reason));
  }

  /**
   * A WebSocket that did not open gives no status: asks by HTTP whether the session lives, and if it does, goes on by events.
   * @param {number} attempt @param {string} reason
   */
  async #probe(attempt, reason) {
    const session = await this.#ways.session();
    if (attempt !== this.#attempt) return;
    if ("ok" in session) this.#openEvents();
    else if (session.error.code === "not_signed_in") this.#lost("expired");
    else this.#wait(reason, session.error.retry_after_ms ?? 0);
  }

  /**
   * @param {number} attempt
   * @param {(events: LinkEvents) => Link} open
   * @param {(end: { opened: boolean, reason: string }) => void} ended
   */
  #listen(attempt, open, ended) {
    const link = open({
      onOpen: () => {
        if (attempt !== this.#attempt) return;
        if (link.kind === "socket") this.#socketFailures = 0;
        this.#backoff.reset();
        this.#announcedWait = null;
        this.#set({ phase: "open", kind: link.kind });
        this.#events.onOpen();
      },
      onFrame: (frame) => {
        if (attempt === this.#attempt) this.#events.onFrame(frame);
      },
      onEnd: (end) => {
        if (attempt !== this.#attempt) return;
        this.#link = null;
        ended(end);
      },
    });
    this.#link = link;
  }

  /** @param {string} reason */
  #cut(reason) {
    if (reason === "done" || reason === "replaced" || reason === "revoked" || reason === "version") this.#lost(reason);
    else if (reason === "not_signed_in") this.#lost("expired");
    else this.#wait(reason, this.#announcedWait ?? (reason === "flood" ? FLOOD_MS : 0));
  }

  /** @param {string} reason @param {number} leastMs */
  #wait(reason, leastMs) {
    const wait = Math.max(leastMs, this.#backoff.next());
    const since = this.#state.phase === "open" ? Date.now() : this.#state.since;
    this.#set({ phase: "waiting", kind: null, since, retryAt: Date.now() + wait, reason });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#try(), wait);
  }

  /** @param {Ending} reason */
  #lost(reason) {
    this.stop();
    this.#events.onLost(reason);
  }

  /** @param {Partial<ConnectionState>} change */
  #set(change) {
    this.#state = { ...this.#state, ...change };
    this.#events.onState(this.#state);
  }
}
