/**
 * What an account does with its keys: opens the vault, proves them, keeps the vault up to date. Loads when an account is
 * there; the keys stay in the worker.
 */
import { parseList } from "../crypto/record_list.js";
import { OpenError } from "../crypto/errors.js";
import { postCommand } from "../sync/api.js";
import { toHex } from "../wire/bytes.js";
import { VaultItems } from "./vault_items.js";
import { acceptsServer } from "./server_name.js";
import { noteTypedBack, wasTypedBack } from "./session_memory.js";
import { oneTabAtATime } from "./tabs.js";

/**
 * @typedef {import("./account.js").Account} Account
 * @typedef {import("./account.js").Trouble} Trouble
 * @typedef {import("./account.js").Refusal} Refusal
 * @typedef {import("../sync/keyholder.js").Keyholder} Keyholder
 * @typedef {import("../keys/requests.js").ChainRecords} ChainRecords
 */

/** Keysets of one `keys.chain`. */
const CHAIN_PAGE = 100;
/** Pages of a chain that are read: more keysets than anybody makes. */
const CHAIN_PAGES = 20;
/** How often a change meets another device's before it is given up. */
const TRIES = 4;
/** What a failure of the worker says about the vault. @type {Readonly<Record<string, Trouble>>} */
const TROUBLES = Object.freeze({ not_kept: "not_kept", vault_corrupt: "vault_corrupt", stale_root: "vault_corrupt", keys_alarm: "vault_corrupt", vault_rolled_back: "vault_rolled_back" });

/** The signed-in account's keys. */
export class AccountKeys {
  #account;
  #ways;
  #items;
  /** @type {Promise<Refusal | null> | null} */
  #proving = null;
  #proveAgain = false;
  /** Whether the vault was opened for the proof that comes next: nothing newer has been missed then. */
  #justOpened = false;
  #settled = false;
  /** Number of the root that is open, and the id of its vault key. */
  #root = { number: 0, keyId: "" };

