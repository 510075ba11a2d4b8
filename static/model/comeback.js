/**
 * A guest's way back: the proxy lost the session, and the same name is signed in again.
 */
import { oneTabAtATime } from "./tabs.js";

/** @typedef {import("../wire/frame.js").Refusal} Refusal */

/** A lost session's name may stay taken for as long as the server waits for the old connection. */
const RETURN_FOR_MS = 45_000;
const RETURN_EVERY_MS = 4_000;

/**
 * Tries until it is done, not wanted any more, or in vain. Of several tabs one signs in: a second sign-in would end the first.
 * @param {() => Promise<Refusal | null>} tryOnce takes up the session that another tab has signed in meanwhile, or signs in
 * @param {() => boolean} wanted whether it still is
 * @returns {Promise<boolean>} false if the name could not be had
 */
export async function comeBack(tryOnce, wanted) {
  const until = Date.now() + RETURN_FOR_MS;
  while (wanted()) {
    const refused = await oneTabAtATime("sealwire.sign-in", tryOnce);
    if (refused === null) return true;
    if (refused.code !== "unreachable" && refused.code !== "unavailable" && Date.now() > until) break;
    if (refused.code === "name_invalid" || refused.code === "not_allowed") break;
    await new Promise((resolve) => setTimeout(resolve, refused.retry_after_ms ?? RETURN_EVERY_MS));
  }
  return !wanted();
}
