/**
 * The secrets of one room's epochs: from the vault, from the own shares, or why one is not here (docs/protocol.md §14.9, step 8).
 */
import { OpenError } from "../crypto/errors.js";
import { RoomError } from "../crypto/room/errors.js";
import { checkSecret, openShare } from "../crypto/room/secret.js";
import { ServerRefusal } from "./page.js";
import { unlessCut } from "./vault.js";
/** @typedef {import("../crypto/room/history.js").ChainEntry} ChainEntry */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./session.js").Session} Session */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * Why the secret of an epoch is not here; as `Unreadable` says it.
 * @typedef {"waiting_for_key" | "before_joined" | "keys_refused" | "keys_reset"} Missing
 */

/** One room's secrets. */
export class Secrets {
  #session;
  #room;
  #keeper;
  /** Secrets that are those of their commits. @type {Map<number, Bytes>} */
  #checked = new Map();
  /** @type {Map<number, Missing>} */
  #missing = new Map();
  /** @type {Map<number, Promise<Bytes | null>>} */
  #looking = new Map();
  /** Whether the room has forgotten an epoch. @type {(n: number) => boolean} */
  isOver = () => false;
  /** When it will; null never, as far as is known. @type {(n: number) => number | null} */
  dueAt = () => null;
  /** Called with an epoch whose own share did not open. @type {(n: number) => void} */
  onBadShare = () => {};
  /** Epochs whose share is for an own key that is not open here yet. @type {Set<number>} */
  #early = new Set();
  /** Called when a share is for such a key. @type {() => void} */
  onEarlyShare = () => {};

  /** @param {Session} session @param {string} room @param {ChainKeeper} keeper */
  constructor(session, room, keeper) {
    this.#session = session;
    this.#room = room;
    this.#keeper = keeper;
  }

  /** Why the secret of an epoch is not here; null if it is, or nobody has looked. @param {number} n */
  missing(n) {
    return this.#checked.has(n) ? null : (this.#missing.get(n) ?? null);
  }

