/**
 * A chat-server that lies to somebody at the page: whatever is named is named there in words, in English and Chinese, with a next step
 * that works. The liar stands between web-proxy and chat-server; who signs what only a member can sign is on the other side of it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signRoomState } from "../../static/crypto/room/state.js";
import { emptyState } from "../../static/crypto/room/state_content.js";
import { encodeList, parseList } from "../../static/crypto/record_list.js";
import { Words, learn, loadLanguage } from "../../static/i18n/index.js";
import { LATER_EN } from "../../static/i18n/later_en.js";
import { LATER_ZH } from "../../static/i18n/later_zh.js";
import { fromHex, join, u64 } from "../../static/wire/bytes.js";
import { decodeFrame } from "../../static/wire/frame.js";
import { PASSWORD, accountDoor, createAccount, typePassword } from "./harness/accounts.js";
import { House } from "./harness/house.js";
import { rowOf, show } from "./harness/talks.js";
import { COMMIT, keysOf, otherCommit, sealed, send } from "./harness/worker_stage.js";

/** @typedef {import("./harness/browser.js").Person} Person */
/** @typedef {import("./harness/member.js").Member} Member */
/** @typedef {import("./harness/member.js").Wire} Wire */

const TIMEOUT = { timeout: 240_000 };
/** What a browser writes by itself where a proxy has to make keys first, or its backend is cut. */
const EXPECTED = [/status of (4\d\d|503)/, /WebSocket connection/, /ERR_/];
const SERVER = "127.0.0.1";
/** The kind of vault items that read marks are. */
const READ_MARKS = 2;
const house = new House({ proxies: 2, lies: true });

await loadLanguage("zh");
learn(LATER_EN, LATER_ZH);
const WORDS = { en: new Words("en"), zh: new Words("zh") };

/** An account that is no page, and is told the truth. @param {string} name */
function member(name) {
  return house.member(name).register(SERVER);
}

/** Somebody at the page, behind the liar. @param {string} name */
async function victim(name) {
  house.liar.repent();
  const person = await house.visitor({ proxy: 1, expected: EXPECTED });
  await createAccount(person, name);
  return person;
}

/** @param {Member} from @param {Person} to */
async function accountOf(from, to) {
  const { ok } = await /** @type {Wire} */ (from.wire).call("accounts.find", { name: to.name });
  return String(ok.account);
}

/** A group of a member and somebody at the page, who has answered there. @param {Member} by @param {Person} person @param {string} name @param {string[]} [others] accounts */
async function group(by, person, name, others = []) {
  const { room } = await by.ask("conversation_create", { kind: "group", accounts: [await accountOf(by, person), ...others], name, history: "from_joining" });
  await by.until(() => by.conversation(room)?.state === "ready", "the group");
  await show(person, name);
  await person.say(`here in ${name}`);
  await by.shows(room, `here in ${name}`);
  return room;
}

/** @param {Person} person @param {string} kind @param {string} [name] */
const notice = (person, kind, name) => person.page.locator(".notice.bad", { hasText: WORDS.en.say(`alarm.${kind}`, { name: name ?? "" }) });
/** @param {Person} person @param {string} cause @param {string} name */
const cause = (person, cause, name) => person.page.locator(`.cause.${cause}`, { hasText: WORDS.en.say(`unread.${cause}`, { name, count: 1 }) }).filter({ hasText: WORDS.en.say(`unread.${cause}_next`, { name, count: 1 }) });
/** @param {import("playwright-core").Locator} line @param {string} control */
const press = (line, control) => line.locator(`[data-control="${control}"]`).click();

/** Waits until nothing is an alarm any more. @param {Person} person */
async function isCalm(person) {
  const notices = person.page.locator(".notice.bad");
  await person.gone(notices).catch(async (error) => {
    throw new Error((await notices.allInnerTexts()).join("\n"), { cause: error });
  });
}

/** What stands there, in the other language. @param {Person} person @param {string[]} keys @param {Record<string, string | number>} fill */
async function inChinese(person, keys, fill) {
  await person.page.getByRole("button", { name: WORDS.en.say("nav.settings") }).first().click();
  await person.page.locator("dialog [data-control=language-zh]").click();
  await person.page.keyboard.press("Escape");
  for (const key of keys) await person.waits(person.page.locator(".conversation", { hasText: WORDS.zh.say(key, fill) }));
  await person.page.getByRole("button", { name: WORDS.zh.say("nav.settings") }).first().click();
  await person.page.locator("dialog [data-control=language-en]").click();
  await person.page.keyboard.press("Escape");
}

