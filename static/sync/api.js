/**
 * Commands by `POST /api/<command>`: sign-in, sign-out, and everything where no WebSocket can be had.
 */
import { decodeReplyBody, encodeCommandBody, encodePublishBody, parseOutcome } from "../wire/frame.js";

/** @typedef {import("../wire/frame.js").Outcome} Outcome */

const ANSWER_WITHIN_MS = 20_000;
const BINARY = "application/octet-stream";

/**
 * Sends a command. A network failure is an error of its own, never an exception.
 * @param {string} command
 * @param {Record<string, unknown>} [fields]
 * @returns {Promise<Outcome>}
 */
export function postCommand(command, fields = {}) {
  return ask(`/api/${command}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
}

/**
 * Sends a command that takes a tail, or gives one.
 * @param {string} command
 * @param {Record<string, unknown>} fields
 * @param {Uint8Array} tail
 * @returns {Promise<Outcome>}
 */
export function postTailed(command, fields, tail) {
  return ask(`/api/${command}`, {
    method: "POST",
    headers: { "Content-Type": BINARY },
    body: encodeCommandBody(fields, tail),
  });
}

/**
 * Publishes one clear message.
 * @param {string} channel
 * @param {Uint8Array} payload
 * @returns {Promise<Outcome>}
 */
export function postPublish(channel, payload) {
  return ask("/api/publish", {
    method: "POST",
    headers: { "Content-Type": BINARY },
    body: encodePublishBody(1, channel, payload),
  });
}

/**
 * Asks who is signed in here: `{member, name, rooms}`, or `not_signed_in`.
 * @returns {Promise<Outcome>}
 */
export function readSession() {
  return ask("/api/session", { method: "GET" });
}

/** @param {string} url @param {RequestInit} init @returns {Promise<Outcome>} */
async function ask(url, init) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      ...init,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (error) {
    return refusal(error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "unreachable");
  }
  try {
    const binary = response.headers.get("Content-Type")?.startsWith(BINARY) === true;
    return binary ? decodeReplyBody(new Uint8Array(await response.arrayBuffer())) : parseOutcome(await response.json());
  } catch {
    return refusalOfStatus(response);
  }
}

/** What a middlebox or a starting proxy said, by its status alone. @param {Response} response */
function refusalOfStatus(response) {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const wait = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
  if (response.status === 401) return refusal("not_signed_in");
  if (response.status === 413) return refusal("too_large");
  if (response.status === 429) return refusal("rate_limited", wait ?? 5000);
  if (response.status >= 502 && response.status <= 504) return refusal("unavailable", wait);
  return refusal("internal", wait);
}

/**
 * Makes an error that has the form of a reply.
 * @param {string} code
 * @param {number} [wait] milliseconds
 * @returns {{ error: import("../wire/frame.js").Refusal }}
 */
export function refusal(code, wait) {
  return { error: wait === undefined ? { code, message: "" } : { code, message: "", retry_after_ms: wait } };
}
