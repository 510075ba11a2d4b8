/** Emergency mode: turned on and off on a page, at a terminal and beside the server, and what everybody else is told of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { PASSWORD, callCommand, choosePassword, signInTo } from "./harness/accounts.js";
import { goTo, joinRoom, lookAt, makeChannel, makeRoom } from "./harness/halls_page.js";
import { House } from "./harness/house.js";
import { start } from "./harness/programs.js";
import { begin, invite, pick, sent } from "./harness/talks.js";
import { Terminals, refusedAt } from "./harness/terminals.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 300_000 };
/** What a browser writes by itself where a proxy has to make keys first, or something is refused. */
const EXPECTED = [/status of 503/, /status of 4\d\d/, /WebSocket connection/, /ERR_/];
/** How a page says that nobody new comes in. */
const CLOSED = "closed to newcomers for the moment";
/** That an invitation is there, whether the terminal before has just gone or not. */
const INVITED = /sees the invitation now|The invitation waits/;
const house = new House();
const terminals = new Terminals(house);

/** @param {string} name @returns {Promise<Person>} */
const page = (name) => house.account(name, { expected: EXPECTED });

/** The page of somebody whose account was made at a terminal. @param {{ name: string }} owner */
async function browser({ name }) {
  const person = await house.visitor({ expected: EXPECTED });
  await signInTo(person, name);
  return person;
}

/** What the operator does beside the running server. @param {"on" | "off"} emergency */
async function operator(emergency) {
  const program = start("chat-server", ["mode", `--emergency=${emergency}`, `--data=${join(house.tiers.data, "chat")}`]);
  assert.equal(await program.exit, 0, program.lines.join("\n"));
}

/** Opens what administrators do. @param {Person} person */
async function administers(person) {
  await person.page.locator("[data-control=reports]").click();
  await person.waits(person.page.locator("dialog .newcomers"));
}

/** Makes an account up to where the server is asked. @param {string} name */
async function registers(name) {
  const person = await house.visitor({ expected: EXPECTED });
  person.name = name;
  await person.page.getByRole("button", { name: "Create an account" }).click();
  await person.page.locator("#account-name").fill(name);
  await choosePassword(person, PASSWORD);
  return person;
}

/** @param {Person} person @param {string} place */
const says = (person, place) => person.waits(person.page.locator(place, { hasText: CLOSED }));

test("emergency mode: no account, no room and no way in, said in a sentence, until an administrator takes it back", TIMEOUT, async () => {
  const chief = await terminals.registered("Chief", `--invitation=${await house.tiers.chat?.setupToken()}`);
  const [ada, ina, jon] = [await browser(chief), await page("Ina"), await page("Jon")];
  const meg = await terminals.registered("Meg");
  await makeRoom(ina, { name: "Open house" });

  // It is asked about before it is done.
  await administers(ada);
  await ada.waits(ada.page.locator(".newcomers", { hasText: "Whoever may register makes an account" }));
  await ada.page.locator("[data-control='newcomers.close']").click();
  await ada.page.locator(".newcomers .answers button").first().click();
  assert.equal((await meg.run(["mode"])).emergency, false);
  await ada.page.locator("[data-control='newcomers.close']").click();
  await ada.page.locator(".newcomers [data-control=go]").click();
  await ada.waits(ada.page.locator(".newcomers .warning", { hasText: "Emergency mode" }));
  await ada.page.keyboard.press("Escape");
  await ada.waits(ada.page.locator("[data-control=reports] .hint:visible", { hasText: "closed to newcomers" }));
  assert.deepEqual(await meg.run(["mode"]), { type: "mode", emergency: true, administers: false });

  // Who is no administrator has no such button, and no such power.
  assert.equal(await ina.page.locator("[data-control=reports]:visible").count(), 0);
  assert.equal((await callCommand(ina, "server.mode", { emergency: false })).error.code, "not_allowed");
  assert.equal(await refusedAt(meg, "mode", "--emergency", "off"), "not_allowed");

  // Said where something is about to be made, and where it is refused.
  const nell = await registers("Nell");
  await says(nell, ".steps .fault");
  const late = terminals.stranger();
  assert.equal(await refusedAt(late, "register", "Late", `--recovery-file=${late.file("code")}`), "closed");
  await ina.page.getByRole("button", { name: "New room" }).click();
  await says(ina, "dialog .warning");
  await ina.page.getByLabel("Name of the room").fill("Later");
  await ina.page.getByRole("button", { name: "Make the room" }).click();
  await says(ina, "dialog .fault");
  await ina.page.keyboard.press("Escape");
  await ina.page.getByRole("button", { name: "New conversation" }).click();
  for (const { name } of [meg, jon]) await pick(ina, name);
  await says(ina, "dialog .group-part .warning");
  await ina.page.getByRole("button", { name: "Make the group" }).click();
  await says(ina, "dialog .fault");
  await ina.page.keyboard.press("Escape");
  assert.equal(await refusedAt(meg, "rooms", "create", "Later", "--public"), "closed");
  await lookAt(jon, "Open house");
  await says(jon, "dialog .warning");
  await jon.page.locator("dialog [data-control=join]").click();
  await says(jon, "dialog .looked .fault");
  await jon.page.keyboard.press("Escape");
  assert.equal(await refusedAt(meg, "rooms", "join", "#Open house"), "closed");

  // Who is in goes on, takes in whom it invites, and talks with anybody.
  await ina.say("we go on");
  await makeChannel(ina, "Open house", "inside");
  await invite(ina, meg, INVITED);
  const [{ invitation }] = (await meg.run(["rooms", "invitations"])).invitations;
  await meg.run(["rooms", "join", invitation]);
  await meg.sends("#Open house", "invited");
  await goTo(ina, "Open house", "general");
  await ina.hears("invited");
  await begin(ina, jon.name);
  await ina.say("between us");
  await sent(ina, "between us");

  await administers(ada);
  await ada.page.locator("[data-control='newcomers.reopen']").click();
  await ada.waits(ada.page.locator("[data-control='newcomers.close']"));
  await nell.page.getByRole("button", { name: "Try again" }).click();
  await nell.keyed();
  await joinRoom(jon, "Open house");
  await makeRoom(ina, { name: "Later" });
  await ina.page.getByRole("button", { name: "New room" }).click();
  assert.equal(await ina.page.locator("dialog .warning:visible").count(), 0);
});

test("emergency mode of a terminal and of the operator is on the page of an administrator, too", TIMEOUT, async () => {
  const chief = await terminals.device({ name: "Chief" });
  const ada = await browser({ name: "Chief" });
  for (const [close, open] of [[() => chief.run(["mode", "--emergency", "on"]), () => operator("off")], [() => operator("on"), () => chief.run(["mode", "--emergency", "off"])]]) {
    await close();
    await administers(ada);
    await ada.waits(ada.page.locator(".newcomers .warning", { hasText: "Emergency mode" }));
    await ada.page.keyboard.press("Escape");
    assert.equal((await chief.run(["mode"])).emergency, true);
    const late = await registers("Late comer");
    await says(late, ".steps .fault");
    await open();
    await administers(ada);
    await ada.waits(ada.page.locator("[data-control='newcomers.close']"));
    await ada.page.keyboard.press("Escape");
    assert.equal((await chief.run(["mode"])).emergency, false);
  }
});
