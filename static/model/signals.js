/**
 * Values that tell who reads them when they change. An effect runs once at once and then again, in a microtask, after
 * anything it read has changed; a `Scope` ends effects and listeners together.
 */

/** @type {Effect | null} the effect that is running */
let running = null;
/** @type {Set<Effect>} */
const due = new Set();
let flushing = false;

/**
 * One observable value.
 * @template T
 */
export class Signal {
  #value;
  /** @type {Set<Effect>} */
  #readers = new Set();

  /** @param {T} value */
  constructor(value) {
    this.#value = value;
  }

  /** The value; the running effect will run again when it changes. */
  get value() {
    if (running !== null) {
      this.#readers.add(running);
      running.sources.add(this.#readers);
    }
    return this.#value;
  }

  set value(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const reader of this.#readers) schedule(reader);
  }

  /** Reads without subscribing. */
  peek() {
    return this.#value;
  }

  /** Changes by a function of the old value. @param {(value: T) => T} change */
  update(change) {
    this.value = change(this.#value);
  }
}

/** A function with what it read. */
class Effect {
  /** @type {Set<Set<Effect>>} */
  sources = new Set();
  ended = false;
  #run;

  /** @param {() => void} run */
  constructor(run) {
    this.#run = run;
  }

  run() {
    if (this.ended) return;
    this.forget();
    const outer = running;
    running = this;
    try {
      this.#run();
    } finally {
      running = outer;
    }
  }

  forget() {
    for (const readers of this.sources) readers.delete(this);
    this.sources.clear();
  }

  end() {
    this.ended = true;
    this.forget();
    due.delete(this);
  }
}

/** @param {Effect} effect */
function schedule(effect) {
  due.add(effect);
  if (flushing) return;
  flushing = true;
  queueMicrotask(flush);
}

function flush() {
  try {
    for (const effect of due) {
      due.delete(effect);
      effect.run();
    }
  } finally {
    flushing = false;
    // An effect that threw leaves the others due: they still run.
    if (due.size > 0) {
      flushing = true;
      queueMicrotask(flush);
    }
  }
}

/**
 * Runs without subscribing the running effect to anything.
 * @template T
 * @param {() => T} run
 * @returns {T}
 */
export function untracked(run) {
  const outer = running;
  running = null;
  try {
    return run();
  } finally {
    running = outer;
  }
}

/** What was started together ends together. */
export class Scope {
  /** @type {Array<() => void>} */
  #ends = [];

  /** Runs now and after each change of what it reads. @param {() => void} run */
  effect(run) {
    const effect = new Effect(run);
    this.#ends.push(() => effect.end());
    effect.run();
  }

  /**
   * Listens until the scope ends.
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} listener
   * @param {AddEventListenerOptions} [options]
   */
  listen(target, type, listener, options) {
    target.addEventListener(type, listener, options);
    this.#ends.push(() => target.removeEventListener(type, listener, options));
  }

  /** Calls back every so often until the scope ends. @param {number} ms @param {() => void} run */
  every(ms, run) {
    const timer = setInterval(run, ms);
    this.#ends.push(() => clearInterval(timer));
  }

  /** Adds something to end. @param {() => void} end */
  add(end) {
    this.#ends.push(end);
  }

  /** A scope that ends with this one at the latest. */
  child() {
    const scope = new Scope();
    this.#ends.push(() => scope.end());
    return scope;
  }

  end() {
    for (const end of this.#ends.splice(0).reverse()) end();
  }
}
