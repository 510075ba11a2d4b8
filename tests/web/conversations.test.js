/** End-to-end conversations on two pages and more: what is said, changed, and read; groups, invitations, keys; by keyboard. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount, signInTo } from "./harness/accounts.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { befriend } from "./harness/people.js";
import { invite, makeGroup, openMenu, rowOf, show, shown, talk, writeTo } from "./harness/talks.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first, or a way is cut. */
const EXPECTED = [/status of 503/, /status of 403/, /WebSocket connection/, /ERR_/];
const house = new House();

/** @param {...string} names */
async function people(...names) {
  const made = [];
  for (const name of names) made.push(await house.account(name, { expected: EXPECTED }));
  return made;
}

test("B4: what one writes the other reads, answers, edits, deletes and marks", TIMEOUT, async () => {
  const [ada, bob] = await people("Ada", "Bob");
  await befriend(ada, bob);
  await writeTo(ada, bob);
  await ada.say("the **first** line");
  await show(bob, ada.name);
  await bob.hears("the first line");
  assert.equal(await bob.page.locator(".row .rich b").textContent(), "first");

  await openMenu(bob, "the first line");
  await bob.page.getByRole("menuitem", { name: "Answer" }).click();
  await bob.say("an answer");
  await ada.hears("an answer");
  await ada.waits(ada.page.locator(".row", { hasText: "an answer" }).locator(".quote", { hasText: "the **first** line" }));

  await openMenu(ada, "an answer");
  await ada.page.getByRole("menuitemcheckbox", { name: /🎉/ }).click();
  await bob.waits(bob.page.locator(".reaction[aria-pressed=false]", { hasText: "🎉" }));
  await bob.page.locator(".reaction", { hasText: "🎉" }).click();
  await ada.waits(ada.page.locator(".reaction", { hasText: "2" }));

  await openMenu(ada, "the first line");
  await ada.page.getByRole("menuitem", { name: "Edit" }).click();
  await ada.say("the second thought");
  await bob.hears("the second thought");
  await bob.waits(bob.page.locator(".edited"));
  await ada.waits(ada.page.locator(".row .state", { hasText: "Read by" }));

  await openMenu(bob, "an answer");
  await bob.page.getByRole("menuitem", { name: "Delete" }).click();
  await bob.page.getByRole("button", { name: "Delete for everybody" }).click();
  await ada.waits(rowOf(ada, "This message was deleted."));
  assert.equal(await rowOf(ada, "an answer").count(), 0);

  // It is started within the worker that holds the keys, and the page's policies let it.
  const verifiers = ada.page.workers().filter((worker) => worker.url().endsWith("/verifier.js"));
  assert.equal(verifiers.length, (await ada.page.evaluate(() => navigator.hardwareConcurrency)) > 1 ? 1 : 0);
});

test("the whole conversation by keyboard", TIMEOUT, async () => {
  const [cleo, dan] = await people("Cleo", "Dan");
  await befriend(cleo, dan);
  const { page } = cleo;
  await page.locator("#timeline").focus();
  await page.keyboard.press("n");
  await page.locator("dialog .picks input").first().waitFor();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await shown(cleo, dan.name);
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await cleo.hears("typed");
  await page.locator(".row.message .state").first().waitFor({ state: "detached" });
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type(", and typed again");
  await page.keyboard.press("Enter");
  await cleo.hears("typed, and typed again");
  await page.locator("#timeline").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("r");
  await page.keyboard.type("answered by a letter");
  await page.keyboard.press("Enter");
  await cleo.waits(page.locator(".quote"));
  await page.locator(".row.message .state").first().waitFor({ state: "detached" });
  await page.locator("#timeline").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Delete");
  await page.locator("dialog").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await cleo.waits(rowOf(cleo, "This message was deleted."));
  await show(dan, cleo.name);
  await dan.hears("typed, and typed again");
  await page.locator("#timeline").focus();
  await page.keyboard.press("Alt+ArrowDown");
  await page.locator(".conversation .bar h2", { hasText: "Lobby" }).waitFor();
});

