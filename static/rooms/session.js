/**
 * What all rooms of one signed-in account share.
 */
import { Keysets } from "./keysets.js";
import { RoomVault } from "./vault.js";
import { WrapKeys } from "./wrap_keys.js";
/** @typedef {import("../crypto/rsa.js").WrapPrivateKey} WrapPrivateKey */
/** @typedef {import("../crypto/signature.js").SigningKeys} SigningKeys */
/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./vault.js").Sealer} Sealer */
/** @typedef {import("./verifier.js").Verifier} Verifier */

/**
 * The account's own keys, as they are open now; every member throws `Refused` (`locked`) where they are not.
 * @typedef {object} OwnKeys
 * @property {string} account
 * @property {{ fingerprint: string }} head newest keyset
 * @property {number} wrap number of the newest wrap key
 * @property {(fingerprint: string) => Promise<SigningKeys | null>} signing
 * @property {(number: number) => Promise<WrapPrivateKey | null>} wrapKey
 */

/** One account, signed in. */
export class Session {
  page;
  vault;
  keysets;
  wrapKeys;
  account;
  verifier;
  now;
  /** Whether read marks and typing are shown to others. */
  marks = true;
  #own;

  /** @param {string} account @param {Page} page @param {Sealer} sealer @param {() => OwnKeys} own @param {Verifier} verifier @param {() => number} now the clock */
  constructor(account, page, sealer, own, verifier, now) {
    this.account = account;
    this.verifier = verifier;
    this.page = page;
    this.now = now;
    this.vault = new RoomVault(page, sealer, now);
    this.keysets = new Keysets(account, page, this.vault);
    this.wrapKeys = new WrapKeys(page, this.keysets);
    this.#own = own;
  }

  /** The own keys. */
  get own() {
    return this.#own();
  }
}