test("what is forged, repeated, held back, moved or left out is named, and put away when it was read", TIMEOUT, async () => {
  const [ada, carol] = await Promise.all([member("Ada"), member("Carol")]);
  const bob = await victim("Bob");
  const { liar } = house;
  const room = await group(ada, bob, "Garden");
  const elsewhere = await ada.ask("conversation_create", { kind: "group", accounts: [carol.account], name: "Elsewhere", history: "from_joining" });
  const { keys, keeper, secret, channel } = await keysOf(ada, room);
  const instance = "0b".repeat(16);
  const text = (/** @type {string} */ words) => ({ type: "text", text: words });
  const deliver = (/** @type {Uint8Array} */ payload, more = {}) => liar.deliver({ channel, sender: ada.account, name: ada.name, payload, ...more });

  const first = await sealed(ada, room, text("said once"), { instance });
  deliver(first);
  await bob.hears("said once");
  deliver(first);
  deliver(await sealed(ada, room, text("under a used key"), { instance }));
  await bob.waits(notice(bob, "repeated", ada.name));
  assert.equal(await bob.message("said once").count(), 1);
  deliver(await sealed(ada, room, text("one is missing"), { instance, counter: 2 }));
  await bob.waits(notice(bob, "withheld", ada.name));
  deliver(await sealed(ada, elsewhere.room, text("of another room")));
  await bob.waits(cause(bob, "not_opened", ada.name).nth(1));
  deliver(await sealed(ada, room, text("by a ghost"), { keys: (await keysOf(carol, elsewhere.room)).keys, sender: carol.account }), { sender: carol.account, name: carol.name });
  await bob.waits(notice(bob, "ghost", carol.name));
  await bob.waits(cause(bob, "not_member", carol.name));
  deliver(await sealed(ada, room, text("of yesterday"), { sentAt: Date.now() - 86_400_000 }));
  await bob.waits(rowOf(bob, WORDS.en.say("message.clock_off")));
  const { commit } = await otherCommit(ada, room);
  const forged = commit.bytes.slice();
  forged[130] ^= 1;
  deliver(forged, { flags: COMMIT });
  await bob.waits(notice(bob, "commit_refused_nobody"));
  await bob.waits(cause(bob, "commit_refused", ada.name));
  const state = await signRoomState(keys, keeper.verified, { author: ada.account, madeAt: Date.now(), number: 9, settings: null, content: emptyState(), secret });
  state[state.length - 3] ^= 1;
  liar.tell(channel, { event: "room.state", room, number: "9" }, state);
  await bob.waits(notice(bob, "state_refused_nobody"));
  deliver(await sealed(ada, room, text("far behind"), { instance, counter: 3 }), { skip: 5 });
  await bob.waits(notice(bob, "left_out"));

  await inChinese(bob, ["alarm.repeated", "alarm.withheld", "unread.not_opened", "unread.not_opened_next"], { name: ada.name, count: 1 });
  await inChinese(bob, ["alarm.ghost", "unread.not_member_next", "alarm.commit_refused_nobody", "alarm.state_refused_nobody", "alarm.left_out"], { name: carol.name, count: 1 });
  await press(notice(bob, "left_out"), "alarm.compare");
  await bob.waits(bob.page.locator("dialog .safety", { hasText: ada.conversation(room).number.slice(0, 5) }));
  await bob.page.keyboard.press("Escape");
  const all = bob.page.locator(".notice.bad");
  for (let left = await all.count(); left > 0; left -= 1) await all.first().locator("[data-control='alarm.away']").click();
  await bob.gone(all);
  await bob.say("and still here");
  await ada.shows(room, "and still here");
});

