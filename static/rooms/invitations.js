/**
 * Invitations to rooms: to others, and to this account, which comes in by a commit of its own (docs/protocol.md §14.8).
 */
import { OpenError } from "../crypto/errors.js";
import { safetyNumber } from "../crypto/numbers.js";
import { parseList } from "../crypto/record_list.js";
import { RoomError } from "../crypto/room/errors.js";
import { INVITATION_HOLDS_MS, checkInvitationSignatures, openRoomName, parseInvitation, signInvitation } from "../crypto/room/invitation.js";
import { Refused } from "../keys/failure.js";
import { join } from "./coming_in.js";
import { DISTRUSTED } from "./keysets.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/invitation.js").Invitation} InvitationRecord */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./requests.js").Invitation} Shown */
/** @typedef {import("./session.js").Session} Session */

/** Most invitations that wait for an account. */
const MOST = 128;
/** What stands for the name of a conversation without one. */
const NO_NAME = " ";

/** Invitations of one account. */
export class Invitations {
  #session;
  /** @type {Map<string, { record: InvitationRecord, shown: Shown }>} */
  #waiting = new Map();
  /** Called when others wait than before. @type {() => void} */
  onChange = () => {};

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /** Those that wait, with what is shown of them. */
  get shown() {
    return [...this.#waiting.values()].map(({ shown }) => shown);
  }

  /** Reads those that wait. Throws a `ServerRefusal`. */
  async catchUp() {
    const { tail } = await this.#session.page.call("rooms.invitations");
    this.#waiting.clear();
    for (const record of parseList(tail, MOST)) await this.take(record);
    this.onChange();
  }

  /** Takes one that came; what does not hold is left out. @param {Uint8Array} bytes */
  async take(bytes) {
    try {
      const record = await parseInvitation(bytes);
      if (record.invitee.account !== this.#session.account || record.expiresAt <= this.#session.now()) return;
      await this.#session.keysets.read(record.inviter.account);
      await this.#session.keysets.judge((keysets) => checkInvitationSignatures(record, keysets));
      // The newest of an inviter to a room is enough.
      for (const [hash, { record: other }] of this.#waiting) if (other.room === record.room && other.madeAt <= record.madeAt) this.#waiting.delete(hash);
      this.#waiting.set(record.hash, { record, shown: await this.#show(record) });
      this.onChange();
    } catch (error) {
      const isTheirs = error instanceof OpenError || error instanceof RoomError || error instanceof Refused;
      if (!isTheirs && !(error instanceof ServerRefusal && !error.isUnknown)) throw error;
    }
  }

  /** The account is in a room: what invited it there is over. @param {string} room */
  settled(room) {
    for (const [hash, { record }] of this.#waiting) if (record.room === room) this.#waiting.delete(hash);
    this.onChange();
  }

  /**
   * Invites somebody. Throws `Refused` (`keys_changed`, `no_such_account`), a `RoomError`, or a `ServerRefusal`.
   * @param {ChainKeeper} keeper
   * @param {string} account
   * @param {string} name of the room
   */
  async invite(keeper, account, name) {
    const session = this.#session;
    await keeper.catchUp();
    const invitee = { account, fingerprint: (await session.keysets.read(account)).head.fingerprint };
    if (DISTRUSTED.has(session.keysets.trust(account))) throw new Refused("keys_changed");
    const wrapKey = (await session.wrapKeys.newest([account])).get(account);
    if (wrapKey === undefined) throw new Refused("no_such_account");
    const { head, room } = keeper.verified;
    const own = head.record.members.get(session.account);
    const keys = own === undefined ? null : await session.own.signing(own.fingerprint);
    if (keys === null) throw new Refused("keys_reset");
    const madeAt = session.now();
    const of = { room, inviter: session.account, invitee, commit: head.hash, madeAt, expiresAt: madeAt + INVITATION_HOLDS_MS, name: name || NO_NAME, wrapKey };
    const { ok } = await session.page.call("rooms.invite", {}, (await signInvitation(keys, of)).bytes);
    return { online: ok.online === true };
  }

  /**
   * Says no, or comes in by an own commit; gives the room. Throws `Refused` (`no_such_invitation`, `keys_changed`), or what a commit throws.
   * @param {string} hash
   * @param {boolean} accept
   */
  async answer(hash, accept) {
    const waiting = this.#waiting.get(hash);
    if (waiting === undefined) throw new Refused("no_such_invitation");
    const { record } = waiting;
    if (accept) await this.#comeIn(record);
    else await this.#session.page.call("rooms.decline", { invitation: hash });
    this.#waiting.delete(hash);
    this.onChange();
    return { room: record.room };
  }

  /** @param {InvitationRecord} invitation */
  async #comeIn(invitation) {
    const { keysets } = this.#session;
    await keysets.fresh(invitation.inviter.account);
    if (keysets.halts(invitation.inviter.account, null)) throw new Refused("keys_changed");
    await join(this.#session, invitation.room, invitation);
  }

  /** @param {InvitationRecord} record @returns {Promise<Shown>} */
  async #show(record) {
    const { account, own, keysets } = this.#session;
    const { room, hash: invitation, inviter, expiresAt } = record;
    const inviterName = keysets.nameOf(inviter.account);
    const number = await safetyNumber({ account, fingerprint: own.head.fingerprint }, inviter);
    return { invitation, room, inviter: inviter.account, inviterName, inviterKeys: keysets.trust(inviter.account), safetyNumber: number, name: await this.#nameOf(record), expiresAt };
  }

  /** @param {InvitationRecord} record */
  async #nameOf(record) {
    const key = await this.#session.own.wrapKey(record.wrap);
    try {
      return key === null ? "" : (await openRoomName(record, key)).trim();
    } catch (error) {
      if (error instanceof OpenError) return "";
      throw error;
    }
  }
}
