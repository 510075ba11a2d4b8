/** Files on their way up: whose turn it is among tabs, and what becomes of one whose message went out or was given up. */
import assert from "node:assert/strict";
import test from "node:test";
import { Comeback, Transfers } from "../../../static/rooms/files/transfers.js";
import { Uploading } from "../../../static/rooms/files/uploading.js";
import { Outbox } from "../../../static/rooms/outbox.js";
import { ServerRefusal } from "../../../static/rooms/page.js";
import { Sending } from "../../../static/rooms/sending.js";
import { Memory } from "../../../static/store/database.js";
import { Uploads } from "../../../static/store/uploads.js";
import { locks } from "./locks_stub.js";

const ROOM = "room";
const FILE = "ab".repeat(16);
const DAY_MS = 86_400_000;
const content = { type: "file", file: FILE, name: "a.bin", media_type: "x/y", size: "9", secret: "5e".repeat(32), chunks: 1 };
const letter = (failed) => ({ message: "m1", room: ROOM, at: 1, failed, content });
const begun = (more = {}) => ({ file: FILE, message: "m1", room: ROOM, at: 1, marks: [""], ...more });

/** Until what goes on by itself has gone on. */
const turns = async () => {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Until it is so: what is sealed takes its time. @param {() => unknown} isSo */
async function until(isSo) {
  for (let times = 0; !(await isSo()) && times < 500; times++) await turns();
}

/** One tab with its uploads. `places`: what the server has, by message. */
async function tab({ database = new Memory(), now = () => 2, call = async () => ({ ok: {} }), begin = true } = {}) {
  const calls = [];
  const page = { call: (command, fields) => (calls.push([command, fields]), call(command, fields)), bulk: async (command, fields) => (calls.push([command, fields]), { ok: {} }) };
  const outbox = new Outbox(database, "account");
  const transfers = new Transfers(() => {});
  const places = new Map();
  const session = { account: "account", page, now };
  const uploading = new Uploading({ session, outbox, database, transfers, comeback: new Comeback(), placeOf: ({ message }) => places.get(message) ?? null });
  outbox.onChange = () => void uploading.look().catch(() => {});
  await outbox.begin();
  if (begin) await uploading.begin();
  return { calls, outbox, transfers, places, uploading, kept: new Uploads(database, "account"), named: () => calls.map(([command]) => command) };
}

test("a tab that waits for another one's upload asks for its lock once, and takes over when that lets go", async (t) => {
  const stub = locks(t);
  const letGo = stub.elsewhere(`sealwire.file.${FILE}`);
  const { outbox, transfers, uploading, kept } = await tab({ begin: false });
  t.after(() => transfers.end());
  await kept.put(begun());
  await outbox.add(letter("uploading"));
  await uploading.begin();
  assert.equal(transfers.get("m1")?.state, "elsewhere");
  const before = stub.asked;
  for (let times = 0; times < 5; times++) await uploading.look();
  assert.deepEqual([transfers.get("m1")?.state, stub.asked - before], ["elsewhere", 0]);
  letGo();
  await until(() => transfers.get("m1") === undefined);
  assert.equal(transfers.get("m1"), undefined);
  // It has looked once more, and is done.
  const after = stub.asked;
  await turns();
  assert.ok(stub.asked === after && after - before <= 2, `${after - before} times`);
});

test("a file that went out is kept once its room is read, and never removed, however long ago it was begun", async (t) => {
  const database = new Memory();
  await new Uploads(database, "account").put(begun({ whole: true }));
  let now = 1;
  const first = await tab({ database, now: () => now });
  t.after(() => first.transfers.end());
  await first.uploading.look();
  first.places.set("m1", { channel: "c", sequence: 7 });
  await first.uploading.look();
  assert.deepEqual(first.calls, [["files.keep", { file: FILE, channel: "c", sequence: "7" }]]);
  assert.deepEqual(await first.kept.all(), []);
  // What no room says anything of is forgotten here when the server has collected it, and not before.
  await first.kept.put(begun({ whole: true }));
  for (const [after, left] of [[DAY_MS - 1, 1], [DAY_MS, 0]]) {
    now = 1 + after;
    const next = await tab({ database, now: () => now });
    assert.deepEqual([next.calls, (await next.kept.all()).length], [[], left]);
  }
});

test("a file's day begins with its last chunk", async (t) => {
  const now = 5 * DAY_MS;
  const { outbox, transfers, uploading, kept, named } = await tab({ now: () => now });
  t.after(() => transfers.end());
  await outbox.add(letter("uploading"));
  await uploading.again({ message: "m1", blob: new Blob(["123456789"]) });
  await until(() => outbox.letter("m1")?.failed !== "uploading");
  assert.equal(outbox.letter("m1")?.failed, null);
  assert.deepEqual((await kept.all()).map(({ at, whole }) => [at, whole]), [[now, true]]);
  await outbox.remove(outbox.letter("m1"));
  await turns();
  assert.deepEqual([named(), (await kept.all()).length], [["files.held", "files.put"], 1]);
});

test("what is given up on its way is removed, unless another tab had all of it meanwhile", async (t) => {
  const database = new Memory();
  const shelf = new Uploads(database, "account");
  const { outbox, transfers, uploading, named } = await tab({ database, begin: false });
  t.after(() => transfers.end());
  await shelf.put(begun());
  await outbox.add(letter("uploading"));
  await uploading.begin();
  await shelf.put(begun({ whole: true }));
  await outbox.remove(letter("uploading"));
  await uploading.look();
  await turns();
  assert.deepEqual([named(), (await shelf.all()).length], [[], 1]);

  const other = await tab({ begin: false });
  await other.kept.put(begun());
  await other.uploading.begin();
  assert.deepEqual([other.named(), await other.kept.all()], [["files.remove"], []]);
});

test("a file that the server has collected is needed once more before its message goes", async (t) => {
  const gone = async () => {
    throw new ServerRefusal("no_such_file");
  };
  const { outbox, transfers, uploading, kept } = await tab({ begin: false });
  t.after(() => transfers.end());
  await kept.put(begun({ whole: true }));
  await outbox.add(letter(null));
  await uploading.begin();
  for (const [call, failed] of [[gone, "file_needed"], [async () => ({ ok: { have: [], chunks: 1 } }), "file_needed"], [async () => ({ ok: { have: [[0, 0]], chunks: 1 } }), undefined]]) {
    const published = [];
    const page = { call, publish: async ({ payload }) => (published.push(payload), 7) };
    const sealing = { seal: async (message) => ({ message, payload: "sealed", n: 1 }), release: () => {}, beginAnew: () => {} };
    const ways = { channel: "c", letters: () => outbox.of(ROOM), isReady: () => true, prepare: async () => {}, refresh: async () => {}, placeOf: () => null, isDelivered: () => false, isSeen: () => true, sent: () => {}, changed: () => {} };
    await outbox.mark(letter(null), null);
    await new Sending(page, outbox, sealing, ways).pump();
    if (failed !== undefined) await until(async () => (await kept.all())[0].whole === false);
    assert.deepEqual([outbox.letter("m1")?.failed, published.length], [failed, failed === undefined ? 1 : 0]);
    if (failed !== undefined) assert.deepEqual([(await kept.all())[0].whole, uploading.isUnderWay(outbox.letter("m1"))], [false, true]);
  }
});

test("an upload of another tab is shown as one, chosen here it changes nothing, and sent it is kept here", async (t) => {
  const stub = locks(t);
  const letGo = stub.elsewhere(`sealwire.file.${FILE}`);
  const { calls, outbox, transfers, places, uploading, kept } = await tab();
  t.after(() => transfers.end());
  // The letter comes from the other tab, and nothing of it was read before.
  await outbox.add(letter("uploading"));
  await kept.put(begun());
  await until(() => transfers.get("m1") !== undefined);
  assert.equal(transfers.get("m1")?.state, "elsewhere");
  await assert.rejects(uploading.again({ message: "m1", blob: new Blob(["123456789"]) }), { code: "file_elsewhere" });
  await turns();
  assert.deepEqual([outbox.letter("m1")?.failed, transfers.get("m1")?.state], ["uploading", "elsewhere"]);
  // All of it is there, this tab sends its message, and the other one is closed.
  await kept.put(begun({ whole: true }));
  await outbox.mark(letter("uploading"), null);
  letGo();
  await turns();
  assert.equal(transfers.get("m1"), undefined);
  places.set("m1", { channel: "c", sequence: 7 });
  await outbox.remove(letter(null));
  await until(async () => (await kept.all()).length === 0);
  assert.deepEqual([calls, await kept.all()], [[["files.keep", { file: FILE, channel: "c", sequence: "7" }]], []]);
});

test("a file is held from before its letter is seen until its try has ended", async (t) => {
  const stub = locks(t);
  const { outbox, transfers, uploading, named } = await tab();
  t.after(() => transfers.end());
  const held = [];
  const { onChange } = outbox;
  outbox.onChange = (rooms) => {
    void stub.query().then(({ held: now }) => held.push(now.length));
    onChange(rooms);
  };
  const { message } = await uploading.send({ room: ROOM, blob: new Blob(["123456789"]), name: "a.bin", mediaType: "" });
  await until(() => outbox.letter(message)?.failed !== "uploading");
  assert.deepEqual([outbox.letter(message)?.failed, held[0], named().includes("files.put")], [null, 1, true]);
  await until(async () => (await stub.query()).held.length === 0);
  assert.deepEqual((await stub.query()).held, []);
});

test("what another tab has sealed of a file is known here when it goes on", async (t) => {
  const { outbox, transfers, uploading, kept, named } = await tab({ call: async (command) => ({ ok: command === "files.held" ? { have: [[0, 0]] } : {} }) });
  t.after(() => transfers.end());
  await outbox.add(letter("uploading"));
  await kept.put(begun({ marks: ["00"] }));
  await uploading.again({ message: "m1", blob: new Blob(["123456789"]) });
  await until(() => outbox.letter("m1")?.failed !== "uploading");
  assert.deepEqual([outbox.letter("m1")?.failed, named()], ["file_changed", ["files.held"]]);
});

test("a file that is tried again is seen to move before its letter says that it does", async (t) => {
  const { outbox, transfers, uploading } = await tab();
  t.after(() => transfers.end());
  await outbox.add(letter("over_quota"));
  const seen = [];
  outbox.onChange = () => seen.push([outbox.letter("m1")?.failed, transfers.get("m1")?.state]);
  await uploading.again({ message: "m1", blob: new Blob(["123456789"]) });
  assert.deepEqual(seen[0], ["uploading", "queued"]);
});