test("two histories, a commit that is held back and an older room stop a conversation until its user decides", TIMEOUT, async () => {
  const ada = await member("Ada 2");
  const bob = await victim("Bob 2");
  const { liar } = house;
  const stopped = async (/** @type {string} */ kind, /** @type {string} */ group, /** @type {string} */ room) => {
    await bob.waits(notice(bob, kind));
    await bob.waits(bob.page.locator(".composer", { hasText: WORDS.en.say("compose.stopped") }).or(bob.page.getByText(WORDS.en.say("compose.stopped"))));
    await bob.waits(bob.page.locator(`.talk-row[data-room="${room}"] .trust.warn`));
    await inChinese(bob, [`alarm.${kind}`, "compose.stopped"], {});
    assert.equal(await bob.page.locator("#composer").evaluate((box) => /** @type {HTMLTextAreaElement} */ (box).readOnly), true, group);
  };
  const goesOn = async (/** @type {string} */ room, /** @type {string} */ words) => {
    await isCalm(bob);
    await bob.say(words);
    await ada.shows(room, words);
    await send(ada, room, `${words}, too`);
    await bob.hears(`${words}, too`);
  };

  const fork = await group(ada, bob, "Forked");
  const { commit } = await otherCommit(ada, fork);
  await ada.ask("conversation_rotate", { room: fork });
  await bob.waits(bob.page.locator(".about dd", { hasText: "2" }));
  const { channel } = await keysOf(ada, fork);
  liar.deliver({ channel, sender: ada.account, name: ada.name, payload: commit.bytes, flags: COMMIT });
  await stopped("fork", "Forked", fork);
  await bob.waits(cause(bob, "other_history", ada.name));
  await press(notice(bob, "fork"), "alarm.compare");
  await bob.waits(bob.page.locator("dialog .safety", { hasText: ada.conversation(fork).number.slice(0, 5) }));
  await bob.page.keyboard.press("Escape");
  await press(notice(bob, "fork"), "alarm.go_on");
  await isCalm(bob);
  await bob.say("the right one");
  await ada.shows(fork, "the right one");

  const held = await group(ada, bob, "Held back");
  liar.told = (frame) => (frame.flags === COMMIT || frame.header?.event === "epoch.committed" ? null : frame);
  liar.answer = (command, fields, outcome) => {
    if (command === "epochs.chain" && "ok" in outcome) return { ok: { head: fields.after ?? "1", more: false } };
    if (command !== "messages.fetch" || !("ok" in outcome)) return outcome;
    return { ...outcome, tail: encodeList(parseList(outcome.tail ?? new Uint8Array(), 500).filter((body) => /** @type {any} */ (decodeFrame(join(5, body))).flags !== COMMIT)) };
  };
  await ada.ask("conversation_rotate", { room: held });
  await send(ada, held, "under the next key");
  await bob.waits(cause(bob, "commits_missing", ada.name));
  await stopped("commit_withheld", "Held back", held);
  liar.repent();
  liar.cut();
  await bob.hears("under the next key");
  await bob.gone(notice(bob, "commit_withheld"));
  await bob.waits(notice(bob, "left_out"));
  await press(notice(bob, "left_out"), "alarm.away");
  // Said at the same time, where what is sealed under the key was opened before the commit had come.
  const misplaced = notice(bob, "commit_left_out");
  if ((await misplaced.count()) > 0) await press(misplaced, "alarm.away");
  await goesOn(held, "at last");

  const older = await group(ada, bob, "Older");
  await ada.ask("conversation_rotate", { room: older });
  await bob.waits(bob.page.locator(".about dd", { hasText: "2" }));
  await send(ada, older, "newest");
  await bob.hears("newest");
  let looked = () => {};
  liar.answer = (command, fields, outcome) => {
    if (command !== "epochs.chain" || fields.room !== older || !("ok" in outcome)) return outcome;
    looked();
    return { ok: { head: "1", more: false } };
  };
  liar.forget();
  await bob.page.reload();
  await stopped("rolled_back", "Older", older);
  const again = new Promise((resolve) => (looked = () => resolve(null)));
  await press(notice(bob, "rolled_back"), "alarm.again");
  await again;
  await bob.waits(notice(bob, "rolled_back"));
  liar.repent();
  await press(notice(bob, "rolled_back"), "alarm.again");
  await bob.hears("newest");
  await goesOn(older, "as before");
});

