/**
 * Whether a server may call itself as it does (docs/protocol.md §14.2): like the host that the page came from, or as its user
 * accepted for this host. A password's halves and the proof of keys are made for that name, so that a server in between gets
 * nothing that works elsewhere.
 */
import { recall, remember } from "./preferences.js";

/** Under the page's own origin, so one host a name. */
const KEY = "server_name";

/** @param {string} server */
export function acceptsServer(server) {
  const { hostname, host } = globalThis.location ?? { hostname: "", host: "" };
  return server === hostname || server === host || server === recall(KEY);
}

/** The name that was accepted before, if another one than the host's. */
export function acceptedServer() {
  return recall(KEY);
}

/** Its user says that this is the server. @param {string} server */
export function acceptServer(server) {
  remember(KEY, server);
}
