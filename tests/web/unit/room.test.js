import assert from "node:assert/strict";
import test from "node:test";
import { Rooms } from "../../../static/model/rooms.js";
import { join, u64, utf8 } from "../../../static/wire/bytes.js";
import { channelIdOf, randomId, roomIdOf } from "../../../static/wire/ids.js";
import { encodeText } from "../../../static/wire/records.js";
import { turns } from "./turns.js";

const ME = "aa".repeat(16);
const BEN = "bb".repeat(16);
const RUN = "01".repeat(16);
const LOBBY = await roomIdOf("lobby");
const CHANNEL = await channelIdOf(LOBBY);
const ACCOUNT = "ac".repeat(16);
const member = (id, name) => ({ id, name, kind: "guest", fingerprint: null });
const device = (id, name, account = ACCOUNT) => ({ id, name, kind: "account", fingerprint: null, account });
const entered = (change = {}) => ({
  id: LOBBY,
  channel: CHANNEL,
  name: "lobby",
  run: RUN,
  sequence: "0",
  missed: false,
  members: [member(ME, "Me")],
  member_count: 1,
  epoch: null,
  ...change,
});
const deliver = (sequence, text, sender = BEN, name = "Ben") => ({
  kind: "deliver",
  channel: CHANNEL,
  sequence,
  time: 1_763_700_000_000,
  flags: 0,
  sender,
  name,
  payload: join(1, 5, utf8(randomId().slice(0, 16)), u64(1), u64(0), 0, encodeText(text)),
});

/** Rooms over a server whose answers are given by hand. */
async function scripted(account = "") {
  const asked = [];
  const link = {
    command: (command, fields) => new Promise((resolve) => asked.push({ command, fields, answer: resolve })),
    publish: async () => ({ ok: { sequence: "1" } }),
  };
  const rooms = new Rooms(link, () => ({ member: ME, name: "Me", account }));
  const news = [];
  rooms.onNews = (_, item) => news.push(item.text);
  await rooms.expect([]);
  const [room] = rooms.entered.peek();
  const enters = () => asked.filter(({ command }) => command === "rooms.enter");
  const lines = () => room.timeline.items.map((item) => (item.kind === "message" ? item.text : `[${item.kind}]`));
  return { rooms, room, news, enters, lines, asked };
}

test("what comes before the reply waits for it, and the ring is history", async () => {
  const { rooms, news, enters, lines } = await scripted();
  rooms.enterAll();
  rooms.deliver(deliver(2, "two"));
  assert.deepEqual(lines(), []);
  enters()[0].answer({ ok: entered({ sequence: "2" }) });
  await turns();
  rooms.deliver(deliver(1, "one"));
  rooms.deliver(deliver(3, "three"));
  assert.deepEqual(lines(), ["one", "two", "three"]);
  assert.deepEqual(news, ["three"]);
});

test("after a cut the room resumes where it was", async () => {
  const { rooms, news, enters, lines } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered() });
  await turns();
  rooms.deliver(deliver(1, "one"));
  rooms.pause();
  rooms.deliver(deliver(3, "three"));
  rooms.enterAll();
  assert.deepEqual(enters()[1].fields, { room: "lobby", resume: { run: RUN, after: "1" } });
  enters()[1].answer({ ok: entered({ sequence: "3" }) });
  await turns();
  rooms.deliver(deliver(2, "two"));
  assert.deepEqual(lines(), ["one", "two", "three"]);
  assert.deepEqual(news, ["one", "three", "two"]);
});

test("a restart is said once, whatever says it, and the new run is counted afresh", async () => {
  const { rooms, enters, lines } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered() });
  await turns();
  rooms.deliver(deliver(1, "one"));
  rooms.event({ event: "channel.missed", channel: CHANNEL, reason: "restart" });
  rooms.enterAll();
  const run = "02".repeat(16);
  enters()[2].answer({ ok: entered({ run, missed: true }) });
  await turns();
  rooms.deliver(deliver(1, "new one"));
  enters()[1].answer({ ok: entered({ run, missed: true }) });
  await turns();
  assert.deepEqual(lines(), ["one", "[missed]", "new one"]);
});

test("who comes back after a cut did not come in", async () => {
  const { rooms, room, enters, lines } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered({ members: [member(ME, "Me"), member(BEN, "Ben")], member_count: 2 }) });
  await turns();
  rooms.pause();
  rooms.enterAll();
  enters()[1].answer({ ok: entered() });
  await turns();
  rooms.event({ event: "room.joined", room: LOBBY, member: member("cc".repeat(16), "Ben") });
  assert.deepEqual(lines(), []);
  assert.equal(room.members.count.peek(), 2);
  rooms.event({ event: "room.left", room: LOBBY, member: "cc".repeat(16), reason: "exit" });
  rooms.event({ event: "room.joined", room: LOBBY, member: member("dd".repeat(16), "Ben") });
  assert.deepEqual(lines(), ["[presence]"]);
  assert.deepEqual(room.timeline.items[0].joined, ["Ben"]);
});

test("a member who announces keys does not join twice", async () => {
  const { rooms, room, enters } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered() });
  await turns();
  rooms.event({ event: "room.joined", room: LOBBY, member: member(BEN, "Ben") });
  rooms.event({ event: "room.joined", room: LOBBY, member: { ...member(BEN, "Ben"), fingerprint: "ff".repeat(32) } });
  assert.equal(room.members.count.peek(), 2);
  assert.deepEqual(room.timeline.items[0].joined, ["Ben"]);
  assert.equal(room.members.find(BEN).fingerprint, "ff".repeat(32));
});

