/** Several places of one account: two tabs of a profile, a device beside it, a profile that was put back, a month away. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PASSWORD, createAccount } from "./harness/accounts.js";
import { openProfile } from "./harness/browser.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { show, talk } from "./harness/talks.js";
import { send } from "./harness/worker_stage.js";

/** @typedef {import("./harness/browser.js").Person} Person */
/** @typedef {import("./harness/member.js").Member} Member */

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first, or a way is cut. */
const EXPECTED = [/status of (403|503)/, /WebSocket connection/, /ERR_/];
const SERVER = "127.0.0.1";
const house = new House();

/** A group of a member and somebody at the page. @param {Member} by @param {Person} person @param {string} name */
async function group(by, person, name) {
  const found = await by.wire?.call("accounts.find", { name: person.name });
  const { room } = await by.ask("conversation_create", { kind: "group", accounts: [found.ok.account], name, history: "from_joining" });
  await show(person, name);
  return room;
}

/** Texts that somebody at the page shows, each with how often. @param {Person} person */
async function countTexts(person) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const text of await person.texts()) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

/** Waits until a browser has something on a shelf of its database, where it is before this page has ended. @param {Person} person @param {"drafts" | "unsent"} store */
function keeps({ page }, store) {
  return page.evaluate(async (name) => {
    /** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
    const result = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    for (let kept = 0; kept === 0; await new Promise(requestAnimationFrame)) {
      const database = await result(indexedDB.open("sealwire"));
      const shelves = await result(database.transaction(name).objectStore(name).getAll());
      database.close();
      kept = shelves.reduce((sum, shelf) => sum + Object.keys(shelf.kept).length, 0);
    }
  }, store);
}

/** Nothing is an alarm, and nothing is closed. @param {Person} person */
async function isWell(person) {
  assert.deepEqual(await person.page.locator(".notice.bad, .cause, .trust.warn, .conversation .account-part .banner:visible").allTextContents(), []);
}

test("two tabs send, read and take over from each other, and nothing is lost or doubled", TIMEOUT, async (t) => {
  const gate = await Gate.start(house.tiers.url, { upgrade: true });
  t.after(() => gate.stop());
  const ada = await house.member("Ada").register(SERVER);
  const bob = await house.browsers.open(gate.url, EXPECTED);
  await createAccount(bob, "Bob");
  const room = await group(ada, bob, "Tabs");
  await bob.say("from the first tab");
  await ada.shows(room, "from the first tab");
  const second = await house.browsers.tab(bob);
  await second.hears("from the first tab");
  await second.say("from the second tab");
  await ada.shows(room, "from the second tab");
  for (const tab of [bob, second]) await tab.hears("from the second tab");
  await second.gone(second.page.locator(".row.message .state", { hasText: /Sending|Waiting/ }));

  for (const tab of [bob, second]) await tab.page.locator("[data-control=room]", { hasText: "Lobby" }).click();
  await send(ada, room, "to both");
  for (const tab of [bob, second]) await tab.waits(talk(tab, "Tabs", "1 unread message"));
  await show(second, "Tabs");
  await second.hears("to both");
  await bob.waits(talk(bob, "Tabs").filter({ hasNotText: "unread" }));

  // What was begun in one is there after a reload.
  await second.page.locator("#composer").fill("begun, and not sent");
  await keeps(second, "drafts");
  await second.page.reload();
  await second.hears("to both");
  assert.equal(await second.page.locator("#composer").inputValue(), "begun, and not sent");

  // What the tab that follows wrote while the way is cut waits in both, and goes out though the one that leads is closed.
  gate.close();
  for (const text of ["cut one", "cut two"]) await second.say(text);
  await show(bob, "Tabs");
  await bob.hears("cut two");
  await send(ada, room, "meanwhile");
  await bob.page.close();
  gate.open();
  await ada.shows(room, "meanwhile", "cut one", "cut two");
  await second.hears("meanwhile");
  await second.gone(second.page.locator(".row.message .state", { hasText: /Sending|Waiting/ }));
  const all = ["from the first tab", "from the second tab", "to both", "cut one", "cut two", "meanwhile"];
  assert.deepEqual(await countTexts(second), Object.fromEntries(all.map((text) => [text, 1])));
  assert.deepEqual(ada.texts(room).filter((text) => text.startsWith("cut")), ["cut one", "cut two"]);
  assert.equal(ada.texts(room).length, all.length);
  assert.deepEqual(ada.alarms(room), []);
  await isWell(second);
});

test("a profile that was put back is behind by epochs, marks, a wrap key and what it has sent, and catches up without an alarm", TIMEOUT, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sealwire-profile-"));
  const [profile, copy] = [join(folder, "now"), join(folder, "before")];
  const ada = await house.member("Ada 2").register(SERVER);
  /** @type {Person[]} */
  const opened = [];
  t.after(async () => {
    for (const person of opened) await person.page.context().close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (/** @type {string} */ at) => {
    const person = await openProfile(at, house.tiers.url, EXPECTED);
    person.name = "Bob 2";
    opened.push(person);
    return person;
  };
  const bob = await open(profile);
  await createAccount(bob, "Bob 2");
  const room = await group(ada, bob, "Restored");
  await bob.say("before");
  await ada.shows(room, "before");
  await bob.page.context().setOffline(true);
  await bob.say("written before the copy");
  await bob.waits(bob.page.locator(".row.message .state", { hasText: /Waiting|Sending/ }));
  await keeps(bob, "unsent");
  await bob.page.context().close();
  cpSync(profile, copy, { recursive: true });

  const later = await open(profile);
  await ada.shows(room, "written before the copy");
  const phone = await house.member("Bob 2").signIn(SERVER, PASSWORD);
  for (let epoch = 0; epoch < 5; epoch += 1) {
    await ada.ask("conversation_rotate", { room });
    await send(ada, room, `in epoch ${epoch}`);
    if (epoch === 2) await phone.replaceWrap();
  }
  await later.hears("in epoch 4");
  await later.say("read all of it");
  await ada.shows(room, "read all of it");
  await later.page.context().close();

  const restored = await open(copy);
  await restored.hears("read all of it");
  await restored.hears("in epoch 0");
  await restored.say("and from the copy");
  await ada.shows(room, "and from the copy");
  await restored.gone(restored.page.locator(".row.message .state", { hasText: /Sending|Waiting/ }));
  const all = ["before", "written before the copy", ...[0, 1, 2, 3, 4].map((epoch) => `in epoch ${epoch}`), "read all of it", "and from the copy"];
  assert.deepEqual(await countTexts(restored), Object.fromEntries(all.map((text) => [text, 1])));
  assert.deepEqual(ada.texts(room), all);
  assert.deepEqual(ada.alarms(room), []);
  await isWell(restored);
  assert.deepEqual(restored.faults, []);
});
