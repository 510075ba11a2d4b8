/**
 * How each state comes about. A scene brings some people together and takes their pictures; none depends on another.
 */
import { channelIdOf, randomId, roomIdOf } from "../../../static/wire/ids.js";
import { REFUSALS } from "./album.js";
import { Wire, openRoom, refuse, say, seen, showRooms, signIn } from "./cast.js";
import { closeFrame, deliverFrame, eventFrame } from "./frames.js";

/**
 * @typedef {object} Stage
 * @property {import("./cast.js").Cast} cast
 * @property {(page: import("playwright-core").Page, name: string, how?: { settle?: () => Promise<void> }) => Promise<void>} take
 * @property {null | { stop: () => Promise<void>, start: () => Promise<void> }} backend
 * @property {"en" | "zh"} language
 */

const MIRA = "11".repeat(16);
const WORDS = {
  en: {
    ada: "Ada Lovelace",
    grace: "Grace Hopper",
    mira: "Mira",
    lines: ["Good morning. The release is at 12:30, as planned.", "The checklist is in the second drawer.", "Fine with me. I bring the coffee 👍", "Thank you!"],
    room: "pictures",
    other: "garden",
    crowd: "market",
    long: "It was a long letter, and everybody read it to its end. ",
  },
  zh: {
    ada: "林小明",
    grace: "陈晨光",
    mira: "王美玲",
    lines: ["早上好。发布按计划在 12:30 进行。", "检查清单在第二个抽屉里。", "我没问题，咖啡我来带 👍", "谢谢！"],
    room: "图片",
    other: "花园",
    crowd: "集市",
    long: "这是一封很长的信，大家都读到了最后。",
  },
};

/** The door and what can be wrong at it. @param {Stage} stage */
export async function door({ cast, take, language }) {
  const { ada } = WORDS[language];
  const page = await cast.visitor("door", { tolerated: REFUSALS });
  await take(page, "sign-in");
  await page.fill("#name", "x");
  await page.press("#name", "Enter");
  await take(page, "sign-in-fault");
  await page.fill("#name", "a\u200B\u0007<>");
  await page.press("#name", "Enter");
  await page.locator("#name-fault:not(:empty)").waitFor();
  await take(page, "sign-in-name-invalid");
  const owner = await cast.member(ada);
  await page.fill("#name", ada);
  await page.press("#name", "Enter");
  await page.locator("#name-fault:not(:empty)").waitFor();
  await take(page, "sign-in-name-taken");
  await owner.locator(".self button").last().click();
  await owner.locator(".notice:visible").waitFor();
  const answer = (/** @type {number} */ status, /** @type {object} */ error) =>
    page.route("**/api/auth.guest", (route) => route.fulfill({ status, json: { error: { message: "", ...error } } }));
  await answer(429, { code: "rate_limited", retry_after_ms: 90_000 });
  await page.fill("#name", "Mia");
  await page.press("#name", "Enter");
  await page.locator("sw-countdown").waitFor();
  await take(page, "sign-in-rate-limited");
  await page.reload();
  await answer(503, { code: "unavailable" });
  await page.fill("#name", "Mia");
  await page.press("#name", "Enter");
  await page.locator("#name-fault:not(:empty)").waitFor();
  await take(page, "sign-in-unavailable");
  await page.route("**/api/auth.guest", () => {});
  await page.press("#name", "Enter");
  await page.locator("button[type=submit][disabled]").waitFor();
  await take(page, "sign-in-under-way");
}

/** Screens before and instead of the door. @param {Stage} stage */
export async function screens({ cast, take }) {
  const plain = await cast.visitor("insecure", { host: "insecure.example", tolerated: /Cross-Origin-Opener-Policy/ });
  await plain.locator(".gate h1").waitFor();
  await take(plain, "insecure");
  const before = async (/** @type {import("playwright-core").Page} */ page) => {
    await page.addInitScript(() => localStorage.setItem("sealwire.session", "Ada"));
    await page.route("**/api/session", (route) => route.fulfill({ status: 503, json: { error: { code: "unavailable", message: "", retry_after_ms: 60_000 } } }));
  };
  const starting = await cast.visitor("starting", { tolerated: REFUSALS, before });
  await starting.locator("p[role=status]:not(:empty)").waitFor();
  await take(starting, "starting");
  const pseudo = await cast.visitor("made-up language", { before: (page) => page.addInitScript(() => localStorage.setItem("sealwire.language", "pseudo")) });
  await signIn(pseudo, "Pseudo Person");
  await pseudo.locator(".about dd").first().waitFor();
  await take(pseudo, "made-up-language");
}

