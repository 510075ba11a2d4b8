/**
 * The page's state as a whole: who is signed in, which rooms are open, and what arrives for them.
 */
import { Signal } from "./signals.js";
import { Rooms } from "./rooms.js";
import { recall, remember } from "./preferences.js";
import { postCommand, readSession } from "../sync/api.js";
import { Connection } from "../sync/connection.js";

/**
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {import("../sync/connection.js").ConnectionState} ConnectionState
 * @typedef {{ phase: "starting" | "insecure" | "out" | "in" | "returning" | "outdated", member: string, name: string }} SessionState
 *   `returning`: the session was lost and is being signed in again under the same name
 * @typedef {"signed_out" | "ended_elsewhere" | "replaced" | "name_lost"} Notice why the sign-in page stands there again
 */

/** A lost session's name may stay taken for as long as the server waits for the old connection. */
const RETURN_FOR_MS = 45_000;
const RETURN_EVERY_MS = 4_000;

/** The chat as one person sees it. */
export class Chat {
  /** @type {Signal<SessionState>} */
  session = new Signal({ phase: "starting", member: "", name: "" });
  /** @type {Signal<Notice | null>} */
  notice = new Signal(null);
  /** @type {Signal<ConnectionState>} */
  connection = new Signal({ phase: "stopped", kind: null, since: 0, retryAt: 0, reason: "cut" });
  /** When the chat-server was lost, by the local clock, or 0. */
  backendLostAt = new Signal(0);
  #link;
  rooms;

  /** @param {import("../sync/connection.js").Ways} ways @param {boolean} secure whether the browser calls this address secure */
  constructor(ways, secure) {
    this.#link = new Connection(ways, {
      onState: (state) => this.#connectionChanged(state),
      onFrame: (frame) => this.#receive(frame),
      onOpen: () => this.#opened(),
      onLost: (reason) => this.#lost(reason),
    });
    this.rooms = new Rooms(this.#link, () => this.session.peek());
    this.rooms.onSignedOut = () => {
      this.#link.stop();
      this.#lost("expired");
    };
    if (!secure) this.session.value = { phase: "insecure", member: "", name: "" };
  }

  /** The name that was used here last, to begin the form with. */
  get lastName() {
    return recall("last_name") ?? "";
  }

  /** Takes up a session that a reload left behind, or shows the sign-in. */
  async begin() {
    if (this.session.peek().phase === "insecure") return;
    if (recall("session") === null) return this.#out();
    const outcome = await readSession();
    if ("ok" in outcome) return this.#signedIn(outcome.ok);
    if (outcome.error.code !== "not_signed_in") return this.#beginAgain(outcome.error);
    remember("session", null);
    return this.#out();
  }

  /**
   * Signs in as a guest.
   * @param {string} name
   * @param {() => boolean} [wanted] whether it still is, once the answer is there
   * @returns {Promise<Refusal | null>} why not, or null
   */
  async signIn(name, wanted = () => true) {
    const outcome = await postCommand("auth.guest", { name });
    if ("ok" in outcome && !wanted()) {
      await postCommand("auth.logout");
      return null;
    }
    if ("ok" in outcome) {
      await this.#signedIn(outcome.ok);
      return null;
    }
    if (outcome.error.code !== "already_signed_in") return outcome.error;
    const session = await readSession();
    if ("error" in session) return session.error;
    await this.#signedIn(session.ok);
    return null;
  }

  /** Signs out: name, connection and keys are freed at once. */
  async signOut() {
    remember("session", null);
    this.#link.stop();
    await postCommand("auth.logout");
    this.#out("signed_out");
  }

  /** Tries to connect now. */
  retryNow() {
    this.#link.retryNow();
  }

  /** @param {Refusal} error */
  async #beginAgain(error) {
    const session = this.session.peek();
    this.connection.value = { ...this.connection.peek(), phase: "waiting", since: Date.now(), retryAt: Date.now() + 3_000, reason: error.code };
    await new Promise((resolve) => setTimeout(resolve, error.retry_after_ms ?? 3_000));
    if (this.session.peek() === session) await this.begin();
  }

  /** @param {Record<string, any>} ok */
  async #signedIn(ok) {
    const name = String(ok.name);
    remember("session", name);
    remember("last_name", name);
    this.notice.value = null;
    this.session.value = { phase: "in", member: String(ok.member), name };
    await this.rooms.expect(Array.isArray(ok.rooms) ? ok.rooms.map(String) : []);
    this.#link.start();
  }

  /** @param {Notice | null} [notice] */
  #out(notice = null) {
    this.#link.stop();
    this.rooms.clear();
    this.backendLostAt.value = 0;
    this.notice.value = notice;
    this.session.value = { phase: "out", member: "", name: "" };
  }

  /** @param {ConnectionState} state */
  #connectionChanged(state) {
    this.connection.value = state;
    if (state.phase === "waiting" || state.phase === "stopped") this.rooms.pause();
  }

  #opened() {
    this.backendLostAt.value = 0;
    this.rooms.enterAll();
  }

  /** @param {import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame} frame */
  #receive(frame) {
    if (frame.kind === "deliver") return this.rooms.deliver(frame);
    const header = frame.header;
    switch (header.event) {
      case "backend.lost":
        this.backendLostAt.value = Date.now();
        return this.rooms.pause();
      case "backend.back":
        this.backendLostAt.value = 0;
        return this.rooms.enterAll();
      case "session.resume":
        return this.#link.expectCut(Number(header.after_ms) || 0);
      default:
        return this.rooms.event(header);
    }
  }

  /** @param {"expired" | "done" | "replaced" | "version"} reason */
  #lost(reason) {
    if (reason === "version") {
      this.session.update((session) => ({ ...session, phase: "outdated" }));
    } else if (reason === "expired" && recall("session") !== null) {
      this.#returnAs(this.session.peek().name, Date.now() + RETURN_FOR_MS);
    } else {
      remember("session", null);
      this.#out(reason === "replaced" ? "replaced" : "ended_elsewhere");
    }
  }

  /**
   * Signs in again under the same name after the proxy lost the session; the rooms and what is unsent stay.
   * @param {string} name @param {number} until
   */
  async #returnAs(name, until) {
    /** @type {SessionState} */
    const returning = { ...this.session.peek(), phase: "returning" };
    this.session.value = returning;
    const wanted = () => this.session.peek() === returning;
    while (wanted()) {
      const refused = await oneTabAtATime(() => this.#takeUp(name, wanted));
      if (refused === null) return;
      if (refused.code !== "unreachable" && refused.code !== "unavailable" && Date.now() > until) break;
      if (refused.code === "name_invalid" || refused.code === "not_allowed") break;
      await new Promise((resolve) => setTimeout(resolve, refused.retry_after_ms ?? RETURN_EVERY_MS));
    }
    if (!wanted()) return;
    remember("session", null);
    this.#out("name_lost");
  }

  /**
   * Takes up the session that another tab has signed in meanwhile, or signs in: a second sign-in would end the first.
   * @param {string} name @param {() => boolean} wanted
   * @returns {Promise<Refusal | null>}
   */
  async #takeUp(name, wanted) {
    const session = await readSession();
    if (!wanted()) return null;
    if ("error" in session) return this.signIn(name, wanted);
    await this.#signedIn(session.ok);
    return null;
  }
}

/**
 * Keeps the tabs of a browser, which lose their session together, from signing in side by side.
 * @template T
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
function oneTabAtATime(run) {
  const locks = globalThis.navigator?.locks;
  return locks === undefined ? run() : locks.request("sealwire.sign-in", run);
}
