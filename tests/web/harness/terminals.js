/**
 * Terminals beside pages: each test has its own, and what one of them started or kept does not outlive it.
 */
import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { Terminal } from "./terminal.js";

/** @typedef {Terminal & { name: string }} Owner a terminal with an account of its own */

export class Terminals {
  #house;
  /** @type {Terminal[]} */
  #here = [];

  /** @param {import("./house.js").House} house whose chat-server they go to */
  constructor(house) {
    this.#house = house;
    afterEach(() => {
      for (const terminal of this.#here.splice(0)) terminal.forget();
    });
  }

  /** A terminal with an account of its own. @param {string} name @param {...string} args of `register` @returns {Promise<Owner>} */
  async registered(name, ...args) {
    const made = this.stranger();
    await made.register(name, ...args);
    return Object.assign(made, { name });
  }

  /** Another terminal of somebody's. @param {{ name: string }} owner */
  device(owner) {
    return this.deviceAt(owner, this.#house.tiers.server);
  }

  /** Another terminal of somebody's, whose way to the chat-server leads over this address. @param {{ name: string }} owner @param {string} address */
  async deviceAt({ name }, address) {
    const made = this.stranger(address);
    await made.run(["login", name]);
    return made;
  }

  /** One that has no account yet. @param {string} [address] of the chat-server */
  stranger(address = this.#house.tiers.server) {
    const made = new Terminal(address);
    this.#here.push(made);
    return made;
  }
}

/** The texts in what a terminal heard, where nothing is named that an honest server and members do not do. @param {any[]} heard */
export function textsOf(heard) {
  const named = heard.filter(({ type }) => type === "alarm" || type === "unreadable");
  assert.deepEqual(named, []);
  return heard.filter(({ kind }) => kind === "text").map(({ text }) => text);
}

/** The code with which something is refused at a terminal. @param {Terminal} terminal @param {...string} args @returns {Promise<string>} */
export async function refusedAt(terminal, ...args) {
  const { code, objects } = await terminal.ends(args);
  assert.notEqual(code, 0, `${args.join(" ")} was done: ${JSON.stringify(objects)}`);
  return objects.find(({ type }) => type === "error")?.code;
}

/** Looks again and again until one of the objects is meant; gives it. @param {() => Promise<any[]>} look @param {(object: any) => boolean} isMeant */
export async function until(look, isMeant) {
  for (;;) {
    const found = (await look()).find(isMeant);
    if (found !== undefined) return found;
  }
}