  /** @param {Account} account @param {import("./account.js").Ways} ways */
  constructor(account, ways) {
    this.#account = account;
    this.#ways = ways;
    this.#items = new VaultItems(account, () => this.holder(), () => this.refreshRoot());
    account.on("vault.changed", (header) => this.#changed(header));
  }

  /** The worker. */
  holder() {
    return this.#ways.keyholder();
  }

  /**
   * Opens the vault with what the worker has: a password or code that was just split, a draft, or a stored key. Then the
   * account is `unproven`; without a key it is `locked`.
   * @returns {Promise<Refusal | null>}
   */
  async open() {
    const account = this.#account;
    const [root, chain] = await Promise.all([account.call("vault.root"), this.#chain(account.account.peek(), 0)]);
    if ("error" in root) return root.error;
    if ("error" in chain) return chain.error;
    const takes = { account: account.account.peek(), name: account.name.peek(), root: root.tail, chain: chain.ok };
    const given = await (await this.holder()).ask("open", takes);
    if ("error" in given) return this.#lock(given.error.code);
    account.fingerprint.value = given.ok.fingerprint;
    account.kept.value = given.ok.kept;
    account.trouble.value = null;
    account.phase.value = "unproven";
    this.#root = { number: given.ok.root, keyId: keyIdOf(root.tail) };
    this.#justOpened = true;
    return null;
  }

  /**
   * Answers the session's challenge if there is one; then the account is `ready`. Of several tabs one answers.
   * @returns {Promise<Refusal | null>}
   */
  prove() {
    if (this.#proving !== null) {
      this.#proveAgain = true;
      return this.#proving;
    }
    this.#proving = this.#proveUntilQuiet().finally(() => {
      this.#proving = null;
      this.#justOpened = false;
    });
    return this.#proving;
  }

  /** After the first proof: replaces an old wrap key, reads the vault's items, and writes what could not be written before. @returns {Promise<void>} */
  async settle() {
    await this.#keepWrap();
    await this.#items.refresh();
    if (wasTypedBack(this.#account.account.peek())) await this.rehearsed();
    this.#noteRehearsal();
    this.#settled = true;
  }

  /** Reads what other devices changed while nothing was heard of it here; an account that has not settled yet does so anyway. @returns {Promise<void>} */
  async catchUp() {
    if (!this.#settled) return;
    const root = await this.#account.call("vault.root");
    if ("ok" in root) await this.#takeNewer(Number(root.ok.number));
  }

  /** @param {import("./account.js").ItemName} name @param {(content: Record<string, any> | null) => Record<string, unknown> | null} change @param {boolean} [decided] */
  change(name, change, decided) {
    return this.#items.change(name, change, decided);
  }

  /**
   * @param {Parameters<Account["readKeys"]>[0]} of
   * @returns {ReturnType<Account["readKeys"]>}
   */
  async readChain({ account, name, pin }) {
    const chain = await this.#chain(account, pin === null ? 0 : pin.number - 1);
    if ("error" in chain) return chain;
    const given = await (await this.holder()).ask("read_chain", { account, name, pin, chain: chain.ok });
    return "ok" in given ? given : { error: refused(given.error.code) };
  }

  /**
   * Tries a recovery code on the root that the server has now, really; the server is told when it fits.
   * @param {string} code as it was typed
   * @returns {Promise<{ ok: boolean } | { error: Refusal }>}
   */
  async rehearse(code) {
    const account = this.#account;
    const root = await account.call("vault.root");
    if ("error" in root) return root;
    const tried = await (await this.holder()).ask("try_code", { code, server: account.server.peek(), root: root.tail });
    if ("error" in tried) {
      this.#showTrouble(tried.error.code);
      return { error: refused(tried.error.code) };
    }
    if (!tried.ok.fits) return { ok: false };
    const told = await account.call("auth.rehearsed");
    if ("error" in told) return told;
    const kept = await this.rehearsed();
    return kept === null ? { ok: true } : { error: kept };
  }

  /** Writes into the vault that the code of this vault key was typed back. @returns {Promise<Refusal | null>} */
  async rehearsed() {
    const { keyId } = this.#root;
    const account = this.#account.account.peek();
    const failed = await this.change({ kind: "preference", name: "recovery" }, (content) => ({ ...content, rehearsed: keyId }));
    if (failed === null && wasTypedBack(account)) noteTypedBack(account, false);
    this.#noteRehearsal();
    return failed;
  }

  /**
   * Proves that a password is the account's, by the vault that it opens.
   * @param {string} password
   * @returns {Promise<{ login: string } | { failed: Refusal }>} its half for the server
   */
  async confirm(password) {
    const account = this.#account;
    const [params, root] = await Promise.all([postCommand("auth.params", { name: account.name.peek() }), account.call("vault.root")]);
    if ("error" in params) return { failed: params.error };
    if ("error" in root) return { failed: root.error };
    const { server, salt, rounds } = params.ok;
    // Halves are made for the server that was accepted when the account came here, and for no other.
    if (server !== account.server.peek() || params.ok.account !== account.account.peek()) return { failed: refused("bad_server") };
    const half = await (await this.holder()).ask("confirm_password", { password, server: String(server), salt: String(salt), rounds: Number(rounds), root: root.tail });
    return "ok" in half ? half.ok : { failed: refused(half.error.code) };
  }

  /** Replaces the wrap key, whatever its age. @returns {Promise<Refusal | null>} */
  async renewWrap() {
    const next = await (await this.holder()).ask("replace_wrap", { now: Date.now() });
    return "ok" in next ? this.#publish("keys.wrap", next.ok.tail) : refused(next.error.code);
  }

  /**
   * Drops the private halves of wrap keys that open what rooms have forgotten: sealed to within these spans.
   * @param {import("../keys/requests.js").Span[]} spans
   * @param {() => Promise<boolean>} settle opens what else they open, before; whether that was done
   * @returns {Promise<Refusal | null>}
   */
  async dropWraps(spans, settle) {
    const holder = await this.holder();
    const first = await holder.ask("drop_wraps", { spans });
    if ("error" in first) return refused(first.error.code);
    if ((first.ok.tail === null && !first.ok.newest) || !(await settle())) return null;
    const failed = first.ok.newest ? await this.renewWrap() : null;
    if (failed !== null) return failed;
    const next = await holder.ask("drop_wraps", { spans });
    if ("error" in next) return refused(next.error.code);
    if (next.ok.tail === null) return null;
    const answer = await this.#account.call("vault.set_root", { expected: String(this.#root.number) }, next.ok.tail);
    // Another device was first: what it has left is looked at the next time.
    if ("error" in answer) return answer.error.code === "vault_conflict" ? this.refreshRoot() : answer.error;
    await holder.ask("commit", {});
    this.#root.number += 1;
    return null;
  }

  /** New identity keys, signed by the present ones. @returns {Promise<Refusal | null>} */
  async rotate() {
    const holder = await this.holder();
    for (let tries = 0; tries < TRIES; tries++) {
      const next = await holder.ask("rotate_keys", { now: Date.now() });
      if ("error" in next) return refused(next.error.code);
      const answer = await this.#account.call("keys.rotate", next.ok.fields, next.ok.tail);
      const conflict = "error" in answer && (answer.error.code === "keys_conflict" || answer.error.code === "vault_conflict");
      if ("error" in answer && !conflict) return answer.error;
      // Taken, or another device was first: either way the vault and the chain are others now.
      const failed = (await this.open()) ?? (await this.prove());
      if (failed !== null || !conflict) return failed;
    }
    return refused("keys_conflict");
  }

  /**
   * Reads an account's whole chain behind a number.
   * @param {string} account @param {number} after
   * @returns {Promise<{ ok: ChainRecords } | { error: Refusal }>}
   */
  async #chain(account, after) {
    /** @type {Uint8Array[]} */
    const records = [];
    for (let page = 0; page < CHAIN_PAGES; page++) {
      const from = after + records.length;
      const answer = await this.#account.call("keys.chain", from === 0 ? { account } : { account, after: String(from) });
      if ("error" in answer) return answer;
      try {
        records.push(...parseList(answer.tail, CHAIN_PAGE));
      } catch (error) {
        if (!(error instanceof OpenError)) throw error;
        return { error: refused("vault_corrupt") };
      }
      if (answer.ok.more !== true) return { ok: { head: Number(answer.ok.head), records } };
    }
    return { error: refused("vault_corrupt") };
  }

  /** The whole chain of this account, for a fresh start. */
  ownChain() {
    return this.#chain(this.#account.account.peek(), 0);
  }

  async #proveUntilQuiet() {
    let failed;
    do {
      this.#proveAgain = false;
      failed = await oneTabAtATime("sealwire.prove", () => this.#answer());
    } while (this.#proveAgain);
    return failed;
  }

  /** @returns {Promise<Refusal | null>} */
  async #answer() {
    const account = this.#account;
    if (account.fingerprint.peek() === "") return refused("locked");
    for (let tries = 0; tries < TRIES; tries++) {
      const session = await this.#ways.session();
      if ("error" in session) return session.error;
      const { account: id, session: number, challenge, server } = session.ok;
      if (id !== account.account.peek()) return refused("not_signed_in");
      if (!acceptsServer(String(server))) return this.#lock("server_name");
      if (challenge === null) return this.#ready();
      account.phase.value = "unproven";
      const stale = await this.#openNewer();
      if (stale !== null) return stale;
      const proof = await (await this.holder()).ask("prove", { session: String(number), challenge: String(challenge), server: String(server), now: Date.now() });
      if ("error" in proof) return this.#lock(proof.error.code);
      const answer = await account.call("auth.prove", {}, proof.ok.tail);
      if ("ok" in answer) return this.#ready();
      if (answer.error.code === "not_allowed") return this.#lock("refused");
      // The connection changed under it: there is a newer challenge.
      if (answer.error.code !== "not_asked") return answer.error;
    }
    return refused("unavailable");
  }

  /**
   * Opens the vault anew if another device has changed it meanwhile: it may have rotated the keys, and a challenge serves once.
   * @returns {Promise<Refusal | null>}
   */
  async #openNewer() {
    if (this.#justOpened) return null;
    const root = await this.#account.call("vault.root");
    if ("error" in root) return root.error;
    return Number(root.ok.number) === this.#root.number ? null : this.open();
  }

  #ready() {
    this.#account.phase.value = "ready";
    return null;
  }

  /** @param {string} code @returns {Refusal} */
  #lock(code) {
    const account = this.#account;
    account.phase.value = "locked";
    if (code === "server_name" || code === "refused") account.trouble.value = code;
    else this.#showTrouble(code);
    return refused(code);
  }

  /** @param {string} code */
  #showTrouble(code) {
    if (code in TROUBLES) this.#account.trouble.value = TROUBLES[code];
  }

