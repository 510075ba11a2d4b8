/** Rows of a conversation: who may edit, delete and react, and what the page is told (docs/protocol.md §14.11). */
import assert from "node:assert/strict";
import test from "node:test";
import { Rows } from "../../../static/rooms/rows.js";

const [ADA, BOB, CAROL] = ["ada", "bob", "carol"];
const circle = { account: ADA, isMember: (account) => account !== CAROL, isOver: (epoch, account) => account === BOB && epoch >= 2 };

/** A delivered content at a place. */
const item = (sequence, sender, content, more = {}) => ({
  kind: "content",
  sequence,
  time: 1_000 + sequence,
  sender,
  hash: `h${sequence}`,
  message: `m${sequence}`,
  epoch: 1,
  content,
  clockOff: false,
  oldEpoch: false,
  ...more,
});
const said = (text) => ({ type: "text", text });
const about = (type, sequence, more = {}) => ({ type, message: `m${sequence}`, hash: `h${sequence}`, ...more });

/** Rows with these items, and what was told of them. */
function rows(...items) {
  const all = new Rows(circle);
  for (const each of items) all.put(each);
  all.changes();
  return all;
}
const texts = (all) => all.before(null, 100).map((row) => (row.kind === "message" ? row.text : row.kind));

test("an edit counts for its author's message only, and the highest revision is shown, in any order", () => {
  const edit = (sequence, sender, text, revision, target = 1) => item(sequence, sender, about("edit", target, { text, revision }));
  const edits = [edit(2, ADA, "second", 2), edit(3, ADA, "first", 1), edit(4, BOB, "forged", 9), edit(5, ADA, "elsewhere", 5, 4)];
  for (const order of [edits, edits.toReversed()]) {
    const all = rows(...order, item(1, ADA, said("text")));
    const [row] = all.before(null, 10);
    assert.deepEqual([row.text, row.edited, row.sequence], ["second", true, 1]);
    assert.deepEqual(texts(all), ["second"]);
  }
  // It names the hash of one message and the id of another: it is about neither.
  assert.deepEqual(texts(rows(item(1, ADA, said("text")), item(2, ADA, { ...about("edit", 1), message: "m9", text: "x", revision: 1 }))), ["text"]);
});

test("authors delete, and owners and admins by the chain; nobody else", () => {
  const tombstone = (sender, epoch) => item(2, sender, about("tombstone", 1, { reason: "spam" }), { epoch });
  const kind = (each) => rows(item(1, ADA, said("text")), each).before(null, 10)[0];
  assert.deepEqual(kind(tombstone(ADA, 1)), { kind: "erased", key: "m ada m1", sequence: 1, time: 1_001, hash: "h1", account: ADA, by: ADA, reason: "spam", answers: 0 });
  assert.equal(kind(tombstone(BOB, 2)).by, BOB);
  assert.equal(kind(tombstone(BOB, 1)).kind, "message");
  assert.equal(kind(tombstone(CAROL, 2)).kind, "message");
});

test("what the server erased is believed with its tombstone only", () => {
  const erased = { kind: "erased", sequence: 1, time: 1_001, sender: ADA, hash: "h1", tombstone: 2 };
  const row = (...items) => rows(erased, ...items).before(null, 10)[0];
  assert.deepEqual([row().kind, row().cause], ["unreadable", "taken_away"]);
  assert.deepEqual(rows(erased).takenAway, [erased]);
  // Whose deletion it was may come to light: it is as unreadable as what says so.
  const unread = { kind: "unreadable", sequence: 2, time: 1_002, sender: ADA, cause: "waiting_for_key", epoch: 2 };
  assert.equal(row(unread).cause, "waiting_for_key");
  assert.equal(rows(erased, unread).takenAway.length, 0);
  assert.equal(row({ ...unread, cause: "not_opened" }).cause, "taken_away");
  assert.equal(row(item(2, ADA, about("tombstone", 1))).kind, "erased");
  assert.equal(row(item(2, CAROL, about("tombstone", 1), { epoch: 2 })).kind, "unreadable");
  assert.equal(row(item(3, ADA, about("tombstone", 1))).kind, "unreadable");
});