test("unread is counted while nobody looks, begins with a line, and is in step on every device", TIMEOUT, async () => {
  const [eve, flo] = await people("Eve", "Flo");
  await befriend(eve, flo);
  await writeTo(eve, flo);
  await eve.say("one");
  await flo.waits(talk(flo, eve.name, "1 unread message"));
  const second = await house.device(flo, { expected: EXPECTED });
  await second.waits(talk(second, eve.name, "1 unread message"));
  await eve.say("two");
  await flo.waits(talk(flo, eve.name, "2 unread messages"));
  await show(flo, eve.name);
  await flo.hears("two");
  assert.equal(await flo.page.locator(".unread-line").count(), 1);
  await flo.waits(rowOf(flo, "one").locator(".unread-line"));
  await second.waits(talk(second, eve.name).filter({ hasNotText: "unread" }));

  await openMenu(flo, "two");
  await flo.page.getByRole("menuitem", { name: "Mark unread" }).click();
  await second.waits(talk(second, eve.name, "1 unread message"));
});

test("a group: who is invited while away comes in later, reads from then on, and older messages by leave of its owner", TIMEOUT, async () => {
  const [gil, hana, ian, june] = await people("Gil", "Hana", "Ian", "June");
  await befriend(gil, hana);
  await befriend(gil, ian);
  await makeGroup(gil, [hana, ian], { name: "Garden" });
  await gil.say("before June came");
  for (const person of [hana, ian]) {
    await show(person, "Garden");
    await person.hears("before June came");
  }
  await june.signOut();
  await invite(gil, june, /The invitation waits/);
  await signInTo(june, june.name);
  await june.waits(june.page.locator(".invited", { hasText: "Garden" }));
  await june.page.getByRole("button", { name: "Look at it" }).click();
  await june.waits(june.page.locator("dialog .safety"));
  await june.page.getByRole("button", { name: "Join without comparing" }).click();
  await shown(june, "Garden");
  await hana.waits(rowOf(hana, new RegExp(`${june.name}\\u2069? joined`)));
  await hana.say("welcome");
  await june.hears("welcome");
  assert.equal(await rowOf(june, "before June came").count(), 0);

  await june.page.getByRole("button", { name: "Ask for older messages" }).click();
  await gil.waits(gil.page.locator(".notice", { hasText: june.name }));
  await gil.page.getByRole("button", { name: "Let them read" }).click();
  await june.hears("before June came");
});

test("a group that shares its history gives it to whoever comes, and what is removed reads nothing more", TIMEOUT, async () => {
  const [kim, lea, max, noa] = await people("Kim", "Lea", "Max", "Noa");
  await befriend(kim, lea);
  await befriend(kim, max);
  await makeGroup(kim, [lea, max], { name: "Open book", shared: true });
  await kim.say("page one");
  await invite(kim, noa, /sees the invitation now/);
  await noa.page.getByRole("button", { name: "Look at it" }).click();
  await noa.page.getByRole("button", { name: "Join without comparing" }).click();
  await shown(noa, "Open book");
  await noa.hears("page one");

  await kim.page.locator(".members [data-control=member]", { hasText: max.name }).click();
  await kim.page.getByRole("button", { name: "Remove", exact: true }).click();
  await kim.page.locator("dialog [data-control=go]").click();
  await kim.waits(rowOf(kim, new RegExp(`removed \\u2068?${max.name}`)));
  await max.gone(talk(max, "Open book"));
  await kim.gone(kim.page.locator("dialog"));
  await kim.say("page two");
  await noa.hears("page two");

  await kim.page.locator(".members [data-control=member]", { hasText: lea.name }).click();
  await kim.page.getByRole("button", { name: "admin", exact: true }).click();
  await noa.waits(rowOf(noa, new RegExp(`${lea.name}\\u2069? is an admin now`)));
  await lea.waits(talk(lea, "Open book"));
  await show(lea, "Open book");
  await lea.page.getByRole("button", { name: "Change the name" }).click();
  await lea.page.getByLabel("Name", { exact: true }).fill("Closed book");
  await lea.page.keyboard.press("Enter");
  await shown(noa, "Closed book");

  await noa.page.getByRole("button", { name: "Leave this conversation" }).click();
  await noa.page.getByRole("button", { name: "Leave", exact: true }).click();
  await noa.gone(talk(noa, "Closed book"));
  await kim.waits(rowOf(kim, new RegExp(`${noa.name}\\u2069? left`)));
});

