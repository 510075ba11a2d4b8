/**
 * The ways to an account: make one, sign in by password, recover by code, start fresh, and open the vault again on a device
 * that has a session and no keys. Loads when somebody takes one of them. Nothing here throws; what went wrong is a code.
 */
import { postCommand, postTailed } from "../sync/api.js";
import { refused } from "./account_keys.js";
import { tidyUserName } from "./names.js";
import { acceptServer, acceptedServer, acceptsServer } from "./server_name.js";
import { noteTypedBack } from "./session_memory.js";

/**
 * @typedef {import("./chat.js").Chat} Chat
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {{ server: string, account: string, salt: string, rounds: number }} Params what `auth.params` says of a name
 *
 * A server that calls itself otherwise than its address: `before` is what was accepted here earlier, or null.
 * @typedef {{ server: string, before: string | null }} UnknownServer
 *
 * What a step gave: null if it is done, else a code. `unknown_server` comes with the name to be accepted.
 * @typedef {null | (Refusal & { unknown?: UnknownServer })} Failed
 */

/** How often a change meets another device's before it is given up. */
const TRIES = 3;

/** One attempt to get into an account. */
export class Enrolment {
  #chat;
  /** The password's half for the server, where a change of keys asks for it again. @type {string | null} */
  #login = null;
  /** Whether the drafted keys are in place, and only the password is missing. */
  #reset = false;

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
  }

  /** Whether the session was begun by password and that is known here, so that new keys may take the place of lost ones. */
  get mayStartFresh() {
    return this.#login !== null && this.#chat.means === "password";
  }

  /** Starts to make keys, which takes a second, while somebody types. */
  async warm() {
    await (await this.#holder()).ask("warm", {});
  }

  /** Its user says that the server may call itself so. @param {UnknownServer} unknown */
  accept({ server }) {
    acceptServer(server);
  }

  /**
   * Makes a new account's secrets.
   * @param {string} name @param {string} password
   * @returns {Promise<{ code: string } | { failed: NonNullable<Failed> }>} the recovery code, or why not
   */
  async draft(name, password) {
    const params = await this.#params(name);
    if ("failed" in params) return params;
    return this.#drafted(await (await this.#holder()).ask("draft_account", { password, server: params.server }));
  }

  /** Whether the groups of the code that were typed back open the drafted vault. @param {Array<{ group: number, text: string }>} typed */
  async rehearse(typed) {
    const given = await (await this.#holder()).ask("rehearse", { typed });
    return "ok" in given && given.ok.fits;
  }

  /**
   * Registers what was drafted, and goes in. A guest keeps rooms and timeline.
   * @param {{ name: string, rehearsed: boolean, invitation: string }} of
   * @returns {Promise<Failed>}
   */
  async register({ name, rehearsed, invitation }) {
    const prepared = tidyUserName(name);
    const given = await (await this.#holder()).ask("register", { name: prepared, now: Date.now() });
    if ("error" in given) return refused(given.error.code);
    const fields = { ...given.ok.fields, name: prepared, rehearsed, ...(invitation === "" ? {} : { invitation }) };
    const ask = async () => {
      const outcome = await postTailed("auth.register", fields, given.ok.tail);
      if ("ok" in outcome) noteTypedBack(String(given.ok.fields.account), rehearsed);
      return outcome;
    };
    const failed = await this.#chat.replaceSession(ask, "password");
    if (failed === null) await this.#dropDraft();
    return failed;
  }

  /** @param {string} name @param {string} password @returns {Promise<Failed>} */
  async signIn(name, password) {
    const params = await this.#params(name);
    if ("failed" in params) return params.failed;
    const split = await (await this.#holder()).ask("split_password", { password, ...params });
    if ("error" in split) return refused(split.error.code);
    const failed = await this.#chat.replaceSession(() => postCommand("auth.login", { name, login: split.ok.login }), "password");
    this.#login = split.ok.login;
    return this.#distrust(failed);
  }

  /**
   * Signs in by the recovery code; then a new password is asked for.
   * @param {string} name @param {string} code
   * @returns {Promise<Failed>}
   */
  async recover(name, code) {
    const params = await this.#params(name);
    if ("failed" in params) return params.failed;
    const split = await (await this.#holder()).ask("split_code", { code, server: params.server, account: params.account });
    if ("error" in split) return refused(split.error.code);
    return this.#distrust(await this.#chat.replaceSession(() => postCommand("auth.recover", { name, recovery: split.ok.recovery }), "code"));
  }

  /** Signs in by an administrator's one-time token, to start fresh. @param {string} name @param {string} token @returns {Promise<Failed>} */
  async signInFresh(name, token) {
    const params = await this.#params(name);
    if ("failed" in params) return params.failed;
    return this.#chat.replaceSession(() => postCommand("auth.fresh", { name, token }), "fresh");
  }

  /** Opens the vault of the session that is here. @param {string} password @returns {Promise<Failed>} */
  async unlock(password) {
    const params = await this.#params(this.#chat.account.name.peek());
    if ("failed" in params) return params.failed;
    const split = await (await this.#holder()).ask("split_password", { password, ...params, account: this.#chat.account.account.peek() });
    if ("error" in split) return refused(split.error.code);
    this.#login = split.ok.login;
    return this.#chat.unlock();
  }

  /** The same by the recovery code. @param {string} code @returns {Promise<Failed>} */
  async unlockByCode(code) {
    const { account, server } = this.#chat.account;
    const split = await (await this.#holder()).ask("split_code", { code, server: server.peek(), account: account.peek() });
    return "error" in split ? refused(split.error.code) : this.#chat.unlock();
  }

  /**
   * Drafts a new password for the open account: new code, new vault key.
   * @param {string} password
   * @returns {Promise<{ code: string } | { failed: NonNullable<Failed> }>}
   */
  async draftPassword(password) {
    return this.#drafted(await (await this.#holder()).ask("draft_password", { password, server: this.#chat.account.server.peek() }));
  }

  /**
   * Proves the old password for a change of it; `means_unknown` if it is not known here how the session was begun, and so
   * not what the server asks for.
   * @param {string} password the old one
   * @returns {Promise<Failed>}
   */
  async confirm(password) {
    if (this.#chat.means === null) return refused("means_unknown");
    const confirmed = await (await this.#chat.account.keys()).confirm(password);
    if ("failed" in confirmed) return confirmed.failed;
    this.#login = confirmed.login;
    return null;
  }

  /**
   * Sends the drafted password. The account's other sessions end.
   * @param {{ rehearsed: boolean }} of
   * @returns {Promise<Failed>}
   */
  async changePassword({ rehearsed }) {
    const sent = await this.#sendPassword();
    if (sent !== null) return sent;
    noteTypedBack(this.#chat.account.account.peek(), rehearsed);
    this.#login = null;
    this.#chat.endRenewal();
    const failed = await this.#chat.unlock();
    await this.#dropDraft();
    if (failed === null && rehearsed) await this.#chat.account.call("auth.rehearsed");
    return failed;
  }

  /**
   * Drafts new keys for the account whose vault is lost.
   * @param {string} password the one from now on
   * @returns {Promise<{ code: string } | { failed: NonNullable<Failed> }>}
   */
  async draftFresh(password) {
    const { account } = this.#chat;
    const keys = await account.keys();
    const id = account.account.peek();
    const [root, wraps, chain] = await Promise.all([account.call("vault.root"), account.call("keys.wraps", { accounts: [id] }), keys.ownChain()]);
    if ("error" in root) return { failed: root.error };
    if ("error" in wraps) return { failed: wraps.error };
    if ("error" in chain) return { failed: chain.error };
    const takes = { password, server: account.server.peek(), account: id, name: account.name.peek(), root: Number(root.ok.number), wraps: wraps.tail, chain: chain.ok };
    return this.#drafted(await (await this.#holder()).ask("draft_fresh", takes));
  }

  /**
   * Replaces keys and password by the drafted ones.
   * @param {{ rehearsed: boolean }} of
   * @returns {Promise<Failed>}
   */
  async startFresh({ rehearsed }) {
    const failed = this.#reset ? null : await this.#resetKeys();
    if (failed !== null) return failed;
    const keys = await this.#chat.account.keys();
    const unproven = (await keys.open()) ?? (await keys.prove());
    return unproven ?? this.changePassword({ rehearsed });
  }

  /** @returns {Promise<Failed>} */
  async #resetKeys() {
    const given = await (await this.#holder()).ask("reset_keys", { now: Date.now() });
    if ("error" in given) return refused(given.error.code);
    const answer = await this.#chat.account.call("keys.reset", given.ok.fields, given.ok.tail);
    if ("error" in answer) return answer.error;
    // What follows may be refused and tried again: the keys are replaced once.
    this.#reset = true;
    return null;
  }

  /** @returns {Promise<Failed>} */
  async #sendPassword() {
    const { account } = this.#chat;
    for (let tries = 0; ; tries++) {
      const given = await (await this.#holder()).ask("change_password", { login: this.#chat.means === "password" ? this.#login : null });
      if ("error" in given) return refused(given.error.code);
      const answer = await account.call("auth.password", given.ok.fields, given.ok.tail);
      if ("ok" in answer) return null;
      // The records are the page's own: what the server misses or has too much of is the old password.
      if (answer.error.code === "malformed") return refused("means_unknown");
      if (answer.error.code !== "vault_conflict" || tries === TRIES) return answer.error;
      const failed = await (await account.keys()).refreshRoot();
      if (failed !== null) return failed;
    }
  }

  async #dropDraft() {
    this.#reset = false;
    await (await this.#holder()).ask("drop_draft", {});
  }

  /**
   * What the server let in has to open the vault: if it does not, the vault is not the one that belongs to it.
   * @param {Failed} failed
   */
  #distrust(failed) {
    if (failed?.code === "password_wrong" || failed?.code === "code_wrong") this.#chat.account.trouble.value = "vault_corrupt";
    return failed;
  }

  #holder() {
    return this.#chat.keyholder();
  }

  /** @param {string} name @returns {Promise<Params | { failed: NonNullable<Failed> }>} */
  async #params(name) {
    const outcome = await postCommand("auth.params", { name });
    if ("error" in outcome) return { failed: outcome.error };
    const { server, account, salt, rounds } = outcome.ok;
    const called = String(server);
    if (!acceptsServer(called)) return { failed: { ...refused("unknown_server"), unknown: { server: called, before: acceptedServer() } } };
    return { server: called, account: String(account), salt: String(salt), rounds: Number(rounds) };
  }

  /** @param {{ ok: { code: string } } | { error: { code: string } }} given @returns {{ code: string } | { failed: NonNullable<Failed> }} */
  #drafted(given) {
    return "ok" in given ? { code: given.ok.code } : { failed: refused(given.error.code) };
  }
}