test("swapped keys halt what is sent until they are right again, and keys that are reset until they were looked at", TIMEOUT, async () => {
  const [ada, dora] = await Promise.all([member("Ada 3"), member("Dora 3")]);
  const bob = await victim("Bob 3");
  const { liar } = house;
  const room = await group(ada, bob, "Swapped");
  const foreign = await dora.wire?.call("keys.chain", { account: dora.account });
  liar.answer = (command, fields, outcome) => (command === "keys.chain" && fields.account === ada.account ? foreign : outcome);
  await bob.page.reload();
  await bob.waits(notice(bob, "keys_alarm", ada.name));
  await bob.waits(bob.page.getByText(WORDS.en.say("compose.keys_alarm", { name: ada.name })));
  await send(ada, room, "signed with the right ones");
  await bob.waits(cause(bob, "keys_alarm", ada.name));
  await bob.page.locator(".members [data-control=member]", { hasText: ada.name }).click();
  await bob.waits(bob.page.locator("dialog .warning", { hasText: WORDS.en.say("trust.alarm", { name: ada.name }) }));
  assert.equal(await bob.page.locator("dialog [data-control=acknowledge]").count(), 0);
  await bob.page.keyboard.press("Escape");
  await inChinese(bob, ["alarm.keys_alarm", "compose.keys_alarm", "unread.keys_alarm", "unread.keys_alarm_next"], { name: ada.name });
  liar.repent();
  liar.cut();
  await bob.gone(notice(bob, "keys_alarm", ada.name));
  await bob.hears("signed with the right ones");
  await bob.say("to the right ones");
  await ada.shows(room, "to the right ones");

  await bob.page.locator(".members [data-control=member]", { hasText: ada.name }).click();
  await bob.page.locator("dialog [data-control=verify]").click();
  await bob.page.getByRole("button", { name: WORDS.en.say("verify.match") }).click();
  await bob.gone(bob.page.locator("dialog"));
  const { room: direct } = await ada.ask("conversation_create", { kind: "direct", accounts: [await accountOf(ada, bob)], name: "", history: "from_joining" });
  await ada.startFresh();
  liar.cut();
  const look = bob.page.locator(".notice", { hasText: WORDS.en.say("trust.changed", { name: ada.name }) });
  await bob.waits(look);
  await inChinese(bob, ["trust.changed"], { name: ada.name });
  await press(look, "trust.look");
  await bob.page.locator("dialog [data-control=acknowledge]").click();
  await bob.gone(look);
  await bob.gone(bob.page.locator("dialog"));
  await bob.say("to the new ones");
  await bob.page.locator(".members [data-control=member]", { hasText: ada.name }).click();
  await bob.waits(bob.page.locator("dialog", { hasText: WORDS.en.say("member.anew_lead", { name: ada.name }) }));
  await bob.page.locator("dialog [data-control=anew]").click();
  const { invitation } = await ada.until(() => ada.list.invitations[0], "the invitation");
  await bob.page.keyboard.press("Escape");
  await ada.ask("conversation_answer", { invitation, accept: true });
  await bob.waits(rowOf(bob, new RegExp(`${ada.name}\\u2069? joined`)));
  await bob.say("and to who came in anew");
  await ada.shows(room, "and to who came in anew");

  // A direct conversation has ended with the keys: it is begun anew.
  await bob.page.locator(`.talk-row[data-room="${direct}"]`).click();
  const over = bob.page.locator(".notice", { hasText: WORDS.en.say("notice.partner_reset", { name: ada.name }) });
  await bob.waits(over);
  await bob.waits(bob.page.getByText(WORDS.en.say("compose.partner_reset", { name: ada.name })));
  await inChinese(bob, ["notice.partner_reset", "compose.partner_reset"], { name: ada.name });
  await press(over, "notice.begin_anew");
  await bob.gone(over);
  await bob.say("begun anew");
  await ada.until(() => [...ada.rows.keys()].some((each) => each !== direct && ada.texts(each).includes("begun anew")), "the next one");
});

