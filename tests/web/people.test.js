/** Accounts and their people: asking, presence, comparing, keys that change, invitations; on two proxies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccount, signInTo } from "./harness/accounts.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { ask, befriend, compare, openSection, request, row } from "./harness/people.js";

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first. */
const BUSY = [/status of 503/];
const house = new House({ proxies: 2 });

/** Ada on the first proxy, Bob on the second. */
async function both() {
  return { ada: await house.account("Ada", { expected: BUSY }), bob: await house.account("Bob", { proxy: 1, expected: BUSY }) };
}

test("two people find each other by keyboard, and see each other come and go at once", TIMEOUT, async () => {
  const { ada, bob } = await both();
  await ada.waits(ada.page.getByText("Nobody yet."));
  await ada.page.getByRole("button", { name: "Add somebody" }).press("Enter");
  await ada.page.keyboard.type(bob.name);
  await ada.page.keyboard.press("Enter");
  await ada.waits(ada.page.getByRole("button", { name: "Ask to be friends" }));
  await ada.page.keyboard.press("Enter");
  await ada.waits(row(ada, bob, "asked"));
  await bob.waits(request(bob, ada));
  await request(bob, ada).getByRole("button", { name: /^Accept/ }).press("Enter");
  await ada.waits(row(ada, bob, "online"));
  await bob.waits(row(bob, ada, "online"));

  await bob.signOut();
  const left = Date.now();
  await ada.waits(row(ada, bob, "offline"));
  assert.ok(Date.now() - left < 5_000, "a clean close is seen at once");
  await signInTo(bob, bob.name);
  await ada.waits(row(ada, bob, "online"));
  await bob.waits(row(bob, ada, "online"));
});

test("whoever is cut off is seen offline before the minute is over, and online when the way is back", TIMEOUT, async (t) => {
  const { ada, bob } = await both();
  await befriend(ada, bob);
  await bob.signOut();
  await ada.waits(row(ada, bob, "offline"));
  const gate = await Gate.start(house.url(1), { upgrade: true });
  t.after(() => gate.stop());
  // What it asks before it has proven its keys again is refused.
  const away = await house.browsers.open(gate.url, [/WebSocket connection/, /ERR_/, /status of 403/, ...BUSY]);
  await signInTo(away, bob.name);
  await ada.waits(row(ada, bob, "online"));
  gate.freeze();
  // 30 s of silence and 3 s: a proxy that waited another 30 s for the page to return would be too late.
  await row(ada, bob, "offline").first().waitFor({ timeout: 50_000 });
  gate.close();
  gate.open();
  await row(ada, bob, "online").first().waitFor({ timeout: 60_000 });
});

test("a request is declined, taken back, and a friend removed", TIMEOUT, async () => {
  const { ada, bob } = await both();
  await ask(ada, bob);
  await request(bob, ada).getByRole("button", { name: /^Decline/ }).click();
  await ada.gone(row(ada, bob));
  await ask(ada, bob);
  await row(ada, bob, "asked").click();
  await ada.page.getByRole("button", { name: "Take the request back" }).click();
  await bob.gone(request(bob, ada));
  await befriend(ada, bob);
  await row(bob, ada).click();
  await bob.page.getByRole("button", { name: "Remove from my people" }).click();
  await ada.gone(row(ada, bob));
});

test("whoever is blocked is not told", TIMEOUT, async () => {
  const { ada, bob } = await both();
  await befriend(ada, bob);
  await row(ada, bob).click();
  await ada.page.getByRole("button", { name: "Block", exact: true }).click();
  await ada.waits(row(ada, bob, "blocked"));
  assert.equal(await bob.page.locator(".friends", { hasText: "blocked" }).count(), 0);
  await row(ada, bob).click();
  await ada.page.getByRole("button", { name: "Unblock" }).click();
  await ada.gone(row(ada, bob, "blocked"));
});

