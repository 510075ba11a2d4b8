/** The stranger's client, written from the document alone, beside a browser and a terminal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Browsers } from "./harness/browser.js";
import { PYTHON, Program, STRANGER, Tiers, joinLobby } from "./harness/programs.js";

test("a stranger joins, opens, seals and is heard", { timeout: 120_000 }, async (t) => {
  // What is started first is stopped first: a page that is open sees that its servers go.
  const browsers = await Browsers.start();
  t.after(() => browsers.stop());
  const tiers = await Tiers.start();
  t.after(() => tiers.stop());
  const anna = await browsers.open(tiers.url);
  await anna.signIn("Anna");
  const stranger = new Program(PYTHON, [STRANGER, "--server", tiers.server, "--guest", "stranger"]);
  await stranger.said((said) => said.kind === "ready");
  await anna.sees("stranger came in");
  const terminal = joinLobby(tiers.server, "terminal");
  await stranger.said((said) => said.kind === "joined" && said.name === "terminal");

  await anna.say("from the page: 12:30 👋");
  await stranger.said((said) => said.kind === "message" && said.name === "Anna" && said.text === "from the page: 12:30 👋");
  await terminal.line((line) => line.includes("12:30"));
  stranger.types("from Python: <b>שלום</b>");
  await anna.hears("from Python: <b>שלום</b>");
  await terminal.line((line) => line.includes("from Python"));
  terminal.types("from the terminal");
  await stranger.said((said) => said.kind === "message" && said.text === "from the terminal");

  // Everybody else goes; the stranger holds the key and hands it to a newcomer.
  assert.equal(await terminal.leave(), 0);
  await anna.signOut();
  await stranger.said((said) => said.kind === "left" && said.name === "Anna");
  const ben = await browsers.open(tiers.url);
  await ben.signIn("Ben");
  await ben.say("only the stranger can have given me this key");
  await stranger.said((said) => said.kind === "message" && said.name === "Ben");
  stranger.types("that was me");
  await ben.hears("that was me");
  assert.equal(await stranger.leave(), 0);
  await ben.sees("stranger left");
  assert.ok(!stranger.lines.some((line) => line.includes("unreadable")), stranger.lines.join("\n"));
});
