/** End-to-end conversations between pages and terminals: whoever begins, whoever is away meanwhile, and on devices that are new. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signInTo } from "./harness/accounts.js";
import { House } from "./harness/house.js";
import { answer, begin, edit, invite, makeGroupOf, react, remove, rowOf, sent, show, shown, talk } from "./harness/talks.js";
import { Terminals, textsOf, until } from "./harness/terminals.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 400_000 };
/** What a browser writes by itself where a proxy has to make keys first, or a page goes away. */
const EXPECTED = [/status of 503/, /WebSocket connection/];
const LONG = Array.from({ length: 1_000 }, (_, line) => `line ${line} ${"<é> ".repeat(25)}`).join("\n");
const TEXTS = [
  "12:30",
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u{1F1E9}\u{1F1EA}",
  "שלום עולם \u202Eabc\u202C مرحبا",
  LONG,
  "  two  spaces\tand a tab ",
  "line one\nline two\n\nline four",
  "小明：你好，世界",
];
const house = new House();
const terminals = new Terminals(house);

/** @param {string} name @returns {Promise<Person>} */
const page = (name) => house.account(name, { expected: EXPECTED });

/** The page of somebody whose account was made elsewhere. @param {{ name: string }} owner */
async function browser({ name }) {
  const person = await house.visitor({ expected: EXPECTED });
  await signInTo(person, name);
  return person;
}

/** @param {Person} person */
const closes = (person) => person.page.goto("about:blank");
/** @param {Person} person */
const opens = (person) => person.page.goto(person.url);

/** Waits until a page shows all texts of a conversation in their order, each once. @param {Person} person @param {string[]} texts */
async function reads(person, texts) {
  await person.hears(texts[texts.length - 1]);
  for (const fold of await person.page.locator("[data-control=fold][aria-expanded=false]").all()) await fold.click();
  await person.page.locator(".text.folded").first().waitFor({ state: "detached" });
  assert.deepEqual(await person.texts(), texts);
}

/** @param {Person} person @param {string} text */
const says = (person, text) => (text === LONG ? person.paste(text) : person.say(text));

test("a page begins with somebody whose terminal is off: each text arrives, and what is done to it", TIMEOUT, async () => {
  const bob = await terminals.registered("Bob");
  const ada = await page("Ada");
  await begin(ada, bob.name);
  for (const text of TEXTS) await says(ada, text);
  await ada.say("the last one");
  await sent(ada, "the last one");
  const first = await bob.hears();
  assert.deepEqual(textsOf(first), [...TEXTS, "the last one"]);

  // The answer is live there, and everything that a page does to messages is heard.
  await bob.sends(ada.name, "an answer from the terminal");
  await ada.hears("an answer from the terminal");
  await answer(ada, "an answer from the terminal", "answered");
  await react(ada, "an answer from the terminal", "🎉");
  await edit(ada, "12:30", "half past twelve");
  await ada.hears("half past twelve");
  await remove(ada, "the last one");
  await ada.waits(rowOf(ada, "This message was deleted."));
  await ada.say("that was all");
  await sent(ada, "that was all");
  const heard = (await bob.hears()).filter(({ type }) => type === "message");
  const [own, reply, reaction, edited, tombstone, last] = heard;
  assert.deepEqual([own.kind, own.own, own.text], ["text", true, "an answer from the terminal"]);
  assert.deepEqual([reply.kind, reply.text, reply.names], ["reply", "answered", own.message]);
  assert.deepEqual([reaction.kind, reaction.emoji, reaction.on, reaction.of], ["reaction", "🎉", true, own.sequence]);
  const id = (/** @type {string} */ text) => first.find((each) => each.text === text).message;
  assert.deepEqual([edited.kind, edited.text, edited.names], ["edit", "half past twelve", id("12:30")]);
  assert.deepEqual([tombstone.kind, tombstone.names], ["tombstone", id("the last one")]);
  assert.deepEqual([last.kind, last.text, heard.length], ["text", "that was all", 6]);
  // Read from the beginning, the deleted one is not there any more.
  const again = await bob.hears("--from", "1");
  assert.deepEqual(textsOf(again), [...TEXTS, "an answer from the terminal", "that was all"]);
  assert.equal(again.filter(({ type }) => type === "erased").length, 1);
  const of = (/** @type {string} */ kind) => again.find((each) => each.kind === kind).of;
  const place = (/** @type {string} */ text) => first.find((each) => each.text === text).sequence;
  assert.deepEqual([of("edit"), of("tombstone")], [place("12:30"), place("the last one")]);
});

