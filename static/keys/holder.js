/**
 * The keys of one account, whatever became of them: not here, drafted, or open. Answers `keys/requests.js`.
 */
import { Chain } from "../crypto/chain.js";
import { OpenError } from "../crypto/errors.js";
import { splitPassword } from "../crypto/password.js";
import { parseList } from "../crypto/record_list.js";
import { parseCode, splitCode } from "../crypto/recovery_code.js";
import { WrapPrivateKey } from "../crypto/rsa.js";
import { SigningKeys } from "../crypto/signature.js";
import { kindOf, seenKey } from "../crypto/vault_items.js";
import { openRootHeld, openWrap, parseRoot } from "../crypto/vault_root.js";
import { readWrapKey } from "../crypto/wrap_key.js";
import { fromHex, toHex } from "../wire/bytes.js";
import { randomId } from "../wire/ids.js";
import { Draft, newContent, newItemKey } from "./draft.js";
import { Refused, orAlarm, orElse } from "./failure.js";
import { Opened } from "./opened.js";

/**
 * @typedef {import("./requests.js").Requests} Requests
 * @typedef {import("./requests.js").ChainRecords} ChainRecords
 * @typedef {import("../crypto/vault_root.js").Opener} Opener
 * @typedef {import("../crypto/vault_root.js").VaultRoot} VaultRoot
 * @typedef {import("../crypto/vault_root.js").HeldVaultKey} HeldVaultKey
 * @typedef {{ account: string, server: string, opener: Opener, vault: Uint8Array<ArrayBuffer> }} Half
 */

/** One account's keys. */
export class Holder {
  #kept;
  /** @type {Promise<import("./draft.js").NewKeys> | null} keys that are being made, or wait to be used */
  #new = null;
  /** @type {Draft | null} */
  #draft = null;
  /** What a fresh start continues. @type {{ head: import("../crypto/keyset.js").Keyset, wrap: number } | null} */
  #lost = null;
  /** @type {Half | null} */
  #half = null;
  /** @type {Opened | null} */
  #opened = null;
  /** What was seen when a reading of items began, and what it has brought. @type {Map<string, { seen: Record<string, number>, met: Set<string> }>} */
  #readings = new Map();

  /** @param {import("../store/kept.js").Kept} kept */
  constructor(kept) {
    this.#kept = kept;
  }

