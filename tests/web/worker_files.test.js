/** Files at a real chat-server: sizes at the edges of chunks, cuts, restarts, and a server or a sender that gives other bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHUNK_BYTES, sealChunk } from "../../static/crypto/file_chunk.js";
import { Memory } from "../../static/store/database.js";
import { SERVER, TIMEOUT, deliver, member, pair, rows } from "./harness/liars.js";
import { sealed } from "./harness/worker_stage.js";

/** @typedef {import("./harness/member.js").Member} Member */

/** Bytes that look like nothing, and that no two files share. @param {number} length @param {number} seed */
function bytesOf(length, seed) {
  const bytes = new Uint8Array(length);
  for (let at = 0, x = seed; at < length; at++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = x >>> 24;
  }
  return bytes;
}
/** @param {Uint8Array<ArrayBuffer>} bytes @param {string} [name] */
const fileOf = (bytes, name = "report.bin") => new File([bytes], name, { type: "application/x-test" });
/** @param {Member} by @param {string} room @param {File} file @param {string} [text] @returns {Promise<string>} */
const sendFile = async (by, room, file, text) => (await by.ask("conversation_file_send", { room, blob: file, name: file.name, mediaType: file.type, text })).message;
/** The row of a file that was delivered. @param {Member} of @param {string} room @param {string} message @returns {Promise<any>} */
const fileRow = (of, room, message) => of.until(() => rows(of, room).find((row) => row.message === message && row.sequence > 0 && row.hash !== ""), `the file ${message}`);
/** @param {Member} of @param {string} room @param {string} message @returns {any} */
const rowOf = (of, room, message) => rows(of, room).find((row) => row.message === message);
/** @param {Member} by @param {string} room @param {any} row */
const save = (by, room, row) => by.ask("conversation_file_save", { room, hash: row.hash, id: row.message, to: null });
/** @param {Blob} blob @param {Uint8Array} bytes */
const isSame = async (blob, bytes) => assert.ok(Buffer.from(await blob.arrayBuffer()).equals(bytes), `${blob.size} bytes, ${bytes.length} were sent`);
/** @param {string} code */
const refused = (code) => (/** @type {any} */ error) => error.code === code;
/** Counts, by index, how often a command about a chunk was answered. @param {string} wanted */
function answers(wanted) {
  /** @type {number[]} */
  const counts = [];
  const lie = (/** @type {string} */ command, /** @type {any} */ fields, /** @type {any} */ outcome) => {
    if (command === wanted && "ok" in outcome) counts[fields.index] = (counts[fields.index] ?? 0) + 1;
    return outcome;
  };
  return { counts, lie };
}

/** Counts commands of a member, and may do something when one is about to go. @param {Member} of @param {(command: string, fields: any) => void} [before] */
function counted(of, before = () => {}) {
  /** @type {Record<string, number>} */
  const calls = {};
  const { wire } = of;
  const call = wire?.call.bind(wire);
  if (wire) {
    wire.call = (command, fields, tail) => {
      calls[command] = (calls[command] ?? 0) + 1;
      before(command, fields);
      return /** @type {any} */ (call)(command, fields, tail);
    };
  }
  return calls;
}

test("files of every size at the edge of a chunk arrive as they were", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("50");
  for (const [at, size] of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 3].entries()) {
    const bytes = bytesOf(size, at);
    const message = await sendFile(ada, room, fileOf(bytes, `file ${size}.bin`), size === 1 ? "look at this" : undefined);
    const row = await fileRow(bob, room, message);
    assert.deepEqual(row.file, { file: row.file.file, name: `file ${size}.bin`, saveAs: `file ${size}.bin`, mediaType: "application/x-test", size, look: null });
    assert.equal(row.text, size === 1 ? "look at this" : "");
    const { blob, name } = await save(bob, room, row);
    assert.deepEqual([name, blob.type], [`file ${size}.bin`, "application/octet-stream"]);
    await isSame(blob, bytes);
  }
  // Who sent it has it as well, on another device.
  const again = await member(ada.name).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  const { rows: page } = await again.ask("conversation_rows", { room, before: null, count: 20 });
  const last = page.find((/** @type {any} */ row) => row.file?.size === 5 * CHUNK_BYTES + 3);
  await isSame((await save(again, room, last)).blob, bytesOf(5 * CHUNK_BYTES + 3, 5));
  await ada.until(() => ada.transfers.length === 0, "nothing on its way");
});

