/** One account in a browser and at a terminal: whichever made it, both are it, and each sees what the other changes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { PASSWORD, accountDoor, choosePassword, createAccount, signInTo } from "./harness/accounts.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { openSection, rehearse } from "./harness/people.js";
import { Terminal } from "./harness/terminal.js";

const TIMEOUT = { timeout: 240_000 };
const ANOTHER = "lantern bishop tundra";
/** The exit code of a session that is over, and that of a refusal. */
const [OVER, REFUSED] = [8, 4];
/** What a browser writes by itself where a session has ended, or a proxy has to make keys first. */
const EXPECTED = [/status of (4\d\d|503)/, /WebSocket connection/];
const house = new House();
/** @type {Terminal[]} */
const terminals = [];

afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.forget();
});

function terminal() {
  const made = new Terminal(house.tiers.server);
  terminals.push(made);
  return made;
}

test("an account of a browser talks at a terminal by its password alone, and its end there is told", TIMEOUT, async () => {
  const nora = await house.visitor({ expected: EXPECTED });
  await createAccount(nora, "Nora");
  const desk = terminal();
  const account = await desk.run(["login", "nora"]);
  assert.equal(account.fingerprint, await fingerprintOf(nora));
  const talk = await desk.joins("Nora");
  talk.types("from the terminal");
  await nora.hears("from the terminal");
  await nora.say("from the page");
  const heard = await talk.said(({ type, text }) => type === "message" && text === "from the page");
  assert.deepEqual([heard.name, heard.own], ["Nora", false]);

  // A new password here ends the session there.
  await openSection(nora, "password");
  await nora.page.locator("#present").fill(PASSWORD);
  await nora.page.locator("#next").fill(ANOTHER);
  await nora.page.locator("#next").press("Enter");
  await rehearse(nora);
  await nora.waits(nora.page.getByText(/The password is changed/).first());
  assert.equal(await talk.exit, OVER);
  assert.ok(talk.lines.some((line) => line.includes("Sign in again: sealwire login NAME")), talk.lines.join("\n"));
  assert.equal((await desk.ends(["login", "Nora"])).code, REFUSED);
  const again = await desk.run(["login", "Nora"], ANOTHER);
  assert.equal(again.fingerprint, account.fingerprint);
});

test("an account of a terminal signs in in a browser, and new keys and a new password are told", TIMEOUT, async () => {
  const desk = terminal();
  const account = await desk.run(["register", "Otto", `--recovery-file=${desk.file("code")}`]);
  const otto = await house.visitor({ expected: EXPECTED });
  await signInTo(otto, "otto");
  assert.equal(await fingerprintOf(otto), account.fingerprint);
  const talk = await desk.joins("Otto");
  await otto.say("from the page");
  await talk.said(({ type, text }) => type === "message" && text === "from the page");
  talk.types("from the terminal");
  await otto.hears("from the terminal");
  talk.process.kill("SIGTERM");
  assert.equal(await talk.exit, 143);

  const rotated = await desk.run(["rotate"]);
  assert.notEqual(rotated.fingerprint, account.fingerprint);
  await seesFingerprint(otto, rotated.fingerprint);
  assert.equal(await fingerprintOf(otto), rotated.fingerprint);

  // The code that the terminal wrote opens the account in another browser.
  const code = readFileSync(desk.file("code"), "utf8").trim();
  const found = await house.visitor({ expected: EXPECTED });
  await accountDoor(found, "Recovery code");
  await found.page.locator("#account-name").fill("Otto");
  await found.page.locator("#recovery-code").fill(code);
  await found.page.locator("#recovery-code").press("Enter");
  await found.waits(found.page.getByText("Choose a new password"));
  found.name = "Otto";
  await choosePassword(found, ANOTHER);
  await found.keyed();
  await otto.waits(otto.page.getByText("This session was ended from another of your devices."));
  assert.equal((await desk.ends(["whoami"])).code, OVER);
  assert.equal((await desk.run(["login", "Otto"], ANOTHER)).fingerprint, rotated.fingerprint);
});

test("keys that a terminal rotated while the page was away are the page's when it comes back", TIMEOUT, async (t) => {
  const gate = await Gate.start(house.tiers.url, { upgrade: true });
  t.after(() => gate.stop());
  const rosa = await house.visitor({ expected: [...EXPECTED, /ERR_/] });
  await createAccount(rosa, "Rosa");
  const cut = await house.browsers.open(gate.url, [...EXPECTED, /ERR_/]);
  await signInTo(cut, "Rosa");
  const desk = terminal();
  await desk.run(["login", "Rosa"]);

  // The proxy is away, and the session comes back on a connection whose challenge only the newest keys answer.
  const rotated = /** @type {{ fingerprint: string }[]} */ ([]);
  await house.tiers.restartProxy(async () => rotated.push(await desk.run(["rotate"])));
  await seesFingerprint(rosa, rotated[0].fingerprint);
  await rosa.keyed();
  await seesFingerprint(cut, rotated[0].fingerprint);
  await cut.keyed();

  // Only the page's own way is cut: the session stays proven, and nobody asks for a proof.
  gate.close();
  rotated.push(await desk.run(["rotate"]));
  gate.open();
  for (const person of [rosa, cut]) await seesFingerprint(person, rotated[1].fingerprint);
  const talk = await desk.joins("Rosa");
  t.after(() => talk.kill());
  for (const [person, text] of /** @type {const} */ ([[rosa, "with new keys"], [cut, "and with newer ones"]])) {
    await person.say(text);
    await talk.said((said) => said.type === "message" && said.text === text);
    assert.equal(person.loads, 1, "the page was loaded once");
  }
});

test("an account that a terminal deletes is gone in a browser", TIMEOUT, async () => {
  const desk = terminal();
  await desk.run(["register", "Petra", `--recovery-file=${desk.file("code")}`]);
  const petra = await house.visitor({ expected: EXPECTED });
  await signInTo(petra, "Petra");
  const deleted = await desk.run(["delete", "--yes=Petra"]);
  assert.equal(deleted.type, "account_deleted");
  await petra.waits(petra.page.getByText("This session was ended from another of your devices."));
  await petra.waits(petra.door());
});

/** Waits until the account's settings show a fingerprint. @param {import("./harness/browser.js").Person} person @param {string} fingerprint */
async function seesFingerprint(person, fingerprint) {
  await openSection(person, "rotate");
  await person.waits(person.page.locator(".fingerprint").filter({ hasText: fingerprint.slice(-8) }));
  await person.page.keyboard.press("Escape");
  await person.gone(person.page.locator(".fingerprint"));
}

/** The fingerprint that the account's settings show, without its spaces. @param {import("./harness/browser.js").Person} person */
async function fingerprintOf(person) {
  const shown = person.page.locator(".fingerprint").first();
  if (!(await shown.isVisible())) await openSection(person, "rotate");
  await person.waits(shown);
  const text = await shown.innerText();
  await person.page.keyboard.press("Escape");
  await person.gone(shown);
  return text.replace(/\s/g, "").toLowerCase();
}
