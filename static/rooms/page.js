/**
 * The worker's end towards the page, which has the connection: what is wanted of the server goes out, outcomes come back.
 */
import { handedOver } from "../wire/bytes.js";
import { Turn } from "./turn.js";

/** @typedef {import("./requests.js").Want} Want */
/** @typedef {import("./requests.js").Outcome} Outcome */
/** @typedef {import("./requests.js").Tell} Tell */
/** @typedef {{ ok: Record<string, any>, tail: Uint8Array }} Answer */

/** How often a command that the server asks patience for is sent. */
const TRIES = 6;
/** How long is waited where the server does not say it, at first, in milliseconds … */
const WAIT_MS = 500;
/** … and at most. */
const MOST_WAIT_MS = 15_000;
/** Refusals that end by themselves. */
const PASSING = new Set(["rate_limited", "busy", "unavailable"]);
/** Outcomes of a connection that was cut, and of one whose keys are not proven yet: what was wanted goes again when they are. */
const UNKNOWN = new Set(["cut", "unreachable", "timeout", "not_signed_in", "keys_unproven"]);

/** The server refused, or was not reached. */
export class ServerRefusal extends Error {
  /** @param {string} code @param {number} [retryAfterMs] */
  constructor(code, retryAfterMs) {
    super(`refused: ${code}`);
    this.name = "ServerRefusal";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether nobody knows what became of it. */
  get isUnknown() {
    return UNKNOWN.has(this.code);
  }

  /** Whether it is done again after the next connection: a server that only took too long has the same one still. */
  get isCut() {
    return this.isUnknown && this.code !== "timeout";
  }

  /** Whether it ends by itself. */
  get isPassing() {
    return PASSING.has(this.code);
  }
}

/** What the worker asks of the page, and tells it. */
export class Page {
  #post;
  #pause;
  #next = 1;
  /** Those that the rate of the session holds back … */
  #limited = new Turn();
  /** … and chunks of files, which hold up nothing else. */
  #limitedBulk = new Turn();
  /** @type {Map<number, (outcome: Outcome) => void>} */
  #waiting = new Map();

  /** @param {(message: object, given?: ArrayBuffer[]) => void} post given: buffers that the message hands over @param {(ms: number) => Promise<void>} [pause] */
  constructor(post, pause = pauseFor) {
    this.#post = post;
    this.#pause = pause;
  }

  /** @param {Tell} tell */
  tell(tell) {
    this.#post(tell);
  }

  /** What the page says about something wanted. @param {number} want @param {Outcome} outcome */
  take(want, outcome) {
    this.#waiting.get(want)?.(outcome);
    this.#waiting.delete(want);
  }

  /**
   * Sends a command; one that the server asks patience for is sent again. Throws a `ServerRefusal`.
   * @param {string} command
   * @param {Record<string, unknown>} [fields]
   * @param {Uint8Array} [tail]
   * @returns {Promise<Answer>}
   */
  call(command, fields = {}, tail = new Uint8Array()) {
    return this.#patiently(() => this.#want({ command, fields, tail }), this.#limited);
  }

  /**
   * The same for a chunk of a file.
   * @param {string} command
   * @param {Record<string, unknown>} fields
   * @param {Uint8Array} [tail]
   * @returns {Promise<Answer>}
   */
  bulk(command, fields, tail = new Uint8Array()) {
    const send = () => {
      // It may have to go again: a copy is handed over.
      const copy = tail.slice();
      return this.#want({ command, fields, tail: copy }, handedOver(copy));
    };
    return this.#patiently(send, this.#limitedBulk);
  }

  /**
   * Publishes an envelope; gives its sequence, 0 for one that is not kept. Throws a `ServerRefusal`; patience is the caller's.
   * @param {Extract<Want, { publish: any }>["publish"]} publish
   * @returns {Promise<number>}
   */
  async publish(publish) {
    const outcome = await this.#want({ publish });
    return Number(outcome.ok.sequence ?? 0);
  }

  /**
   * A rate is the session's, not the command's: once one is told to wait, the others stand behind it, or each would take what the first
   * one waited for, and who goes on regardless is cut off.
   * @param {() => Promise<Answer>} send @param {Turn} limited @returns {Promise<Answer>}
   */
  async #patiently(send, limited) {
    if (!limited.isFree) return limited.take(() => this.#again(send));
    try {
      return await send();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const at = due(error, 1);
      const again = () => this.#again(send, at);
      return error.code === "rate_limited" ? limited.take(again) : again();
    }
  }

  /** Sends at a time, and again as long as patience lasts. @param {() => Promise<Answer>} send @param {number} [at] on the clock of `performance` @returns {Promise<Answer>} */
  async #again(send, at = 0) {
    for (let tries = at === 0 ? 1 : 2; ; tries++) {
      const wait = Math.ceil(at - performance.now());
      if (wait > 0) await this.#pause(wait);
      try {
        return await send();
      } catch (error) {
        if (!isPassing(error) || tries === TRIES) throw error;
        at = due(error, tries);
      }
    }
  }

  /** @param {Want} want @param {ArrayBuffer[]} [given] buffers of it that are handed over @returns {Promise<Answer>} */
  async #want(want, given = []) {
    const id = this.#next++;
    const outcome = await new Promise((/** @type {(outcome: Outcome) => void} */ resolve) => {
      this.#waiting.set(id, resolve);
      this.#post({ want: id, ...want }, given);
    });
    if ("error" in outcome) throw new ServerRefusal(outcome.error.code, outcome.error.retryAfterMs);
    const ok = outcome.sequence === undefined ? outcome.ok : { ...outcome.ok, sequence: outcome.sequence };
    return { ok, tail: outcome.tail ?? new Uint8Array() };
  }
}

/** @param {unknown} error @returns {error is ServerRefusal} */
const isPassing = (error) => error instanceof ServerRefusal && error.isPassing;

/** Of what is tried beside something else: only a connection that was cut ends it all. @param {unknown} error */
export function unlessEnded(error) {
  if (error instanceof ServerRefusal && error.isUnknown) throw error;
}

/** When something that is refused just now goes again. @param {ServerRefusal} error @param {number} tries */
const due = (error, tries) => performance.now() + (error.retryAfterMs ?? backoff(tries));

/** The wait before a try: doubled each time, capped, and of chance, so that many do not come at once. @param {number} tries */
export function backoff(tries) {
  return Math.min(MOST_WAIT_MS, WAIT_MS * 2 ** Math.min(tries - 1, 10)) * (0.5 + Math.random() / 2);
}

/** @param {number} ms @returns {Promise<void>} */
export function pauseFor(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