/** Two people in the lobby. @param {Stage} stage */
export async function lobby({ cast, take, language }) {
  const words = WORDS[language];
  const ada = await cast.member(words.ada);
  const mira = await cast.member(words.mira);
  await say(mira, words.lines[0]);
  await seen(ada, words.lines[0]);
  await say(mira, words.lines[1]);
  await seen(ada, words.lines[1]);
  await say(ada, words.lines[2]);
  await seen(mira, words.lines[2]);
  await say(mira, words.lines[3]);
  await seen(ada, words.lines[3]);
  await take(ada, "lobby");
  const people = ada.locator(".conversation .bar > button:last-child");
  const open = async () => {
    if ((await people.getAttribute("aria-expanded")) === "false") await people.click();
  };
  await take(ada, "lobby-details", { settle: open });
  await ada.keyboard.press("Escape");
  await people.click();
  await take(ada, "lobby-details-hidden");
  await people.click();
  await take(ada, "lobby-rooms", { settle: () => showRooms(ada) });
  await ada.keyboard.press("Escape");
  for (let i = 0; i < 3; i++) await ada.keyboard.press("Shift+Tab");
  await take(ada, "keyboard-focus");
  await dialogues(ada, take);
  await texts(mira, ada, take, words);
  await compose(ada, take, words);
}

/** @param {import("playwright-core").Page} page @param {Stage["take"]} take */
async function dialogues(page, take) {
  await page.locator("#timeline").focus();
  await page.keyboard.press("?");
  await take(page, "help");
  await page.keyboard.press("Escape");
  await page.locator(".self button:not([hidden])").first().click();
  await take(page, "settings");
  await page.keyboard.press("Escape");
}

/** @param {import("playwright-core").Page} from @param {import("playwright-core").Page} to @param {Stage["take"]} take @param {typeof WORDS.en} words */
async function texts(from, to, take, words) {
  const all = ["12:30", "exit", "<script>alert(1)</script> <b>bold?</b>", "مرحبا بالجميع، الموعد 12:30", "👩‍👩‍👧‍👦 e\u0301 ÅÅ", "two\n  lines\n\n\tand a tab"];
  for (const text of all) {
    await say(from, text);
    await to.waitForFunction((expected) => [...document.querySelectorAll(".row .text")].some((each) => each.textContent === expected), text);
  }
  await take(to, "text-is-text");
  const long = words.long.repeat(Math.ceil(100_000 / Buffer.byteLength(words.long)));
  await say(from, long);
  const fold = to.locator("[data-control=fold]").last();
  await fold.waitFor();
  await take(to, "long-message-folded");
  await fold.click();
  await to.waitForFunction((length) => [...document.querySelectorAll(".row .text")].some((each) => each.textContent?.length === length), long.length);
  await take(to, "long-message-open");
  await to.locator("[data-control=fold]").last().click();
}

/** @param {import("playwright-core").Page} page @param {Stage["take"]} take @param {typeof WORDS.en} words */
async function compose(page, take, words) {
  await page.fill("#composer", words.lines.join("\n"));
  await take(page, "composer-lines");
  await page.fill("#composer", "x".repeat(250_000));
  await take(page, "composer-limit");
  await page.fill("#composer", "x".repeat(300_000));
  await page.press("#composer", "Enter");
  await page.locator("#composer-fault:not(:empty)").waitFor();
  await take(page, "composer-too-long");
  await page.fill("#composer", "");
}

/** Rooms beside the lobby. @param {Stage} stage */
export async function rooms({ cast, take, language }) {
  const words = WORDS[language];
  const mira = await cast.member(words.mira);
  await openRoom(mira, words.other);
  const ada = await cast.member(words.ada, { tolerated: REFUSALS });
  await ada.locator(".sidebar .row-button", { hasText: words.other }).waitFor();
  await take(ada, "rooms", { settle: () => showRooms(ada) });
  await ada.keyboard.press("Escape");
  await ada.locator(".sidebar .scroll > .row-button").click();
  await ada.fill("#room-name", words.room);
  await take(ada, "open-room");
  await ada.fill("#room-name", "x".repeat(65));
  await ada.press("#room-name", "Enter");
  await ada.locator("#room-fault:not(:empty)").waitFor();
  await take(ada, "open-room-fault");
  await ada.fill("#room-name", words.room);
  await ada.press("#room-name", "Enter");
  await ada.locator(".conversation .bar h2", { hasText: words.room }).waitFor();
  await take(ada, "other-room");
  await mira.locator(".sidebar .list .row-button").first().click();
  await mira.locator("#composer").waitFor();
  await say(mira, words.lines[0]);
  await ada.locator(".badge").waitFor();
  await take(ada, "unread", { settle: () => showRooms(ada) });
}