  /** Compares the vault with the published wrap key, and replaces that after a week. */
  async #keepWrap() {
    const account = this.#account;
    const holder = await this.holder();
    for (let tries = 0; tries < TRIES; tries++) {
      const wraps = await account.call("keys.wraps", { accounts: [account.account.peek()] });
      if ("error" in wraps) return;
      const checked = await holder.ask("check_wrap", { wraps: wraps.tail, now: Date.now() });
      if ("error" in checked) {
        // Another device may have replaced it between the two readings.
        if (tries === 0 && (await this.refreshRoot()) === null) continue;
        return this.#showTrouble(checked.error.code);
      }
      if (!checked.ok.due) return;
      const next = await holder.ask("replace_wrap", { now: Date.now() });
      if ("error" in next || (await this.#publish("keys.wrap", next.ok.tail)) === null) return;
    }
  }

  /**
   * Sends a change with its root; after a conflict it is brought upon the newer root.
   * @param {string} command @param {Uint8Array} first
   * @returns {Promise<Refusal | null>}
   */
  async #publish(command, first) {
    const account = this.#account;
    /** @type {Uint8Array | null} */
    let tail = first;
    for (let tries = 0; tries < TRIES && tail !== null; tries++) {
      const answer = await account.call(command, {}, tail);
      if ("ok" in answer) {
        await (await this.holder()).ask("commit", {});
        this.#root.number += 1;
        return null;
      }
      if (answer.error.code !== "keys_conflict" && answer.error.code !== "vault_conflict") return answer.error;
      const rebased = await this.#rebase();
      if ("error" in rebased) return rebased.error;
      tail = rebased.ok;
    }
    return null;
  }

