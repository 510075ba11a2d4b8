/** A `localStorage` of one's own, gone after the test. */

/** @param {import("node:test").TestContext} t @param {Record<string, string>} [begin] */
export function storage(t, begin = {}) {
  const kept = new Map(Object.entries(begin));
  const value = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) };
  Object.defineProperty(globalThis, "localStorage", { value, configurable: true });
  t.after(() => delete globalThis.localStorage);
  return kept;
}