  /** Epochs whose secrets are missing, ascending. */
  get missingEpochs() {
    return [...this.#missing.keys()].filter((n) => !this.isOver(n)).sort((a, b) => a - b);
  }

  /** Whether the secret of an epoch is here or in the vault. @param {number} n */
  has(n) {
    return this.#checked.has(n) || this.#session.vault.secret(this.#room, n) !== null;
  }

  /** Epochs whose secrets are in memory. */
  get held() {
    return [...this.#checked.keys()];
  }

  /** The room forgets an epoch. @param {number} n */
  forget(n) {
    this.#checked.delete(n);
    this.#missing.delete(n);
  }

  /** The secret of an epoch as far as it was looked for. @param {number} n @returns {Bytes | null} */
  known(n) {
    return this.#checked.get(n) ?? null;
  }

  /**
   * The secret of an epoch of the chain, from wherever it is to be had. Throws a `ServerRefusal` where the server was not reached,
   * and as `ChainKeeper.catchUp` does.
   * @param {number} n
   * @param {{ wrap: number, share: Uint8Array }} [given] the own share, as an event brought it
   * @returns {Promise<Bytes | null>} null: `missing` says why
   */
  async of(n, given) {
    const known = this.#checked.get(n);
    if (known !== undefined) return known;
    const joined = this.#looking.get(n);
    if (joined !== undefined) return given === undefined ? joined : this.#lookAfter(joined, n, given);
    const looking = this.#look(n, given).finally(() => this.#looking.delete(n));
    this.#looking.set(n, looking);
    return looking;
  }

  /** Takes secrets that were compared with their commits, and keeps them. @param {Array<{ n: number, secret: Bytes }>} secrets */
  async take(secrets) {
    const kept = [];
    for (const { n, secret } of secrets) {
      if (this.isOver(n)) continue;
      const entry = await this.#keeper.judge((chain) => entryOf(chain, n));
      this.#know(n, secret);
      kept.push({ n, commit: entry.hash, secret, forgetAt: this.dueAt(n) });
    }
    await this.#session.vault.keepSecrets(this.#room, kept).catch(unlessCut);
  }

  /** Takes the secret of an own commit, which is of use at once: the vault gets it in passing, or under the next connection. @param {{ n: number, hash: string }} commit @param {Bytes} secret */
  takeOwn({ n, hash }, secret) {
    this.#know(n, secret);
    this.#session.vault.keepSecrets(this.#room, [{ n, commit: hash, secret, forgetAt: this.dueAt(n) }]).catch(() => {});
  }

  /** @param {number} n @param {Bytes} secret */
  #know(n, secret) {
    this.#checked.set(n, secret);
    this.#missing.delete(n);
  }

  /** Who decides has said no. @param {number} from @param {number} to */
  refused(from, to) {
    for (const [n, cause] of this.#missing) if (n >= from && n <= to && cause !== "keys_reset") this.#missing.set(n, "keys_refused");
  }

  /** The secrets were asked for. @param {number} from @param {number} to */
  asked(from, to) {
    for (const n of this.#missing.keys()) if (n >= from && n <= to) this.#missing.set(n, "waiting_for_key");
  }

  /** The vault or the own keys have changed: what was missing may be there. @returns {boolean} whether there is anything to look for */
  lookAgain() {
    const any = this.#missing.size > 0;
    for (const n of this.#early) this.#missing.delete(n);
    this.#early.clear();
    for (const [n, cause] of this.#missing) if (cause === "keys_reset" || cause === "before_joined") this.#missing.delete(n);
    return any;
  }

  /** The room may list keys that are here by now: what was closed with others may be asked for then. */
  letIn() {
    for (const [n, cause] of this.#missing) if (cause === "keys_reset") this.#missing.delete(n);
  }

  /** What looks already does not know the share: where it finds nothing, that is looked at. @param {Promise<Bytes | null>} joined @param {number} n @param {{ wrap: number, share: Uint8Array }} given */
  async #lookAfter(joined, n, given) {
    const found = await joined.catch(() => null);
    return found ?? this.of(n, given);
  }

  /** @param {number} n @param {{ wrap: number, share: Uint8Array }} [given] @returns {Promise<Bytes | null>} */
  async #look(n, given) {
    if (this.isOver(n)) return null;
    const entry = await this.#keeper.judge((chain) => entryOf(chain, n));
    const kept = this.#session.vault.secret(this.#room, n);
    if (kept !== null && kept.commit === entry.hash && (await isOf(entry, kept.secret))) {
      this.#know(n, kept.secret);
      return kept.secret;
    }
    if (this.#missing.has(n) && given === undefined) return null;
    const isMember = (await this.#keeper.judge((chain) => chain.history.memberAt(n, this.#session.account))) !== null;
    if (!isMember) return this.#miss(n, "before_joined");
    return this.#open(entry, given ?? (await this.#fetch(n)));
  }

  /** @param {ChainEntry} entry @param {{ wrap: number, share: Uint8Array } | null} own @returns {Promise<Bytes | null>} */
  async #open(entry, own) {
    if (own === null) return this.#miss(entry.n, "waiting_for_key");
    const key = await this.#session.own.wrapKey(own.wrap);
    // Another device has made a newer key: it comes with the vault's next root.
    if (key === null && own.wrap > this.#session.own.wrap) {
      this.#early.add(entry.n);
      this.onEarlyShare();
      return this.#miss(entry.n, "waiting_for_key");
    }
    // What was sealed to keys that are lost: nobody gives it to those, and who was let in anew asks for it as for what was before.
    if (key === null && !(await this.#wasOwn(entry.n))) return this.#miss(entry.n, await this.#sinceReset());
    try {
      if (key === null) throw new OpenError(own.wrap === 0 ? "placeholder" : "share");
      const secret = await openShare(entry, new Uint8Array(own.share), key);
      await this.take([{ n: entry.n, secret }]);
      return secret;
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      // Nobody could give a share to these keys: who has them is let in anew.
      if (error.cause === "placeholder") return this.#miss(entry.n, await this.#sinceReset());
      this.#miss(entry.n, "waiting_for_key");
      this.onBadShare(entry.n);
      return null;
    }
  }

  /** Whether the room's list after a commit has own keys that are here. @param {number} n */
  async #wasOwn(n) {
    const { account, own } = this.#session;
    const listed = await this.#keeper.judge((chain) => chain.history.memberAt(n, account));
    return listed !== null && (await own.signing(listed.fingerprint)) !== null;
  }

  /** Why a secret is missing that went to keys of before a reset. @returns {Promise<Missing>} */
  async #sinceReset() {
    return (await this.#wasOwn(this.#keeper.verified.head.n)) ? "before_joined" : "keys_reset";
  }

  /** @param {number} n */
  async #fetch(n) {
    try {
      const { ok, tail } = await this.#session.page.call("epochs.share", { room: this.#room, n: String(n) });
      return { wrap: Number(ok.wrap), share: tail };
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.isUnknown || error.isPassing) throw error;
      return null;
    }
  }

  /** What was looked for may have come from elsewhere meanwhile. @param {number} n @param {Missing} why */
  #miss(n, why) {
    const known = this.#checked.get(n) ?? null;
    if (known === null) this.#missing.set(n, why);
    return known;
  }
}

/** @param {import("../crypto/room/chain.js").RoomChain} chain @param {number} n */
function entryOf({ history }, n) {
  if (history.isBefore(n)) throw new RoomError("older");
  const entry = history.entry(n);
  if (entry === undefined) throw new RoomError("unknown_epoch");
  return entry;
}

/** @param {ChainEntry} entry @param {Bytes} secret */
function isOf(entry, secret) {
  return checkSecret(entry, secret).then(
    () => true,
    () => false,
  );
}
