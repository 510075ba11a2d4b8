/**
 * What becomes of an error in the worker: a cause by name. Nothing that was typed, sealed or signed is in it.
 */
import { ALARMS, InputError, OpenError } from "../crypto/errors.js";

/** A request that cannot be answered, for a cause that the page has words for. */
export class Refused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(`refused: ${code}`);
    this.name = "Refused";
    this.code = code;
  }
}

/** @param {unknown} error @returns {string} */
export function codeOf(error) {
  if (error instanceof Refused) return error.code;
  if (error instanceof InputError) return error.cause;
  return "internal";
}

/**
 * Runs something whose refused records all mean one thing.
 * @template T
 * @param {string} code
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function orElse(code, run) {
  try {
    return await run();
  } catch (error) {
    throw error instanceof OpenError ? new Refused(code) : error;
  }
}

/** The same for a chain of keysets, where two histories are an alarm. @template T @param {string} code @param {() => Promise<T>} run @returns {Promise<T>} */
export async function orAlarm(code, run) {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OpenError) throw new Refused(ALARMS.has(error.cause) ? "keys_alarm" : code);
    throw error;
  }
}