  /** Takes a newer root that another device made. @returns {Promise<Refusal | null>} */
  async refreshRoot() {
    const rebased = await this.#rebase();
    return "error" in rebased ? rebased.error : null;
  }

  /** @returns {Promise<{ ok: Uint8Array | null } | { error: Refusal }>} */
  async #rebase() {
    const root = await this.#account.call("vault.root");
    if ("error" in root) return root;
    const given = await (await this.holder()).ask("rebase", { root: root.tail });
    if ("error" in given) {
      this.#showTrouble(given.error.code);
      return { error: refused(given.error.code) };
    }
    this.#root = { number: Number(root.ok.number) || this.#root.number, keyId: keyIdOf(root.tail) };
    return { ok: given.ok.tail };
  }

  /** @param {Record<string, any>} header of `vault.changed`; another tab does not say which root there is */
  async #changed({ root }) {
    if (this.#account.phase.peek() !== "ready") return;
    await (root === undefined ? this.catchUp() : this.#takeNewer(Number(root)));
  }

  /** Takes what another device has changed. @param {number} root number of the newest one */
  async #takeNewer(root) {
    // Opened anew, not only read: another device may have rotated the keys that prove this one.
    if (root > this.#root.number) void ((await this.open()) ?? (await this.prove()));
    await this.#items.refresh();
    this.#noteRehearsal();
  }

  #noteRehearsal() {
    const { account, rehearsed, vault } = this.#account;
    const entries = vault.peek();
    if (entries !== null) rehearsed.value = wasTypedBack(account.peek()) || entries.get("preference:recovery")?.content.rehearsed === this.#root.keyId;
  }
}

/** @param {string} code @returns {Refusal} */
export function refused(code) {
  return { code, message: "" };
}

/** The id of a root's vault key: it stands behind version, type, account and number. @param {Uint8Array} root */
function keyIdOf(root) {
  return toHex(root.subarray(26, 42));
}

