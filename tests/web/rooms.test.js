/** Public and private rooms with several channels, on two pages and three. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";
import { channelRow, giveRole, goTo, inChannel, joinRoom, lookAt, makeChannel, makeRoom, openMember } from "./harness/halls_page.js";
import { invite, rowOf } from "./harness/talks.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first, or something is refused. */
const EXPECTED = [/status of 503/, /status of 4\d\d/, /WebSocket connection/, /ERR_/];
const house = new House();

/** A sentence about somebody, whose names are isolated in it. @param {...string} parts */
const sentence = (...parts) => new RegExp(parts.join("\u2069?"), "u");

/** @param {...string} names */
async function people(...names) {
  const made = [];
  for (const name of names) made.push(await house.account(name, { expected: EXPECTED }));
  return made;
}

test("B2: a public room with two channels, found, looked at, joined and left by others", TIMEOUT, async () => {
  const [ada, bob, eve] = await people("Ada", "Bob", "Eve");
  await makeRoom(ada, { name: "Observatory", topic: "the dome and what is under it" });
  await ada.say("welcome");
  await makeChannel(ada, "Observatory", "nights");
  await ada.say("clear sky");
  await lookAt(bob, "Observatory");
  assert.match((await bob.page.locator("dialog .looked").textContent()) ?? "", /Anybody.*Everything.*general.*nights/s);
  await bob.page.locator("dialog [data-control=join]").click();
  await inChannel(bob, "Observatory", "general");
  await bob.hears("welcome");
  await goTo(bob, "Observatory", "nights");
  await bob.hears("clear sky");
  await bob.say("a telescope, please");
  await ada.hears("a telescope, please");
  await joinRoom(eve, "Observatory");
  await eve.say("hello from eve");
  await ada.waits(channelRow(ada, "Observatory", "general", "1 unread message"));
  await eve.page.locator("[data-control='room.leave']").click();
  await eve.page.locator("dialog [data-control=go]").click();
  await eve.gone(channelRow(eve, "Observatory", "general"));
  await goTo(ada, "Observatory", "general");
  await ada.waits(rowOf(ada, sentence(eve.name, " left")));
});

test("B2: a private room is in nobody's list, and an invitation leads into all its channels", TIMEOUT, async () => {
  const [ada, bob, eve] = await people("Ann", "Ben", "Eli");
  await makeRoom(ada, { kind: "Private", name: "Quiet corner" });
  await makeChannel(ada, "Quiet corner", "plans");
  await ada.say("between us");
  await invite(ada, bob, /online/);
  await bob.page.locator("[data-control=invitation]").click();
  await bob.page.locator("[data-control='invited.accept_anyway']").click();
  await inChannel(bob, "Quiet corner", "general");
  await goTo(bob, "Quiet corner", "plans");
  await bob.say("here I am");
  await ada.hears("here I am");
  await eve.page.getByRole("button", { name: "Browse rooms" }).click();
  await eve.page.getByLabel("Part of the name").fill("Quiet");
  await eve.page.getByRole("button", { name: "Search" }).click();
  await eve.waits(eve.page.locator("dialog [role=status]", { hasText: "No public room has this" }));
  await eve.page.keyboard.press("Escape");
});

test("B1: owner, admin and member see what they may do, and ownership is handed over", TIMEOUT, async () => {
  const [ada, bob] = await people("Amy", "Bo");
  await makeRoom(ada, { name: "Role room" });
  await joinRoom(bob, "Role room");
  assert.equal(await bob.page.locator("[data-control='setup.title'], [data-control='channel.new']").count() - (await bob.page.locator("[data-control='channel.new'][hidden]").count()), 0);
  await giveRole(ada, bob, "admin");
  await bob.waits(bob.page.locator("[data-control='setup.title']"));
  await bob.page.locator("[data-control='setup.title']").click();
  assert.equal(await bob.page.locator("dialog [data-control=save-rules]").count(), 0);
  await bob.page.locator("#setup-topic").fill("by an admin");
  await bob.page.locator("dialog [data-control=save-face]").click();
  await bob.waits(bob.page.locator("dialog .note", { hasText: "Saved." }));
  await bob.page.keyboard.press("Escape");
  await ada.waits(ada.page.locator(".about .topic", { hasText: "by an admin" }));
  await openMember(ada, bob);
  await ada.page.locator("dialog [data-control=transfer]").click();
  await ada.page.locator("dialog [data-control=go]").click();
  await bob.waits(rowOf(bob, sentence(bob.name, " is an owner now")));
  // The list, of which the dialog is made, comes a little later.
  await bob.waits(bob.page.locator(".members .own-row .hint", { hasText: "owner" }));
  await bob.page.locator("[data-control='setup.title']").click();
  await bob.waits(bob.page.locator("dialog [data-control=save-rules]"));
  await bob.page.locator("dialog").getByRole("radio", { name: "Who is invited" }).check();
  await bob.page.locator("dialog [data-control=save-rules]").click();
  await bob.waits(bob.page.locator("dialog .note", { hasText: "Saved." }));
  await bob.page.keyboard.press("Escape");
  await ada.waits(ada.page.locator(".about dd", { hasText: "Who is invited" }));
});

