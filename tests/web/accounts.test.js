/** Accounts: made, signed in to, recovered, started fresh; each person a browser of their own, and real servers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD, accountDoor, callCommand, choosePassword, createAccount, signInTo, typeBack, typePassword } from "./harness/accounts.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { openSection } from "./harness/people.js";
import { record, registration, secrets, wasSent } from "./harness/sent.js";

const TIMEOUT = { timeout: 180_000 };
const house = new House();
const REFUSED = [/status of 4\d\d/];

/** @param {RegExp[]} [expected] */
const visitor = (expected) => house.browsers.open(house.tiers.url, expected);
/** @param {import("./harness/browser.js").Person} person @param {string} text */
const says = (person, text) => person.waits(person.page.getByText(text));

test("an account is made, is there after a reload, and is gone after signing out", TIMEOUT, async () => {
  const ada = await visitor(REFUSED);
  await createAccount(ada, "Ada");
  await says(ada, "Account");
  await ada.say("made of keys");
  await ada.hears("made of keys");
  await ada.page.reload();
  await ada.keyed();
  assert.equal(await ada.page.locator("#password").count(), 0);
  await ada.signOut();
  await ada.page.reload();
  await ada.waits(ada.page.locator("#name"));
});

test("the password alone signs in on a new device, and both devices talk", TIMEOUT, async () => {
  const desk = await visitor();
  await createAccount(desk, "Berta");
  const phone = await visitor();
  await signInTo(phone, "berta");
  await phone.say("from the phone");
  await desk.hears("from the phone");
  await desk.say("from the desk");
  await phone.hears("from the desk");
  assert.equal(await phone.page.getByRole("button", { name: "Check your recovery code" }).count(), 0);
});

test("what a page sends holds nothing that opens an account", TIMEOUT, async () => {
  const desk = await visitor();
  const sent = record(desk.page);
  const code = await createAccount(desk, "Dora");
  await desk.say("sent");
  await desk.hears("sent");
  const phone = await visitor();
  const sentLater = record(phone.page);
  await signInTo(phone, "dora");

  const registered = registration(sent);
  const kept = secrets(PASSWORD, registered);
  kept.set("recovery code", Buffer.from(code)).set("recovery code without hyphens", Buffer.from(code.replaceAll("-", "")));
  for (const [what, secret] of kept) assert.ok(!wasSent([...sent, ...sentLater], secret), what);
  const half = Buffer.from(registered.fields.login, "hex");
  assert.ok(wasSent(sent, half) && wasSent(sentLater, half), "what is sent is found");
});

test("a wrong password has a sentence, and nobody's name has the same one", TIMEOUT, async () => {
  const maker = await visitor();
  await createAccount(maker, "Carla");
  const other = await visitor(REFUSED);
  await accountDoor(other);
  await typePassword(other, "Carla", "not the password");
  await says(other, "Name or password is wrong.");
  await typePassword(other, "Nobody At All", "not the password");
  await says(other, "Name or password is wrong.");
  await typePassword(other, "Carla");
  await other.keyed();
});

test("what is wrong with a new password is said once, and its hint comes back", TIMEOUT, async () => {
  const vera = await visitor();
  await vera.page.getByRole("button", { name: "Create an account" }).click();
  await vera.page.locator("#account-name").fill("Vera");
  const said = vera.page.getByText("One of the commonest passwords. Choose another.");
  await vera.page.locator("#password").fill("password123");
  await vera.waits(said);
  await vera.page.locator("#password").press("Enter");
  await vera.waits(vera.page.locator("#form-fault").filter({ hasText: "One of the commonest passwords" }));
  assert.equal(await said.count(), 1);
  await vera.page.locator("#password").fill("password1234");
  assert.equal(await said.count(), 0);
  assert.notEqual(await vera.page.locator("#password-hint").innerText(), "");
  await vera.page.locator("#password").fill("password123");
  assert.equal(await said.count(), 1);
});

test("a registered name is neither a guest's nor another account's", TIMEOUT, async () => {
  const maker = await visitor();
  await createAccount(maker, "Doris");
  const other = await visitor(REFUSED);
  await other.page.locator("#name").fill("doris");
  await other.page.locator("#name").press("Enter");
  await says(other, "is in use");
  await other.page.getByRole("button", { name: "Create an account" }).click();
  await other.page.locator("#account-name").fill("Doris");
  const code = await choosePassword(other, PASSWORD);
  await says(other, "is in use");
  // Another name needs no other code.
  await other.page.locator("#account-name").fill("Dorothea");
  await other.page.locator("#password").press("Enter");
  await other.keyed();
  assert.match(code, /^(\w{4}-){6}\w{4}$/);
});