test("the latest reaction of an account and emoji counts", () => {
  const reaction = (sequence, sender, emoji, on) => item(sequence, sender, about("reaction", 1, { emoji, on }));
  const all = rows(reaction(5, BOB, "👍", false), reaction(4, ADA, "👍", true), item(1, ADA, said("text")), reaction(2, BOB, "👍", true), reaction(3, BOB, "🎉", true));
  assert.deepEqual(all.before(null, 10)[0].reactions, [{ emoji: "👍", accounts: [ADA] }, { emoji: "🎉", accounts: [BOB] }]);
});

test("a reply shows what it answers as it stands now, and nothing of what is gone or not here", () => {
  const reply = item(3, BOB, { ...about("reply", 1), text: "yes" });
  assert.deepEqual(rows(reply).before(null, 10)[0].replyTo, { message: "m1", account: "", text: "" });
  const all = rows(reply, item(1, ADA, said("text")));
  all.put(item(4, ADA, about("edit", 1, { text: "newer", revision: 1 })));
  const told = all.changes().rows.find(({ sequence }) => sequence === 3);
  assert.deepEqual(told.replyTo, { message: "m1", account: ADA, text: "newer" });
  all.put(item(5, ADA, about("tombstone", 1)));
  assert.deepEqual(all.changes().rows.find(({ sequence }) => sequence === 3).replyTo, { message: "m1", account: "", text: "" });
});

test("answers to answers stand in the thread of its first message, which counts them, in any order", () => {
  const answer = (sequence, target) => item(sequence, BOB, { ...about("reply", target), text: `t${sequence}` });
  const items = [item(1, ADA, said("t1")), answer(2, 1), answer(3, 2), answer(4, 2), item(5, ADA, said("t5")), answer(6, 5)];
  for (const order of [items, items.toReversed()]) {
    const all = rows(...order);
    assert.deepEqual(all.before(null, 10).map(({ answers, thread }) => `${answers} ${thread}`), ["3 ", "0 h1", "0 h1", "0 h1", "1 ", "0 h5"]);
    assert.deepEqual(all.thread("h1", 10).map(({ text }) => text), ["t1", "t2", "t3", "t4"]);
    assert.deepEqual(all.thread("h1", 2).map(({ text }) => text), ["t1", "t3", "t4"]);
    assert.deepEqual([all.rootOf("h4"), all.rootOf("h1"), all.holds("h1"), all.holds("h9")], ["h1", "h1", true, false]);
  }
});

test("a deleted answer is counted no more, and a deleted first message keeps its thread", () => {
  const all = rows(item(1, ADA, said("t1")), item(2, BOB, { ...about("reply", 1), text: "t2" }), item(3, ADA, { ...about("reply", 2), text: "t3" }));
  all.put(item(4, BOB, about("tombstone", 2)));
  const told = all.changes().rows;
  assert.deepEqual(told.filter(({ sequence }) => sequence < 3).map(({ kind, answers }) => `${kind} ${answers}`), ["message 1", "erased 0"]);
  all.put(item(5, ADA, about("tombstone", 1)));
  assert.deepEqual(all.thread("h1", 10).map(({ kind, answers }) => `${kind} ${answers}`), ["erased 1", "erased 0", "message 0"]);
  // After a reload nothing of it is here but that it was deleted.
  const again = rows({ kind: "erased", sequence: 1, time: 1_001, sender: ADA, hash: "h1", tombstone: 5 }, item(3, ADA, { ...about("reply", 1), text: "t3" }), item(5, ADA, about("tombstone", 1)));
  assert.deepEqual(again.thread("h1", 10).map(({ kind, answers }) => `${kind} ${answers}`), ["erased 1", "message 0"]);
});

