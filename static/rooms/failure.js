/**
 * What becomes of an error in the rooms: a cause by name, for which the page has words.
 */
import { SealError } from "../crypto/errors.js";
import { RoomError } from "../crypto/room/errors.js";
import { codeOf } from "../keys/failure.js";
import { ChainStopped } from "./chain_keeper.js";
import { ServerRefusal } from "./page.js";

/** @param {unknown} error @returns {string} */
export function failureOf(error) {
  if (error instanceof ServerRefusal) return error.code;
  if (error instanceof ChainStopped) return "stopped";
  if (error instanceof RoomError) return "commit_invalid";
  if (error instanceof SealError) return error.cause === "too_large" ? "too_large" : "malformed";
  return codeOf(error);
}
