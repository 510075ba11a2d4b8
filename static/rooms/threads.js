/**
 * Threads: a message and everything that answers it, itself or by way of other answers, as far as it is here (docs/protocol.md
 * §14.11). A thread is named by the hash of its first message, also where that is not here or was deleted.
 *
 * Each answer remembers where its thread begins, so that one more answer costs the same in a thread of a thousand.
 */
/** @typedef {{ hash: string, message: string }} Named a message, by its hash and id */
/** @typedef {Named & { sequence: number, named: Named, root: Named }} Answer root: the first message of its thread */

/** What answers what in one channel; what is on its way does not count. */
export class Threads {
  /** By their own hash. @type {Map<string, Answer>} */
  #byHash = new Map();
  /** By their place. @type {Map<number, Answer>} */
  #byPlace = new Map();
  /** Answers by the hash that they name, and their place. @type {Map<string, Map<number, Answer>>} */
  #direct = new Map();
  /** Answers of a thread by their place. @type {Map<string, Map<number, Answer>>} */
  #threads = new Map();

  /**
   * Takes an answer; gives the places of those that answer it and are in another thread from now on.
   * @param {Named & { sequence: number }} item
   * @param {Named} named what it answers
   * @returns {number[]}
   */
  add({ sequence, hash, message }, named) {
    this.remove(sequence);
    const answer = { sequence, hash, message, named: { hash: named.hash, message: named.message }, root: this.rootOf(named) };
    this.#byHash.set(hash, answer);
    this.#byPlace.set(sequence, answer);
    placed(this.#direct, named.hash).set(sequence, answer);
    placed(this.#threads, keyOf(answer.root)).set(sequence, answer);
    // So far it was not known what they answer by way of it.
    return this.#move([...this.answersOf(answer)], answer.root);
  }

  /** An answer is gone; gives the places of those that answer it and begin with it from now on. @param {number} sequence @returns {number[]} */
  remove(sequence) {
    const answer = this.#byPlace.get(sequence);
    if (answer === undefined) return [];
    const { hash, message, named, root } = answer;
    this.#byPlace.delete(sequence);
    if (this.#byHash.get(hash) === answer) this.#byHash.delete(hash);
    unplace(this.#direct, named.hash, sequence);
    unplace(this.#threads, keyOf(root), sequence);
    return this.#move(this.#below(answer), { hash, message });
  }

  clear() {
    for (const map of [this.#byHash, this.#byPlace, this.#direct, this.#threads]) map.clear();
  }

  /** The first message of the thread in which an answer to this one stands. @param {Named} answered @returns {Named} */
  rootOf({ hash, message }) {
    const answer = this.#byHash.get(hash);
    return answer?.message === message ? answer.root : { hash, message };
  }

  /** Places of what names a message itself, by its hash alone. @param {string} hash @returns {Iterable<number>} */
  naming(hash) {
    return this.#direct.get(hash)?.keys() ?? [];
  }

  /** The id by which the oldest answer names a message; empty where none does. @param {string} hash */
  nameOf(hash) {
    const direct = this.#direct.get(hash);
    return direct === undefined ? "" : (direct.get(Math.min(...direct.keys()))?.named.message ?? "");
  }

  /** All that stands in the thread that a message begins, in no order. @param {Named} first @returns {Iterable<Answer>} */
  answersOf(first) {
    return this.#threads.get(keyOf(first))?.values() ?? [];
  }

  /** How many answers stand in the thread that a message begins, without some. @param {Named} first @param {Iterable<string>} without their hashes */
  count(first, without) {
    const key = keyOf(first);
    const size = this.#threads.get(key)?.size ?? 0;
    if (size === 0) return 0;
    let gone = 0;
    for (const hash of without) {
      const answer = this.#byHash.get(hash);
      if (answer !== undefined && keyOf(answer.root) === key) gone += 1;
    }
    return size - gone;
  }

  /** All that answers a message, itself or by way of others. @param {Named} first @returns {Answer[]} */
  #below(first) {
    /** @type {Answer[]} */
    const found = [];
    /** @type {Named[]} */
    const open = [first];
    // Hashes make no circle: each names what was there before it.
    for (let of = open.pop(); of !== undefined; of = open.pop()) {
      for (const answer of this.#direct.get(of.hash)?.values() ?? []) {
        if (answer.named.message !== of.message) continue;
        found.push(answer);
        open.push(answer);
      }
    }
    return found;
  }

  /** @param {Answer[]} answers @param {Named} root @returns {number[]} */
  #move(answers, root) {
    for (const answer of answers) {
      unplace(this.#threads, keyOf(answer.root), answer.sequence);
      answer.root = root;
      placed(this.#threads, keyOf(root)).set(answer.sequence, answer);
    }
    return answers.map(({ sequence }) => sequence);
  }
}

/** Who names the hash of one message and the id of another answers neither. @param {Named} named */
function keyOf({ hash, message }) {
  return `${hash} ${message}`;
}

/** @param {Map<string, Map<number, Answer>>} by @param {string} key @returns {Map<number, Answer>} */
function placed(by, key) {
  const here = by.get(key) ?? new Map();
  by.set(key, here);
  return here;
}

/** @param {Map<string, Map<number, Answer>>} by @param {string} key @param {number} sequence */
function unplace(by, key, sequence) {
  const here = by.get(key);
  here?.delete(sequence);
  if (here?.size === 0) by.delete(key);
}