test("what answers something that is not here is in its thread, and in the right one when that is found", () => {
  const all = rows(item(3, BOB, { ...about("reply", 2), text: "t3" }), item(4, ADA, { ...about("reply", 3), text: "t4" }));
  assert.deepEqual(all.before(null, 10).map(({ thread }) => thread), ["h2", "h2"]);
  assert.deepEqual(all.thread("h2", 10).map(({ text }) => text), ["t3", "t4"]);
  all.put(item(2, ADA, { ...about("reply", 1), text: "t2" }));
  assert.deepEqual(all.changes().rows.map(({ text, thread }) => `${text} ${thread}`), ["t2 h1", "t3 h1", "t4 h1"]);
  // It names the hash of one message and the id of another: it answers neither.
  const wrong = rows(item(1, ADA, said("t1")), item(2, BOB, { ...about("reply", 1), message: "m9", text: "t2" }));
  assert.deepEqual(wrong.before(null, 10).map(({ answers }) => answers), [0, 0]);
});

test("one more answer costs no more in a long thread: what is read and told grows as the answers do", () => {
  /** Reads of contents, and rows told, of answers that come one after the other. @param {number} count @param {(at: number) => number} target what each answers */
  const star = (count, target) => {
    const work = { reads: 0, told: 0 };
    const all = rows(item(1, ADA, said("text")));
    for (let at = 2; at <= count + 1; at++) {
      const content = { ...about("reply", target(at)), text: "yes" };
      all.put(Object.defineProperty(item(at, BOB, null), "content", { enumerable: true, get: () => ((work.reads += 1), content) }));
      work.told += all.changes().rows.length;
    }
    assert.equal(all.before(null, count + 1)[0].answers, count);
    return work;
  };
  for (const target of [() => 1, (at) => at - 1]) {
    const [few, many] = [star(100, target), star(400, target)];
    assert.ok(many.reads <= 5 * few.reads, `${many.reads} reads for 400, ${few.reads} for 100`);
    // The answer, and the message that counts it.
    assert.equal(many.told, 800);
  }
});

test("a chain of answers that is read from its end costs one row for each that is in another thread", () => {
  const reads = (count) => {
    let read = 0;
    const all = new Rows(circle);
    for (let at = count + 1; at > 1; at--) {
      const content = { ...about("reply", at - 1), text: "yes" };
      all.put(Object.defineProperty(item(at, BOB, null), "content", { enumerable: true, get: () => ((read += 1), content) }));
    }
    all.put(item(1, ADA, said("text")));
    assert.deepEqual(all.changes().rows.map(({ thread }) => thread), ["", ...Array(count).fill("h1")]);
    return read;
  };
  const [few, many] = [reads(50), reads(200)];
  assert.ok(many <= 5 * few, `${many} reads for 200, ${few} for 50`);
});

test("a reaction tells its message alone, an edit what shows its text, too", () => {
  const all = rows(item(1, ADA, said("text")), item(2, BOB, { ...about("reply", 1), text: "yes" }), item(3, BOB, { ...about("reply", 2), text: "no" }));
  const told = (...items) => (items.forEach((each) => all.put(each)), all.changes().rows.map(({ sequence }) => sequence));
  assert.deepEqual(told(item(4, BOB, about("reaction", 1, { emoji: "👍", on: true }))), [1]);
  assert.deepEqual(told(item(5, ADA, about("edit", 1, { text: "other", revision: 1 }))), [1, 2]);
  assert.deepEqual(told(item(6, BOB, about("tombstone", 2))), [1, 2, 3]);
  all.forget(2);
  assert.deepEqual(all.changes().rows.map(({ sequence, thread }) => [sequence, thread]), [[1, ""], [3, "h2"]]);
});

