/**
 * The page's state as a whole: who is signed in, which rooms are open, and what arrives for them.
 */
import { Account } from "./account.js";
import { Signal } from "./signals.js";
import { Rooms } from "./rooms.js";
import { comeBack } from "./comeback.js";
import { recall, remember } from "./preferences.js";
import { SessionMemory } from "./session_memory.js";
import { VaultTabs, oneTabAtATime } from "./tabs.js";
import { postCommand, postTailed, readNewSession, readSession } from "../sync/api.js";
import { Connection } from "../sync/connection.js";
import { WAITABLE } from "../wire/codes.js";

/**
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {import("../sync/connection.js").ConnectionState} ConnectionState
 * @typedef {import("../wire/frame.js").Outcome} Outcome
 * @typedef {import("../sync/keyholder.js").Keyholder} Keyholder
 * @typedef {{ phase: "starting" | "insecure" | "out" | "locked" | "renew" | "in" | "returning" | "outdated", member: string, name: string }} SessionState
 *   `locked`: the session of an account whose keys are not here, or not to be trusted; `renew`: it came by recovery code or by an
 *   administrator's token, and gets a new password before anything else; `returning`: a guest's session was lost and is being
 *   signed in again under the same name
 * @typedef {"signed_out" | "signed_out_here" | "ended_elsewhere" | "replaced" | "name_lost" | "expired" | "revoked"} Notice why the door stands there again
 * @typedef {import("./session_memory.js").Means} Means
 * @typedef {import("./session_memory.js").Renewal} Renewal
 */

