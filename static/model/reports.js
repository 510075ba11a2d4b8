/**
 * Reported messages, for an account that administrates the server: read when its keys are proven, and anew when one is made.
 */
import { ServerMode } from "./server_mode.js";
import { Scope, Signal, untracked } from "./signals.js";

/**
 * @typedef {import("../rooms/requests.js").JudgedReport} JudgedReport
 * @typedef {import("./account.js").Account} Account
 * @typedef {import("./conversations.js").Conversations} Conversations
 */

/** What came of a report, as `reports.settle` takes it. */
export const VERDICTS = Object.freeze({ dismissed: 1, upheld: 2 });
/** Reports that are held at once; the others come when these are settled. */
const MOST = 200;

/** The reports that are pending. */
export class Reports {
  /** Whether this account administrates the server, and how that stands. */
  mode;
  /** The oldest first; null before they were read. @type {Signal<readonly JudgedReport[] | null>} */
  items = new Signal(/** @type {readonly JudgedReport[] | null} */ (null));
  /** Why they could not be read, by code, or null. @type {Signal<string | null>} */
  fault = new Signal(/** @type {string | null} */ (null));
  #account;
  #conversations;
  #scope = new Scope();
  #reading = false;
  #readAgain = false;

  /** @param {Pick<Account, "call" | "on" | "phase">} account @param {Pick<Conversations, "ask" | "list">} conversations */
  constructor(account, conversations) {
    this.mode = new ServerMode(account);
    this.#account = account;
    this.#conversations = conversations;
    this.#scope.add(account.on("report.made", () => void this.read()));
    const begun = new Signal(false);
    this.#scope.effect(() => {
      // The worker judges reports once it has begun.
      begun.value = account.phase.value === "ready" && conversations.list.value !== null;
      if (account.phase.value === "signed_out") untracked(() => this.#clear());
    });
    this.#scope.effect(() => {
      if (begun.value) untracked(() => void this.#begin());
    });
  }

  /** Reads what is pending. */
  async read() {
    this.#readAgain = true;
    if (this.#reading || !this.mode.administers.peek()) return;
    this.#reading = true;
    while (this.#readAgain) {
      this.#readAgain = false;
      await this.#readOnce();
    }
    this.#reading = false;
  }

  /** An administrator has looked at one. @param {string} report @param {keyof typeof VERDICTS} verdict @returns {Promise<string | null>} code of why not */
  async settle(report, verdict) {
    const answer = await this.#account.call("reports.settle", { report, verdict: VERDICTS[verdict] });
    // One that another administrator has settled is settled.
    if ("error" in answer && answer.error.code !== "no_such_message") return answer.error.code;
    this.items.update((items) => items?.filter((each) => each.report !== report) ?? null);
    void this.read();
    return null;
  }

  /** Stops following the account. */
  end() {
    this.#scope.end();
  }

  async #begin() {
    await this.mode.read();
    await this.read();
  }

  async #readOnce() {
    /** @type {JudgedReport[]} */
    const items = [];
    for (let after = null, more = true; more && items.length < MOST; after = items.at(-1)?.number ?? null) {
      const given = await this.#conversations.ask("conversations_reports", { after });
      this.fault.value = "error" in given ? given.error.code : null;
      if ("error" in given) return;
      items.push(...given.ok.reports);
      more = given.ok.more && given.ok.reports.length > 0;
    }
    this.items.value = items;
  }

  #clear() {
    this.mode.clear();
    this.items.value = null;
    this.fault.value = null;
  }
}
