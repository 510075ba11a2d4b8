/**
 * The people that an account knows: how it stands with each of them, and which friends are online (docs/protocol.md §14.17).
 *
 * The list is the server's. An event changes it at once, and it is read again after each change and each cut: what an event
 * does not say (a display name, whether a new friend is online) comes with it.
 */
import { Signal } from "./signals.js";
import { isHex } from "../crypto/vault_content.js";

/**
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {import("../wire/frame.js").Outcome} Outcome
 * @typedef {"asked" | "asking" | "friend" | "blocked"} Standing `asked` this account asked, `asking` the other one asks
 * @typedef {{ account: string, name: string, display: string, state: Standing, online: boolean }} Friend `online` counts for friends only
 * @typedef {Pick<Friend, "account" | "name" | "display">} Found
 * @typedef {{ kind: "asks" | "accepted", friend: Friend }} FriendNews what is worth a word to whoever does not look
 */

/** Pages of the list that are read: more people than an account can know. */
const PAGES = 100;
const STANDINGS = Object.freeze(["asked", "asking", "friend", "blocked"]);

/** The account's people. */
export class Friends {
  /** Null before the first answer. @type {Signal<readonly Friend[] | null>} */
  list = new Signal(/** @type {readonly Friend[] | null} */ (null));
  /** Why the list could not be read, by code, or null. @type {Signal<string | null>} */
  fault = new Signal(/** @type {string | null} */ (null));
  /** Called with what others did. @type {(news: FriendNews) => void} */
  onNews = () => {};
  #ask;
  /** The reading that is under way. @type {Promise<void> | null} */
  #reading = null;
  /** Whether something happened since it began, so that its answer may be older. */
  #stale = false;
  /** Grows when somebody else, or nobody, is signed in: answers from before no longer count. */
  #generation = 0;

  /** @param {(command: string, fields?: Record<string, unknown>) => Promise<Outcome>} ask sends a command */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Reads the list. A call while that is under way has it read once more; both wait for the last answer. */
  read() {
    this.#stale = true;
    this.#reading ??= this.#readUntilFresh();
    return this.#reading;
  }

  /** Forgets everybody, as at signing out. */
  clear() {
    this.#generation += 1;
    this.#reading = null;
    this.list.value = null;
    this.fault.value = null;
  }

  /** Takes an event; others are left alone. @param {{ event: string } & Record<string, any>} header */
  event(header) {
    if (header.event === "presence.changed") this.#presence(header.account, header.online === true);
    else if (header.event === "friends.changed") this.#changed(header);
  }

  /** @param {string} account */
  find(account) {
    return this.list.peek()?.find((friend) => friend.account === account);
  }

  /**
   * Finds an account by its exact name.
   * @param {string} name
   * @returns {Promise<{ found: Found } | { refused: Refusal }>}
   */
  async search(name) {
    const outcome = await this.#ask("accounts.find", { name });
    if ("error" in outcome) return { refused: outcome.error };
    const found = parseFound(outcome.ok);
    return found === null ? { refused: { code: "internal", message: "" } } : { found };
  }

  /** Asks an account to be a friend. @param {string} account */
  add(account) {
    return this.#act("friends.add", account);
  }

  /** @param {string} account */
  accept(account) {
    return this.#act("friends.accept", account);
  }

  /** @param {string} account */
  decline(account) {
    return this.#act("friends.decline", account);
  }

  /** Ends a friendship, or takes a request back. @param {string} account */
  remove(account) {
    return this.#act("friends.remove", account);
  }

  /** @param {string} account */
  block(account) {
    return this.#act("friends.block", account);
  }

  /** @param {string} account */
  unblock(account) {
    return this.#act("friends.unblock", account);
  }

  /**
   * @param {string} command
   * @param {string} account
   * @returns {Promise<Refusal | null>} why not, or null once the list says so
   */
  async #act(command, account) {
    const outcome = await this.#ask(command, { account });
    if ("error" in outcome) return outcome.error;
    await this.read();
    return null;
  }

  async #readUntilFresh() {
    const generation = this.#generation;
    while (this.#stale) {
      this.#stale = false;
      const answer = await this.#pages();
      if (generation !== this.#generation) return;
      this.#take(answer);
    }
    this.#reading = null;
  }

  /** @returns {Promise<Friend[] | Refusal>} */
  async #pages() {
    /** @type {Friend[]} */
    const friends = [];
    for (let page = 0; page < PAGES; page++) {
      const after = friends.at(-1)?.account;
      const outcome = await this.#ask("friends.list", after === undefined ? {} : { after });
      if ("error" in outcome) return outcome.error;
      friends.push(...parseFriends(outcome.ok.friends));
      if (outcome.ok.more !== true || friends.at(-1)?.account === after) break;
    }
    return friends;
  }

  /** @param {Friend[] | Refusal} answer */
  #take(answer) {
    if (Array.isArray(answer)) {
      this.fault.value = null;
      this.list.value = answer;
    } else if (answer.code !== "cut") {
      // After a cut it is read again by itself.
      this.fault.value = answer.code;
    }
  }

  /** @param {unknown} account @param {boolean} online */
  #presence(account, online) {
    this.#stale = true;
    this.list.update((list) => {
      const at = list?.findIndex((friend) => friend.account === account && friend.state === "friend") ?? -1;
      return list === null || at === -1 || list[at].online === online ? list : list.with(at, { ...list[at], online });
    });
  }

  /** @param {Record<string, any>} header */
  #changed({ account, name, state }) {
    if (!isHex(account, 16) || typeof name !== "string") return;
    const before = this.find(account);
    const others = (this.list.peek() ?? []).filter((friend) => friend.account !== account);
    if (this.list.peek() !== null && STANDINGS.includes(state)) {
      const friend = { account, name, display: before?.display ?? "", state, online: before?.state === "friend" && before.online };
      this.list.value = [...others, friend];
      if (state === "asking" && before?.state !== "asking") this.onNews({ kind: "asks", friend });
      if (state === "friend" && before?.state === "asked") this.onNews({ kind: "accepted", friend });
    } else if (before !== undefined && before.state !== "blocked") {
      this.list.value = others;
    }
    void this.read();
  }
}

/** @param {unknown} values @returns {Friend[]} */
function parseFriends(values) {
  if (!Array.isArray(values)) return [];
  return values.flatMap((value) => {
    const found = parseFound(value);
    return found !== null && STANDINGS.includes(value.state) ? [{ ...found, state: value.state, online: value.state === "friend" && value.online === true }] : [];
  });
}

/** @param {any} value @returns {Found | null} */
function parseFound(value) {
  if (typeof value !== "object" || value === null || !isHex(value.account, 16) || typeof value.name !== "string") return null;
  return { account: value.account, name: value.name, display: typeof value.display === "string" ? value.display : "" };
}