test("a terminal begins with somebody whose page is closed, and each text is on it when it is open again", TIMEOUT, async () => {
  const cleo = await page("Cleo");
  await closes(cleo);
  const dan = await terminals.registered("Dan");
  for (const text of TEXTS) await dan.sends(cleo.name, text);
  await opens(cleo);
  await cleo.waits(talk(cleo, dan.name, "Somebody new writes to you"));
  await show(cleo, dan.name);
  await reads(cleo, TEXTS);

  // With both there, texts go to and fro as they are said.
  await cleo.page.locator(".notice").getByRole("button", { name: "Answer" }).click();
  const hearing = await dan.listens();
  await cleo.say("now I am here");
  await hearing.said(({ text }) => text === "now I am here");
  const other = await terminals.device(dan);
  await other.sends(cleo.name, "so am I");
  await cleo.hears("so am I");
  await closes(cleo);
  await other.sends(cleo.name, "and now you are not");
  await hearing.said(({ text }) => text === "and now you are not");
  await opens(cleo);
  await show(cleo, dan.name);
  await reads(cleo, [...TEXTS, "now I am here", "so am I", "and now you are not"]);
  hearing.process.kill("SIGTERM");
  assert.equal(await hearing.exit, 143);
  assert.deepEqual(hearing.lines.filter((line) => line.includes('"alarm"')), []);
});

test("groups that a page and a terminal found have one name, one order and one membership on either side", TIMEOUT, async () => {
  const [eve, flo] = [await page("Eve"), await page("Flo")];
  const gus = await terminals.registered("Gus");
  await makeGroupOf(eve, [flo.name, gus.name], "Garden 花园");
  await eve.say("planted on a page");
  await sent(eve, "planted on a page");
  const { room } = (await gus.run(["group"])).conversations[0];
  // A stranger's group is not meant by its name before one has said something there.
  await gus.sends(room, "watered at a terminal");
  await show(flo, "Garden 花园");
  await reads(flo, ["planted on a page", "watered at a terminal"]);
  assert.deepEqual(textsOf(await gus.hears()), ["planted on a page", "watered at a terminal"]);

  const made = await gus.run(["group", "new", "Ops עברית", flo.name, eve.name]);
  await gus.sends(made.room, "begun at a terminal");
  await show(eve, "Ops עברית");
  await reads(eve, ["begun at a terminal"]);
  await eve.say("read on a page");
  await sent(eve, "read on a page");
  await gus.run(["group", "rename", made.room, "Ops no more"]);
  await shown(eve, "Ops no more");
  await gus.run(["group", "remove", made.room, flo.name]);
  await eve.waits(rowOf(eve, new RegExp(`removed \\u2068?${flo.name}`)));
  await flo.gone(talk(flo, "Ops no more"));
  await eve.say("without Flo");
  await sent(eve, "without Flo");
  assert.deepEqual(textsOf(await gus.hears("--room", made.room, "--from", "1")), ["begun at a terminal", "read on a page", "without Flo"]);

  // Whoever leaves on a page is gone at the terminal, and what is said there afterwards is not for them.
  await show(flo, "Garden 花园");
  await flo.page.locator(".row-button[data-control='talks.leave']").click();
  await flo.page.getByRole("button", { name: "Leave", exact: true }).click();
  await flo.gone(talk(flo, "Garden 花园"));
  await gus.sends(room, "two are left");
  const { members } = await gus.run(["group", "members", room]);
  const left = members.map((/** @type {{ name: string }} */ { name }) => name);
  assert.deepEqual(left.sort(), [eve.name, gus.name].sort());
  await show(eve, "Garden 花园");
  await reads(eve, ["planted on a page", "watered at a terminal", "two are left"]);
});

