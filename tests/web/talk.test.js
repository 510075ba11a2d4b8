/** The conversation: two browsers, a terminal, and what texts survive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "./harness/house.js";

const TIMEOUT = { timeout: 120_000 };
const house = new House();

test("B3: two people talk and see each other come and go", TIMEOUT, async () => {
  const anna = await house.guest("Anna");
  const ben = await house.guest("Ben Müller");
  await anna.sees("Ben Müller came in");
  await anna.seesPerson("Ben Müller");
  await ben.seesPerson("Anna");
  await anna.say("hello, Ben");
  await ben.hears("hello, Ben");
  await ben.say("hello, Anna");
  await anna.hears("hello, Anna");
  await anna.hears("hello, Ben");
  await ben.signOut();
  await anna.sees("Ben Müller left");
  assert.deepEqual(await anna.texts(), ["hello, Ben", "hello, Anna"]);
});

test("a terminal is in the same conversation", TIMEOUT, async () => {
  const anna = await house.guest("Anna");
  const terminal = house.terminal("terminal");
  await anna.sees("terminal came in");
  await anna.say("is anybody there?");
  await terminal.line((line) => line.includes("is anybody there?"));
  terminal.types("12:30 from the shell");
  await anna.hears("12:30 from the shell");
  assert.equal(await terminal.leave(), 0);
  await anna.sees("terminal left");
});

test("texts arrive unchanged", TIMEOUT, async () => {
  const anna = await house.guest("Anna");
  const ben = await house.guest("Ben");
  const texts = [
    "12:30",
    "exit",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u{1F1E9}\u{1F1EA}",
    "שלום עולם \u202Eabc\u202C مرحبا",
    "  two  spaces\tand a tab ",
    "line one\nline two\n\nline four",
    "Anna left.",
    "小明：你好",
    "\\u0041 %41 &amp; ${x} `code`",
  ];
  for (const text of texts) {
    await anna.say(text);
    await ben.page.locator(".row.message .text").filter({ hasText: text.trim().split("\n")[0].trim() }).first().waitFor();
  }
  assert.deepEqual(await ben.texts(), texts);
  assert.deepEqual(await anna.texts(), texts);
});

test("a text of 100 KB arrives unchanged", TIMEOUT, async () => {
  const anna = await house.guest("Anna");
  const ben = await house.guest("Ben");
  const long = Array.from({ length: 1_000 }, (_, line) => `line ${line} ${"<é> ".repeat(25)}`).join("\n");
  assert.ok(long.length > 100_000);
  await anna.paste(long);
  const fold = ben.page.locator("[data-control=fold]");
  await fold.waitFor();
  await fold.click();
  await ben.page.locator(".text:not(.folded)").waitFor();
  assert.equal((await ben.texts())[0], long);
});

test("signing out frees the name, and a taken name is refused", TIMEOUT, async () => {
  const anna = await house.guest("Anna", { expected: [/status of 409/] });
  const other = await house.browsers.open(house.tiers.url, [/status of 409/]);
  await other.page.locator("#name").fill("anna");
  await other.page.locator("#name").press("Enter");
  await other.page.locator("#name-fault").filter({ hasText: "is in use" }).waitFor();
  await anna.signOut();
  await other.signIn("anna");
});
