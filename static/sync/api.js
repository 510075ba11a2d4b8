/**
 * Commands by `POST /api/<command>`: sign-in, sign-out, and everything where no WebSocket can be had.
 */
import { WAITABLE } from "../wire/codes.js";
import { letGo } from "../wire/bytes.js";
import { decodeReplyBody, encodeCommandBody, encodePublishBody, parseOutcome } from "../wire/frame.js";

/** @typedef {import("../wire/frame.js").Outcome} Outcome */

const ANSWER_WITHIN_MS = 20_000;
/** How often a session that was just begun is read. */
const NEW_SESSION_TRIES = 4;
const NEW_SESSION_EVERY_MS = 1_000;
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
 * @param {number} [withinMs] how long the answer is waited for
 * @returns {Promise<Outcome>}
 */
export function postTailed(command, fields, tail, withinMs) {
  const body = encodeCommandBody(fields, tail);
  const asked = ask(`/api/${command}`, { method: "POST", headers: { "Content-Type": BINARY }, body }, withinMs);
  // The browser has a copy.
  letGo(body);
  return asked;
}

/**
 * Publishes one message.
 * @param {string} channel
 * @param {Uint8Array} payload
 * @param {import("../wire/frame.js").Under} [under]
 * @returns {Promise<Outcome>}
 */
export function postPublish(channel, payload, under) {
  return ask("/api/publish", {
    method: "POST",
    headers: { "Content-Type": BINARY },
    body: encodePublishBody(1, channel, payload, under),
  });
}

/**
 * Asks who is signed in here: `{member, name, rooms}`, or `not_signed_in`.
 * @returns {Promise<Outcome>}
 */
export function readSession() {
  return ask("/api/session", { method: "GET" });
}

/** Reads the session that was just begun, which must not be begun again because one answer was lost. @returns {Promise<Outcome>} */
export async function readNewSession() {
  for (let tries = 1; ; tries++) {
    const session = await readSession();
    if ("ok" in session || tries === NEW_SESSION_TRIES || !WAITABLE.has(session.error.code)) return session;
    await new Promise((resolve) => setTimeout(resolve, session.error.retry_after_ms ?? NEW_SESSION_EVERY_MS));
  }
}

/** @param {string} url @param {RequestInit} init @param {number} [withinMs] @returns {Promise<Outcome>} */
async function ask(url, init, withinMs = ANSWER_WITHIN_MS) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      ...init,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(withinMs),
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
