/**
 * Addresses that may be opened: http and https, and nothing that runs, or pretends to lead elsewhere.
 */

/** The longest address, in bytes (docs/protocol.md §14.14). */
export const URL_BYTES = 2_048;

/**
 * An address as it is kept and opened, and the name of the place that it leads to; null for any other than http and https, for one that
 * names a user, which only makes it look like another place, and for one that is too long.
 * @param {string} address
 * @returns {{ href: string, host: string } | null}
 */
export function safeLink(address) {
  const text = address.trim();
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const { protocol, username, password, host, href } = new URL(text);
  if ((protocol !== "https:" && protocol !== "http:") || username !== "" || password !== "" || host === "") return null;
  // What the browser writes is ASCII.
  return href.length > URL_BYTES ? null : { href, host };
}
