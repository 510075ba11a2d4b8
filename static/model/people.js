/**
 * Everything that an account knows of other people, kept up to date while it is signed in.
 */
import { Contacts } from "./contacts.js";
import { Friends } from "./friends.js";
import { Invitation, arrivals } from "./invitation.js";
import { Scope, Signal, untracked } from "./signals.js";

/**
 * @typedef {import("./account.js").Account} Account
 * @typedef {import("./friends.js").Friend} Friend
 */

/** Friends, their keys, and an invitation that brought somebody here. */
export class People {
  friends;
  contacts;
  invitation;
  #account;
  #scope = new Scope();
  /** Accounts whose keys were read since the connection stands. @type {Set<string>} */
  #checked = new Set();

  /** @param {Account} account @param {import("./signals.js").Signal<{ phase: string }>} connection of the page */
  constructor(account, connection) {
    this.#account = account;
    this.friends = new Friends((command, fields) => account.call(command, fields));
    this.contacts = new Contacts(account);
    this.invitation = new Invitation(account);
    for (const event of ["friends.changed", "presence.changed"]) this.#scope.add(account.on(event, (header) => this.friends.event(header)));
    this.#scope.add(account.on("keys.changed", ({ account: whose }) => this.#keysChanged(String(whose))));
    const here = new Signal(false);
    this.#scope.effect(() => {
      const phase = account.phase.value;
      here.value = phase === "ready" && connection.value.phase === "open";
      if (phase === "signed_out" || phase === "guest") untracked(() => this.#clear());
    });
    this.#scope.effect(() => {
      if (here.value) untracked(() => this.#begin());
    });
    this.#scope.effect(() => {
      // The pins must be known before keys are compared with them.
      if (account.phase.value !== "ready" || account.vault.value === null) return;
      const list = this.friends.list.value;
      void arrivals.value;
      if (list !== null) untracked(() => this.#look(list));
    });
  }

  /** Stops following the account. */
  end() {
    this.#scope.end();
  }

  /** A connection stands: what happened without it is not known. */
  #begin() {
    this.#checked.clear();
    void this.friends.read();
  }

  #clear() {
    this.#checked.clear();
    this.friends.clear();
    this.contacts.clear();
    this.invitation.clear();
  }

  /** @param {readonly Friend[]} list */
  #look(list) {
    void this.invitation.look((account) => list.some((friend) => friend.account === account && friend.state === "friend"));
    for (const friend of list) {
      if (friend.state === "blocked" || this.#checked.has(friend.account)) continue;
      this.#checked.add(friend.account);
      void this.contacts.check(friend.account, friend.name).then((refused) => {
        // Asked again when the list comes the next time.
        if (refused !== null) this.#checked.delete(friend.account);
      });
    }
  }

  /** @param {string} account */
  #keysChanged(account) {
    const friend = this.friends.find(account);
    if (friend !== undefined && this.#account.phase.peek() === "ready") void this.contacts.check(account, friend.name);
  }
}
