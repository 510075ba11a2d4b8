/** Files in two browsers: chosen, dropped and pasted, with progress, cancel and resume; saved, shown, and never run. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { signInTo } from "./harness/accounts.js";
import { MIB, bytesOf, fileRow, saveFile, sendFiles } from "./harness/files.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { befriend } from "./harness/people.js";
import { show, writeTo } from "./harness/talks.js";

/** @typedef {import("./harness/browser.js").Person} Person */

const TIMEOUT = { timeout: 300_000 };
/** What a browser writes by itself where a way is cut, or a proxy asks for patience. */
const EXPECTED = [/status of 50[234]/, /status of 40[34]/, /status of 429/, /WebSocket connection/, /ERR_/];
const house = new House();
const folder = mkdtempSync(join(tmpdir(), "sealwire-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mPgy4r7DwADNgHWweFpywAAAABJRU5ErkJggg==", "base64");

/** @param {string} name @param {Buffer} bytes */
function fileOf(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
/** @param {string} name */
const account = (name) => house.account(name, { expected: EXPECTED });

/** Two who talk with each other. */
async function two() {
  const [ada, bob] = [await account("Ada"), await account("Bob")];
  await befriend(ada, bob);
  await writeTo(ada, bob);
  await show(bob, ada.name);
  return { ada, bob };
}

test("B5: files are chosen, dropped and pasted, and come out as they went in", TIMEOUT, async () => {
  const { ada, bob } = await two();
  const sizes = { "empty.bin": 0, "one.bin": 1, "below.bin": MIB - 1, "whole.bin": MIB, "above.bin": MIB + 1, "some.bin": 5_000_000 };
  const paths = Object.entries(sizes).map(([name, size], at) => fileOf(name, bytesOf(size, at)));
  await sendFiles(ada, paths, "six of them");
  await bob.hears("six of them");
  for (const path of paths) {
    const name = path.slice(folder.length + 1);
    const got = await saveFile(bob, name);
    assert.deepEqual([got.name, readFileSync(got.path).equals(readFileSync(path))], [name, true], name);
  }

  // A name that pretends, and what would run in a page, are only ever saved.
  const html = fileOf("page.html", Buffer.from("<script>document.title = 'ran'</script>"));
  await sendFiles(ada, [html, fileOf("dot.svg", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")), fileOf("invoice\u202Egpj.exe", Buffer.from("MZ"))]);
  for (const name of ["page.html", "dot.svg"]) {
    await bob.waits(fileRow(bob, name).locator("[data-control=file-save]"));
    assert.equal(await fileRow(bob, name).locator("[data-control=file-show]").count(), 0, name);
  }
  await bob.waits(fileRow(bob, "invoice\uFFFDgpj.exe"));
  assert.equal((await saveFile(bob, "invoice\uFFFDgpj.exe")).name, "invoicegpj.exe");

  // Dropped, and pasted.
  const transfer = await ada.page.evaluateHandle((base64) => {
    const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    const given = new DataTransfer();
    given.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    return given;
  }, PICTURE.toString("base64"));
  await ada.page.locator(".conversation").dispatchEvent("dragover", { dataTransfer: transfer });
  await ada.waits(ada.page.locator(".drop:visible"));
  await ada.page.locator(".conversation").dispatchEvent("drop", { dataTransfer: transfer });
  await ada.page.getByLabel("Say something with it").press("Enter");
  // Nothing is pasted behind a dialog that is still closing.
  await bob.waits(fileRow(bob, "dropped.png"));
  await ada.page.evaluate((given) => {
    const pasted = new ClipboardEvent("paste", { clipboardData: /** @type {DataTransfer} */ (given), bubbles: true, cancelable: true });
    document.getElementById("composer")?.dispatchEvent(pasted);
  }, transfer);
  await ada.page.locator("dialog [data-control=go]").click();
  await bob.waits(fileRow(bob, "dropped.png").nth(1));

  // A picture is shown from its own bytes, whatever it is called; a text by its beginning.
  await fileRow(bob, "dropped.png").first().locator("[data-control=file-show]").click();
  await bob.waits(bob.page.locator("img.file-picture"));
  await bob.page.waitForFunction(() => document.querySelector("img.file-picture")?.naturalWidth === 1);
  await sendFiles(ada, [fileOf("notes.md", Buffer.from("<b>first</b> line\n")), fileOf("fake.png", Buffer.from("<html>"))]);
  await bob.waits(fileRow(bob, "notes.md").locator("[data-control=file-show]"));
  await fileRow(bob, "notes.md").locator("[data-control=file-show]").press("Enter");
  await bob.waits(bob.page.locator("pre.file-text", { hasText: "<b>first</b> line" }));
  await fileRow(bob, "fake.png").locator("[data-control=file-show]").click();
  await bob.waits(fileRow(bob, "fake.png").locator(".hint", { hasText: "no picture or text" }));
  // The focus stays where something was done.
  await bob.page.waitForFunction(() => document.activeElement?.getAttribute("data-control") === "file-show");
});

/** Holds requests for chunks behind the first so many; gives what lets them go. @param {Person} person @param {string} command @param {number} count */
async function holdsAfter({ page }, command, count) {
  /** @type {import("playwright-core").Route[]} */
  const held = [];
  let asked = 0;
  await page.route(`**/api/${command}`, (route) => ((asked += 1) <= count ? route.continue() : void held.push(route)));
  return async () => {
    await page.unroute(`**/api/${command}`);
    // Of those that were given up nobody waits for an answer.
    for (const route of held) await route.continue().catch(() => {});
  };
}

test("an upload shows how far it is, can be cancelled, goes on after a cut and after a reload", TIMEOUT, async () => {
  const gate = await Gate.start(house.tiers.url, { upgrade: true });
  try {
    const { ada, bob } = await two();
    const far = await house.browsers.open(gate.url, EXPECTED);
    await signInTo(far, ada.name);
    await show(far, bob.name);
    const bytes = bytesOf(30 * MIB, 9);
    const path = fileOf("large.bin", bytes);
    // However fast it is, it is not whole when the way is cut.
    const goOnIntoTheCut = await holdsAfter(far, "files.put", 14);
    await sendFiles(far, [path]);
    await far.page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.2);
    gate.close();
    await goOnIntoTheCut();
    await far.waits(fileRow(far, "large.bin").locator(".file-state", { hasText: "Waiting for the connection" }));
    const goOn = await holdsAfter(far, "files.put", 12);
    gate.open();
    await far.page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.5);
    await far.page.reload();
    await show(far, bob.name);
    await far.waits(fileRow(far, "large.bin").locator(".state", { hasText: "Choose the same file again" }));
    assert.equal(await fileRow(bob, "large.bin").count(), 0);
    await goOn();
    await fileRow(far, "large.bin").locator("[data-control=file-again]").setInputFiles(path);
    const got = await saveFile(bob, "large.bin");
    assert.ok(readFileSync(got.path).equals(bytes));

    const letGo = await holdsAfter(far, "files.put", 6);
    await sendFiles(far, [fileOf("unwanted.bin", bytesOf(30 * MIB, 10))]);
    await far.page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.1);
    await fileRow(far, "unwanted.bin").locator("[data-control=file-cancel]").click();
    await far.gone(fileRow(far, "unwanted.bin"));
    await letGo();
    assert.equal(await fileRow(bob, "unwanted.bin").count(), 0);
  } finally {
    await gate.stop();
  }
});

test("a large file is written where its user said, and what is stopped leaves nothing there", TIMEOUT, async () => {
  const { ada, bob } = await two();
  const bytes = bytesOf(34 * MIB, 11);
  await sendFiles(ada, [fileOf("big.bin", bytes)]);
  await bob.waits(fileRow(bob, "big.bin").locator("[data-control=file-save]"));
  // In place of the browser's own dialogue, which no test can reach: a file of this page.
  await bob.page.evaluate(() => {
    Object.assign(globalThis, { showSaveFilePicker: async () => (await navigator.storage.getDirectory()).getFileHandle("big.bin", { create: true }) });
  });
  const length = () => bob.page.evaluate(async () => (await (await (await navigator.storage.getDirectory()).getFileHandle("big.bin")).getFile()).size);
  const letGo = await holdsAfter(bob, "files.chunk", 5);
  await fileRow(bob, "big.bin").locator("[data-control=file-save]").click();
  await fileRow(bob, "big.bin").locator("[data-control=file-cancel]").click();
  await letGo();
  await bob.waits(fileRow(bob, "big.bin").locator("[data-control=file-save]"));
  assert.equal(await length(), 0);
  const goOn = await holdsAfter(bob, "files.chunk", 5);
  await fileRow(bob, "big.bin").locator("[data-control=file-save]").click();
  await bob.waits(fileRow(bob, "big.bin").locator("[data-control=file-cancel]"));
  await goOn();
  await bob.waits(fileRow(bob, "big.bin").locator("[data-control=file-save]"));
  assert.equal(await length(), bytes.length);
  const digest = await bob.page.evaluate(async () => {
    const file = await (await (await navigator.storage.getDirectory()).getFileHandle("big.bin")).getFile();
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()))];
  });
  assert.deepEqual(digest, [...createHash("sha256").update(bytes).digest()]);
});