test("another device of somebody neither comes in nor leaves: the person does", async () => {
  const { rooms, room, enters, lines } = await scripted();
  const [desk, phone] = ["c1", "c2"].map((byte) => device(byte.repeat(16), "Cleo"));
  const left = ({ id }) => rooms.event({ event: "room.left", room: LOBBY, member: id, reason: "exit" });
  rooms.enterAll();
  enters()[0].answer({ ok: entered() });
  await turns();
  rooms.event({ event: "room.joined", room: LOBBY, member: desk });
  rooms.event({ event: "room.joined", room: LOBBY, member: phone });
  assert.deepEqual(room.timeline.items[0].joined, ["Cleo"]);
  left(desk);
  assert.deepEqual(room.timeline.items[0].left, []);
  left(phone);
  assert.deepEqual(room.timeline.items[0].left, ["Cleo"]);
  assert.deepEqual(lines(), ["[presence]"]);
});

test("what another device of one's own says is one's own, also after it has left", async () => {
  const { rooms, room, enters, lines } = await scripted(ACCOUNT);
  const phone = "c2".repeat(16);
  rooms.enterAll();
  enters()[0].answer({ ok: entered({ members: [device(ME, "Me"), device(BEN, "Ben", "bc".repeat(16))], member_count: 2 }) });
  await turns();
  rooms.event({ event: "room.joined", room: LOBBY, member: device(phone, "Me") });
  rooms.deliver(deliver(1, "from the phone", phone, "Me"));
  rooms.event({ event: "room.left", room: LOBBY, member: phone, reason: "lost" });
  rooms.deliver(deliver(2, "late, from the phone", phone, "Me"));
  rooms.deliver(deliver(3, "from Ben"));
  assert.deepEqual(lines(), ["from the phone", "late, from the phone", "from Ben"]);
  assert.deepEqual(room.timeline.items.map(({ mine }) => mine), [true, true, false]);
});

test("a device of one's own that left during a cut is still one's own", async () => {
  const { rooms, room, enters } = await scripted(ACCOUNT);
  const phone = "c2".repeat(16);
  rooms.enterAll();
  enters()[0].answer({ ok: entered({ members: [device(ME, "Me"), device(phone, "Me")], member_count: 2 }) });
  await turns();
  rooms.pause();
  rooms.enterAll();
  enters()[1].answer({ ok: entered({ members: [device(ME, "Me")], sequence: "1" }) });
  await turns();
  rooms.deliver(deliver(1, "before the phone went", phone, "Me"));
  assert.equal(room.timeline.items[0].mine, true);
});

test("a server that names another room is refused", async () => {
  const { rooms, room, enters } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered({ id: BEN }) });
  await turns();
  assert.equal(room.entry.peek().code, "wrong_room");
});

test("an event that does not fit changes nothing", async () => {
  const { rooms, enters, lines } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered() });
  await turns();
  for (const odd of [{ event: "room.keyed", n: 7 }, { event: "room.joined", member: 1 }, { event: "message.unreadable", sequence: "-1" }, { event: "from.the.future" }]) {
    rooms.event({ room: LOBBY, channel: CHANNEL, ...odd });
  }
  rooms.deliver({ ...deliver(1, ""), payload: Uint8Array.of(1, 2, 3) });
  assert.deepEqual(lines(), ["[unreadable]"]);
});

test("the key is told by events, and breaks the thread only where there is one", async () => {
  const { rooms, room, enters, lines } = await scripted();
  rooms.enterAll();
  enters()[0].answer({ ok: entered() });
  await turns();
  const keyed = (n, reason) => rooms.event({ event: "room.keyed", room: LOBBY, n, reason });
  rooms.event({ event: "room.waiting", room: LOBBY, n: "3", since: "0" });
  assert.equal(room.key.peek().state, "waiting");
  keyed("4", "unanswered");
  assert.deepEqual(lines(), []);
  rooms.event({ event: "message.unreadable", channel: CHANNEL, sequence: "1", sender: BEN, name: "Ben", cause: "before_you_joined" });
  keyed("5", "left");
  rooms.deliver(deliver(2, "two"));
  keyed("5", "left");
  keyed("6", "left");
  assert.deepEqual(lines(), ["[unreadable]", "two", "[rotation]"]);
  assert.deepEqual(room.key.peek(), { state: "held", n: 6, since: 0 });
});

test("a room that was left without a link is left with the next one; what was unsent went with it", async () => {
  const { rooms, enters, asked } = await scripted();
  const id = await roomIdOf("ops");
  rooms.open("ops");
  asked.at(-1).answer({ ok: { id, channel: await channelIdOf(id), name: "ops" } });
  await turns();
  const ops = rooms.current.peek();
  const cut = { error: { code: "cut", message: "" } };
  enters().at(-1).answer(cut);
  await turns();
  rooms.send(ops, "not for later");
  assert.equal(rooms.unsent, 1);
  rooms.exit(ops);
  assert.equal(rooms.unsent, 0);
  const exits = () => asked.filter(({ command }) => command === "rooms.exit");
  exits()[0].answer(cut);
  await turns();
  rooms.enterAll();
  assert.deepEqual(exits()[1].fields, { room: id });
  exits()[1].answer({ ok: {} });
  await turns();
  rooms.enterAll();
  assert.equal(exits().length, 2);
});
