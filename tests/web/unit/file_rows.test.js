/** Files as rows, as what is known of them on their way, and as what is kept of them here. */
import assert from "node:assert/strict";
import test from "node:test";
import { Files } from "../../../static/model/files.js";
import { Downloading } from "../../../static/rooms/files/downloading.js";
import { Comeback, Places, Transfers } from "../../../static/rooms/files/transfers.js";
import { indexesOf } from "../../../static/rooms/files/upload.js";
import { Rows } from "../../../static/rooms/rows.js";
import { Memory } from "../../../static/store/database.js";
import { Uploads } from "../../../static/store/uploads.js";

const [ADA, BOB] = ["ada", "bob"];
const circle = { account: ADA, isMember: () => true, isOver: () => false };
const item = (sequence, sender, content) => ({ kind: "content", sequence, time: sequence, sender, hash: `h${sequence}`, message: `m${sequence}`, epoch: 1, content, clockOff: false, oldEpoch: false });
const file = { type: "file", file: "f1", name: "a\u202Eb.png", media_type: "image/png", size: "9", secret: "5ec2e7", chunks: 1 };

test("a file is a message with its name made plain, and its secret stays", () => {
  const rows = new Rows(circle);
  rows.put(item(1, BOB, file));
  rows.put(item(2, ADA, { type: "reply", text: "thanks", message: "m1", hash: "h1" }));
  const [row, answer] = rows.before(null, 10);
  assert.deepEqual([row.kind, row.text, row.file], ["message", "", { file: "f1", name: "a\uFFFDb.png", saveAs: "ab.png", mediaType: "image/png", size: 9, look: "image" }]);
  assert.equal(answer.replyTo.text, "a\uFFFDb.png");
  assert.ok(!JSON.stringify([row, answer]).includes("5ec2e7"));
  assert.equal(rows.unreadAfter(0).unread, 1);
  assert.equal(new Rows(circle).newest.text, "");
  assert.deepEqual([rows.placeOfOwn("m2"), rows.placeOfOwn("m1"), rows.placeOfOwn("none")], [2, 0, 0]);
});

test("one's own file stands in the timeline from the beginning", () => {
  const rows = new Rows(circle);
  rows.putUnsent({ message: "m9", content: file, at: 1, sequence: 0, send: { state: "failed", code: "uploading" } });
  const [row] = rows.before(null, 10);
  assert.deepEqual([row.file.size, row.hash, row.send], [9, "", { state: "failed", code: "uploading" }]);
  rows.putUnsent({ message: "m9", content: file, at: 1, sequence: 7, send: { state: "sent" } });
  assert.equal(rows.placeOfOwn("m9"), 7);
});

test("ranges that a server gives count as far as they are some", () => {
  assert.deepEqual([...indexesOf([[0, 2], [5, 5]], 7)], [0, 1, 2, 5]);
  for (const none of [null, undefined, "0", [0], [[0]], [[-1, 2]], [["0", "2"]], [[0.5, 2]], [[3, 1]], {}]) assert.deepEqual([...indexesOf(none, 7)], []);
  // A range without end takes neither time nor memory.
  assert.deepEqual([...indexesOf([[5, Number.MAX_SAFE_INTEGER]], 7)], [5, 6]);
});

test("so many at once, and the others in their order", async () => {
  const places = new Places(2);
  const done = [];
  let here = 0;
  let most = 0;
  const task = (name) => async () => {
    most = Math.max(most, (here += 1));
    await Promise.resolve();
    here -= 1;
    done.push(name);
    if (name === "b") throw new Error("b");
  };
  const all = ["a", "b", "c", "d"].map((name) => places.take(task(name)));
  assert.deepEqual((await Promise.allSettled(all)).map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  assert.deepEqual([done.join(""), most], ["abcd", 2]);
});

test("what begins to move is told at once, and how far it is a little later", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told = [];
  const transfers = new Transfers((all) => told.push(all.map(({ id, done }) => `${id} ${done}`)));
  const put = (id) => transfers.put({ id, room: "r", way: "up", done: 0, size: 2, state: "queued" });
  put("a");
  assert.deepEqual(told, [["a 0"]]);
  transfers.change("a", { done: 1 });
  t.mock.timers.tick(99);
  assert.equal(told.length, 1);
  t.mock.timers.tick(1);
  assert.deepEqual(told[1], ["a 1"]);
  transfers.change("a", { done: 2 });
  put("b");
  t.mock.timers.tick(1_000);
  assert.deepEqual(told.slice(2), [["a 2", "b 0"]]);
});

test("what is kept of a file is sealed, bound to it, and gone when it is there", async () => {
  const database = new Memory();
  const uploads = new Uploads(database, "account");
  const begun = (name) => ({ file: name, message: `m ${name}`, room: "room", at: 1, marks: ["secret mark", ""] });
  await Promise.all([uploads.put(begun("one")), uploads.put(begun("two"))]);
  await uploads.put({ ...begun("one"), whole: true });
  assert.deepEqual((await uploads.all()).map(({ file: name, whole }) => [name, whole]), [["one", true], ["two", undefined]]);
  const shelf = await database.get("uploads", "account");
  assert.ok(!shelf.key.extractable && !Buffer.from(shelf.kept.one.sealed).includes("secret mark"));
  // Put in another's place it does not open.
  await database.change("uploads", "account", (old) => ({ ...old, kept: { ...old.kept, two: old.kept.one } }));
  assert.deepEqual((await uploads.all()).map(({ file: name }) => name), ["one"]);
  await uploads.remove("one");
  assert.deepEqual(await uploads.all(), []);
});

