/** Files between pages and terminals: of every size, several at once, past kills of the server, and one of 1 GiB past kills of who moves it. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { MIB, bytesOf, chunksOf, fileRow, haveSameBytes, saveFile, sendFiles, sha256, sparseFile, whileRuns } from "./harness/files.js";
import { Gate } from "./harness/gate.js";
import { House } from "./harness/house.js";
import { begin, sent, show } from "./harness/talks.js";
import { Terminals } from "./harness/terminals.js";

/** @typedef {import("./harness/browser.js").Person} Person @typedef {import("./harness/terminal.js").Terminal} Terminal */

const TIMEOUT = { timeout: 400_000 };
/** What a browser writes by itself where a server is gone for a while, or a proxy asks for patience. */
const EXPECTED = [/status of 50[234]/, /status of 40[34]/, /status of 429/, /WebSocket connection/, /ERR_/];
/** In bytes; each file is called by what is special about it. */
const SIZES = Object.freeze({ "empty.bin": 0, "one byte.bin": 1, "naïve 小明.bin": MIB - 1, "whole.bin": MIB, "above.tar.gz": MIB + 1 });
const house = new House();
const terminals = new Terminals(house);
const folder = mkdtempSync(join(tmpdir(), "sealwire-terminal-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string} name @returns {Promise<Person>} */
const page = (name) => house.account(name, { expected: EXPECTED });
/** Where the chat-server keeps its data. */
const data = () => join(house.tiers.data, "chat");

/** Files of all sizes in a folder of their own, whose bytes are others than those of another folder. @param {string} name @param {number} seed */
function filesIn(name, seed) {
  const place = join(folder, name);
  mkdirSync(place);
  return Object.entries(SIZES).map(([called, size], at) => {
    const path = join(place, called);
    writeFileSync(path, bytesOf(size, seed + at));
    return path;
  });
}

/** What a terminal hears of files, until it has heard of so many. @param {Terminal} terminal @param {number} count @returns {Promise<any[]>} */
async function hearsOfFiles(terminal, count) {
  const heard = [];
  while (heard.length < count) heard.push(...(await terminal.hears()).filter(({ kind }) => kind === "file"));
  return heard;
}

/** Fetches a file into a folder; gives its path. @param {Terminal} terminal @param {{ room: string, sequence: string }} at @param {string} to */
async function fetches(terminal, { room, sequence }, to) {
  const { path } = await terminal.run(["fetch", room, sequence, "--output", to]);
  return path;
}

/** Kills the chat-server and starts it again where a page is at this request for a chunk, or with this one. @param {Person} person @param {string} command @param {number} nth */
function restartsAt({ page }, command, nth) {
  let asked = 0;
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      void page.route(`**/api/${command}`, async (route) => {
        asked += 1;
        if (asked === nth) await house.tiers.restartServer().then(resolve, reject);
        await route.continue();
      });
    })
  );
}

/** The same where a terminal has sent or got so many bytes over a gate. @param {Gate} gate @param {"up" | "down"} way @param {number} bytes */
async function restartsAfter(gate, way, bytes) {
  await gate.freezesAfter(way, bytes);
  gate.close();
  await house.tiers.restartServer();
  gate.open();
}

test("files of every size go from a page to a terminal and back, several at once, with their names", TIMEOUT, async () => {
  const bob = await terminals.registered("Bob");
  const bobs = await terminals.device(bob);
  const ada = await page("Ada");
  await begin(ada, bob.name);
  const here = filesIn("from the page", 1);
  await sendFiles(ada, here, "five of them");
  await sent(ada, "five of them");
  const heard = await hearsOfFiles(bob, here.length);
  assert.deepEqual(heard.map(({ title, size }) => [title, Number(size)]).sort(), Object.entries(SIZES).sort());
  const to = bob.file("got");
  mkdirSync(to);
  // Each of two terminals takes turns with itself only.
  const paths = await Promise.all(heard.map((file, at) => fetches(at % 2 === 0 ? bob : bobs, file, to)));
  assert.deepEqual(readdirSync(to).sort(), Object.keys(SIZES).sort());
  for (const path of paths) assert.equal(sha256(path), sha256(join(folder, "from the page", basename(path))), path);

  const back = filesIn("from the terminal", 100);
  await Promise.all(back.map((path, at) => (at % 2 === 0 ? bob : bobs).run(["send", ada.name, "--file", path])));
  for (const path of back) {
    // Of each name there are two by now: the own one, and that of the terminal behind it.
    const name = basename(path);
    await ada.waits(fileRow(ada, name).nth(1));
    const got = await saveFile(ada, name, 1);
    assert.equal(got.name, name);
    assert.equal(sha256(got.path), sha256(path), name);
  }
});

