/** Public and private rooms with several channels, of pages and terminals together: whoever made them, and whoever decides in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { channelRow, giveRole, goTo, inChannel, joinRoom, lookAt, makeChannel, makeRoom, openMember } from "./harness/halls_page.js";
import { House } from "./harness/house.js";
import { invite, rowOf, sent } from "./harness/talks.js";
import { Terminals, refusedAt, textsOf, until } from "./harness/terminals.js";

/** @typedef {import("./harness/browser.js").Person} Person @typedef {import("./harness/terminal.js").Terminal} Terminal */

const TIMEOUT = { timeout: 400_000 };
/** What a browser writes by itself where a proxy has to make keys first, or something is refused. */
const EXPECTED = [/status of 503/, /status of 4\d\d/, /WebSocket connection/, /ERR_/];
/** What `sealwire keys show` calls in a word. @type {Readonly<Record<string, RegExp>>} */
const REASONS = { first: /began/, membership: /Somebody came or went/, demand: /made a new one/, roles_or_policy: /changed roles or rules/ };
/** What a page says of a role; of a plain member it says nothing. @type {Readonly<Record<string, string>>} */
const ROLES = { "": "member", owner: "owner", admin: "admin", "read only": "muted" };
/** That an invitation is there, whether the terminal before has just gone or not. */
const INVITED = /sees the invitation now|The invitation waits/;
const house = new House();
const terminals = new Terminals(house);

/** @param {string} name @returns {Promise<Person>} */
const page = (name) => house.account(name, { expected: EXPECTED });
/** A sentence about somebody, whose names are isolated in it. @param {...string} parts */
const sentence = (...parts) => new RegExp(parts.join("\u2069?"), "u");
/** Says something in a channel at a terminal. @param {Terminal} terminal @param {string} room @param {string} channel @param {string} text */
const says = (terminal, room, channel, text) => terminal.run(["send", room, "--channel", channel, text]);
/** The role of somebody, as a terminal has it of the signed chain. @param {Terminal} terminal @param {string} room @param {{ name: string }} who */
async function roleAt(terminal, room, who) {
  const { members } = await terminal.run(["members", "list", room]);
  return members.find((/** @type {{ name: string }} */ { name }) => name === who.name)?.role;
}
/** Waits until a page shows a role of somebody. @param {Person} person @param {{ name: string }} who @param {string} word */
const showsRole = (person, who, word) => person.waits(person.page.locator(".members li", { hasText: who.name }).locator(".hint", { hasText: word }));

/** A page, on which the room is, and a terminal list the same of it. @param {Person} person @param {Terminal} terminal @param {string} room as the terminal calls it */
async function agree(person, terminal, room) {
  const { page } = person;
  const { name, topic, channels } = await terminal.run(["channels", "list", room]);
  const { members, n, room_number: number } = await terminal.run(["members", "list", room]);
  const { versions } = await terminal.run(["keys", "show", room]);
  const { resources } = await terminal.run(["resources", "list", room]);
  const { rooms } = await terminal.run(["rooms", "list"]);
  await person.waits(page.locator(".about dd").first().filter({ hasText: new RegExp(`Number \\D?${n}(?!\\d)`) }));
  await person.waits(page.locator(".room-row .name", { hasText: name }));
  assert.ok(rooms.some((/** @type {any} */ each) => each.name === name && each.topic === topic && each.channels === channels.length && each.members.length === members.length));
  assert.equal(await page.locator(".about .topic").textContent(), topic);
  assert.equal((await page.locator(".room-number").textContent())?.replace(/\D/g, ""), number.replaceAll(" ", ""));
  assert.deepEqual(await page.locator(".channels .name").allTextContents(), channels.map((/** @type {any} */ each) => each.name));
  const people = await page.locator(".members li").evaluateAll((rows) => rows.map((row) => [row.querySelector(".name")?.textContent ?? "", row.querySelector(".hint")?.textContent ?? ""]));
  const roles = people.map(([who, role]) => `${who}: ${ROLES[role]}`);
  assert.deepEqual(roles.sort(), members.map((/** @type {any} */ each) => `${each.name}: ${each.role}`).sort());
  assert.deepEqual(await page.locator(".resources bdi").allTextContents(), resources.map((/** @type {any} */ each) => each.title));
  const fold = page.locator(".epochs-fold");
  if ((await fold.getAttribute("open")) === null) await fold.locator("summary").click();
  await person.waits(fold.locator("li", { hasText: new RegExp(`Version \\D?${n}(?!\\d)`) }));
  const shown = await fold.locator("li").allTextContents();
  assert.equal(shown.length, versions.length);
  for (const [at, { n: version, reason, held }] of versions.entries()) {
    const text = shown[shown.length - 1 - at].replace(/[\u2068\u2069]/g, "");
    assert.match(text, new RegExp(`^Version ${version}\\D`));
    assert.match(text, REASONS[reason]);
    assert.equal(held, true);
  }
}

