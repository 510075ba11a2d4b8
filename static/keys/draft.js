/**
 * New secrets that the server has not been told yet: of a new account, of a changed password, or of a fresh start. Each has a
 * recovery code, which its owner types back, and a vault that this code really opens.
 */
import { encodeList } from "../crypto/record_list.js";
import { ROUNDS, SALT_BYTES, splitPassword } from "../crypto/password.js";
import { drawCode, formatCode, parseCode, splitCode } from "../crypto/recovery_code.js";
import { InputError, OpenError } from "../crypto/errors.js";
import { firstKeyset, resetKeyset } from "../crypto/keyset.js";
import { VaultLock, openRoot, parseRoot } from "../crypto/vault_root.js";
import { signWrapKey } from "../crypto/wrap_key.js";
import { KEY_BYTES } from "../crypto/seal.js";
import { toBase64 } from "../wire/base64.js";
import { toHex } from "../wire/bytes.js";
import { randomId } from "../wire/ids.js";

/**
 * @typedef {import("../crypto/vault_content.js").RootContent} RootContent
 * @typedef {import("../crypto/vault_content.js").ItemKeyEntry} ItemKeyEntry
 * @typedef {import("../crypto/signature.js").SigningKeys} SigningKeys
 * @typedef {import("../crypto/rsa.js").WrapPrivateKey} WrapPrivateKey
 * @typedef {import("../crypto/keyset.js").Keyset} Keyset
 * @typedef {{ signing: SigningKeys, wrap: WrapPrivateKey }} NewKeys
 */

/** Password, code and the vault that both open. */
export class Draft {
  account;
  lock;
  #content;
  /** Number of the root that is in place now; 0 for none. */
  #root;
  #itemKey;
  #salt;
  #login;
  #recovery;
  #code;
  #server;

  /**
   * @param {string} account
   * @param {{ content: RootContent, root: number, itemKey: ItemKeyEntry }} vault
   * @param {{ lock: VaultLock, salt: string, login: string, recovery: string, code: string, server: string }} secrets
   */
  constructor(account, { content, root, itemKey }, { lock, salt, login, recovery, code, server }) {
    this.account = account;
    this.#content = withItemKey(content, itemKey);
    this.#root = root;
    this.#itemKey = itemKey;
    this.lock = lock;
    this.#salt = salt;
    this.#login = login;
    this.#recovery = recovery;
    this.#code = code;
    this.#server = server;
  }

  /**
   * Draws salt, code and vault key; throws an `InputError` for the password.
   * @param {{ account: string, content: RootContent, root: number, itemKey: ItemKeyEntry, password: string, server: string }} of
   *   `itemKey` seals items from now on
   */
  static async make({ account, content, root, itemKey, password, server }) {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
    const code = drawCode();
    const byPassword = await splitPassword(password, salt, ROUNDS.made, server);
    const byCode = await splitCode(code, account, server);
    const lock = await VaultLock.create(account, { password: byPassword.vault, recovery: byCode.vault });
    const secrets = { lock, salt: toHex(salt), login: toHex(byPassword.login), recovery: toHex(byCode.login), code: await formatCode(code), server };
    return new Draft(account, { content, root, itemKey }, secrets);
  }

  /** The recovery code, to be shown once. */
  get code() {
    return this.#code;
  }

  /**
   * Whether the groups that were typed, with the others as shown, are a code that opens the vault.
   * @param {Array<{ group: number, text: string }>} typed
   */
  async fits(typed) {
    const groups = this.#code.split("-");
    for (const { group, text } of typed) groups[group] = text;
    try {
      const { vault } = await splitCode(await parseCode(groups.join("-")), this.account, this.#server);
      await openRoot(parseRoot(await this.sealed()), "recovery", vault);
      return true;
    } catch (error) {
      if (error instanceof InputError || error instanceof OpenError) return false;
      throw error;
    }
  }

  /** The next root. */
  sealed() {
    return this.lock.seal(this.#root + 1, this.#content);
  }

  /** `auth.register`. @param {NewKeys} keys @param {string} name @param {number} now */
  async registration(keys, name, now) {
    const { account } = this;
    const keyset = await firstKeyset(keys.signing, { account, name, madeAt: now });
    const wrap = await signWrapKey(keys.signing, { account, number: 1, madeAt: now, key: keys.wrap.publicKey });
    const fields = { account, salt: this.#salt, rounds: ROUNDS.made, login: this.#login, recovery: this.#recovery };
    return { fields, tail: encodeList([keyset, wrap, await this.sealed()]) };
  }

  /** `keys.reset`. @param {NewKeys} keys @param {Keyset} head @param {number} wrapNumber @param {number} now */
  async reset(keys, head, wrapNumber, now) {
    const keyset = await resetKeyset(keys.signing, head, now);
    const wrap = await signWrapKey(keys.signing, { account: this.account, number: wrapNumber, madeAt: now, key: keys.wrap.publicKey });
    return { fields: { expected: String(head.number) }, tail: encodeList([keyset, wrap, await this.sealed()]) };
  }

  /**
   * `auth.password`, upon the root that is in place now: another device may have added to it since the draft was made.
   * @param {import("../crypto/vault_root.js").OpenedRoot} root
   * @param {string | null} login the old password's half, where the session needs it
   */
  async passwordChange({ number, content }, login) {
    this.#root = number;
    this.#content = withItemKey(content, this.#itemKey);
    const fields = { salt: this.#salt, rounds: ROUNDS.made, new_login: this.#login, recovery: this.#recovery, expected: String(number) };
    return { fields: login === null ? fields : { login, ...fields }, tail: await this.sealed() };
  }
}

/**
 * What a vault holds at its beginning.
 * @param {NewKeys} keys
 * @param {{ identity: number, wrap: number }} numbers
 * @returns {Promise<RootContent>}
 */
export async function newContent({ signing, wrap }, numbers) {
  const { pss, dsa } = await signing.bytes();
  return {
    identity: [{ number: String(numbers.identity), pss: toBase64(pss), dsa: toHex(dsa) }],
    wraps: [{ number: String(numbers.wrap), key: toBase64(await wrap.pkcs8()), superseded_at: null }],
    item_keys: [newItemKey()],
  };
}

/** @param {RootContent} content @param {ItemKeyEntry} itemKey @returns {RootContent} */
function withItemKey(content, itemKey) {
  return { ...content, item_keys: [...content.item_keys.filter(({ id }) => id !== itemKey.id), itemKey] };
}

/** A key for items from now on. @returns {ItemKeyEntry} */
export function newItemKey() {
  return { id: randomId(), key: toHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES))) };
}