test("a file that was cut half-way goes on with the next connection, and no chunk goes twice for nothing", TIMEOUT, async () => {
  const answered = answers("files.put");
  const { ada, bob, room } = await pair("51", { lie: answered.lie });
  const bytes = bytesOf(8 * CHUNK_BYTES + 5, 1);
  let puts = 0;
  counted(bob, (command) => {
    if (command === "files.put" && (puts += 1) === 5) bob.cut();
  });
  const message = await sendFile(bob, room, fileOf(bytes));
  await bob.until(() => bob.transfers[0]?.state === "waiting", "the cut");
  assert.equal(rowOf(bob, room, message).send.code, "uploading");
  assert.equal(rowOf(ada, room, message), undefined);
  await bob.resume();
  const row = await fileRow(ada, room, message);
  await isSame((await save(ada, room, row)).blob, bytes);
  assert.deepEqual(answered.counts, Array.from({ length: 9 }, () => 1));
});

test("a file that was begun before a restart goes on when it is chosen again, and only that one", TIMEOUT, async () => {
  const database = new Memory();
  const { ada, bob, room } = await pair("52", { database });
  const bytes = bytesOf(20 * CHUNK_BYTES + 77, 2);
  let puts = 0;
  counted(bob, (command) => {
    if (command === "files.put" && (puts += 1) === 20) bob.end();
  });
  const message = await sendFile(bob, room, fileOf(bytes));
  await bob.until(() => puts >= 20, "the end");
  const again = await member(bob.name, { database }).signIn(SERVER);
  await again.until(() => rowOf(again, room, message)?.send?.code === "uploading", "what was begun");
  const go = (/** @type {File | null} */ blob) => again.ask("conversation_file_again", { room, message, blob });
  await assert.rejects(go(null), refused("file_needed"));
  await assert.rejects(go(fileOf(bytesOf(20 * CHUNK_BYTES, 2))), refused("file_changed"));
  // As long, and another one.
  const other = bytes.slice();
  other[3] ^= 1;
  await go(fileOf(other));
  await again.until(() => rowOf(again, room, message)?.send?.code === "file_changed", "that it is another one");
  assert.equal(rowOf(ada, room, message), undefined);
  const after = counted(again);
  await go(fileOf(bytes));
  await isSame((await save(ada, room, await fileRow(ada, room, message))).blob, bytes);
  assert.ok((after["files.put"] ?? 0) <= 8, `${after["files.put"]} of 21 after the restart`);
  await again.until(() => after["files.keep"] === 1, "that it is kept");
});