/** What comes over the wire when something is not well. @param {Stage} stage */
export async function wire({ cast, take, language }) {
  const words = WORDS[language];
  const hand = new Wire();
  const page = await cast.member(words.ada, { wire: hand });
  await openRoom(page, words.room);
  await page.locator(".empty h2").waitFor();
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

/** @param {import("playwright-core").Page} page */
async function phoneDetails(page) {
  const people = page.locator(".conversation .bar > button:last-child");
  if ((await people.isVisible()) && (await people.getAttribute("aria-expanded")) === "false") await people.click();
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

/** Links that break. @param {Stage} stage */
export async function cuts({ cast, take, language, backend }) {
  const words = WORDS[language];
  const gate = await cast.gate({ upgrade: true });
  // Her cookies are lost below, and with them the way to free the name.
  const page = await cast.member(words.grace, { gate });
  await say(page, words.lines[0]);
  await seen(page, words.lines[0]);
  await page.context().setOffline(true);
  await page.locator(".banner:visible").waitFor();
  await take(page, "offline");
  await page.context().setOffline(false);
  await page.locator(".banner").waitFor({ state: "hidden" });
  gate.close();
  await say(page, words.lines[1]);
  await page.locator(".banner:visible").waitFor();
  await take(page, "reconnecting");
  await page.locator(".self button").last().click();
  await page.locator("dialog").waitFor();
  await take(page, "sign-out-unsent");
  await page.keyboard.press("Escape");
  gate.open();
  await page.locator(".banner").waitFor({ state: "hidden" });
  await seen(page, words.lines[1]);
  await page.locator(".state").waitFor({ state: "detached" });
  if (backend !== null) {
    await backend.stop();
    await page.locator(".banner:visible").waitFor();
    await take(page, "backend-lost");
    await backend.start();
    await page.locator(".banner").waitFor({ state: "hidden", timeout: 60_000 });
  }
  gate.close();
  await page.context().clearCookies();
  gate.open();
  await page.locator(".gate h1").waitFor();
  await take(page, "returning");
  await page.route("**/api/auth.guest", (route) => route.fulfill({ status: 403, json: { error: { code: "not_allowed", message: "" } } }));
  await page.locator(".notice:visible").waitFor({ timeout: 30_000 });
  await take(page, "name-lost");
}

/** WebSocket blocked, and endings. @param {Stage} stage */
export async function endings({ cast, take, language, backend }) {
  const words = WORDS[language];
  const events = await cast.member(words.mira, { gate: await cast.gate({ upgrade: false }) });
  await say(events, words.lines[0]);
  await seen(events, words.lines[0]);
  await events.locator(".state").waitFor({ state: "detached" });
  await take(events, "events", { settle: () => phoneDetails(events) });
  const twin = await cast.tab(events);
  await twin.locator(".self button").last().click();
  await twin.locator(".notice:visible").waitFor();
  await take(twin, "signed-out");
  await events.locator(".notice:visible").waitFor();
  await take(events, "signed-out-elsewhere");

  const hand = new Wire();
  const page = await cast.member(words.ada, { wire: hand, tolerated: REFUSALS });
  if (backend === null) {
    hand.send(eventFrame({ event: "backend.lost", retry_ms: 1000 }));
    await page.locator(".banner:visible").waitFor();
    await take(page, "backend-lost");
    hand.send(eventFrame({ event: "backend.back" }));
  }
  hand.send(eventFrame({ event: "session.resume", after_ms: 90_000 }), closeFrame(2));
  await page.locator(".banner:visible").waitFor();
  await take(page, "restarting");
  await page.reload();
  await page.locator("#composer").waitFor();
  hand.send(closeFrame(9));
  await page.locator(".gate h1").waitFor();
  await take(page, "outdated");
  await page.reload();
  await page.locator("#composer").waitFor();
  hand.send(closeFrame(10));
  await page.locator(".notice:visible").waitFor();
  await take(page, "replaced");
}