test("a public room that a terminal made: a page finds it, comes in, and both talk in its channels", TIMEOUT, async () => {
  const tom = await terminals.registered("Tom");
  const { room } = await tom.run(["rooms", "create", "Harbour", "--public", "--topic", "boats and tides"]);
  const tides = await tom.run(["channels", "create", "#Harbour", "tides", "--topic", "when to go out"]);
  await tom.sends("#Harbour", "welcome aboard");
  await says(tom, "#Harbour", "tides", "low at six");
  // Whoever is there gives a newcomer the keys of what was said before.
  const hearing = await tom.listens();
  const toms = await terminals.device(tom);
  const ada = await page("Ada");
  await lookAt(ada, "Harbour");
  assert.match((await ada.page.locator("dialog .looked").textContent()) ?? "", /Anybody.*Everything.*general.*tides.*when to go out/s);
  await ada.page.locator("dialog [data-control=join]").click();
  await inChannel(ada, "Harbour", "general");
  await ada.hears("welcome aboard");
  await ada.say("ahoy");
  await hearing.said(({ text }) => text === "ahoy");
  await goTo(ada, "Harbour", "tides");
  await ada.hears("low at six");
  await ada.say("then at five");
  const heard = await hearing.said(({ text }) => text === "then at five");
  assert.deepEqual([heard.room, heard.channel, heard.name], [room, tides.channel, ada.name]);
  await says(toms, "#Harbour", "tides", "agreed");
  await ada.hears("agreed");
  await toms.sends("#Harbour", "and here?");
  await ada.waits(channelRow(ada, "Harbour", "general", "1 unread message"));
  await goTo(ada, "Harbour", "general");
  await ada.hears("and here?");
  await agree(ada, toms, "#Harbour");
  const listed = await toms.run(["rooms", "directory", "harb"]);
  assert.deepEqual(listed.rooms.map((/** @type {any} */ each) => [each.room, each.name, each.topic, each.members]), [[room, "Harbour", "boats and tides", 2]]);

  // Another terminal comes in on the page's word: it gives the keys, too.
  hearing.process.kill("SIGTERM");
  await hearing.exit;
  const una = await terminals.registered("Una");
  await una.run(["rooms", "join", "#Harbour"]);
  await ada.waits(rowOf(ada, sentence(una.name, " joined")));
  await until(async () => [await una.run(["keys", "requests", room])], ({ came }) => came.length > 0);
  assert.deepEqual(textsOf(await una.hears("--from", "1", "--room", room, "--channel", "tides")), ["low at six", "then at five", "agreed"]);
  assert.deepEqual(textsOf(await una.hears("--from", "1", "--room", room, "--channel", "general")), ["welcome aboard", "ahoy", "and here?"]);
  await ada.page.locator("[data-control='room.leave']").click();
  await ada.page.locator("dialog [data-control=go]").click();
  await ada.gone(channelRow(ada, "Harbour", "general"));
  await una.sends("#Harbour", "without Ada");
  assert.equal(await roleAt(toms, "#Harbour", ada), undefined);
});