const NOT_LOADED = Object.freeze({ code: "no_worker", message: "" });
/** After a proof that could not be given, the next try. */
const PROVE_AGAIN_MS = 3_000;

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
  /** How often an account has proven its keys on a new connection, after which everything is asked for again. */
  proven = new Signal(0);
  /** Unread messages of end-to-end conversations. */
  unread = new Signal(0);
  /** Called with each event, and with deliveries that are of no proxy-sealed room. @type {(frame: import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame) => void} */
  onFrame = () => {};
  account;
  rooms;
  #link;
  #memory = new SessionMemory();
  #tabs = new VaultTabs((account, changed) => this.#otherTab(account, changed));
  /** @type {Promise<Keyholder> | null} */
  #keyholder = null;
  /** Member ids that this page had before: what was on its way under them is its own. @type {Set<string>} */
  #former = new Set();

  /** @param {import("../sync/connection.js").Ways} ways @param {boolean} secure whether the browser calls this address secure */
  constructor(ways, secure) {
    this.#link = new Connection(ways, {
      onState: (state) => this.#connectionChanged(state),
      onFrame: (frame) => this.#receive(frame),
      onOpen: () => this.#opened(),
      onLost: (reason) => this.#lost(reason),
    });
    this.account = new Account({ call: (command, fields, tail) => this.#call(command, fields, tail), session: readSession, keyholder: () => this.keyholder() });
    this.account.on("session.challenge", () => this.#enterProven());
    this.rooms = new Rooms(this.#link, () => ({ ...this.session.peek(), account: this.account.account.peek(), former: this.#former }));
    this.rooms.onSignedOut = () => {
      this.#link.stop();
      this.#lost("expired");
    };
    this.rooms.onUnproven = () => setTimeout(() => this.#proveAgain(), PROVE_AGAIN_MS);
    if (!secure) this.session.value = { phase: "insecure", member: "", name: "" };
  }

  /** The guest's name that was used here last, to begin the form with. */
  get lastName() {
    return recall("last_name") ?? "";
  }

  /** The account's name that was used here last. */
  get lastAccount() {
    return recall("last_account") ?? "";
  }

  /** Takes up a session that a reload left behind, or shows the sign-in. */
  async begin() {
    if (this.session.peek().phase === "insecure") return;
    if (this.#memory.name === null) return this.#out();
    const outcome = await readSession();
    if ("ok" in outcome) {
      const failed = await this.#takeUp(outcome.ok).catch(() => NOT_LOADED);
      return failed !== null && this.session.peek().phase === "starting" ? this.#beginAgain(failed) : undefined;
    }
    if (outcome.error.code !== "not_signed_in") return this.#beginAgain(outcome.error);
    this.#forgetSession();
    return this.#out();
  }

  /** The worker that holds keys; starts with the first use, and rejects if it cannot be loaded. @returns {Promise<Keyholder>} */
  keyholder() {
    this.#keyholder ??= import("../sync/keyholder.js").then(({ Keyholder }) => Keyholder.start());
    this.#keyholder.catch(() => (this.#keyholder = null));
    return this.#keyholder;
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
    return this.#takeUp(session.ok);
  }

  /**
   * Puts an account's session in place of the one that is here, if any. A guest who is refused goes on as before; one who becomes
   * an account keeps rooms, timelines and what is unsent.
   * @param {() => Promise<Outcome>} ask
   * @param {Means} means how the new session begins
   * @returns {Promise<Refusal | null>}
   */
  async replaceSession(ask, means) {
    const guest = this.session.peek().phase === "in";
    // The old session's stream would say that it was replaced.
    if (guest) this.#link.stop();
    const session = await oneTabAtATime("sealwire.sign-in", async () => {
      const outcome = await ask();
      if ("error" in outcome) return outcome;
      this.#memory.begin(means);
      return readNewSession();
    });
    if ("ok" in session) return this.#takeUp(session.ok);
    if (guest) this.#link.start();
    return session.error;
  }

  /** Opens the vault with what the worker has by now, proves the keys and goes in. @returns {Promise<Refusal | null>} */
  async unlock() {
    const session = await readSession();
    if ("ok" in session) return this.#takeUp(session.ok);
    if (session.error.code === "not_signed_in") this.#lost("expired");
    return session.error;
  }

  /** What this session needs before anything else. @returns {Renewal | null} */
  get renewal() {
    return this.#memory.renewal;
  }

  /** How the session was begun, which says whether the server wants the old password before it takes another one. */
  get means() {
    return this.#memory.means;
  }

  /** The keys are given up: new ones come with a new password. */
  beginFresh() {
    this.#memory.renewal = "fresh";
    this.session.update((session) => ({ ...session, phase: "renew" }));
  }

  /** The new password is set. */
  endRenewal() {
    this.#memory.renewal = null;
  }

  /** Signs out: name, connection and keys are freed at once. */
  async signOut() {
    this.#forgetSession();
    this.#link.stop();
    const told = await postCommand("auth.logout");
    this.#out("ok" in told ? "signed_out" : "signed_out_here");
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

  /**
   * Takes up the session that the cookie names: a guest's as it is, an account's once its keys are proven.
   * @param {Record<string, any>} ok of `GET /api/session`
   * @returns {Promise<Refusal | null>} why it is not `in`
   */
  async #takeUp(ok) {
    if (typeof ok.account !== "string") {
      await this.#signedIn(ok);
      return null;
    }
    this.#memory.name = String(ok.name);
    this.#memory.account = ok.account;
    this.account.begin({ account: ok.account, name: String(ok.name), session: String(ok.session), server: String(ok.server) });
    const { renewal } = this;
    const keys = await this.account.keys();
    const failed = renewal === "fresh" ? null : ((await keys.open()) ?? (await keys.prove()));
    if (failed === null) {
      await this.#signedIn(ok, renewal === null ? "in" : "renew");
      if (this.account.phase.peek() === "ready") keys.settle();
    } else if (failed.code === "not_signed_in") {
      this.#lost("expired");
    } else if (this.account.phase.peek() === "locked") {
      this.#lock({ member: String(ok.member), name: String(ok.name) });
    }
    return failed;
  }

  /** @param {Record<string, any>} ok @param {"in" | "renew"} [phase] */
  async #signedIn(ok, phase = "in") {
    const name = String(ok.name);
    const before = this.session.peek();
    if (before.member !== "") this.#former.add(before.member);
    const guest = typeof ok.account !== "string";
    if (guest) this.account.beGuest(name);
    this.#memory.name = name;
    // A registered name is no guest's.
    remember("last_name", guest ? name : null);
    if (!guest) remember("last_account", name);
    this.notice.value = null;
    this.session.value = { phase, member: String(ok.member), name };
    await this.rooms.expect(Array.isArray(ok.rooms) ? ok.rooms.map(String) : []);
    if (phase === "in") this.#link.start();
  }

  /** The keys are not here, or not to be trusted. @param {{ member: string, name: string }} who */
  #lock(who) {
    this.#link.stop();
    if (this.session.peek().phase !== "locked") this.session.value = { ...who, phase: "locked" };
  }

  /** Nothing here opens anything any more. */
  #forgetSession() {
    const account = this.#memory.forget();
    if (account !== null) this.keyholder().then((holder) => holder.ask("forget", { account }));
    this.account.clear();
  }

  /** Publishes what was sealed in the page. @param {string} channel @param {Uint8Array} payload @param {import("../wire/frame.js").Under} under */
  publish(channel, payload, under) {
    return this.#link.publish(channel, payload, under);
  }

  /** By the link if there is one, else by POST. @param {string} command @param {Record<string, unknown>} fields @param {Uint8Array} tail @returns {Promise<import("./account.js").Answer>} */
  async #call(command, fields, tail) {
    const open = this.connection.peek().phase === "open";
    const outcome = await (open ? this.#link.command(command, fields, tail) : postTailed(command, fields, tail));
    if ("error" in outcome) return outcome;
    this.#tabs.did(this.account.account.peek(), command);
    return { ok: outcome.ok, tail: outcome.tail ?? new Uint8Array() };
  }

  /** Another tab of this browser has changed the vault: that is as if another device had. @param {string} account @param {"root" | "items"} changed */
  #otherTab(account, changed) {
    if (account !== this.account.account.peek()) return;
    this.#receive({ kind: "event", header: { event: "vault.changed", ...(changed === "items" ? { root: "0" } : {}) }, tail: new Uint8Array() });
  }

  /** Enters the rooms (again); an account proves its keys first. */
  async #enterProven() {
    if (this.session.peek().phase !== "in") return;
    if (this.account.account.peek() === "") return this.rooms.enterAll();
    const keys = await this.account.keys();
    const failed = await keys.prove();
    const session = this.session.peek();
    if (session.phase !== "in") return;
    if (failed === null) {
      this.proven.update((n) => n + 1);
      this.rooms.enterAll();
      keys.catchUp();
    } else if (failed.code === "not_signed_in") this.rooms.onSignedOut();
    else if (this.account.phase.peek() === "locked") this.#lock(session);
    else if (failed.code === "timeout" || WAITABLE.has(failed.code)) setTimeout(() => this.#proveAgain(), failed.retry_after_ms ?? PROVE_AGAIN_MS);
  }

  /** A link that was opened anew proves by itself. */
  #proveAgain() {
    if (this.connection.peek().phase === "open") this.#enterProven();
  }

  /** @param {Notice | null} [notice] */
  #out(notice = null) {
    this.#link.stop();
    this.#former.clear();
    this.account.clear();
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
    this.#enterProven();
  }

  /** @param {import("../wire/frame.js").EventFrame | import("../wire/frame.js").DeliverFrame} frame */
  #receive(frame) {
    if (frame.kind === "deliver") return this.rooms.deliver(frame) ? undefined : this.onFrame(frame);
    this.onFrame(frame);
    const header = frame.header;
    switch (header.event) {
      case "backend.lost":
        this.backendLostAt.value = Date.now();
        return this.rooms.pause();
      case "backend.back":
        this.backendLostAt.value = 0;
        return this.#enterProven();
      case "session.resume":
        return this.#link.expectCut(Number(header.after_ms) || 0);
      default:
        this.account.event(header);
        return this.rooms.event(header);
    }
  }

  /** @param {import("../sync/connection.js").Ending} reason */
  async #lost(reason) {
    const guest = this.account.account.peek() === "";
    if (guest && (reason === "replaced" || reason === "done") && (await this.#becameAccount())) return;
    if (reason === "version") {
      this.session.update((session) => ({ ...session, phase: "outdated" }));
    } else if (reason === "expired" && guest && this.#memory.name !== null) {
      this.#returnAs(this.session.peek().name);
    } else {
      const signedOut = this.#memory.name === null;
      this.#forgetSession();
      this.#out(reason === "done" || signedOut ? "ended_elsewhere" : reason);
    }
  }

  /** Whether another tab put an account's session in place of the guest's: it is taken up here, too. */
  async #becameAccount() {
    const session = await oneTabAtATime("sealwire.sign-in", async () => (this.#memory.means === null ? null : readSession()));
    if (session === null || "error" in session || typeof session.ok.account !== "string") return false;
    await this.#takeUp(session.ok);
    return true;
  }

  /** Signs in again under the same name after the proxy lost the session; the rooms and what is unsent stay. @param {string} name */
  async #returnAs(name) {
    /** @type {SessionState} */
    const returning = { ...this.session.peek(), phase: "returning" };
    this.session.value = returning;
    const wanted = () => this.session.peek() === returning;
    const tryOnce = async () => {
      const session = await readSession();
      if (!wanted()) return null;
      return "error" in session ? this.signIn(name, wanted) : this.#takeUp(session.ok);
    };
    if (await comeBack(tryOnce, wanted)) return;
    this.#forgetSession();
    this.#out("name_lost");
  }
}
