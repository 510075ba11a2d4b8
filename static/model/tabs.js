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