test("what is cancelled leaves nothing on the server or here", TIMEOUT, async () => {
  const database = new Memory();
  const { ada, bob, room } = await pair("53", { database });
  const bytes = bytesOf(6 * CHUNK_BYTES, 3);
  /** @type {string[]} */
  const files = [];
  counted(bob, (command, fields) => {
    if (command === "files.create") files.push(fields.file);
    if (command === "files.put" && fields.index === 3) void bob.ask("conversation_file_drop", { room, message });
  });
  const message = await sendFile(bob, room, fileOf(bytes));
  await bob.until(() => files.length === 1 && rowOf(bob, room, message) === undefined && bob.transfers.length === 0, "that it is gone");
  await bob.until(() => bob.engine.outbox.of(room).length === 0, "no letter");
  const gone = async () => /** @type {any} */ (await bob.wire?.call("files.held", { file: files[0] })).error?.code;
  while ((await gone()) !== "no_such_file") await new Promise((resolve) => setImmediate(resolve));
  // What is remembered here goes once the server has answered.
  const remembered = async () => Object.keys((await database.get("uploads", bob.account)).kept);
  while ((await remembered()).length > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(rowOf(ada, room, message), undefined);
  // What comes down can be stopped, too.
  const kept = await sendFile(ada, room, fileOf(bytes));
  const row = await fileRow(bob, room, kept);
  let stops = true;
  counted(bob, (command, fields) => {
    if (!stops || command !== "files.chunk" || fields.index !== 2) return;
    stops = false;
    void bob.ask("conversation_file_stop", { room, id: row.message });
  });
  await assert.rejects(save(bob, room, row), refused("stopped_by_user"));
  await isSame((await save(bob, room, row)).blob, bytes);
});

test("a file that goes down is cut and goes on where it was", TIMEOUT, async () => {
  const answered = answers("files.chunk");
  const { ada, bob, room } = await pair("54", { lie: answered.lie });
  const bytes = bytesOf(6 * CHUNK_BYTES + 1, 4);
  const row = await fileRow(bob, room, await sendFile(ada, room, fileOf(bytes)));
  counted(bob, (command, fields) => {
    if (command === "files.chunk" && fields.index === 3) bob.cut();
  });
  const saved = save(bob, room, row);
  await bob.until(() => bob.transfers[0]?.state === "waiting", "the cut");
  await bob.resume();
  await isSame((await saved).blob, bytes);
  assert.deepEqual(answered.counts, Array.from({ length: 7 }, () => 1));
});

/** What a server may give instead of a chunk. @type {Array<[string, string, (given: Record<number, Uint8Array>, index: number, other: Uint8Array) => any]>} */
const LIES = [
  ["swapped", "file_damaged", (given, index) => ({ ok: {}, tail: given[index === 1 ? 0 : 1] ?? given[0] })],
  ["empty", "file_damaged", () => ({ ok: {}, tail: new Uint8Array() })],
  ["cut short", "file_damaged", (given, index) => ({ ok: {}, tail: given[index].subarray(0, given[index].length - 1) })],
  ["of another file", "file_damaged", (_given, _index, other) => ({ ok: {}, tail: other })],
  ["with another byte", "file_damaged", (given, index) => ({ ok: {}, tail: given[index].map((byte, at) => (at === 5_000 ? byte ^ 1 : byte)) })],
  ["dropped", "no_such_file", (_given, index) => (index === 2 ? { error: { code: "no_such_file" } } : null)],
];

test("a server that swaps, drops, cuts or changes chunks gives no file", TIMEOUT, async () => {
  /** @type {((given: Record<number, Uint8Array>, index: number, other: Uint8Array) => any) | null} */
  let lying = null;
  /** @type {Record<string, Record<number, Uint8Array>>} */
  const given = {};
  const lie = (/** @type {string} */ command, /** @type {any} */ fields, /** @type {any} */ outcome) => {
    if (command !== "files.chunk" || !("ok" in outcome)) return outcome;
    (given[fields.file] ??= {})[fields.index] = outcome.tail;
    const other = Object.entries(given).find(([file]) => file !== fields.file)?.[1][0] ?? new Uint8Array();
    return lying?.(given[fields.file], fields.index, other) ?? outcome;
  };
  const { ada, bob, room } = await pair("55", { lie });
  const bytes = bytesOf(2 * CHUNK_BYTES + 9, 5);
  const other = await fileRow(bob, room, await sendFile(ada, room, fileOf(bytesOf(CHUNK_BYTES + 1, 6))));
  await save(bob, room, other);
  const row = await fileRow(bob, room, await sendFile(ada, room, fileOf(bytes)));
  await save(bob, room, row);
  for (const [how, code, answer] of LIES) {
    lying = answer;
    await assert.rejects(save(bob, room, row), refused(code), how);
    lying = null;
    await isSame((await save(bob, room, row)).blob, bytes);
  }
});

test("a sender who says another size than there is, or hides something behind the end, is refused", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("56");
  const file = "ab".repeat(16);
  const secret = new Uint8Array(32).fill(9);
  const chunk = await sealChunk({ file, secret, size: 20 }, 0, bytesOf(20, 7));
  assert.ok("ok" in (await ada.wire?.call("files.create", { room, file, chunks: 1, bytes: String(chunk.length) })));
  assert.ok("ok" in (await ada.wire?.call("files.put", { file, index: 0 }, chunk)));
  const content = { type: "file", file, name: "a.bin", media_type: "x/y", size: "20", secret: "09".repeat(32), chunks: 1 };
  const tell = async (/** @type {object} */ more) => deliver(bob, room, ada, await sealed(ada, room, { ...content, ...more }));
  await tell({});
  await tell({ size: "16384" });
  await tell({ size: "16385" });
  await tell({ size: "9" });
  const found = await bob.until(() => (rows(bob, room).filter((row) => row.file !== undefined).length === 4 ? rows(bob, room).filter((row) => row.file !== undefined) : null), "the files");
  await isSame((await save(bob, room, found[0])).blob, bytesOf(20, 7));
  // Longer within the filling holds zeros, and nothing that anybody sealed as the file's; shorter hides what it does not show.
  assert.equal((await save(bob, room, found[1])).blob.size, 16_384);
  await assert.rejects(save(bob, room, found[2]), refused("file_damaged"));
  await assert.rejects(save(bob, room, found[3]), refused("file_damaged"));
  // A number of chunks that does not fit the size is no content at all, nor is a name that is a path.
  await tell({ chunks: 2 });
  await tell({ name: "../x" });
  await bob.until(() => rows(bob, room).filter(({ kind }) => kind === "unreadable").length === 2, "what is refused");
});

test("a full server says so at the file, which goes when there is room", TIMEOUT, async () => {
  let full = true;
  const lie = (/** @type {string} */ command, /** @type {any} */ _fields, /** @type {any} */ outcome) => (command === "files.create" && full ? { error: { code: "over_quota" } } : outcome);
  const { ada, bob, room } = await pair("57", { lie });
  const bytes = bytesOf(CHUNK_BYTES + 1, 8);
  const message = await sendFile(bob, room, fileOf(bytes));
  await bob.until(() => rowOf(bob, room, message)?.send?.code === "over_quota", "the refusal");
  full = false;
  // By the button that every unsent message has: its file goes first.
  await bob.ask("conversation_retry", { room, message, again: true });
  await isSame((await save(ada, room, await fileRow(ada, room, message))).blob, bytes);
});

