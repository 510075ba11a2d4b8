/**
 * How long a new device takes until so many messages of a conversation's history are fetched, verified, opened and on the page, for a
 * reader who opens the conversation as soon as it is listed and reads back at once; and how long the page stood still meanwhile. The clock
 * starts when the first message is asked for, if that is before the reader opens the conversation.
 */
import { accountDoor, typePassword } from "../../web/harness/accounts.js";
import { modules } from "./modules.js";

/** @typedef {import("../../web/harness/browser.js").Browsers} Browsers */
/** @typedef {import("../../web/harness/browser.js").Person} Person */

/** Messages that are said and not waited for: what makes the conversation stands behind the history that is read. */
const MORE = 20;
/** Messages of which the last is waited for before the next are said. */
const AT_ONCE = 25;
/** How long a device is waited for, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * @param {Person} from @param {Person} to @param {{ browsers: Browsers, url: string, expected: RegExp[], count: number }} where
 * @returns {Promise<{ opened: number, first: number, longestFrame: number, signaturesAlone: number }>} milliseconds
 */
export async function measureHistory(from, to, { browsers, url, expected, count }) {
  const account = to.name;
  // Who has it on the screen would say of each message that it was read.
  await to.leave();
  for (let number = 1; number <= count + MORE; number++) {
    await from.paste(textOf(number));
    if (number % AT_ONCE === 0 || number === count + MORE) await from.gone(from.page.locator(".row.message .state", { hasText: /Sending|Waiting/ }));
  }
  // Only the new device is at work while it is measured.
  await from.leave();
  const person = await browsers.open(url, expected);
  const figures = await onNewDevice(person, account, count);
  await person.leave();
  return figures;
}

/** @param {Person} person who signs in here for the first time @param {string} account @param {number} count */
async function onNewDevice(person, account, count) {
  const { page } = person;
  await page.evaluate(noteFetch);
  await accountDoor(person);
  await page.evaluate(readBack, { count, newest: textOf(count + MORE), patience: PATIENCE_MS });
  await typePassword(person, account);
  const read = await page.evaluate(() => /** @type {any} */ (window).benchRead);
  if (!read.newestFirst) throw new Error("The newest message was not the first on the page.");
  const alone = await page.evaluate(signaturesAlone, { count, base: await modules(person) });
  return { opened: read.opened, first: read.first, longestFrame: read.longestFrame, signaturesAlone: alone };
}

/** 64 bytes, as what people say. @param {number} number */
function textOf(number) {
  return `history ${number} `.padEnd(64, "and so on ").trim();
}

/** In the page: when its worker asks for messages for the first time. */
function noteFetch() {
  const { addEventListener } = Worker.prototype;
  /** @this {Worker} @param {any[]} given */
  Worker.prototype.addEventListener = function (...given) {
    if (given[0] === "message") {
      const note = (/** @type {MessageEvent} */ { data }) => {
        if (data.command === "messages.fetch") /** @type {any} */ (window).benchFetched ??= performance.now();
      };
      addEventListener.call(this, "message", /** @type {any} */ (note));
    }
    return addEventListener.apply(this, /** @type {any} */ (given));
  };
}

/**
 * In the page: opens the conversation as soon as the list has it, and reads back until enough messages were on the page.
 * @param {{ count: number, newest: string, patience: number }} what
 */
function readBack({ count, newest, patience }) {
  /** @type {any} */ (window).benchRead = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`only ${seen.size} of ${count} messages came`)), patience);
    /** @type {Set<string>} keys of messages that were on the page */
    const seen = new Set();
    const times = { from: 0, frame: 0, stall: 0, first: 0 };
    /** Whether the newest stood there when anything did. */
    let newestFirst = true;
    begin();

    function begin() {
      // The only one, which can be opened before anything of it was read.
      const button = document.querySelector("button.talk-row");
      if (!(button instanceof HTMLButtonElement)) return void requestAnimationFrame(begin);
      times.frame = performance.now();
      times.from = Math.min(times.frame, /** @type {any} */ (window).benchFetched ?? times.frame);
      button.click();
      requestAnimationFrame(look);
    }

    function look() {
      const now = performance.now();
      times.stall = Math.max(times.stall, now - times.frame);
      times.frame = now;
      const rows = [...document.querySelectorAll(".row.message")];
      if (seen.size === 0 && rows.length > 0) {
        times.first = now - times.from;
        newestFirst = rows.at(-1)?.textContent?.includes(newest) === true;
      }
      for (const row of rows) seen.add(row.getAttribute("data-key") ?? "");
      if (seen.size >= count) return void resolve({ opened: now - times.from, first: times.first, longestFrame: times.stall, newestFirst });
      const timeline = document.getElementById("timeline");
      if (timeline !== null) timeline.scrollTop = 0;
      requestAnimationFrame(look);
    }
  });
}

/**
 * In the page, and on its one thread: both signatures of so many envelopes of the smallest size, verified by the page's own modules.
 * @param {{ count: number, base: string }} what
 */
async function signaturesAlone({ count, base }) {
  const { SigningKeys, readBlock } = await import(`${base}crypto/signature.js`);
  const { RecordReader, label } = await import(`${base}crypto/record.js`);
  const keys = await SigningKeys.generate();
  const purpose = label("sealwire/v1/bench");
  // Version and type of a record, before as much as the smallest envelope has.
  const body = Uint8Array.of(1, 4, ...new Uint8Array(510));
  const signed = [];
  for (let number = 0; number < count; number++) {
    const record = new RecordReader(await keys.append(purpose, body), 4, 4_096);
    record.take(body.length - 2);
    signed.push(readBlock(record));
  }
  const from = performance.now();
  await Promise.all(signed.map((block) => keys.verifying.verify(purpose, body, block)));
  return performance.now() - from;
}
