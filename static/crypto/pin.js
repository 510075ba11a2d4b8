/**
 * A pin: what is remembered of somebody's keys, and what their user said of them (docs/protocol.md §14.3, §14.6 kind 3).
 *
 * Its `acknowledged` says up to which keyset its user has taken note. One that is lower than `number` waits: there was a reset
 * since. 0 says that the numbers of both sides were compared and differed.
 */

/**
 * @typedef {{ number: string, head: string, fingerprint: string, verified: boolean, acknowledged: string }} Pin
 * @typedef {"unknown" | "pinned" | "verified" | "changed" | "blocked" | "differs"} Trust `unknown` not seen yet · `pinned` seen and
 *   the same since · `verified` compared by both · `changed` reset since, and never verified · `blocked` verified, and reset
 *   since · `differs` compared, and not the same
 */

/** How far somebody's keys are to be trusted. @param {Pin | null} pin @returns {Trust} */
export function trustOf(pin) {
  if (pin === null) return "unknown";
  if (pin.acknowledged === "0") return "differs";
  if (Number(pin.acknowledged) < Number(pin.number)) return pin.verified ? "blocked" : "changed";
  return pin.verified ? "verified" : "pinned";
}

/**
 * The pin after its chain was read; null if it stays. A rotation is taken note of by itself, unless a reset still waits.
 * @param {Pin | null} pin what the vault holds now
 * @param {{ number: number, head: string } | null} read the pin from which the chain was read
 * @param {{ number: number, head: string, fingerprint: string, since: Array<"rotated" | "reset"> }} seen since: how the keysets behind the
 *   pin came
 * @returns {Pin | null}
 */
export function moved(pin, read, { number, head, fingerprint, since }) {
  const next = { number: String(number), head, fingerprint };
  if (pin === null) return { ...next, verified: false, acknowledged: next.number };
  // Another device has moved it meanwhile: the next check begins there.
  if (pin.head !== read?.head || pin.head === head) return null;
  const waits = since.includes("reset") || Number(pin.acknowledged) < Number(pin.number);
  return { ...pin, ...next, acknowledged: waits ? pin.acknowledged : next.number };
}