test("a file that is gone before its message could go is asked for once more, and its message waits for it", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("61");
  const bytes = bytesOf(2 * CHUNK_BYTES + 1, 9);
  let collected = false;
  counted(bob, (command, fields) => {
    if (command !== "files.held" || collected) return;
    collected = true;
    void bob.wire?.call("files.remove", { file: fields.file });
  });
  const message = await sendFile(bob, room, fileOf(bytes));
  await bob.until(() => rowOf(bob, room, message)?.send?.code === "file_needed", "that it is needed");
  assert.equal(rowOf(ada, room, message), undefined);
  await assert.rejects(bob.ask("conversation_retry", { room, message, again: true }), refused("file_needed"));
  await bob.ask("conversation_file_again", { room, message, blob: fileOf(bytes) });
  await isSame((await save(ada, room, await fileRow(ada, room, message))).blob, bytes);
});

test("several go at once, and few chunks of them are in memory", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("58");
  let now = 0;
  let most = 0;
  const { wire } = ada;
  assert.ok(wire);
  const call = wire.call.bind(wire);
  wire.call = async (command, fields, tail) => {
    if (command !== "files.put") return call(command, fields, tail);
    most = Math.max(most, (now += 1));
    const outcome = await call(command, fields, tail);
    now -= 1;
    return outcome;
  };
  const sent = [1, 2, 3, 4].map((seed) => bytesOf(3 * CHUNK_BYTES + seed, seed));
  const messages = await Promise.all(sent.map((bytes, at) => sendFile(ada, room, fileOf(bytes, `${at}.bin`))));
  await ada.ask("conversation_send", { room, content: { type: "text", text: "meanwhile" } });
  await bob.shows(room, "meanwhile");
  for (const [at, message] of messages.entries()) await isSame((await save(bob, room, await fileRow(bob, room, message))).blob, sent[at]);
  assert.ok(most >= 2 && most <= 6, `${most} at once`);
});

test("neither bytes, name nor type of a file leave in clear, and what is kept of it is sealed", TIMEOUT, async () => {
  const database = new Memory();
  const { ada, bob, room } = await pair("59", { database });
  const canary = "canary-of-a-file-0123456789";
  const bytes = new Uint8Array(Buffer.from(canary.repeat(1_000)));
  /** @type {Buffer[]} */
  const seen = [];
  const { wire } = bob;
  assert.ok(wire);
  const [call, publish] = [wire.call.bind(wire), wire.publish.bind(wire)];
  wire.call = (command, fields, tail) => {
    seen.push(Buffer.from(JSON.stringify(fields)), Buffer.from(tail ?? []));
    return call(command, fields, tail);
  };
  wire.publish = (what) => {
    seen.push(Buffer.from(what.payload));
    return publish(what);
  };
  const message = await sendFile(bob, room, new File([bytes], `${canary}.txt`, { type: `x/${canary}` }), canary);
  const row = await fileRow(ada, room, message);
  await isSame((await save(ada, room, row)).blob, bytes);
  assert.ok(seen.length > 3 && seen.every((each) => !each.includes(canary)));
  const secret = /** @type {any} */ (ada.engine.conversation(room).main.rows.byHash(row.hash)).content.secret;
  assert.ok(!JSON.stringify([...rows(ada, room), ada.list, ada.transfers]).includes(secret), "no key goes to the page");
});

test("what can be seen of a file is what its bytes are", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("60");
  const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mPgy4r7DwADNgHWweFpywAAAABJRU5ErkJggg==", "base64");
  const preview = async (/** @type {Uint8Array<ArrayBuffer>} */ bytes, /** @type {string} */ name, /** @type {string} */ type) => {
    const row = await fileRow(bob, room, await sendFile(ada, room, new File([bytes], name, { type })));
    return bob.ask("conversation_file_preview", { room, hash: row.hash, id: row.message });
  };
  const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text));
  const shown = await preview(new Uint8Array(picture), "dot.jpg", "image/jpeg");
  assert.deepEqual([shown.kind, shown.blob.type, shown.width, shown.height], ["image", "image/png", 1, 1]);
  assert.deepEqual(await preview(bytes("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "dot.png", "image/png"), { kind: "none" });
  assert.deepEqual(await preview(bytes("<script>alert(1)</script>"), "page.html", "text/plain"), { kind: "none" });
  assert.deepEqual(await preview(bytes("%PDF-1.7"), "paper.pdf", "text/plain"), { kind: "none" });
  assert.deepEqual(await preview(bytes("line 1\nline 2"), "notes.md", ""), { kind: "text", text: "line 1\nline 2", whole: true });
  const long = await preview(bytes("0123456789abcdef".repeat(131_072)), "long.txt", "text/plain");
  assert.deepEqual([long.kind, long.text.length, long.whole], ["text", 65_536, false]);
});