test("a stranger's first message is a request: it can be answered, or left and blocked", TIMEOUT, async () => {
  const [oda, pit, quin] = await people("Oda", "Pit", "Quin");
  for (const stranger of [pit, quin]) {
    await stranger.page.getByRole("button", { name: "New conversation" }).click();
    await stranger.page.getByLabel("Somebody else").fill(oda.name);
    await stranger.page.keyboard.press("Enter");
    await stranger.page.locator("dialog .picks input:checked").waitFor();
    await stranger.page.getByRole("button", { name: "Begin", exact: true }).click();
    await shown(stranger, oda.name);
    await stranger.say(`it is ${stranger.name}`);
  }
  await oda.waits(talk(oda, pit.name, "Somebody new writes to you"));
  await show(oda, pit.name);
  await oda.hears(`it is ${pit.name}`);
  await oda.waits(oda.page.locator(".notice", { hasText: "nobody that you know" }));
  await oda.page.locator(".notice").getByRole("button", { name: "Answer" }).click();
  await oda.page.keyboard.type("hello");
  await oda.page.keyboard.press("Enter");
  await pit.hears("hello");
  await oda.gone(oda.page.locator(".notice"));

  await show(oda, quin.name);
  await oda.page.getByRole("button", { name: "Leave and block" }).click();
  await oda.gone(talk(oda, quin.name));
});

test("a new device reads the whole history, and a reload comes back to the same conversation", TIMEOUT, async () => {
  const [rosa, sven] = await people("Rosa", "Sven");
  await befriend(rosa, sven);
  await writeTo(rosa, sven);
  for (let i = 1; i <= 5; i += 1) await rosa.say(`line ${i}`);
  await show(sven, rosa.name);
  await sven.hears("line 5");
  await sven.say("and back");
  await rosa.hears("and back");
  const second = await house.device(rosa, { expected: EXPECTED });
  await show(second, sven.name);
  await second.hears("line 1");
  await second.hears("and back");
  assert.deepEqual(await second.texts(), await rosa.texts());
  await rosa.page.reload();
  await shown(rosa, sven.name);
  await rosa.hears("line 1");
});

test("what is written while the way is cut goes out in its order, once, and nothing is missed", TIMEOUT, async (t) => {
  const gate = await Gate.start(house.tiers.url, { upgrade: true });
  t.after(() => gate.stop());
  const tom = await house.account("Tom", { expected: EXPECTED });
  const uma = await house.browsers.open(gate.url, EXPECTED);
  await createAccount(uma, "Uma");
  await befriend(tom, uma);
  await writeTo(tom, uma);
  await tom.say("before");
  await show(uma, tom.name);
  await uma.hears("before");
  gate.close();
  for (const text of ["cut one", "cut two", "cut three"]) await uma.say(text);
  await tom.say("meanwhile");
  gate.open();
  await uma.hears("meanwhile");
  await tom.hears("cut three");
  assert.deepEqual((await tom.texts()).filter((text) => text.startsWith("cut")), ["cut one", "cut two", "cut three"]);
  await uma.gone(uma.page.locator(".row.message .state", { hasText: /Sending|Waiting/ }));
  assert.deepEqual([...(await uma.texts())].sort(), [...(await tom.texts())].sort());
});

test("others are not told that one writes or has read, unless one wants it", TIMEOUT, async () => {
  const [vera, will] = await people("Vera", "Will");
  await befriend(vera, will);
  await writeTo(vera, will);
  await vera.say("are you there?");
  await show(will, vera.name);
  await will.hears("are you there?");
  await vera.waits(vera.page.locator(".row .state", { hasText: "Read by" }));
  await will.page.locator("#composer").pressSequentially("I am");
  await vera.waits(vera.page.locator(".typing", { hasText: "is writing" }));
  await will.page.getByLabel("Show others what I have read").uncheck();
  await will.page.locator("#composer").fill("");
  await vera.waits(vera.page.locator(".typing").getByText(/^$/));
  await vera.say("and now?");
  await will.hears("and now?");
  await will.say("yes");
  await vera.hears("yes");
  assert.equal(await vera.page.locator(".row", { hasText: "and now?" }).locator(".state", { hasText: "Read by" }).count(), 0);
});