test("a new browser and a new terminal read the whole history by name and password", TIMEOUT, async () => {
  const hal = await page("Hal");
  const ivo = await terminals.registered("Ivo");
  await begin(hal, ivo.name);
  await hal.say("under the first key");
  await sent(hal, "under the first key");
  await ivo.run(["group", "rekey", hal.name]);
  await ivo.sends(hal.name, "under the second key");
  await hal.hears("under the second key");
  await ivo.run(["rotate", "--wrap"]);
  await hal.say("under the second key, too");
  await sent(hal, "under the second key, too");
  await ivo.run(["rotate"]);
  await ivo.sends(hal.name, "under the third, with new keys");
  const all = ["under the first key", "under the second key", "under the second key, too", "under the third, with new keys"];
  await reads(hal, all);

  const [hals, ivos] = [await terminals.device(hal), await terminals.device(ivo)];
  assert.deepEqual(textsOf(await hals.hears("--from", "1")), all);
  assert.deepEqual(textsOf(await ivos.hears("--from", "1")), all);
  for (const [owner, other] of /** @type {const} */ ([[hal, ivo], [ivo, hal]])) {
    const person = await browser(owner);
    await show(person, other.name);
    await reads(person, all);
  }
});

test("what is read in a browser or at a terminal of an account is read on both", TIMEOUT, async () => {
  const [jan, kit] = [await page("Jan"), await page("Kit")];
  const desk = await terminals.device(jan);
  await begin(kit, jan.name);
  await kit.say("one");
  await jan.waits(talk(jan, kit.name, "unread message"));
  assert.deepEqual(textsOf(await desk.hears()), ["one"]);
  await jan.waits(talk(jan, kit.name).filter({ hasNotText: "unread" }));

  const second = await browser(jan);
  await kit.say("two");
  await second.waits(talk(second, kit.name, "unread message"));
  await show(jan, kit.name);
  await reads(jan, ["one", "two"]);
  // The mark has reached the vault when the other browser has it.
  await second.waits(talk(second, kit.name).filter({ hasNotText: "unread" }));
  assert.deepEqual(textsOf(await desk.hears()), []);
});

test("newcomers come in with nobody else there and read from then on, and what was before only after a grant", TIMEOUT, async () => {
  const lea = await terminals.registered("Lea");
  const max = await terminals.registered("Max");
  const noa = await page("Noa");
  const { room } = await lea.run(["group", "new", "Orchard", max.name]);
  await lea.sends(room, "before anybody came");
  await lea.run(["group", "invite", room, noa.name]);
  // Nobody's terminal runs, and no other page is open.
  await noa.waits(noa.page.locator(".invited", { hasText: "Orchard" }));
  await noa.page.getByRole("button", { name: "Look at it" }).click();
  await noa.page.getByRole("button", { name: "Join without comparing" }).click();
  // The name is sealed for her by the first of the others who changes something.
  await shown(noa, lea.name);
  await noa.say("alone in here");
  await sent(noa, "alone in here");
  assert.deepEqual(await noa.texts(), ["alone in here"]);
  assert.equal(await rowOf(noa, "before anybody came").count(), 0);

  // An owner at a terminal decides.
  await noa.page.getByRole("button", { name: "Ask for older messages" }).click();
  const asked = await until(() => lea.hears(), ({ type }) => type === "keys_asked");
  assert.deepEqual(asked.granted, []);
  assert.equal(await rowOf(noa, "before anybody came").count(), 0);
  await lea.run(["group", "keys", room, "grant", asked.request]);
  await noa.hears("before anybody came");
  await reads(noa, ["before anybody came", "alone in here"]);
  await lea.run(["group", "rekey", room]);
  await shown(noa, "Orchard");

  // The other way round: the page invites and closes; the terminal takes itself in.
  const pia = await terminals.registered("Pia");
  await invite(noa, pia, /The invitation waits/);
  await closes(noa);
  const [{ invitation }] = (await pia.run(["group", "join"])).invitations;
  await pia.run(["group", "join", invitation]);
  await pia.sends(room, "alone as well");
  const own = await pia.hears("--from", "1");
  assert.deepEqual(own.filter(({ kind }) => kind === "text").map(({ text }) => text), ["alone as well"]);
  const closed = own.filter(({ type }) => type === "unreadable");
  assert.deepEqual([...new Set(closed.map(({ cause }) => cause))], ["before_you_joined"]);
  assert.deepEqual(own.filter(({ type }) => type === "alarm"), []);
  await opens(noa);
  await show(noa, "Orchard");
  await reads(noa, ["before anybody came", "alone in here", "alone as well"]);
  assert.deepEqual(textsOf(await max.hears("--from", "1")), ["before anybody came", "alone in here", "alone as well"]);
});