test("a private room that a page made: a terminal is invited, talks in its channels, and leads it", TIMEOUT, async () => {
  const bea = await page("Bea");
  await makeRoom(bea, { kind: "Private", name: "Cellar", topic: "what is kept below" });
  await makeChannel(bea, "Cellar", "plans");
  await bea.say("before anybody came");
  await sent(bea, "before anybody came");
  const [vic, wim] = [await terminals.registered("Vic"), await terminals.registered("Wim")];
  await invite(bea, vic, INVITED);
  const [{ invitation, room, title }] = (await vic.run(["rooms", "invitations"])).invitations;
  assert.equal(title, "Cellar");
  // Nobody else finds it.
  assert.deepEqual((await wim.run(["rooms", "directory", "Cell"])).rooms, []);
  for (const action of ["look", "join"]) assert.equal(await refusedAt(wim, "rooms", action, room), "no_such_room");
  await vic.run(["rooms", "join", invitation]);
  // Who is there seals the names for the newcomer.
  await until(async () => (await vic.run(["rooms", "list"])).rooms, ({ name }) => name === "Cellar");
  await says(vic, "Cellar", "plans", "a plan");
  await bea.hears("a plan");
  await bea.say("a better one");
  await sent(bea, "a better one");
  await vic.sends("Cellar", "from the terminal");
  await bea.waits(channelRow(bea, "Cellar", "general", "1 unread message"));
  await goTo(bea, "Cellar", "general");
  await bea.hears("from the terminal");
  const first = await vic.hears("--from", "1");
  assert.deepEqual(first.filter(({ kind }) => kind === "text").map(({ text }) => text).sort(), ["a better one", "a plan", "from the terminal"]);
  assert.deepEqual(first.filter(({ type }) => type === "unreadable").map(({ cause }) => cause), ["before_you_joined"]);

  // What was said before takes a decision, here by the page.
  await vic.run(["keys", "ask", "Cellar"]);
  await bea.page.locator("[data-control='notice.grant']").click();
  await until(async () => [await vic.run(["keys", "requests", "Cellar"])], ({ came }) => came.length > 0);
  assert.ok(textsOf(await vic.hears("--from", "1", "--room", "Cellar", "--channel", "plans")).includes("before anybody came"));

  await giveRole(bea, vic, "admin");
  assert.equal(await roleAt(vic, "Cellar", vic), "admin");
  await vic.run(["channels", "create", "Cellar", "music", "--topic", "loud"]);
  await goTo(bea, "Cellar", "music");
  await vic.run(["rooms", "topic", "Cellar", "what is played below"]);
  await bea.waits(bea.page.locator(".about .topic", { hasText: "what is played below" }));
  await bea.page.locator(".about summary").click();
  await bea.page.locator("[data-control=rotate]").click();
  await until(async () => [await vic.run(["members", "list", "Cellar"])], ({ n }) => Number(n) > 3);
  await agree(bea, vic, "Cellar");
  await vic.run(["channels", "archive", "Cellar", "music"]);
  await bea.waits(bea.page.locator(".composer .waiting", { hasText: "This is archived" }));
  assert.equal(await refusedAt(vic, "send", "Cellar", "--channel", "music", "too late"), "archived");
  assert.equal((await vic.run(["channels", "list", "Cellar"])).channels.find((/** @type {any} */ { name }) => name === "music").archived, true);
});

test("a private room that a terminal made: a page is invited and talks in its channels", TIMEOUT, async () => {
  const xan = await terminals.registered("Xan");
  const { room } = await xan.run(["rooms", "create", "Attic", "--topic", "boxes and dust"]);
  await xan.run(["channels", "create", "Attic", "boxes"]);
  await xan.sends("Attic", "before the page");
  const cal = await page("Cal");
  assert.equal((await xan.run(["rooms", "invite", "Attic", cal.name])).online, true);
  await cal.page.locator("[data-control=invitation]").click();
  await cal.page.locator("[data-control='invited.accept_anyway']").click();
  await cal.gone(cal.page.locator("dialog"));
  await cal.waits(rowOf(cal, sentence(cal.name, " joined")));
  await xan.sends("Attic", "welcome");
  await inChannel(cal, "Attic", "general");
  await cal.hears("welcome");
  assert.equal(await rowOf(cal, "before the page").count(), 0);
  await goTo(cal, "Attic", "boxes");
  await cal.say("which box?");
  await sent(cal, "which box?");
  const told = await xan.hears("--room", room, "--channel", "boxes");
  assert.deepEqual(textsOf(told), ["which box?"]);
  await says(xan, "Attic", "boxes", "the red one");
  await cal.hears("the red one");

  // Here a terminal decides about the past.
  await goTo(cal, "Attic", "general");
  await cal.page.locator("[data-control=ask-keys]").first().click();
  const request = () => until(async () => (await xan.run(["keys", "requests", "Attic"])).requests, ({ name }) => name === cal.name);
  const asked = await request();
  await xan.run(["keys", "refuse", "Attic", asked.request, "--reason", "from-joining"]);
  await cal.waits(cal.page.locator(".cause", { hasText: "one reads here from joining on" }).first());
  await cal.page.locator("[data-control=ask-keys]").first().click();
  await xan.run(["keys", "grant", "Attic", (await request()).request]);
  await cal.hears("before the page");
  await agree(cal, xan, "Attic");
});