test("an older vault is named on a device that saw a newer one, and where its wrap key is older than the published one", TIMEOUT, async () => {
  const bob = await victim("Bob 4");
  const { liar } = house;
  const phone = await house.member(bob.name).signIn(SERVER, PASSWORD);
  const old = await phone.wire?.call("vault.root");
  await phone.replaceWrap();
  // The page has seen the newer root by now: it proves its keys with it.
  await bob.page.reload();
  await bob.keyed();
  liar.answer = (command, _fields, outcome) => (command === "vault.root" && "ok" in outcome ? old : outcome);
  await bob.page.reload();
  await bob.waits(bob.page.getByText(WORDS.en.say("locked.vault_rolled_back")));
  await bob.waits(bob.page.getByText(WORDS.en.say("locked.vault_rolled_back_next")));
  const fresh = await house.visitor({ proxy: 1, expected: EXPECTED });
  await accountDoor(fresh);
  await typePassword(fresh, bob.name);
  await fresh.waits(fresh.page.locator(".banner", { hasText: WORDS.en.say("banner.vault_rolled_back") }));
  liar.repent();
  await bob.page.reload();
  await bob.keyed();

  // A single item: the mark up to where was read.
  const ada = await member("Ada 4");
  const room = await group(ada, bob, "Marks");
  /** @type {any} */
  let kept = null;
  liar.answer = (command, fields, outcome) => {
    if (command === "vault.items" && fields.kind === READ_MARKS) kept = outcome;
    return outcome;
  };
  await send(ada, room, "one");
  await bob.hears("one");
  await ada.until(() => ada.conversation(room).marks.length > 0, "that it is read");
  await bob.page.reload();
  await bob.hears("one");
  liar.repent();
  await send(ada, room, "two");
  await bob.hears("two");
  await ada.until(() => ada.conversation(room).marks.some((/** @type {any} */ { read }) => read === ada.conversation(room).last), "that it is read");
  await bob.page.reload();
  await bob.hears("two");
  liar.answer = (command, fields, outcome) => (command === "vault.items" && fields.kind === READ_MARKS ? kept : outcome);
  await bob.page.reload();
  await bob.waits(bob.page.locator(".banner", { hasText: WORDS.en.say("banner.vault_rolled_back") }));
  // What was said is read all the same, and counts as read when the mark is there again.
  await bob.hears("two");
  liar.repent();
  await bob.page.reload();
  await bob.hears("two");
});

test("a wrong share, a deletion that nobody made and numbers that begin anew are named", TIMEOUT, async () => {
  const ada = await member("Ada 5");
  const bob = await victim("Bob 5");
  const { liar } = house;
  const room = await group(ada, bob, "Kept");
  await send(ada, room, "to be taken away");
  await bob.hears("to be taken away");

  liar.told = (frame) => (frame.header?.event === "epoch.committed" ? { ...frame, tail: frame.tail.map((/** @type {number} */ byte, /** @type {number} */ at) => (at === 100 ? byte ^ 1 : byte)) } : frame);
  ada.hand = (frame) => {
    if (frame.header?.event !== "epoch.keys_requested") ada.engine.frame(frame);
  };
  await ada.ask("conversation_rotate", { room });
  await send(ada, room, "under a key that came wrong");
  await bob.waits(bob.page.locator(".notice", { hasText: WORDS.en.say("notice.waiting_for_key") }));
  await bob.waits(cause(bob, "waiting_for_key", ada.name));
  liar.repent();
  ada.hand = (frame) => ada.engine.frame(frame);
  await press(bob.page.locator(".cause.waiting_for_key"), "ask-keys");
  await bob.hears("under a key that came wrong");
  await bob.gone(bob.page.locator(".notice"));

  liar.answer = (command, _fields, outcome) => {
    if (command === "rooms.follow" && "ok" in outcome) return { ...outcome, ok: { ...outcome.ok, channels: outcome.ok.channels.map((/** @type {any} */ each) => ({ ...each, run: "0e".repeat(16) })) } };
    if (command !== "messages.fetch" || !("ok" in outcome)) return outcome;
    const bodies = parseList(outcome.tail ?? new Uint8Array(), 500).map((body) => {
      const { flags, payload, sender } = /** @type {any} */ (decodeFrame(join(5, body)));
      if (flags === COMMIT || sender !== ada.account) return body;
      return join(body.slice(0, body.length - payload.length), 1, 0x1d, fromHex("0c".repeat(32), 32), u64(2));
    });
    return { ...outcome, tail: encodeList(bodies) };
  };
  liar.cut();
  await bob.waits(notice(bob, "renumbered"));
  await bob.waits(notice(bob, "taken_away", ada.name));
  await bob.waits(cause(bob, "taken_away", ada.name));
  await inChinese(bob, ["alarm.renumbered", "alarm.taken_away", "unread.taken_away", "unread.taken_away_next"], { name: ada.name });
  for (const kind of ["renumbered", "taken_away"]) await press(notice(bob, kind, ada.name), "alarm.away");
  await isCalm(bob);
  await bob.say("the server has lost something");
  await ada.shows(room, "the server has lost something");
});
