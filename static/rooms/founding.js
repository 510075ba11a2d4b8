/**
 * Beginning a conversation: its first commit places everybody, so that nobody has to be online (docs/protocol.md §14.9).
 */
import { randomId } from "../wire/ids.js";
import { commitTail, signCommit } from "../crypto/room/draft.js";
import { newPolicy } from "../crypto/room/policy.js";
import { accountsIn } from "../crypto/room/room_record.js";
import { SECRET_BYTES } from "../crypto/room/secret.js";
import { Refused } from "../keys/failure.js";
import { DISTRUSTED } from "./keysets.js";
import { ServerRefusal } from "./page.js";
/** @typedef {import("../crypto/room/change.js").Change} Change */
/** @typedef {import("../crypto/room/policy.js").Policy} Policy */
/** @typedef {import("./session.js").Session} Session */

/**
 * What is founded; a public room has a name that everybody sees, of the others it is sealed afterwards.
 * @typedef {{ kind: Policy["kind"], name?: string, topic?: string, history: Policy["history"], join?: Policy["join"], invite?: Policy["invite"], keepDays?: number }} Founding
 */

/** How often newer wrap keys are read. */
const TRIES = 4;

/**
 * Makes a conversation; gives its id. Throws `Refused` (`keys_changed`), a `RoomError` or a `ServerRefusal` (`room_taken` for a direct
 * conversation that is there).
 * @param {Session} session
 * @param {Founding & { accounts: string[] }} of accounts: the others, whom a public or private room does not place but invite
 */
export async function found(session, { accounts, ...of }) {
  const others = [...new Set(isTalk(of.kind) ? accounts : [])].filter((account) => account !== session.account);
  await session.keysets.read(session.account);
  for (const account of others) {
    await session.keysets.read(account);
    if (DISTRUSTED.has(session.keysets.trust(account))) throw new Refused("keys_changed");
  }
  const room = randomId();
  for (let tries = 1; ; tries++) {
    try {
      await foundOnce(session, room, { ...of, others });
      return room;
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.code !== "wrap_superseded" || tries === TRIES) throw error;
    }
  }
}

/** @param {Session} session @param {string} room @param {Founding & { others: string[] }} of */
async function foundOnce(session, room, { kind, others, name = "", topic = "", ...rules }) {
  const { account: author, own, keysets } = session;
  const keys = await own.signing(own.head.fingerprint);
  if (keys === null) throw new Refused("locked");
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  /** @type {Change[]} */
  const changes = [{ kind: "founded", policy: policyOf(kind, rules) }];
  for (const account of others) changes.push({ kind: "placed", account, fingerprint: (await keysets.known(account)).head.fingerprint });
  const draft = /** @type {const} */ ({ author, madeAt: session.now(), reason: "first", changes, secret });
  const signed = await keysets.judge((known) => signCommit(keys, { room }, draft, known));
  const wrapKeys = await session.wrapKeys.newest(accountsIn(signed.record));
  const { wraps, tail } = await keysets.judge((known) => commitTail(signed, wrapKeys, secret, known));
  const face = kind === "public" ? { name, ...(topic === "" ? {} : { topic }) } : {};
  await session.page.call("rooms.create", { room, wraps, ...face }, tail);
  await session.vault.keepSecrets(room, [{ n: 1, commit: signed.commit.hash, secret }]);
}

/** @param {Policy["kind"]} kind @param {Pick<Founding, "history" | "join" | "invite" | "keepDays">} rules @returns {Policy} */
function policyOf(kind, { history, join, invite, keepDays }) {
  const policy = newPolicy(kind);
  return { ...policy, history, join: join ?? policy.join, invite: invite ?? policy.invite, keepDays: keepDays ?? policy.keepDays };
}

/** Whether everybody is in it from the beginning. @param {Policy["kind"]} kind */
const isTalk = (kind) => kind === "direct" || kind === "group";
