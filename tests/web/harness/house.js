/**
 * What the tests of one file share: both tiers and a browser, started before the first test and stopped after the last. After each
 * test everybody leaves, and nothing may have happened on a page that must not.
 */
import { after, afterEach, before } from "node:test";
import { createAccount, signInTo } from "./accounts.js";
import { Browsers } from "./browser.js";
import { Liar } from "./liar.js";
import { Member, Wire } from "./member.js";
import { Tiers, joinLobby } from "./programs.js";

/** Accounts last as long as their server: no two of a file have one name. */
let accounts = 0;

export class House {
  /** @type {Tiers | undefined} */
  #tiers;
  /** @type {Browsers | undefined} */
  #browsers;
  /** Addresses of the proxies. @type {string[]} */
  #urls = [];

  /** @type {Liar | undefined} */
  #liar;
  /** @type {Member[]} */
  #members = [];

  /** @param {{ proxies?: 1 | 2, lies?: boolean }} [settings] lies: whether the second proxy is lied to by its chat-server */
  constructor({ proxies = 1, lies = false } = {}) {
    before(async () => {
      this.#tiers = await Tiers.start();
      if (lies) this.#liar = await Liar.start(this.#tiers.server);
      this.#urls = proxies === 1 ? [this.#tiers.url] : [this.#tiers.url, await this.#tiers.startSecondProxy(this.#liar?.address)];
      this.#browsers = await Browsers.start();
    });
    afterEach(() => {
      // First, for the pages may fail the test, and a socket that is left open would keep the file from ending.
      for (const member of this.#members.splice(0)) member.end();
      return this.browsers.close();
    });
    after(async () => {
      try {
        await this.#browsers?.stop();
      } finally {
        await this.#tiers?.stop();
        await this.#liar?.stop();
      }
    });
  }

  get tiers() {
    if (this.#tiers === undefined) throw new Error("The tiers did not start.");
    return this.#tiers;
  }

  /** Who stands between the second proxy and the chat-server. */
  get liar() {
    if (this.#liar === undefined) throw new Error("Nobody lies here.");
    return this.#liar;
  }

  /** The address of a proxy. @param {0 | 1} proxy */
  url(proxy) {
    return this.#urls[proxy];
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

  /**
   * Somebody new at the door.
   * @param {{ proxy?: 0 | 1, expected?: RegExp[], fragment?: string }} [how] which proxy, and what stands behind the `#`
   */
  visitor({ proxy = 0, expected = [], fragment = "" } = {}) {
    return this.browsers.open(`${this.#urls[proxy]}/${fragment}`, expected);
  }

  /**
   * Makes an account; its name begins with this one.
   * @param {string} name
   * @param {Parameters<House["visitor"]>[0]} [how]
   */
  async account(name, how) {
    const person = await this.visitor(how);
    await createAccount(person, `${name} ${(accounts += 1)}`);
    return person;
  }

  /** Signs somebody in on another device. @param {import("./browser.js").Person} owner @param {Parameters<House["visitor"]>[0]} [how] */
  async device(owner, how) {
    const person = await this.visitor(how);
    await signInTo(person, owner.name);
    return person;
  }

  /** Somebody without a page, who has not signed in yet and is told the truth. @param {string} name */
  member(name) {
    const made = new Member(name, () => Wire.open(this.tiers.server));
    this.#members.push(made);
    return made;
  }

  /** `sealwire join` as JSON. @param {string} name */
  terminal(name) {
    return joinLobby(this.tiers.server, name);
  }
}