test("what is on its way is in its thread, and not counted", () => {
  const all = rows(item(1, BOB, said("t1")));
  all.putUnsent({ message: "m8", content: { ...about("reply", 1), text: "later" }, at: 5, sequence: 0, send: { state: "queued" } });
  assert.deepEqual(all.thread("h1", 10).map(({ text, answers, thread }) => `${text} ${answers} ${thread}`), ["t1 0 ", "later 0 h1"]);
});

test("a message that is named elsewhere is given as it stands now", () => {
  const all = rows(item(1, ADA, said("t1")), item(2, ADA, about("edit", 1, { text: "newer", revision: 1 })), item(3, ADA, said("t3")), item(4, ADA, about("tombstone", 3)));
  assert.deepEqual([all.named({ message: "m1", hash: "h1" }).text, all.named({ message: "m3", hash: "h3" }).kind], ["newer", "erased"]);
  assert.deepEqual([all.named({ message: "m9", hash: "h1" }), all.named({ message: "m1", hash: "h9" })], [null, null]);
});

test("mentions of members stay, once each, and are counted where unread", () => {
  const all = rows(item(1, BOB, { ...said("hi"), mentions: [ADA, CAROL, ADA] }), item(2, BOB, said("you")), item(3, ADA, said("own")));
  assert.deepEqual(all.before(null, 10)[0].mentions, [ADA]);
  assert.deepEqual(all.unreadAfter(0), { unread: 2, mentioned: 1 });
  assert.deepEqual(all.unreadAfter(1), { unread: 1, mentioned: 0 });
});

test("an own message keeps its key from the outbox to its place, and nothing is told twice", () => {
  const all = new Rows(circle);
  const unsent = { message: "m7", content: said("hello"), at: 5, sequence: 0, send: { state: "queued" } };
  all.putUnsent(unsent);
  const [queued] = all.changes().rows;
  assert.deepEqual([queued.key, queued.sequence, queued.send], ["m ada m7", 0, { state: "queued" }]);
  assert.deepEqual(all.changes(), { rows: [], gone: [] });
  all.putUnsent({ ...unsent, sequence: 7, send: { state: "sent" } });
  assert.deepEqual(all.changes().rows.map(({ key, sequence, send }) => [key, sequence, send.state]), [["m ada m7", 7, "sent"]]);
  all.put(item(7, ADA, said("hello")));
  const { rows: told, gone } = all.changes();
  assert.deepEqual([told.map(({ key, send }) => [key, send]), gone], [[["m ada m7", null]], []]);
  assert.ok(all.hasOwn("m7"));
  assert.deepEqual(texts(all), ["hello"]);
});

test("what is given up is gone, and a failed edit shows at its message", () => {
  const all = rows(item(1, ADA, said("text")));
  all.putUnsent({ message: "m8", content: said("later"), at: 5, sequence: 0, send: { state: "failed", code: "x" } });
  all.changes();
  all.settle("m8");
  assert.deepEqual(all.changes(), { rows: [], gone: ["m ada m8"] });
  const edit = { message: "m9", content: about("edit", 1, { text: "changed", revision: 1 }), at: 5, sequence: 0 };
  all.putUnsent({ ...edit, send: { state: "queued" } });
  assert.deepEqual(all.changes().rows.map(({ text, send }) => [text, send]), [["changed", null]]);
  all.putUnsent({ ...edit, send: { state: "failed", code: "x" } });
  assert.deepEqual(all.changes().rows[0].send, { state: "failed", code: "x" });
  all.settle("m9");
  assert.deepEqual(all.changes().rows.map(({ text, send }) => [text, send]), [["text", null]]);
});

test("what can be read at last takes the place of what could not", () => {
  const all = rows({ kind: "unreadable", sequence: 1, time: 1_001, sender: BOB, cause: "waiting_for_key", epoch: 1 });
  assert.deepEqual(all.before(null, 10).map(({ key, cause }) => [key, cause]), [["s 1", "waiting_for_key"]]);
  all.put(item(1, BOB, said("text")));
  const { rows: told, gone } = all.changes();
  assert.deepEqual([told.map(({ key }) => key), gone], [["m bob m1"], ["s 1"]]);
});