  /** Starts to make the keys of an account; does nothing if some are there. */
  warm() {
    if (this.#new !== null) return;
    this.#new = Promise.all([SigningKeys.generate(), WrapPrivateKey.generate()]).then(([signing, wrap]) => ({ signing, wrap }));
    // Whoever asks for the keys hears of it.
    this.#new.catch(() => (this.#new = null));
  }

  /** The keys that are open, for what runs beside them in this worker; throws `Refused` (`locked`). */
  get opened() {
    return this.#atHand();
  }

  /**
   * Answers a request; throws what `codeOf` names.
   * @param {keyof Requests} ask
   * @param {any} takes
   * @returns {Promise<any>}
   */
  async answer(ask, takes) {
    switch (ask) {
      case "warm":
        return {};
      case "draft_account":
        return this.#draftAccount(takes);
      case "rehearse":
        return { fits: await this.#drafted().fits(takes.typed) };
      case "register":
        return this.#drafted().registration(await this.#newKeys(), takes.name, takes.now);
      case "split_password":
        return this.#splitPassword(takes);
      case "split_code":
        return this.#splitCode(takes);
      case "open":
        return this.#open(takes);
      case "prove":
        return { tail: await this.#atHand().prove(takes) };
      case "check_wrap":
        return this.#checkWrap(takes);
      case "replace_wrap":
        return { tail: await this.#atHand().replaceWrap(await WrapPrivateKey.generate(), takes.now) };
      case "drop_wraps":
        return this.#atHand().withoutWraps(takes.spans);
      case "rebase":
        return { tail: await this.#atHand().rebase(takes.root) };
      case "commit":
        return this.#commit();
      case "begin_items":
        return this.#beginItems(takes);
      case "open_items":
        return this.#openItems(takes);
      case "seal_items":
        return { tail: await this.#atHand().sealItems(takes.entries) };
      case "read_chain":
        return readChain(takes);
      case "draft_password":
        return this.#draftPassword(takes);
      case "change_password":
        return this.#drafted().passwordChange(this.#atHand().root, takes.login);
      case "draft_fresh":
        return this.#draftFresh(takes);
      case "reset_keys":
        return this.#resetKeys(takes);
      case "drop_draft":
        this.#draft = this.#lost = null;
        return {};
      case "try_code":
        return { fits: await this.#tryCode(takes) };
      case "confirm_password":
        return this.#confirmPassword(takes);
      case "rotate_keys":
        return this.#rotateKeys(takes);
      case "forget":
        return this.#forget(takes);
    }
  }

  /** @param {Requests["draft_account"]["takes"]} takes */
  async #draftAccount({ password, server }) {
    this.warm();
    const content = await newContent(await this.#newKeys(), { identity: 1, wrap: 1 });
    this.#draft = await Draft.make({ account: randomId(), content, root: 0, itemKey: content.item_keys[0], password, server });
    return { code: this.#draft.code };
  }

  /** @param {Requests["split_password"]["takes"]} takes */
  async #splitPassword({ password, server, account, salt, rounds }) {
    const { login, vault } = await orElse("bad_server", () => splitPassword(password, fromHex(salt, 16), rounds, server));
    this.#half = { account, server, opener: "password", vault };
    return { login: toHex(login) };
  }

  /** @param {Requests["split_code"]["takes"]} takes */
  async #splitCode({ code, server, account }) {
    const { login, vault } = await splitCode(await parseCode(code), account, server);
    this.#half = { account, server, opener: "recovery", vault };
    return { recovery: toHex(login) };
  }

  /** @param {Requests["open"]["takes"]} takes */
  async #open({ account, name, root: bytes, chain }) {
    const seen = await this.#kept.seen(account);
    const root = await orElse("vault_corrupt", async () => parseRoot(bytes));
    if (root.account !== account) throw new Refused("vault_corrupt");
    if (root.number < seen.root) throw new Refused("vault_rolled_back");
    const { head, since } = await orAlarm("vault_corrupt", () => ownChain(account, name, seen, chain));
    const opened = await Opened.take(head, await this.#unlock(root));
    // New keys begin with an empty vault, whose items count from 1 again.
    if (since.includes("reset")) await this.#kept.forgetItems(account);
    if (opened.wrap < seen.wrap) throw new Refused("vault_rolled_back");
    this.#opened = opened;
    this.#half = null;
    this.#new = null;
    await this.#remember(opened);
    return { fingerprint: head.fingerprint, root: root.number, wrap: opened.wrap, kept: this.#kept.keepsKeys };
  }

  /**
   * Opens a root with what is here: a draft, a half that was just typed, what was open before, or a stored key.
   * @param {VaultRoot} root
   */
  async #unlock(root) {
    const half = this.#half;
    const kept = half === null ? [this.#opened?.root.lock.held, await this.#kept.key(root.account)] : [];
    const held = [this.#draft?.lock.held, ...kept].find((each) => each?.account === root.account && each.keyId === root.keyId);
    if (held) return orElse("vault_corrupt", () => openRootHeld(root, held));
    if (half === null || half.account !== root.account) throw new Refused(this.#kept.keepsKeys ? "locked" : "not_kept");
    const lock = await this.#lockBy(root, half.opener, half.vault);
    if (lock === null) throw new Refused(half.opener === "password" ? "password_wrong" : "code_wrong");
    return orElse("vault_corrupt", () => lock.open(root));
  }

  /**
   * What a half opens; null if it is another's.
   * @param {VaultRoot} root @param {Opener} opener @param {Uint8Array<ArrayBuffer>} half
   */
  async #lockBy(root, opener, half) {
    try {
      return await openWrap(root, opener, half);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      if (error.cause === "tag") return null;
      throw new Refused("vault_corrupt");
    }
  }

  /** @param {Requests["check_wrap"]["takes"]} takes */
  async #checkWrap({ wraps, now }) {
    const opened = this.#atHand();
    const seen = await this.#kept.seen(opened.account);
    const { number, due } = await opened.checkWrap(wraps, seen.wrap, now);
    await this.#kept.see(opened.account, { wrap: number });
    return { due };
  }

  async #commit() {
    this.#opened?.commit();
    if (this.#opened !== null) await this.#remember(this.#opened);
    return {};
  }

  /** @param {Requests["begin_items"]["takes"]} takes */
  async #beginItems({ reading }) {
    const { items } = await this.#kept.seen(this.#atHand().account);
    this.#readings.set(reading, { seen: items, met: new Set() });
    return {};
  }

  /** @param {Requests["open_items"]["takes"]} takes @returns {Promise<Requests["open_items"]["gives"]>} */
  async #openItems({ reading, tail, ends }) {
    const opened = this.#atHand();
    const begun = this.#readings.get(reading);
    if (begun === undefined) throw new Refused("internal");
    const { seen, met } = begun;
    const { entries, bad } = await opened.openItems(tail, (key) => seen[key] ?? 0);
    const numbers = entries.map(({ name, number }) => /** @type {[string, number]} */ ([seenKey(name), number]));
    for (const key of [...numbers.map(([key]) => key), ...bad.map(({ key }) => key)]) met.add(key);
    await this.#kept.see(opened.account, { items: Object.fromEntries(numbers) });
    // Secrets of epochs are deleted when their room forgets them.
    const left = ends === null || ends === "epoch_secret" ? [] : Object.entries(seen).filter(([key]) => kindOf(key) === ends && !met.has(key));
    return { entries, bad: [...bad, ...left.map(([key, number]) => ({ key, number, fault: /** @type {const} */ ("vault_rolled_back") }))] };
  }

  /** @param {Requests["draft_password"]["takes"]} takes */
  async #draftPassword({ password, server }) {
    const { account, root } = this.#atHand();
    this.#draft = await Draft.make({ account, content: root.content, root: root.number, itemKey: newItemKey(), password, server });
    return { code: this.#draft.code };
  }

  /** @param {Requests["draft_fresh"]["takes"]} takes */
  async #draftFresh({ password, server, account, name, root, wraps, chain }) {
    this.warm();
    const { head } = await orAlarm("vault_corrupt", () => chainOf(account, name, null, chain));
    const [published] = await orElse("vault_corrupt", async () => parseList(wraps, 1));
    const { number } = await orElse("vault_corrupt", () => readWrapKey(published ?? new Uint8Array(), head, 0));
    const content = await newContent(await this.#newKeys(), { identity: head.number + 1, wrap: number + 1 });
    this.#lost = { head, wrap: number + 1 };
    this.#draft = await Draft.make({ account, content, root, itemKey: content.item_keys[0], password, server });
    return { code: this.#draft.code };
  }

  /** @param {Requests["reset_keys"]["takes"]} takes */
  async #resetKeys({ now }) {
    if (this.#lost === null) throw new Refused("no_draft");
    return this.#drafted().reset(await this.#newKeys(), this.#lost.head, this.#lost.wrap, now);
  }

  /** @param {Requests["try_code"]["takes"]} takes */
  async #tryCode({ code, root: bytes, server }) {
    const { account } = this.#atHand();
    const { vault } = await splitCode(await parseCode(code), account, server);
    const root = await orElse("vault_corrupt", async () => parseRoot(bytes));
    const lock = await this.#lockBy(root, "recovery", vault);
    if (lock !== null) await orElse("vault_corrupt", () => lock.open(root));
    return lock !== null;
  }

  /** What was typed wrong must not stay here as a half that opens nothing. @param {Requests["confirm_password"]["takes"]} takes */
  async #confirmPassword({ password, server, salt, rounds, root: bytes }) {
    const root = await orElse("vault_corrupt", async () => parseRoot(bytes));
    const { login, vault } = await orElse("bad_server", () => splitPassword(password, fromHex(salt, 16), rounds, server));
    await orElse("password_wrong", () => openWrap(root, "password", vault));
    return { login: toHex(login) };
  }

  /** @param {Requests["rotate_keys"]["takes"]} takes */
  async #rotateKeys({ now }) {
    const opened = this.#atHand();
    this.warm();
    return opened.rotate(await this.#newKeys(), now);
  }

  /** @param {Requests["forget"]["takes"]} takes */
  async #forget({ account }) {
    this.#opened = this.#half = this.#draft = this.#lost = this.#new = null;
    this.#readings.clear();
    await this.#kept.forget(account);
    return {};
  }

  /** @param {Opened} opened */
  async #remember(opened) {
    const { account, head, root, wrap } = opened;
    if (this.#kept.keepsKeys) await this.#kept.keep(root.lock.held);
    await this.#kept.see(account, { root: root.number, wrap, chain: head.number, head: head.hash });
  }

  #newKeys() {
    if (this.#new === null) throw new Refused("no_draft");
    return this.#new;
  }

  #drafted() {
    if (this.#draft === null) throw new Refused("no_draft");
    return this.#draft;
  }

  #atHand() {
    if (this.#opened === null) throw new Refused("locked");
    return this.#opened;
  }
}

/**
 * Reads a chain from its pin, or from keyset 1.
 * @param {string} account
 * @param {string | null} name
 * @param {import("../crypto/chain.js").Pin | null} pin
 * @param {ChainRecords} records
 * @returns {Promise<{ head: import("../crypto/keyset.js").Keyset, since: Array<"rotated" | "reset"> }>}
 */
async function chainOf(account, name, pin, { head, records }) {
  const chain = pin === null ? await Chain.first(account, name, records[0] ?? new Uint8Array()) : await Chain.pinned(pin, head, records[0] ?? new Uint8Array());
  /** @type {Array<"rotated" | "reset">} */
  const since = [];
  for (const record of records.slice(1)) since.push(await chain.extend(record));
  if (chain.head.number !== head) throw new OpenError("shorter");
  if (name !== null && chain.head.name !== name) throw new OpenError("other_name");
  return { head: chain.head, since };
}

/**
 * Reads the whole chain of one's own account, from the keyset that this browser saw last.
 * @param {string} account
 * @param {string} name
 * @param {import("../store/kept.js").Seen} seen
 * @param {ChainRecords} chain
 */
function ownChain(account, name, seen, { head, records }) {
  if (seen.chain === 0) return chainOf(account, name, null, { head, records });
  const pin = { account, number: seen.chain, head: seen.head };
  return chainOf(account, name, pin, { head, records: records.slice(seen.chain - 1) });
}

/** @param {Requests["read_chain"]["takes"]} takes @returns {Promise<Requests["read_chain"]["gives"]>} */
async function readChain({ account, name, pin, chain }) {
  const { head, since } = await orAlarm("keys_alarm", () => chainOf(account, name, pin && { account, ...pin }, chain));
  return { number: head.number, head: head.hash, fingerprint: head.fingerprint, name: head.name, since };
}