test("the recovery code opens the account, a new password closes the other devices", TIMEOUT, async () => {
  const desk = await visitor(REFUSED);
  const code = await createAccount(desk, "Edith");
  const found = await visitor(REFUSED);
  await accountDoor(found, "Recovery code");
  await found.page.locator("#account-name").fill("Edith");
  await found.page.locator("#recovery-code").fill(code.slice(0, -1) + (code.endsWith("0") ? "G" : "0"));
  await found.page.locator("#recovery-code").press("Enter");
  await found.waits(found.page.locator("#form-fault:not(:empty)"));
  await found.page.locator("#recovery-code").fill(code.toLowerCase().replaceAll("-", " "));
  await found.page.locator("#recovery-code").press("Enter");
  await says(found, "Choose a new password");
  found.name = "Edith";
  const next = await choosePassword(found, "lantern bishop tundra");
  assert.notEqual(next, code);
  await found.keyed();
  await says(desk, "This session was ended from another of your devices.");
  await accountDoor(desk);
  await typePassword(desk, "Edith", PASSWORD);
  await says(desk, "Name or password is wrong.");
  await typePassword(desk, "Edith", "lantern bishop tundra");
  await desk.keyed();
});

test("a code that was not typed back can be checked later", TIMEOUT, async () => {
  const ada = await visitor();
  const code = await createAccount(ada, "Frieda", { skip: true });
  await ada.page.getByRole("button", { name: "Check your recovery code" }).click();
  await ada.page.locator("#recovery-code").fill(code.replaceAll(code[0], code[0] === "A" ? "B" : "A"));
  await ada.page.locator("#recovery-code").press("Enter");
  await ada.waits(ada.page.locator("#form-fault:not(:empty)"));
  await ada.page.locator("#recovery-code").fill(code);
  await ada.page.locator("#recovery-code").press("Enter");
  await ada.page.locator("dialog").waitFor({ state: "detached" });
  await ada.page.getByRole("button", { name: "Check your recovery code" }).waitFor({ state: "hidden" });
  await ada.page.reload();
  await ada.keyed();
  await ada.page.waitForFunction(() => document.querySelector(".next")?.hasAttribute("hidden"));
});

test("a code that was typed back is so after a reload, though the vault could not be told in time", TIMEOUT, async (t) => {
  // Without WebSocket every command is a request of its own, which can be held up.
  const gate = await Gate.start(house.tiers.url);
  t.after(() => gate.stop());
  const ada = await house.browsers.open(gate.url, [/WebSocket connection/, /ERR_FAILED/]);
  await ada.page.route("**/api/vault.put", (route) => route.abort());
  await createAccount(ada, "Nora");
  await ada.page.unroute("**/api/vault.put");
  const told = ada.page.waitForResponse("**/api/vault.put");
  await ada.page.reload();
  await ada.keyed();
  await told;
  await openSection(ada, "recovery");
  await says(ada, "You have typed your recovery code back");
  assert.equal(await ada.page.getByRole("button", { name: "Check your recovery code" }).count(), 0);
  await house.browsers.close();
});

test("the devices of an account are one person, and what one says the others have said", TIMEOUT, async () => {
  const otto = await house.guest("Otto");
  const desk = await visitor();
  await createAccount(desk, "Paula");
  const phone = await visitor();
  await signInTo(phone, "Paula");
  for (const { page } of [otto, desk, phone]) {
    const entry = page.locator(".people li").filter({ hasText: "Paula" });
    await entry.filter({ hasText: "2 devices" }).waitFor();
    assert.equal(await entry.count(), 1);
  }
  await phone.say("from the phone");
  await desk.hears("from the phone");
  await desk.waits(desk.page.locator(".row.message .head").filter({ hasText: "Paula" }).filter({ hasText: "you" }));
  await phone.signOut();
  await otto.page.locator(".people li").filter({ hasText: "2 devices" }).waitFor({ state: "detached" });
  assert.deepEqual(await otto.page.locator(".row .line").filter({ hasText: /left|lost/ }).count(), 0);
});

test("a guest becomes an account and keeps room and timeline", TIMEOUT, async () => {
  const anna = await house.guest("Anna");
  const gerda = await house.guest("Gerda");
  await gerda.say("as a guest");
  await anna.hears("as a guest");
  await gerda.page.getByRole("button", { name: "Keep this name" }).click();
  const code = await choosePassword(gerda, PASSWORD);
  assert.match(code, /-/);
  await gerda.page.locator("dialog").waitFor({ state: "detached" });
  await says(gerda, "Account");
  await anna.say("still with me?");
  await gerda.hears("still with me?");
  await gerda.say("as an account");
  await anna.hears("as an account");
  assert.deepEqual(await gerda.texts(), ["as a guest", "still with me?", "as an account"]);
  await gerda.page.reload();
  await gerda.keyed();
});

test("a session that is ended from elsewhere says so and keeps nothing", TIMEOUT, async () => {
  const desk = await visitor(REFUSED);
  await createAccount(desk, "Hilda");
  const phone = await visitor(REFUSED);
  await signInTo(phone, "Hilda");
  const { ok } = await callCommand(phone, "auth.sessions", {});
  const other = ok.sessions.find((/** @type {any} */ session) => !session.current);
  await callCommand(phone, "auth.revoke", { session: other.session });
  await says(desk, "This session was ended from another of your devices.");
  await desk.page.reload();
  await desk.waits(desk.page.locator("#name"));
  await phone.say("still here");
  await phone.hears("still here");
});

