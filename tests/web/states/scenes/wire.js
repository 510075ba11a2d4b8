/**
 * What comes over the wire when something is not well, and a flood.
 */
import { channelIdOf, randomId, roomIdOf } from "../../../../static/wire/ids.js";
import { Wire, openRoom, phoneDetails, refuse, say, seen } from "../cast.js";
import { deliverFrame, eventFrame } from "../frames.js";
import { WORDS } from "./words.js";

/** @typedef {import("./words.js").Stage} Stage */

const MIRA = "11".repeat(16);

/** What comes over the wire when something is not well. @param {Stage} stage */
export async function wire({ cast, take, language }) {
  const words = WORDS[language];
  const hand = new Wire();
  const page = await cast.member(words.ada, { wire: hand });
  await openRoom(page, words.room);
  // Its own key first: what is told below is not to be overtaken by it.
  await page.locator(".about dd").first().filter({ hasText: /\d/ }).waitFor();
  const room = await roomIdOf(words.room);
  const channel = await channelIdOf(room);
  let sequence = 1_000_000;
  const from = (/** @type {string} */ text, marks = 0) =>
    deliverFrame({ channel, sequence: ++sequence, sender: MIRA, name: words.mira, message: randomId(), content: { type: "text", text }, marks });
  const event = (/** @type {object} */ header) => hand.send(eventFrame(header));

  event({ event: "room.keyed", room, n: "1", reason: "first" });
  event({ event: "room.waiting", room, n: "1", since: "0" });
  await page.locator(".composer .waiting:not(:empty)").waitFor();
  await take(page, "waiting-for-key");
  event({ event: "room.keyed", room, n: "1", reason: "first" });

  const unreadable = (/** @type {string} */ cause) => event({ event: "message.unreadable", channel, sequence: String(++sequence), sender: MIRA, name: words.mira, cause });
  for (let i = 0; i < 3; i++) unreadable("before_you_joined");
  hand.send(from(words.lines[0]));
  unreadable("waiting_for_key");
  const waiting = sequence;
  unreadable("not_opened");
  hand.send(from(words.lines[1]));
  await seen(page, words.lines[1]);
  await take(page, "unreadable");
  hand.send(deliverFrame({ channel, sequence: waiting, sender: MIRA, name: words.mira, message: randomId(), content: { type: "text", text: words.lines[3] } }));
  await seen(page, words.lines[3]);
  await take(page, "filled-in-place");
  hand.send(from(words.lines[0], 1), from(words.lines[1], 2));
  hand.send(deliverFrame({ channel, sequence: ++sequence, sender: MIRA, name: words.mira, message: randomId(), content: { type: "poll" } }));
  await page.locator(".note").nth(2).waitFor();
  await take(page, "marked-messages");

  event({ event: "room.joined", room, member: { id: MIRA, name: words.mira, kind: "guest", fingerprint: null } });
  for (const [n, reason] of [["2", "left"], ["3", "age"], ["4", "unanswered"], ["5", "demand"]]) {
    event({ event: "room.keyed", room, n, reason });
    hand.send(from(words.lines[2]));
  }
  event({ event: "member.changed", room, member: MIRA });
  event({ event: "room.left", room, member: MIRA, reason: "lost" });
  await page.locator(".row.presence").nth(1).waitFor();
  await take(page, "key-changes");
  event({ event: "channel.missed", channel, reason: "too_old" });
  hand.send(from(words.lines[0]));
  event({ event: "channel.missed", channel, reason: "withheld" });
  hand.send(from(words.lines[1]));
  await page.locator(".row.missed").nth(1).waitFor();
  await take(page, "missed");

  const people = language === "zh" ? ["李", "陈", "赵", "周", "吴", "郑"] : ["Björn", "Zoë", "Łucja", "Quentin", "ليلى", "Søren"];
  for (let i = 0; i < 60; i++) {
    const id = i.toString(16).padStart(32, "0");
    event({ event: "room.joined", room, member: { id, name: `${people[i % people.length]} ${i + 1}`, kind: "guest", fingerprint: null } });
  }
  await page.locator(".people li").nth(59).waitFor();
  await take(page, "people-many", { settle: () => phoneDetails(page) });
  await page.keyboard.press("Escape");

  for (let i = 0; i < 80; i++) hand.send(from(`${words.lines[i % 4]} ${i + 1}`));
  await seen(page, `${words.lines[3]} 80`);
  await page.locator("#timeline").evaluate((element) => element.scrollBy(0, -900));
  await page.locator(".newest:visible").waitFor();
  hand.send(from(words.lines[0]), from(words.lines[1]));
  await page.locator(".badge").waitFor();
  await take(page, "scrolled-up");
  await page.locator(".newest").click();

  hand.judge = (frame) => frame[0] !== 4;
  await say(page, words.lines[2]);
  await page.locator(".state").waitFor();
  await take(page, "sending");
  await page.keyboard.press("Escape");
  hand.judge = (frame) => (frame[0] === 4 ? refuse(frame, "internal") : true);
  await openRoom(page, `${words.room} 2`);
  await say(page, words.lines[2]);
  await page.locator(".state.bad").waitFor();
  await take(page, "not-sent");
  hand.judge = (frame) => (frame.includes("rooms.enter") ? refuse(frame, "room_full") : true);
  await hand.cut();
  await page.locator(".banner:visible").waitFor();
  await take(page, "room-refused");
}

/** A flood in a room of its own; a real one where the server's rates are known. @param {Stage} stage */
export async function flood({ cast, take, language, backend }) {
  const hand = new Wire();
  let sent = 0;
  if (backend === null) hand.judge = (frame) => (frame[0] === 4 && ++sent > 12 ? refuse(frame, "rate_limited", 9_000) : true);
  const page = await cast.member(WORDS[language].ada, backend === null ? { wire: hand } : {});
  await openRoom(page, WORDS[language].crowd);
  const held = page.locator(".state.warn");
  for (let i = 0; i < 8 && (await held.count()) === 0; i++) {
    await page.evaluate((round) => {
      const box = /** @type {HTMLTextAreaElement} */ (document.getElementById("composer"));
      for (let n = 0; n < 10; n++) {
        box.value = `${round * 10 + n + 1}`;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        box.form?.requestSubmit();
      }
    }, i);
    await page.waitForTimeout(50);
  }
  await held.first().waitFor();
  await held.first().scrollIntoViewIfNeeded();
  await take(page, "flood", { settle: () => held.first().scrollIntoViewIfNeeded({ timeout: 2_000 }).catch(() => {}) });
}