test("a window has the newest of what is before a place, oldest first, with what is unsent at the end", () => {
  const all = rows(...[1, 2, 3, 4].map((sequence) => item(sequence, BOB, said(`t${sequence}`))));
  all.putUnsent({ message: "m8", content: said("later"), at: 5, sequence: 0, send: { state: "queued" } });
  assert.deepEqual(texts(all), ["t1", "t2", "t3", "t4", "later"]);
  assert.deepEqual(all.before(null, 2).map(({ text }) => text), ["t4", "later"]);
  assert.deepEqual(all.before(3, 10).map(({ text }) => text), ["t1", "t2"]);
  all.clear();
  assert.deepEqual(texts(all), ["later"]);
  assert.equal(all.changes().gone.length, 4);
});

test("of many the newest are held; what is let go is told to nobody as gone, and is there when it is read again", () => {
  const all = rows(...[1, 2, 3, 4].map((sequence) => item(sequence, ADA, said(`text ${sequence}`))), item(5, BOB, about("reaction", 1, { emoji: "👍", on: true })));
  all.before(null, 10);
  assert.equal(all.letGo(10), null);
  assert.equal(all.letGo(3), 3);
  assert.deepEqual(all.changes(), { rows: [], gone: [] });
  assert.deepEqual(texts(all), ["text 3", "text 4"]);
  all.put(item(1, ADA, said("text 1")));
  assert.deepEqual(all.before(null, 10)[0].reactions, [{ emoji: "👍", accounts: [BOB] }]);
});

test("of what is let go nothing is remembered, and it says the same when it is read again", () => {
  const edit = item(2, ADA, about("edit", 1, { text: "new", revision: 1 }));
  const all = rows(item(1, ADA, said("old")), edit, item(3, BOB, said("newest")));
  assert.ok(all.hasOwn("m1") && all.hasOwn("m2"));
  all.letGo(1);
  assert.deepEqual([all.hasOwn("m1"), all.hasOwn("m2"), all.nextRevision("h1")], [false, false, 1]);
  assert.deepEqual(all.changes(), { rows: [], gone: [] });
  all.put(edit);
  all.put(item(1, ADA, said("old")));
  assert.deepEqual(texts(all), ["new", "newest"]);
});

test("what failed is seen as a row of its own, or at the message that it is about as long as that is there", () => {
  const all = rows(item(1, ADA, said("text")), item(2, ADA, said("gone")), item(3, ADA, about("tombstone", 2)), { kind: "erased", sequence: 4, time: 1_004, sender: ADA, hash: "h4", tombstone: 5 });
  const edit = (sequence) => about("edit", sequence, { text: "x", revision: 1 });
  const shown = [said("x"), about("reply", 2, { text: "x" }), edit(1), edit(2), edit(4), edit(9), { type: "resource", resource: "r", action: "added", title: "x" }].map((content) => all.showsFailed(content));
  assert.deepEqual(shown, [true, true, true, false, false, true, false]);
});

test("an edit that is held back says so at its message, and a reaction does not", () => {
  const all = rows(item(1, ADA, said("text")));
  const held = (message, content) => all.putUnsent({ message, content, at: 1, sequence: 0, send: { state: "held" } });
  held("m8", about("reaction", 1, { emoji: "x", on: true }));
  assert.equal(all.before(null, 1)[0].send, null);
  held("m9", about("edit", 1, { text: "edited", revision: 1 }));
  const { text, send } = all.before(null, 1)[0];
  assert.deepEqual([text, send], ["edited", { state: "held" }]);
  all.settle("m9");
  assert.deepEqual([all.before(null, 1)[0].text, all.before(null, 1)[0].send], ["text", null]);
});