test("a chat-server that is killed on the way costs neither a page nor a terminal its file", TIMEOUT, async () => {
  const gate = await Gate.start(`http://${house.tiers.server}`, { upgrade: true });
  try {
    const dan = await terminals.registered("Dan");
    const dans = await terminals.deviceAt(dan, new URL(gate.url).host);
    const cleo = await page("Cleo");
    await begin(cleo, dan.name);
    const up = join(folder, "up.bin");
    writeFileSync(up, bytesOf(12 * MIB, 9));
    const put = restartsAt(cleo, "files.put", 6);
    await sendFiles(cleo, [up]);
    await put;
    await cleo.waits(fileRow(cleo, "up.bin").locator("[data-control=file-save]"));
    const [file] = await hearsOfFiles(dan, 1);
    const to = dans.file("got");
    mkdirSync(to);
    const [fetched] = await Promise.all([fetches(dans, file, to), restartsAfter(gate, "down", 6 * MIB)]);
    assert.deepEqual([basename(fetched), sha256(fetched)], ["up.bin", sha256(up)]);

    const down = join(folder, "down.bin");
    writeFileSync(down, bytesOf(12 * MIB, 10));
    await Promise.all([dans.run(["send", cleo.name, "--file", down]), restartsAfter(gate, "up", 6 * MIB)]);
    await show(cleo, dan.name);
    const got = restartsAt(cleo, "files.chunk", 6);
    const saved = await saveFile(cleo, "down.bin");
    await got;
    assert.deepEqual([saved.name, sha256(saved.path)], ["down.bin", sha256(down)]);
  } finally {
    await gate.stop();
  }
});

test("a file of 1 GiB is sent and fetched, each killed at half and gone on with by the same command", TIMEOUT, async () => {
  const CHUNKS = 1_024;
  const [lea, max] = [await terminals.registered("Lea"), await terminals.registered("Max")];
  const path = sparseFile(lea.file("film.mkv"), CHUNKS * MIB);
  const before = chunksOf(data());
  const own = () => [...chunksOf(data())].filter((chunk) => !before.has(chunk));
  const send = ["send", max.name, "--file", path];
  const killed = lea.start(send);
  await whileRuns(killed, () => own().length >= CHUNKS / 2);
  await killed.kill();
  const half = own();
  assert.ok(half.length < CHUNKS, `${half.length} chunks were there`);
  const told = await lea.run(send);
  assert.equal(told.size, String(CHUNKS * MIB));
  const whole = new Set(own());
  assert.equal(whole.size, CHUNKS);
  // What was there was not sent once more.
  for (const chunk of half) assert.ok(whole.has(chunk), chunk);

  const to = max.file("got");
  mkdirSync(to);
  const fetch = ["fetch", told.room, told.sequence, "--output", to];
  const cut = max.start(fetch);
  await whileRuns(cut, () => bytesIn(to) >= (CHUNKS / 2) * MIB);
  await cut.kill();
  const [part] = readdirSync(to);
  assert.match(part, /^\..*\.part$/);
  const { ino, size } = statSync(join(to, part));
  assert.ok(size < CHUNKS * MIB, `${size} bytes were there`);
  const got = await max.run(fetch);
  assert.deepEqual(readdirSync(to), ["film.mkv"]);
  // The part was gone on with, and not begun anew.
  assert.equal(statSync(got.path).ino, ino);
  assert.ok(haveSameBytes(got.path, path));
});

/** What the files in a folder take, in bytes. @param {string} place */
function bytesIn(place) {
  return readdirSync(place).reduce((sum, name) => sum + statSync(join(place, name)).size, 0);
}
