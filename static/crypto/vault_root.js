/**
 * The root of the vault: an account's private keys, sealed under a vault key that is wrapped once under the password half
 * and once under the recovery half (docs/protocol.md §14.6).
 */
import { fromHex, join, toHex, u64 } from "../wire/bytes.js";
import { OpenError, SealError } from "./errors.js";
import { ID_BYTES, RecordReader, VERSION } from "./record.js";
import { IV_BYTES, KEY_BYTES, TAG_BYTES, holdKey, open, openPart, readSealedPart, seal, sealedPart } from "./seal.js";
import { encodeContent, parseContent } from "./vault_content.js";
/** @typedef {import("./vault_content.js").RootContent} RootContent */
/** @typedef {import("./seal.js").Sealed} Sealed */
/** @typedef {import("./seal.js").HeldKey} HeldKey */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {"password" | "recovery"} Opener which of the two halves
 * @typedef {{ bytes: Bytes, account: string, number: number, keyId: string, wraps: Record<Opener, Sealed>, above: Bytes,
 *   part: Sealed }} VaultRoot a root that was read and not opened
 * @typedef {{ number: number, content: RootContent, lock: VaultLock }} OpenedRoot
 * @typedef {{ account: string, keyId: string, key: HeldKey }} HeldVaultKey a vault key as a browser stores it
 * @typedef {(length: number) => Bytes} Random random bytes; vectors choose them, nobody else
 */

const TYPE = 0x13;
/** Largest root, in bytes: some dozens of private keys. */
const MOST_BYTES = 192 * 1_024;
/** Bytes of the ciphertext of a wrap: `0x01` and the vault key, filled up to a block. */
const WRAP_CIPHERTEXT_BYTES = 80;
/** The first byte of what a wrap holds. */
const WRAP_VERSION = 0x01;
/** The last byte of what a wrap is bound to. @type {Readonly<Record<Opener, number>>} */
const OPENERS = Object.freeze({ password: 0x01, recovery: 0x02 });

/** @type {Random} */
const RANDOM = (length) => crypto.getRandomValues(new Uint8Array(length));

/** Reads the layout; throws an `OpenError`. @param {Uint8Array} bytes @returns {VaultRoot} */
export function parseRoot(bytes) {
  const record = new RecordReader(bytes, TYPE, MOST_BYTES);
  const account = record.id();
  const number = record.count();
  const keyId = record.id();
  const wraps = { password: readWrap(record), recovery: readWrap(record) };
  const above = record.soFar();
  const part = readSealedPart(record);
  return { bytes: record.finish(), account, number, keyId, wraps, above, part };
}

/**
 * Opens a root with one of the halves. Throws an `OpenError`: `tag` for another password or code, or a root that was
 * changed; `vault_key` and `content` for one that its writer made wrong. That account and number are the expected ones is
 * for the caller to compare.
 * @param {VaultRoot} root
 * @param {Opener} opener
 * @param {Bytes} half 64 bytes
 * @returns {Promise<OpenedRoot>}
 */
export async function openRoot(root, opener, half) {
  return (await openWrap(root, opener, half)).open(root);
}

/**
 * Opens the wrap alone, which tells another password or code (`tag`) from a root that was changed behind it.
 * @param {VaultRoot} root
 * @param {Opener} opener
 * @param {Bytes} half 64 bytes
 */
export async function openWrap(root, opener, half) {
  const plain = await open(half, root.wraps[opener], boundTo(root.account, root.keyId, opener));
  if (plain.length !== 1 + KEY_BYTES || plain[0] !== WRAP_VERSION) throw new OpenError("vault_key");
  return new VaultLock(root.account, root.keyId, await holdKey(plain.slice(1)), root.wraps);
}

/**
 * Opens a root with a vault key that was stored; throws an `OpenError` (`tag` also for a root under another vault key).
 * @param {VaultRoot} root
 * @param {HeldVaultKey} held
 */
export function openRootHeld(root, { account, keyId, key }) {
  return new VaultLock(account, keyId, key, root.wraps).open(root);
}

/** What seals a vault's roots: the vault key with its two wraps. The key stays inside. */
export class VaultLock {
  #account;
  #keyId;
  #key;
  #wraps;

  /** @param {string} account @param {string} keyId @param {HeldKey} key @param {Record<Opener, Sealed>} wraps */
  constructor(account, keyId, key, wraps) {
    this.#account = account;
    this.#keyId = keyId;
    this.#key = key;
    this.#wraps = wraps;
  }

  /**
   * Makes a new vault key, as at registration and whenever password or code change.
   * @param {string} account id
   * @param {Record<Opener, Bytes>} halves 64 bytes each
   * @param {Random} [random] asked for key, key id, IV of the password wrap and IV of the recovery wrap, in this order
   */
  static async create(account, halves, random = RANDOM) {
    const key = random(KEY_BYTES);
    const keyId = toHex(random(ID_BYTES));
    const plain = join(WRAP_VERSION, key);
    const password = await seal(halves.password, random(IV_BYTES), boundTo(account, keyId, "password"), plain);
    const recovery = await seal(halves.recovery, random(IV_BYTES), boundTo(account, keyId, "recovery"), plain);
    return new VaultLock(account, keyId, await holdKey(key), { password, recovery });
  }

  /** What a browser may store to open this vault again. @returns {HeldVaultKey} */
  get held() {
    return { account: this.#account, keyId: this.#keyId, key: this.#key };
  }

  /**
   * Seals a root, which needs neither password nor code. Throws a `SealError` (`field`, `too_large`).
   * @param {number} number previous root + 1
   * @param {RootContent} content
   * @param {Random} [random] asked for the IV
   */
  async seal(number, content, random = RANDOM) {
    if (number < 1) throw new SealError("field");
    const wraps = [this.#wraps.password, this.#wraps.recovery].flatMap(({ iv, ciphertext, tag }) => [iv, ciphertext, tag]);
    const above = join(VERSION, TYPE, fromHex(this.#account, ID_BYTES), u64(number), fromHex(this.#keyId, ID_BYTES), ...wraps);
    const root = join(above, await sealedPart(this.#key, random(IV_BYTES), above, encodeContent(content)));
    if (root.length > MOST_BYTES) throw new SealError("too_large");
    return root;
  }

  /**
   * Opens another root under the same key, as after a conflict; throws an `OpenError`.
   * @param {VaultRoot} root
   * @returns {Promise<OpenedRoot>}
   */
  async open(root) {
    if (root.account !== this.#account || root.keyId !== this.#keyId) throw new OpenError("tag");
    const content = parseContent(await openPart(this.#key, root.part, root.above));
    return { number: root.number, content, lock: new VaultLock(root.account, root.keyId, this.#key, root.wraps) };
  }
}

/** @param {RecordReader} record @returns {Sealed} */
function readWrap(record) {
  return { iv: record.take(IV_BYTES), ciphertext: record.take(WRAP_CIPHERTEXT_BYTES), tag: record.take(TAG_BYTES) };
}

/** What a wrap is bound to; not the number, so that a root can be replaced. @param {string} account @param {string} keyId @param {Opener} opener */
function boundTo(account, keyId, opener) {
  return join(VERSION, TYPE, fromHex(account, ID_BYTES), fromHex(keyId, ID_BYTES), OPENERS[opener]);
}
