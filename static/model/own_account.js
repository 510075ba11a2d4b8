/**
 * What an account's owner sees and changes of it: its sessions, a copy of its data, its end.
 */
import { isHex } from "../crypto/vault_content.js";

/**
 * @typedef {import("./account.js").Account} Account
 * @typedef {import("../wire/frame.js").Refusal} Refusal
 * @typedef {{ session: string, client: string, address: string, startedAt: number, seenAt: number, current: boolean }} OwnSession times by
 *   the server's clock, in milliseconds
 */

/** Reads the sessions that the server names: this one first, then the one that was used last. @param {unknown} values @returns {OwnSession[]} */
export function parseSessions(values) {
  if (!Array.isArray(values)) return [];
  const sessions = values.flatMap((value) => {
    if (typeof value !== "object" || value === null || !isHex(value.session, 16)) return [];
    const { session, client, address, started_at, seen_at, current } = value;
    return [{ session, client: String(client), address: String(address), startedAt: Number(started_at) || 0, seenAt: Number(seen_at) || 0, current: current === true }];
  });
  return sessions.sort((a, b) => Number(b.current) - Number(a.current) || b.seenAt - a.seenAt);
}

/**
 * Deletes the account, for good.
 * @param {Account} account
 * @param {string} password
 * @returns {Promise<Refusal | null>}
 */
export async function deleteAccount(account, password) {
  const confirmed = await (await account.keys()).confirm(password);
  if ("failed" in confirmed) return confirmed.failed;
  const answer = await account.call("auth.delete", { login: confirmed.login });
  return "error" in answer ? answer.error : null;
}

/**
 * Everything that is its owner's and no secret, as it goes into a file.
 * @param {{ account: Account, friends: readonly import("./friends.js").Friend[], display: string, sessions: OwnSession[], now: number }} of
 */
export function exportOf({ account, friends, display, sessions, now }) {
  const entries = [...(account.vault.peek()?.values() ?? [])];
  const iso = (/** @type {number} */ time) => new Date(time).toISOString();
  return {
    format: "sealwire-account",
    version: 1,
    exported_at: iso(now),
    server: account.server.peek(),
    account: { id: account.account.peek(), name: account.name.peek(), display, fingerprint: account.fingerprint.peek() },
    people: friends.map(({ account: id, name, display: shown, state }) => ({ account: id, name, display: shown, state })),
    pins: entries.flatMap(({ name, content }) => (name.kind === "pin" ? [{ account: name.account, ...content }] : [])),
    preferences: entries.flatMap(({ name, content }) => (name.kind === "preference" ? [{ name: name.name, content }] : [])),
    sessions: sessions.map(({ client, address, startedAt, seenAt, current }) => ({ client, address, started_at: iso(startedAt), seen_at: iso(seenAt), current })),
  };
}