test("both see the same numbers, what was compared is known after a reload, and numbers that differ block", TIMEOUT, async () => {
  const { ada, bob } = await both();
  await befriend(ada, bob);
  await compare(ada, bob);
  await compare(bob, ada);
  const [hers, his] = await Promise.all([ada, bob].map(async ({ page }) => (await page.locator(".safety").innerText()).replace(/\s+/g, " ").trim()));
  assert.match(hers, /^([0-9]{5} ){11}[0-9]{5}$/);
  assert.equal(his, hers);
  await ada.page.getByRole("button", { name: "They match" }).click();
  await ada.waits(row(ada, bob, "verified"));
  await ada.page.reload();
  await ada.waits(row(ada, bob, "verified"));

  await bob.page.getByRole("button", { name: "They differ" }).click();
  await bob.waits(bob.page.getByText(/because the numbers differ/));
  await bob.page.keyboard.press("Escape");
  await bob.waits(row(bob, ada, "numbers differ"));
  await bob.waits(row(bob, ada, "blocked"));
});

test("the text of a code that was scanned verifies, and no other text does", TIMEOUT, async () => {
  const { ada, bob } = await both();
  await befriend(ada, bob);
  await bob.page.getByRole("button", { name: "Invite by a link" }).click();
  const code = new URL(await bob.page.getByLabel("Link", { exact: true }).inputValue()).hash.slice(1);
  await compare(ada, bob);
  const field = ada.page.getByLabel("Text of the code that you scanned");
  await field.fill("https://elsewhere.example");
  await field.press("Enter");
  await ada.waits(ada.page.getByText("This is not the text of such a code."));
  await field.fill(code);
  await field.press("Enter");
  await ada.waits(row(ada, bob, "verified"));
});

test("new identity keys that the old ones signed stay verified, with a quiet line", TIMEOUT, async () => {
  const { ada, bob } = await both();
  await befriend(ada, bob);
  await compare(ada, bob);
  await ada.page.getByRole("button", { name: "They match" }).click();
  await ada.waits(row(ada, bob, "verified"));
  await openSection(bob, "rotate");
  const before = await bob.page.locator(".fingerprint").innerText();
  await bob.page.getByRole("button", { name: "Make new identity keys" }).click();
  await bob.waits(bob.page.getByText("Your identity keys are new."));
  assert.notEqual(await bob.page.locator(".fingerprint").innerText(), before);
  await ada.waits(row(ada, bob, "verified, keys renewed"));
  await row(ada, bob).click();
  await ada.waits(ada.page.getByText(/they stay verified/));
  // His page goes on with the new keys, and so do his friends, after a reload.
  await bob.page.reload();
  await bob.waits(row(bob, ada, "online"));
  await ada.page.reload();
  await ada.waits(row(ada, bob, "verified"));
});

test("an invitation brings somebody without an account to its maker, and a forged one is named", TIMEOUT, async () => {
  const ada = await house.account("Ada", { expected: BUSY });
  await ada.page.getByRole("button", { name: "Invite by a link" }).click();
  const { hash } = new URL(await ada.page.getByLabel("Link", { exact: true }).inputValue());
  await ada.page.keyboard.press("Escape");

  const bob = await house.visitor({ proxy: 1, fragment: hash, expected: BUSY });
  /** @type {string[]} */
  const asked = [];
  bob.page.on("request", (request) => asked.push(request.url() + (request.postData() ?? "")));
  await bob.page.waitForURL((url) => url.hash === "");
  await createAccount(bob, "Bob who was invited");
  await bob.waits(bob.page.getByText(/You came by an invitation of/));
  await bob.page.getByRole("button", { name: "Ask to be friends" }).click();
  await request(ada, bob).getByRole("button", { name: /^Accept/ }).click();
  await bob.waits(row(bob, ada, "online"));
  assert.ok(!asked.some((each) => /SEALWIRE1/i.test(each)), "the fragment was sent to nobody");

  const carl = await house.visitor({ expected: BUSY, fragment: hash.replace(/.$/, (last) => (last === "0" ? "1" : "0")) });
  await createAccount(carl, "Carl who was misled");
  await carl.waits(carl.page.getByText(/are not the ones that it names/));
  assert.equal(await carl.page.getByRole("button", { name: "Ask to be friends" }).count(), 0);
});