test("fresh keys need a token, or the password where the vault does not open", TIMEOUT, async () => {
  const ada = await visitor(REFUSED);
  await createAccount(ada, "Irma");
  const before = await fingerprintOf(ada);
  await ada.signOut();
  await accountDoor(ada, "Start fresh");
  await ada.page.locator("#account-name").fill("Irma");
  await ada.page.locator("#token").fill("00".repeat(32));
  await ada.page.locator("#token").press("Enter");
  await says(ada, "This token does not hold.");

  await ada.page.route("**/api/vault.root", damaged);
  await ada.page.getByRole("button", { name: "Password", exact: true }).click();
  await typePassword(ada, "Irma");
  await says(ada, "Your vault does not open");
  await ada.page.getByRole("button", { name: "Start fresh", exact: true }).first().click();
  await ada.page.unroute("**/api/vault.root");
  await ada.page.locator(".way button.danger").click();
  await says(ada, "Begin with new keys");
  await choosePassword(ada, "lantern bishop tundra");
  await ada.keyed();
  assert.notEqual(await fingerprintOf(ada), before);
  const phone = await visitor();
  await signInTo(phone, "Irma", "lantern bishop tundra");
});

test("an older vault than this browser saw is refused", TIMEOUT, async () => {
  const ada = await visitor(REFUSED);
  const code = await createAccount(ada, "Jutta");
  await ada.signOut();
  const old = await captured(ada, async () => {
    await accountDoor(ada, "Recovery code");
    await ada.page.locator("#account-name").fill("Jutta");
    await ada.page.locator("#recovery-code").fill(code);
    await ada.page.locator("#recovery-code").press("Enter");
    await says(ada, "Choose a new password");
  });
  await choosePassword(ada, PASSWORD);
  await ada.keyed();
  await ada.page.route("**/api/vault.root", (route) => route.fulfill({ body: old, contentType: "application/octet-stream" }));
  await ada.page.reload();
  await says(ada, "This is an old vault");
  await ada.page.unroute("**/api/vault.root");
  await ada.page.getByRole("button", { name: "Try again" }).click();
  await ada.keyed();
});

test("a browser that keeps no keys says so and asks for the password after a reload", TIMEOUT, async () => {
  const ada = await visitor();
  await ada.page.context().route("**/store/database.js", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("indexedDB.open(", "indexedDB.nothing(") });
  });
  await createAccount(ada, "Klara");
  await says(ada, "This browser keeps no keys.");
  await ada.page.reload();
  await says(ada, "Welcome back");
  await ada.page.locator("#password").fill(PASSWORD);
  await ada.page.locator("#password").press("Enter");
  await ada.keyed();
});

test("a group that was typed wrong does not pass for the code", TIMEOUT, async () => {
  const ada = await visitor();
  await ada.page.getByRole("button", { name: "Create an account" }).click();
  await ada.page.locator("#account-name").fill("Lena");
  await ada.page.locator("#password").fill(PASSWORD);
  await ada.page.locator("#password").press("Enter");
  await ada.waits(ada.page.locator(".code li"));
  const code = (await ada.page.locator(".code li").allTextContents()).join("-");
  await ada.page.getByRole("button", { name: "I have written it down" }).click();
  for (const input of await ada.page.locator("input.group").all()) await input.fill("0000");
  await ada.page.getByRole("button", { name: "Check", exact: true }).click();
  await says(ada, "That does not open the vault.");
  await typeBack(ada, code);
  await ada.keyed();
});

test("keys outlive both servers", TIMEOUT, async () => {
  const ada = await visitor([/status of 50\d/, /WebSocket connection/, /ERR_/]);
  await createAccount(ada, "Maria");
  await house.tiers.restartServer();
  await ada.page.locator(".banner:not([hidden])").waitFor({ state: "hidden" });
  await ada.say("after the chat server");
  await ada.hears("after the chat server");
  await house.tiers.restartProxy();
  await ada.say("after the web server");
  await ada.hears("after the web server");
});

/** Changes the last byte of a vault root. @param {import("playwright-core").Route} route */
async function damaged(route) {
  const response = await route.fetch();
  const body = Buffer.from(await response.body());
  body[body.length - 1] ^= 1;
  await route.fulfill({ response, body });
}

/** The first answer to `vault.root` while something is done. @param {import("./harness/browser.js").Person} person @param {() => Promise<void>} run */
async function captured({ page }, run) {
  const answer = page.waitForResponse("**/api/vault.root").then((response) => response.body());
  await run();
  return answer;
}

/** The account's fingerprint, by the chain that the server has. @param {import("./harness/browser.js").Person} person */
function fingerprintOf(person) {
  return person.page.evaluate(async () => {
    const session = await (await fetch("/api/session")).json();
    const header = new TextEncoder().encode(JSON.stringify({ account: session.ok.account }));
    const body = new Uint8Array([0, 0, 0, header.length, ...header]);
    const answer = await fetch("/api/keys.chain", { method: "POST", headers: { "content-type": "application/octet-stream" }, body });
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.arrayBuffer()))].join(" ");
  });
}