test("roles, muting, slow mode and bans count on a page and at a terminal, whichever decided", TIMEOUT, async () => {
  const [kim, fay] = [await terminals.registered("Kim"), await terminals.registered("Fay")];
  const { room } = await kim.run(["rooms", "create", "Market", "--public"]);
  await kim.run(["channels", "create", "#Market", "fruit"]);
  const [dee, eli] = [await page("Dee"), await page("Eli")];
  await joinRoom(dee, "Market");
  await joinRoom(eli, "Market");
  await fay.run(["rooms", "join", "#Market"]);

  // Roles: the page leads when a terminal says so, and no member does.
  await kim.run(["members", "role", "#Market", dee.name, "admin"]);
  await dee.waits(dee.page.locator("[data-control='setup.title']"));
  assert.equal(await eli.page.locator("[data-control='channel.new']:visible, [data-control='setup.title']").count(), 0);
  assert.equal(await refusedAt(fay, "channels", "create", "#Market", "mine"), "not_allowed");
  assert.equal(await refusedAt(fay, "members", "mute", "#Market", eli.name), "commit_invalid");

  // Muted by either: reads, and says nothing.
  await giveRole(dee, fay, "muted");
  assert.equal(await roleAt(kim, "#Market", fay), "muted");
  for (const channel of ["general", "fruit"]) assert.equal(await refusedAt(fay, "send", "#Market", "--channel", channel, "hm"), "muted");
  await kim.run(["members", "mute", "#Market", eli.name]);
  await eli.waits(eli.page.locator(".composer .waiting", { hasText: "You can read here, and not write." }));
  await showsRole(dee, eli, "read only");
  await dee.say("can you hear?");
  await eli.hears("can you hear?");
  assert.ok(textsOf(await fay.hears("--room", room)).includes("can you hear?"));
  await giveRole(dee, fay, "member");
  await fay.sends("#Market", "I can.");
  await kim.run(["members", "unmute", "#Market", eli.name]);
  await eli.gone(eli.page.locator(".composer .waiting", { hasText: "You can read here" }));
  await eli.say("So can I.");
  await dee.hears("So can I.");
  await dee.hears("I can.");

  // Slow mode: set on the page it holds a terminal back, and the other way round.
  await goTo(dee, "Market", "fruit");
  await dee.page.locator(".channels li", { hasText: "fruit" }).locator("[data-control^='change-']").click();
  await dee.page.locator("#channel-slow").selectOption("3600");
  await dee.page.locator("dialog button[type=submit]").click();
  await dee.gone(dee.page.locator("dialog"));
  const slow = (await fay.run(["channels", "list", "#Market"])).channels;
  assert.deepEqual(slow.map((/** @type {any} */ each) => [each.name, each.slow_ms]), [["general", 0], ["fruit", 3_600_000]]);
  const again = ["send", "#Market", "--channel", "fruit", "--give-up-after", "0", "apples"];
  await fay.run(again);
  assert.equal(await refusedAt(fay, ...again), "rate_limited");
  for (const text of ["pears", "plums"]) await says(kim, "#Market", "fruit", text);
  await dee.hears("plums");
  await kim.run(["channels", "slow", "#Market", "general", "5"]);
  await eli.waits(eli.page.locator(".composer .slow", { hasText: "a message each 5 seconds" }));
  await eli.say("one by one");
  await eli.say("two by two");
  await eli.waits(eli.page.locator(".row.message", { hasText: "two by two" }).locator(".state", { hasText: "Waiting" }));
  await goTo(dee, "Market", "general");
  await dee.hears("two by two");
  await kim.run(["channels", "slow", "#Market", "general", "0"]);
  await eli.gone(eli.page.locator(".composer .slow:visible"));

  // Banned by either: out, and not in again before somebody lets them.
  await kim.run(["members", "ban", "#Market", eli.name]);
  await eli.gone(channelRow(eli, "Market", "general"));
  await eli.page.getByRole("button", { name: "Browse rooms" }).click();
  await eli.page.locator("dialog summary", { hasText: "Market" }).click();
  await eli.waits(eli.page.locator("dialog .looked .fault", { hasText: "you were removed from it for good" }));
  await eli.page.keyboard.press("Escape");
  await openMember(dee, fay);
  await dee.page.locator("dialog [data-control=ban]").click();
  await dee.page.locator("dialog [data-control=go]").click();
  await dee.waits(rowOf(dee, sentence(dee.name, " removed .?" + fay.name)));
  assert.equal(await refusedAt(fay, "rooms", "join", room), "no_such_room");
  assert.deepEqual((await fay.run(["rooms", "list"])).rooms, []);
  assert.deepEqual(textsOf(await fay.hears("--from", "1")), []);
  assert.equal((await kim.run(["members", "list", "#Market"])).banned.length, 2);
  await dee.page.locator("[data-control='setup.title']").click();
  await dee.page.locator("dialog [data-control=unban]", { hasText: fay.name }).click();
  await dee.gone(dee.page.locator("dialog [data-control=unban]", { hasText: fay.name }));
  await dee.page.keyboard.press("Escape");
  await fay.run(["rooms", "join", room]);
  await kim.run(["members", "unban", "#Market", eli.name]);
  await joinRoom(eli, "Market");
  await kim.sends("#Market", "all are back");
  await eli.hears("all are back");

  // The page owns it, when the terminal hands it over; the terminal is told what it may no more.
  await kim.run(["members", "transfer", "#Market", dee.name, "--yes"]);
  await dee.waits(rowOf(dee, sentence(dee.name, " is an owner now")));
  // The list, of which the dialog is made, comes a little later.
  await showsRole(dee, dee, "owner");
  await dee.page.locator("[data-control='setup.title']").click();
  await dee.page.locator("dialog").getByRole("radio", { name: "Who is invited" }).check();
  await dee.page.locator("dialog [data-control=save-rules]").click();
  await dee.waits(dee.page.locator("dialog .note", { hasText: "Saved." }));
  await dee.page.keyboard.press("Escape");
  assert.equal((await kim.run(["rooms", "policy", "#Market"])).policy.join, "invitation");
  assert.equal(await refusedAt(kim, "rooms", "policy", "#Market", "--join", "open"), "commit_invalid");
  await agree(dee, kim, "#Market");
});

