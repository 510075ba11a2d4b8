/**
 * What is said on two pages, what it is called, what is typed and not sent, and every secret behind it, looked for in everything that
 * the pages send and in everything that both tiers hold, log and keep. Every place is also searched for something that is there.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeContent } from "../../static/crypto/room/content.js";
import { PASSWORD, createAccount } from "./harness/accounts.js";
import { Browsers } from "./harness/browser.js";
import { Canaries, filesOf, memoryOf } from "./harness/canaries.js";
import { Tiers } from "./harness/programs.js";
import { epochSecrets, record, registration, secrets } from "./harness/sent.js";
import { answer, edit, makeGroupOf, react, sent, show, shown } from "./harness/talks.js";
import { Terminal } from "./harness/terminal.js";

/** What a browser writes by itself where a proxy has to make keys first. */
const EXPECTED = [/status of 503/];
/** So that a reaction is not found in the page's own list of them. */
const REACTION = '"emoji":"🎉"';

test("what two pages say to each other is on them alone", { timeout: 600_000 }, async (t) => {
  // What is started first is stopped first: a page that is open sees that its servers go.
  const browsers = await Browsers.start();
  t.after(() => browsers.stop());
  const tiers = await Tiers.start({ RUST_LOG: "trace" });
  t.after(() => tiers.stop());
  const canaries = new Canaries();
  const canary = (/** @type {string} */ name) => {
    const text = `canary ${randomBytes(12).toString("hex")}`;
    canaries.add(name, text);
    return text;
  };
  const [ada, adas] = await recorded("Ada Lovelace");
  const [bob, bobs] = await recorded("Bob Fortescue");
  const terminal = new Terminal(tiers.server);
  t.after(() => terminal.forget());
  await terminal.register("Third of three");

  const [title, text, reply, edited] = [canary("name"), canary("text"), canary("answer"), canary("edited text")];
  await makeGroupOf(ada, [bob.name, "Third of three"], title);
  await ada.say(text);
  await show(bob, title);
  await bob.hears(text);
  await answer(bob, text, reply);
  await ada.hears(reply);
  await react(ada, reply, "🎉");
  await bob.waits(bob.page.locator(".reaction", { hasText: "🎉" }));
  canaries.add("reaction", REACTION);
  await edit(ada, text, edited);
  await bob.hears(edited);
  const next = canary("next name");
  await ada.page.getByRole("button", { name: "Change the name" }).click();
  await ada.page.getByLabel("Name", { exact: true }).fill(next);
  await ada.page.keyboard.press("Enter");
  await shown(bob, next);
  await ada.gone(ada.page.locator("dialog"));
  await ada.page.locator("#composer").fill(canary("draft"));
  await bob.say("done");
  await sent(bob, "done");
  await ada.hears("done");
  for (const all of [adas, bobs]) {
    const registered = registration(all);
    const own = secrets(PASSWORD, registered);
    for (const [name, secret] of own) canaries.add(name, secret);
    const account = Buffer.from(registered.fields.account, "hex");
    const epochs = epochSecrets(all, account, /** @type {Buffer} */ (own.get("item key")));
    assert.ok(epochs.length > 0, "secrets of epochs were kept");
    for (const secret of epochs) canaries.add("epoch secret", secret);
  }

  // What is there to be found; what a reaction says is what is looked for.
  const reaction = encodeContent({ type: "reaction", message: "01".repeat(16), hash: "02".repeat(32), emoji: "🎉", on: true });
  assert.deepEqual(canaries.in([Buffer.from(reaction)]), ["reaction"]);
  const names = new Canaries();
  for (const { name } of [ada, bob]) names.add(name, name);
  const both = ["Ada Lovelace", "Bob Fortescue"];
  const [chat, proxy] = [tiers.chat, tiers.proxy];
  assert.ok(chat !== null && proxy !== null);
  assert.deepEqual(names.in([...adas, ...bobs]), both);
  for (const { process } of [chat, proxy]) assert.deepEqual(names.in(memoryOf(process.pid)), both);
  assert.deepEqual(names.in(filesOf(tiers.data)), both);
  for (const [{ lines }, address] of /** @type {const} */ ([[chat, tiers.server], [proxy, new URL(tiers.url).host]])) assert.ok(lines.some((line) => line.includes(address)));

  assert.deepEqual(canaries.in([...adas, ...bobs]), [], "sent by a page");
  for (const { name, process, lines } of [chat, proxy]) {
    assert.deepEqual(canaries.in(memoryOf(process.pid)), [], `in the memory of ${name}`);
    assert.deepEqual(canaries.in([Buffer.from(lines.join("\n"))]), [], `in the log of ${name}`);
  }
  assert.deepEqual(canaries.in(filesOf(tiers.data)), [], "in files");
  await browsers.close();
  await proxy.stop();
  await chat.stop();
  assert.deepEqual(canaries.in(filesOf(tiers.data)), [], "in files at rest");
  for (const { name, lines } of [chat, proxy]) assert.deepEqual(canaries.in([Buffer.from(lines.join("\n"))]), [], `in the whole log of ${name}`);
  writeFileSync(join(tiers.data, "planted"), text);
  assert.deepEqual(canaries.in(filesOf(tiers.data)), ["text"]);

  /** Somebody whose page's every byte is recorded. @param {string} name @returns {Promise<[import("./harness/browser.js").Person, Buffer[]]>} */
  async function recorded(name) {
    const person = await browsers.open(tiers.url, EXPECTED);
    const all = record(person.page);
    await createAccount(person, name, { skip: true });
    return [person, all];
  }
});
