/**
 * What the tests of one file share: both tiers and a browser, started before the first test and stopped after the last. After each
 * test everybody leaves, and nothing may have happened on a page that must not.
 */
import { after, afterEach, before } from "node:test";
import { Browsers } from "./browser.js";
import { Tiers, joinLobby } from "./programs.js";

export class House {
  /** @type {Tiers | undefined} */
  #tiers;
  /** @type {Browsers | undefined} */
  #browsers;

  constructor() {
    before(async () => {
      this.#tiers = await Tiers.start();
      this.#browsers = await Browsers.start();
    });
    afterEach(() => this.browsers.close());
    after(async () => {
      try {
        await this.#browsers?.stop();
      } finally {
        await this.#tiers?.stop();
      }
    });
  }

  get tiers() {
    if (this.#tiers === undefined) throw new Error("The tiers did not start.");
    return this.#tiers;
  }

  get browsers() {
    if (this.#browsers === undefined) throw new Error("The browser did not start.");
    return this.#browsers;
  }

  /**
   * Opens the page and signs in.
   * @param {string} name
   * @param {{ expected?: RegExp[], url?: string }} [settings] console errors that belong to the test, and another way to the proxy
   */
  async guest(name, { expected = [], url = this.tiers.url } = {}) {
    const person = await this.browsers.open(url, expected);
    await person.signIn(name);
    return person;
  }

  /** `sealwire join` as JSON. @param {string} name */
  terminal(name) {
    return joinLobby(this.tiers.server, name);
  }
}
