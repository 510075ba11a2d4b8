/**
 * What a session's device is called.
 */

/** What a web-proxy says of a browser that it does not know. */
const UNKNOWN = "A browser";
/** The words of web-proxy/src/device.rs. */
const NAMED = new RegExp(
  `^(${UNKNOWN}|Chrome|Chromium|Edge|Firefox|Opera|Safari|Samsung Internet|Vivaldi|Yandex Browser) on (Android|ChromeOS|FreeBSD|iPad|iPhone|Linux|macOS|OpenBSD|Windows)$`,
);

/**
 * The `client` of a session in the reader's language. A web-proxy names browsers such as `Firefox on Windows`, or only itself;
 * what other programs call themselves is shown as it is.
 * @param {import("../../i18n/index.js").Words} words
 * @param {string} client
 */
export function deviceName(words, client) {
  if (client.startsWith("web-proxy/")) return words.say("own.device_browser");
  const named = NAMED.exec(client);
  if (named === null) return client;
  const [, browser, system] = named;
  return words.plain("own.device", { browser: browser === UNKNOWN ? words.say("own.device_browser") : browser, system });
}
