/**
 * Measures a room of many in Chromium, before both tiers, and prints milliseconds as one JSON object.
 *
 * node room.js --data FOLDER --account NAME --password TEXT --room NAME [--attended]
 *
 * --data        holds the data of a chat-server called 127.0.0.1, in its folder `chat`; it is gone afterwards
 * --account     an admin of the room who was on no device yet, with its password
 * --room        a public one
 * --attended    ends, with everything that it started, when its input does
 *
 * The programs are those of SEALWIRE_BIN_DIR.
 */
import { parseArgs } from "node:util";
import { accountDoor, createAccount, typePassword } from "../../web/harness/accounts.js";
import { Browsers } from "../../web/harness/browser.js";
import { channelRow, inChannel, lookAt } from "../../web/harness/halls_page.js";
import { Tiers } from "../../web/harness/programs.js";
import { attend } from "./attend.js";
import { noteWorker, openChannel, settled, until } from "./room_page.js";
import { EXPECTED, UNLIMITED } from "./settings.js";

/** @typedef {import("../../web/harness/browser.js").Person} Person */

/** What any step may take, in milliseconds: a cold device on a slow machine. */
const PATIENCE_MS = 240_000;

const { values } = parseArgs({
  options: { data: { type: "string" }, account: { type: "string" }, password: { type: "string" }, room: { type: "string" }, attended: { type: "boolean" } },
});
const { data = "", account = "", password = "", room = "", attended = false } = values;

const tiers = new Tiers(data);
tiers.settings = UNLIMITED;
const browsers = await Browsers.start();
if (attended) attend(stop);
try {
  await tiers.startServer("127.0.0.1:0");
  await tiers.startProxy("127.0.0.1:0");
  console.log(JSON.stringify(await figures(), null, 2));
} finally {
  await stop();
}

async function figures() {
  const first = await newDevice();
  const unread = await first.page.evaluate(openChannel, { patience: PATIENCE_MS });
  await readToTheEnd(first);
  const unwrapped = await remove(first);
  const warm = await remove(first);
  const rotated = await rotate(first);
  await first.leave();

  const second = await newDevice();
  const read = await second.page.evaluate(openChannel, { patience: PATIENCE_MS });
  const removedFirst = await remove(second);
  await second.leave();

  return { unread, read, removal: { unwrapped, warm, newDevice: removedFirst }, rotation: { warm: rotated }, join: { newDevice: await join() } };
}

/** The account on a device that has nothing of it; returns when the room is listed and nothing is read any more. */
async function newDevice() {
  const person = await opened();
  await accountDoor(person);
  await typePassword(person, account, password);
  await person.waits(channelRow(person, room, "general"));
  await settled(person);
  return person;
}

/** Somebody who comes into the room for the first time, from the click on. */
async function join() {
  const person = await opened();
  await createAccount(person, "Latecomer", { password, skip: true });
  await lookAt(person, room);
  await settled(person);
  const began = performance.now();
  await person.page.locator("dialog [data-control=join]").click();
  await inChannel(person, room, "general");
  const took = performance.now() - began;
  await person.leave();
  return took;
}

async function opened() {
  const person = await browsers.open(tiers.url, EXPECTED);
  person.page.setDefaultTimeout(PATIENCE_MS);
  await person.page.evaluate(noteWorker);
  return person;
}

/** Everything is read then, on every device. @param {Person} person */
async function readToTheEnd(person) {
  await person.page.locator("#timeline").press("End");
  await person.gone(channelRow(person, room, "general", "unread"));
  await settled(person);
}

/** From the last click until it is done. @param {Person} person */
async function remove(person) {
  const { page } = person;
  await page.locator(".members [data-control=member]").last().click();
  await page.locator("dialog [data-control=remove]").click();
  await person.waits(page.locator("dialog [data-control=go]"));
  const took = await page.evaluate(until, { click: "dialog [data-control=go]", gone: "dialog", patience: PATIENCE_MS });
  await settled(person);
  return took;
}

/** Likewise of a new key. @param {Person} person */
async function rotate(person) {
  const { page } = person;
  await page.locator(".about summary").click();
  const took = await page.evaluate(until, { click: ".about [data-control=rotate]", gone: ".about [data-control=rotate]:disabled", patience: PATIENCE_MS });
  await settled(person);
  return took;
}

async function stop() {
  await browsers.browser.close();
  await tiers.stop();
}
