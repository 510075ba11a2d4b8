/** A server that calls itself otherwise than its address. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAccount } from "./harness/accounts.js";
import { Browsers } from "./harness/browser.js";
import { Tiers } from "./harness/programs.js";

test("an unknown name of the server is asked about once, and not for the password before", { timeout: 120_000 }, async (t) => {
  const tiers = new Tiers(mkdtempSync(join(tmpdir(), "sealwire-web-")), "chat.example");
  await tiers.startServer("127.0.0.1:0");
  await tiers.startProxy("127.0.0.1:0");
  const browsers = await Browsers.start();
  // A page that is still open sees its server go, and says so.
  t.after(() => browsers.stop().finally(() => tiers.stop()));
  const ada = await browsers.open(tiers.url);
  const sent = /** @type {string[]} */ ([]);
  ada.page.on("request", (request) => sent.push(new URL(request.url()).pathname));
  await ada.page.getByRole("button", { name: "Create an account" }).click();
  await ada.page.locator("#account-name").fill("Ada");
  await ada.page.locator("#password").fill("kettle orbit thimble");
  await ada.page.locator("#password").press("Enter");
  await ada.waits(ada.page.getByText("This server calls itself"));
  assert.ok(!sent.includes("/api/auth.register"));
  await ada.page.getByRole("button", { name: "Not now" }).click();
  await choosePasswordAgain(ada);
  await ada.keyed();
  await ada.page.reload();
  await ada.keyed();
  await ada.signOut();
  await createAccount(ada, "Ada Two");
});

/** @param {import("./harness/browser.js").Person} ada */
async function choosePasswordAgain(ada) {
  await ada.page.locator("#password").press("Enter");
  await ada.page.getByRole("button", { name: "That is right" }).click();
  await ada.waits(ada.page.locator(".code li"));
  await ada.page.getByRole("button", { name: "I have written it down" }).click();
  await ada.page.getByRole("button", { name: "Skip this" }).click();
  await ada.page.getByRole("button", { name: "Go on without" }).click();
}