test("a link that a page or a terminal keeps in a room is there for the other, and opens", TIMEOUT, async () => {
  const gus = await page("Gus");
  await makeRoom(gus, { name: "Library" });
  await makeChannel(gus, "Library", "shelves");
  const lou = await terminals.registered("Lou");
  await lou.run(["rooms", "join", "#Library"]);
  await until(async () => [await lou.run(["keys", "requests", "#Library"])], ({ came }) => came.length > 0);
  await gus.page.getByRole("button", { name: "Add a link" }).click();
  await gus.page.getByLabel("Title").fill("The catalogue");
  await gus.page.getByLabel("Address").fill("https://catalogue.example/all?a=1");
  await gus.page.getByRole("button", { name: "Save", exact: true }).click();
  await gus.waits(gus.page.locator(".resources bdi", { hasText: "The catalogue" }));
  const [kept] = (await lou.run(["resources", "list", "#Library"])).resources;
  assert.deepEqual([kept.title, kept.url, kept.claimed_name], ["The catalogue", "https://catalogue.example/all?a=1", gus.name]);
  await lou.run(["resources", "add", "#Library", "Opening hours", "http://hours.example/"]);
  await lou.run(["resources", "edit", "#Library", "The catalogue", "--title", "The new catalogue"]);
  await lou.run(["resources", "move", "#Library", "Opening hours", "0"]);
  const titles = ["Opening hours", "The new catalogue"];
  await gus.page.waitForFunction((wanted) => [...document.querySelectorAll(".resources bdi")].map((each) => each.textContent).join("|") === wanted, titles.join("|"));
  assert.equal(await refusedAt(lou, "resources", "add", "#Library", "bad", "javascript:alert(1)"), "link_invalid");

  // Opened in a tab of its own that cannot reach back.
  const opened = gus.page.context().waitForEvent("page");
  await gus.page.context().route("http://hours.example/", (route) => route.fulfill({ body: "<script>document.title = String(opener) + document.referrer</script>", contentType: "text/html" }));
  await gus.page.locator(".resources a", { hasText: "Opening hours" }).click();
  const tab = await opened;
  await tab.waitForLoadState();
  assert.equal(await tab.title(), "null");
  await tab.close();
  await gus.page.getByRole("button", { name: /^Change .*Opening hours/ }).click();
  await gus.page.getByRole("button", { name: "Remove", exact: true }).click();
  await gus.page.waitForFunction(() => document.querySelectorAll(".resources bdi").length === 1);
  await agree(gus, lou, "#Library");
});