test("the page knows what is on its way, what is shown, and why something is not", async () => {
  const asked = [];
  const answers = { conversation_file_preview: { ok: { kind: "none" } }, conversation_file_save: { error: { code: "file_damaged" } } };
  const files = new Files(async (ask, takes) => (asked.push([ask, takes]), answers[ask] ?? { ok: {} }));
  const place = (message) => ({ room: "r", channel: "c", message, hash: `h ${message}` });
  assert.equal(await files.send({ room: "r" }, { size: 4_294_967_297, name: "x", type: "" }, ""), "file_too_large");
  assert.deepEqual(asked, []);
  assert.equal(await files.send({ room: "r" }, { size: 4_294_967_296, name: "x", type: "" }, ""), null);
  for (const message of ["1", "2", "3", "4", "5"]) await files.show(place(message));
  assert.deepEqual([...files.views.peek().keys()], ["2", "3", "4", "5"]);
  assert.equal(await files.save(place("5"), null), null);
  assert.deepEqual(files.views.peek().get("5"), { preview: { kind: "none" }, fault: "file_damaged" });
  answers.conversation_file_save = { error: { code: "stopped_by_user" } };
  await files.save(place("5"), null);
  assert.equal(files.views.peek().get("5")?.fault, null);
  files.hide("5");
  files.told([{ id: "1", room: "r", way: "up", done: 1, size: 2, state: "moving" }]);
  assert.deepEqual([files.views.peek().has("5"), files.transfers.peek().get("1")?.done], [false, 1]);
  files.clear();
  assert.deepEqual([files.views.peek().size, files.transfers.peek().size], [0, 0]);
});

test("what is asked for twice at once comes once, and nothing is amiss with it", async () => {
  const asked = [];
  const answer = [];
  const files = new Files((ask) => (asked.push(ask), new Promise((resolve) => answer.push(resolve))));
  const place = { room: "r", message: "1", hash: "h1" };
  const [first, second, shown] = [files.save(place, null), files.save(place, null), files.show(place)];
  assert.deepEqual([asked, await second, await shown], [["conversation_file_save"], null, undefined]);
  answer[0]({ ok: { blob: null, name: "a" } });
  assert.deepEqual([await first, files.views.peek().size], [{ blob: null, name: "a" }, 0]);
  // Once it is here it may be asked for again.
  const again = files.save(place, null);
  answer[1]({ error: { code: "file_damaged" } });
  assert.deepEqual([await again, files.views.peek().get("1")?.fault], [null, "file_damaged"]);
});

test("what waits for its turn is stopped at once, and takes nobody's place", async () => {
  const coming = [];
  const page = { bulk: (_, { index }) => new Promise(() => coming.push(index)) };
  const transfers = new Transfers(() => {});
  const big = { ...file, file: "ab".repeat(16), secret: "5e".repeat(32) };
  const downloading = new Downloading({ page, transfers, comeback: new Comeback(), contentOf: () => big });
  const save = (id) => downloading.save({ room: "r", hash: "h", id, to: null });
  void save("1").catch(() => {});
  void save("2").catch(() => {});
  const third = save("3");
  assert.equal(transfers.get("3")?.state, "queued");
  downloading.stop("3");
  await assert.rejects(third, { code: "stopped_by_user" });
  assert.deepEqual([transfers.get("3"), transfers.get("1")?.state], [undefined, "queued"]);
  transfers.end();

  const places = new Places(1);
  let end = () => {};
  const one = places.take(() => new Promise((resolve) => (end = resolve)));
  const stop = new AbortController();
  const two = places.take(async () => assert.fail("it was stopped"), stop.signal);
  const three = places.take(async () => "three", new AbortController().signal);
  stop.abort();
  await assert.rejects(two, { code: "stopped_by_user" });
  await assert.rejects(places.take(async () => {}, stop.signal), { code: "stopped_by_user" });
  end();
  await one;
  assert.deepEqual([await three, await places.take(async () => "four")], ["three", "four"]);
});

test("what is shown of a file goes with its message, also what is still on its way", async () => {
  const preview = /** @type {any} */ ({ kind: "text" });
  /** @type {Array<() => void>} */
  const waiting = [];
  const files = new Files(/** @type {any} */ (() => new Promise((resolve) => waiting.push(() => resolve({ ok: preview })))));
  const shows = ["m1", "m2", "m3", "m4"].map((message) => files.show({ room: "r", message, hash: "h" }));
  for (const go of waiting.slice(0, 3)) go();
  await Promise.all(shows.slice(0, 3));
  assert.deepEqual([...files.views.value.keys()], ["m1", "m2", "m3"]);
  const row = (/** @type {string} */ kind, /** @type {string} */ key) => /** @type {any} */ ({ kind, key });
  files.forget([row("erased", "m bob m2"), row("message", "m bob m3")], ["m bob m1", "s 9", "m bob m4"]);
  assert.deepEqual([...files.views.value.keys()], ["m3"]);
  waiting[3]();
  await shows[3];
  assert.deepEqual([...files.views.value.keys()], ["m3"]);
});
