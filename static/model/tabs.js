/**
 * What the tabs of one browser must not do side by side.
 */

/**
 * Runs while no other tab runs something under this name.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export function oneTabAtATime(name, run) {
  const locks = globalThis.navigator?.locks;
  return locks === undefined ? run() : locks.request(name, run);
}

/** Under which tabs hear of each other. */
const CHANNEL = "sealwire.vault";
/** Commands that change the vault: its root, or items of it. @type {ReadonlyMap<string, "root" | "items">} */
const CHANGES = new Map([
  ["vault.put", "items"],
  ["vault.set_root", "root"],
  ["keys.wrap", "root"],
  ["keys.rotate", "root"],
  ["auth.password", "root"],
]);

/** What other tabs of this browser change in the vault: they share one session, and the server tells of changes only to others. */
export class VaultTabs {
  #channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;

  /** @param {(account: string, changed: "root" | "items") => void} heard */
  constructor(heard) {
    if (this.#channel === null) return;
    this.#channel.onmessage = ({ data }) => heard(data.account, data.changed);
    // Tests run where a channel would keep the program alive.
    if ("unref" in this.#channel) /** @type {any} */ (this.#channel).unref();
  }

  /** A command was carried out here. @param {string} account @param {string} command */
  did(account, command) {
    const changed = CHANGES.get(command);
    if (changed !== undefined && account !== "") this.#channel?.postMessage({ account, changed });
  }
}