test("B7: each version of the key is said in one sentence, and listed with its reason", TIMEOUT, async () => {
  const [ada, bob, eve] = await people("Abe", "Bea", "Eda");
  await makeRoom(ada, { name: "Key room" });
  await joinRoom(bob, "Key room");
  await ada.waits(rowOf(ada, sentence(bob.name, " joined")));
  await joinRoom(eve, "Key room");
  await openMember(ada, eve);
  await ada.page.locator("dialog [data-control=remove]").click();
  await ada.page.locator("dialog [data-control=go]").click();
  await bob.waits(rowOf(bob, sentence(ada.name, " removed .?" + eve.name)));
  await eve.gone(channelRow(eve, "Key room", "general"));
  await ada.page.locator(".about summary").click();
  await ada.page.locator("[data-control=rotate]").click();
  await bob.waits(rowOf(bob, sentence(ada.name, " made a new key")));
  await bob.page.locator(".epochs-fold summary").click();
  await bob.waits(bob.page.locator(".epochs li").nth(4));
  const versions = (await bob.page.locator(".epochs li").allTextContents()).map((text) => text.replace(/[\u2068\u2069]/g, ""));
  // Two who take somebody in at the same time may make one more.
  assert.match(versions[0], /^Version \d+ .*made a new one\.$/);
  assert.match(versions[1], /^Version \d+ .*Somebody came or went\.$/);
  assert.match(versions.at(-1) ?? "", /^Version 1 .*began\.$/);
});

test("B12: who joined later asks for a key, is refused with a reason, and given it by who decides", TIMEOUT, async () => {
  const [ada, bob] = await people("Ari", "Bix");
  await makeRoom(ada, { name: "Ask room", shared: false });
  await ada.say("older than bob");
  await joinRoom(bob, "Ask room");
  await bob.page.locator("[data-control=ask-keys]").first().click();
  await ada.page.locator("[data-control='notice.refuse_joining']").click();
  await bob.waits(bob.page.locator(".cause", { hasText: "one reads here from joining on" }).first());
  // What is decided next is the second request.
  await ada.gone(ada.page.locator("[data-control='notice.refuse_joining']"));
  await bob.page.locator("[data-control=ask-keys]").first().click();
  await ada.page.locator("[data-control='notice.grant']").click();
  await bob.hears("older than bob");
});

test("mute: who is muted reads every channel and writes in none", TIMEOUT, async () => {
  const [ada, bob] = await people("Asa", "Boz");
  await makeRoom(ada, { name: "Mute room" });
  await makeChannel(ada, "Mute room", "side");
  await joinRoom(bob, "Mute room");
  await giveRole(ada, bob, "muted");
  for (const channel of ["general", "side"]) {
    await goTo(bob, "Mute room", channel);
    await bob.waits(bob.page.locator(".composer .waiting", { hasText: "You can read here, and not write." }));
    assert.equal(await bob.page.locator("#composer").getAttribute("readonly") !== null, true);
    await goTo(ada, "Mute room", channel);
    await ada.say(`read ${channel}`);
    await bob.hears(`read ${channel}`);
  }
  await giveRole(ada, bob, "member");
  await bob.gone(bob.page.locator(".composer .waiting", { hasText: "You can read here" }));
  await bob.say("heard again");
  await ada.hears("heard again");
});

test("ban: who is removed for good does not come back before being let in again", TIMEOUT, async () => {
  const [ada, bob] = await people("Avi", "Bud");
  await makeRoom(ada, { name: "Ban room" });
  await joinRoom(bob, "Ban room");
  await openMember(ada, bob);
  await ada.page.locator("dialog [data-control=ban]").click();
  await ada.page.locator("dialog [data-control=go]").click();
  await bob.gone(channelRow(bob, "Ban room", "general"));
  await bob.page.getByRole("button", { name: "Browse rooms" }).click();
  await bob.page.locator("dialog summary", { hasText: "Ban room" }).click();
  await bob.waits(bob.page.locator("dialog .looked .fault", { hasText: "you were removed from it for good" }));
  await bob.page.keyboard.press("Escape");
  await ada.page.locator("[data-control='setup.title']").click();
  await ada.page.locator("dialog [data-control=unban]").click();
  await ada.gone(ada.page.locator("dialog [data-control=unban]"));
  await ada.page.waitForFunction(() => document.activeElement?.matches("dialog .setting h3"));
  await ada.page.keyboard.press("Escape");
  await joinRoom(bob, "Ban room");
  await ada.waits(rowOf(ada, "again."));
});

test("slow mode: what comes too soon waits and goes by itself, and an owner does not wait", TIMEOUT, async () => {
  const [ada, bob] = await people("Axl", "Bev");
  await makeRoom(ada, { name: "Slow room" });
  await joinRoom(bob, "Slow room");
  const slow = async (/** @type {string} */ seconds) => {
    await ada.page.locator(".channels [data-control^='change-']").click();
    await ada.page.locator("#channel-slow").selectOption(seconds);
    await ada.page.locator("dialog button[type=submit]").click();
  };
  await slow("5");
  await bob.waits(bob.page.locator(".composer .slow", { hasText: "a message each 5 seconds" }));
  assert.equal(await ada.page.locator(".composer .slow:visible").count(), 0);
  await bob.say("first");
  await bob.say("second");
  await bob.waits(bob.page.locator(".row.message", { hasText: "second" }).locator(".state", { hasText: "Slow mode" }));
  await ada.hears("first");
  await ada.say("one");
  await ada.say("two");
  await bob.hears("two");
  await ada.hears("second");
  // What waits for long is discarded, or goes at once when nobody has to wait any more.
  await slow("3600");
  await bob.gone(bob.page.locator(".composer .slow", { hasText: "5 seconds" }));
  await bob.say("never");
  const never = bob.page.locator(".row.message", { hasText: "never" });
  await never.locator("[data-control=discard]").click();
  await bob.gone(never);
  await bob.page.waitForFunction(() => document.activeElement?.id === "composer");
  await bob.say("third");
  await bob.waits(bob.page.locator(".row.message", { hasText: "third" }).locator("[data-control=discard]"));
  await slow("0");
  await ada.hears("third");
});
