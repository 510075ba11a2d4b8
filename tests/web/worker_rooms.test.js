/** Public and private rooms with several channels, in the worker, at a real chat-server. */
import assert from "node:assert/strict";
import test from "node:test";
import { SERVER, WorkerStage, rows } from "./harness/worker_stage.js";
import { channelNamed, hall, invited, joins, makesChannel, roleOf, say, sees } from "./harness/halls.js";

const stage = new WorkerStage();
const refused = (/** @type {string} */ code) => (/** @type {any} */ error) => error.code === code;

/** New accounts. @param {string} test @param {...string} names */
async function people(test, ...names) {
  const all = names.map((name) => stage.member(`${name} ${test}`));
  await Promise.all(all.map((each) => each.register(SERVER)));
  return all;
}

/** What changes the links of a room, and the line that says so, are refused together. @param {import("./harness/member.js").Member} by @param {string} room @param {string} code */
async function refusesResources(by, room, code) {
  const change = { change: "add", title: "Link", url: "https://example.org/" };
  await assert.rejects(by.ask("conversation_resource", { room, change }), refused(code));
  assert.deepEqual([by.conversation(room).resources, by.engine.outbox.of(room).some(({ content }) => content.type === "resource")], [[], false]);
}

test("B2: a public room is listed, looked at, and joined by any account", async () => {
  const [ada, bob] = await people("lists", "ada", "bob");
  const { room } = await hall(ada, [], { name: "Open hall", topic: "for everybody" });
  const listed = await bob.wire?.call("rooms.directory", { find: "open HALL" });
  assert.deepEqual(listed.ok.rooms.map(({ room: id, name, topic, members }) => ({ id, name, topic, members })), [{ id: room, name: "Open hall", topic: "for everybody", members: 1 }]);
  await say(ada, room, ada.engine.conversation(room).main.id, "before");
  await ada.shows(room, "before");
  await joins(bob, room);
  // History is shared: its keys are handed over to who asks.
  await bob.ask("conversation_ask_keys", { room }).catch(() => {});
  await bob.shows(room, "before");
  await bob.comesTo(() => [bob.conversation(room).kind, bob.conversation(room).name, roleOf(ada, room, ada)], ["public", "Open hall", "owner"]);
  await ada.until(() => roleOf(ada, room, bob) === "member", "bob");
  for (const each of [ada, bob]) assert.deepEqual(each.alarms(room), []);
});

test("B2: a private room is found by nobody; its name and topics are sealed, and invitations lead in", async () => {
  const [ada, bob, eve] = await people("sealed", "ada", "bob", "eve");
  const { room } = await hall(ada, [bob], { kind: "private", name: "Quiet hall", topic: "about nothing" });
  const side = await makesChannel(ada, room, "side", [bob]);
  await bob.until(() => bob.conversation(room)?.topic === "about nothing", "the topic");
  await bob.comesTo(() => bob.conversation(room).name, "Quiet hall");
  assert.equal((await eve.wire?.call("rooms.directory", {})).ok.rooms.some((/** @type {any} */ each) => each.room === room), false);
  for (const [command, fields] of /** @type {Array<[string, any]>} */ ([["rooms.look", { room }], ["rooms.follow", { room }], ["epochs.chain", { room }], ["messages.fetch", { channel: side, limit: 10 }]])) {
    assert.ok("error" in (await eve.wire?.call(command, fields)), command);
  }
  await assert.rejects(eve.ask("conversation_join", { room }), refused("no_such_room"));
  const told = JSON.stringify((await bob.wire?.call("rooms.follow", { room })).ok);
  assert.doesNotMatch(told, /Quiet|nothing|side/);
});

test("B2: each channel has its own messages, marks and unread ones", async () => {
  const [ada, bob] = await people("own", "ada", "bob");
  const { room, channel: main } = await hall(ada, [bob], { name: "Many channels" });
  const side = await makesChannel(ada, room, "side", [bob]);
  await say(ada, room, main, "in the main one");
  await say(ada, room, side, "aside 1");
  await say(ada, room, side, "aside 2");
  await sees(bob, room, side, "aside 1", "aside 2");
  await bob.shows(room, "in the main one");
  assert.deepEqual(bob.texts(side), ["aside 1", "aside 2"]);
  assert.deepEqual(bob.texts(room), ["in the main one"]);
  const unread = () => Object.fromEntries(bob.conversation(room).channels.map((/** @type {any} */ { channel, unread: count }) => [channel, count]));
  await bob.until(() => unread()[side] === 2 && unread()[main] === 1, "what is unread");
  await bob.ask("conversation_read", { room, channel: side, sequence: rows(bob, side).at(-1).sequence });
  await bob.until(() => unread()[side] === 0, "the mark");
  assert.equal(unread()[main], 1);
  const again = await stage.member(bob.name).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room on another device");
  const states = again.conversation(room).channels.map((/** @type {any} */ { channel, unread: count }) => [channel, count]);
  assert.deepEqual(Object.fromEntries(states), { [main]: 1, [side]: 0 });
  for (const each of [ada, bob, again]) assert.deepEqual(each.alarms(room), []);
});

for (const kind of /** @type {const} */ (["public", "private"])) {
  test(`B2: channels of a ${kind} room are renamed, put in order, archived and opened again`, async () => {
    const [ada, bob] = await people(`change ${kind}`, "ada", "bob");
    const { room, channel: main } = await hall(ada, [bob], { kind, name: `Changing ${kind}` });
    const side = await makesChannel(ada, room, "side", [bob]);
    await ada.ask("conversation_channel_change", { room, channel: side, change: { name: "beside", topic: "for the rest", position: 0 } });
    await ada.ask("conversation_channel_change", { room, channel: main, change: { position: 1 } });
    await bob.until(() => channelNamed(bob, room, "beside")?.topic === "for the rest", "the name");
    await bob.until(() => bob.conversation(room).channels[0].channel === side, "the order");
    await ada.ask("conversation_rename", { room, name: `Changed ${kind}`, topic: "other" });
    await bob.until(() => bob.conversation(room).name === `Changed ${kind}` && bob.conversation(room).topic === "other", "the room's name");
    await say(bob, room, side, "before");
    await sees(ada, room, side, "before");
    await ada.ask("conversation_channel_archive", { room, channel: side, archived: true });
    await bob.until(() => channelNamed(bob, room, "beside")?.archived, "that it is archived");
    await say(bob, room, side, "too late");
    await bob.until(() => rows(bob, side).some(({ send }) => send?.state === "failed" && send.code === "archived"), "that it is not sent");
    // Two commits pass it by: when it is opened again it has a place for the newest.
    await ada.ask("conversation_rotate", { room });
    await ada.ask("conversation_rotate", { room });
    await ada.ask("conversation_channel_archive", { room, channel: side, archived: false });
    await bob.until(() => channelNamed(bob, room, "beside")?.archived === false, "that it is open");
    await say(ada, room, side, "after");
    await sees(bob, room, side, "after");
    await assert.rejects(ada.ask("conversation_channel_archive", { room, channel: main, archived: true }), refused("not_allowed"));
    for (const each of [ada, bob]) assert.deepEqual(each.alarms(room), []);
  });
}

test("B2: an archived room is read and not written in, until its owner opens it again", async () => {
  const [ada, bob, eve] = await people("archive", "ada", "bob", "eve");
  const { room, channel: main } = await hall(ada, [bob], { name: "Old hall" });
  await say(bob, room, main, "before");
  await ada.shows(room, "before");
  await assert.rejects(bob.ask("conversation_archive", { room, archived: true }), refused("not_allowed"));
  await ada.ask("conversation_archive", { room, archived: true });
  await bob.until(() => bob.conversation(room).archived, "that it is archived");
  await say(bob, room, main, "too late");
  await bob.until(() => rows(bob, room).some(({ send }) => send?.code === "archived"), "that it is not sent");
  await refusesResources(bob, room, "archived");
  await assert.rejects(eve.ask("conversation_join", { room }));
  const again = await stage.member(bob.name).signIn(SERVER);
  await again.shows(room, "before");
  await again.until(() => again.conversation(room)?.archived === true, "that it is archived, too");
  await ada.ask("conversation_archive", { room, archived: false });
  await joins(eve, room);
});

test("slow mode: a member waits between two messages, an owner does not, and what waits goes by itself", async () => {
  const [ada, bob] = await people("slow", "ada", "bob");
  const { room } = await hall(ada, [bob], { name: "Slow hall" });
  const side = await makesChannel(ada, room, "slow", [bob]);
  await ada.ask("conversation_channel_change", { room, channel: side, change: { slowMs: 15_000 } });
  await bob.until(() => channelNamed(bob, room, "slow")?.slowMs === 15_000, "slow mode");
  await say(bob, room, side, "first");
  await sees(ada, room, side, "first");
  await say(bob, room, side, "second");
  await bob.until(() => rows(bob, side).some(({ text, send }) => text === "second" && send?.state === "held"), "that it waits");
  for (const text of ["owner 1", "owner 2", "owner 3"]) await say(ada, room, side, text);
  await sees(bob, room, side, "owner 1", "owner 2", "owner 3");
  assert.ok(!ada.texts(side).includes("second"));
  await sees(ada, room, side, "second");
  assert.ok(ada.texts(side).indexOf("second") > ada.texts(side).indexOf("owner 3"));
});

test("slow mode: what waits long is discarded or goes at once when that is over, an edit of what is there as well", async () => {
  const [ada, bob] = await people("long", "ada", "bob");
  const { room } = await hall(ada, [bob], { name: "Long hall" });
  const side = await makesChannel(ada, room, "long", [bob]);
  const slow = async (/** @type {number} */ slowMs) => {
    await ada.ask("conversation_channel_change", { room, channel: side, change: { slowMs } });
    await bob.until(() => channelNamed(bob, room, "long")?.slowMs === slowMs, "slow mode");
  };
  await slow(3_600_000);
  await say(bob, room, side, "first");
  await sees(ada, room, side, "first");
  const row = (/** @type {string} */ text) => rows(bob, side).find((each) => each.text === text);
  const first = await bob.until(() => row("first")?.hash !== "" && row("first"), "that it is there");
  await say(bob, room, side, "never");
  await say(bob, room, side, "second");
  await bob.ask("conversation_send", { room, channel: side, content: { type: "edit", message: first.message, hash: first.hash, text: "not so", revision: 1 } });
  await bob.until(() => row("never")?.send?.state === "held" && row("second")?.send?.state === "held" && row("not so")?.send?.state === "held", "that all wait");
  for (const message of [row("never").message, first.message]) await bob.ask("conversation_retry", { room, message, again: false });
  await bob.until(() => row("never") === undefined && row("not so") === undefined && row("first")?.send === null, "that they are gone");
  assert.equal(bob.engine.outbox.of(room).length, 1);
  await slow(0);
  await sees(ada, room, side, "second");
  assert.ok(!ada.texts(side).includes("never"));
  // So does it where that was said while nobody listened.
  await slow(3_600_000);
  await say(bob, room, side, "third");
  await sees(ada, room, side, "third");
  await say(bob, room, side, "fourth");
  await bob.until(() => row("fourth")?.send?.state === "held", "that it waits");
  bob.cut();
  await ada.ask("conversation_channel_change", { room, channel: side, change: { slowMs: 0 } });
  await bob.resume();
  await sees(ada, room, side, "fourth");
});

test("mute: who is muted reads on, and writes in no channel, whatever its client does", async () => {
  const [ada, bob] = await people("mute", "ada", "bob");
  const { room, channel: main } = await hall(ada, [bob], { name: "Mute hall" });
  const side = await makesChannel(ada, room, "side", [bob]);
  await ada.ask("conversation_role", { room, account: bob.account, role: "muted" });
  await bob.until(() => bob.conversation(room).role === "muted", "the role");
  for (const channel of [main, side]) {
    await say(bob, room, channel, "not heard");
    await bob.until(() => rows(bob, channel === main ? room : channel).some(({ send }) => send?.code === "not_allowed"), "that it is refused");
    await say(ada, room, channel, "read on");
    await sees(bob, room, channel, "read on");
  }
  await refusesResources(bob, room, "not_allowed");
  const refusal = await bob.wire?.publish({ channel: side, epoch: bob.conversation(room).n, stored: true, payload: new Uint8Array(400) });
  assert.ok("error" in refusal);
  await ada.ask("conversation_role", { room, account: bob.account, role: "member" });
  await bob.until(() => bob.conversation(room).role === "member", "the role");
  await say(bob, room, side, "heard again");
  await sees(ada, room, side, "heard again");
});

test("ban: who is banned is out, comes back by no way, and does again once let in", async () => {
  const [ada, bob] = await people("ban", "ada", "bob");
  const { room, channel: main } = await hall(ada, [bob], { name: "Ban hall" });
  const side = await makesChannel(ada, room, "side", [bob]);
  await ada.ask("conversation_remove", { room, account: bob.account, ban: true });
  await bob.until(() => bob.conversation(room) === undefined, "that it is gone");
  for (const channel of [main, side]) await say(ada, room, channel, "without bob");
  await assert.rejects(bob.ask("conversation_join", { room }));
  for (const [command, fields] of /** @type {Array<[string, any]>} */ ([["rooms.look", { room }], ["rooms.follow", { room }], ["epochs.chain", { room }], ["messages.fetch", { channel: side, limit: 10 }]])) {
    assert.ok("error" in (await bob.wire?.call(command, fields)), command);
  }
  await ada.comesTo(() => ada.conversation(room).banned.map((/** @type {any} */ { account }) => account), [bob.account]);
  await ada.ask("conversation_unban", { room, account: bob.account });
  await joins(bob, room);
  assert.ok(!bob.texts(room).includes("without bob") || ada.conversation(room).history === "shared");
});

test("B1: roles are the chain's: nobody does more than they may, and ownership is handed over in one commit", async () => {
  const [ada, bob, eve] = await people("roles", "ada", "bob", "eve");
  const { room, channel: main } = await hall(ada, [bob, eve], { name: "Role hall" });
  const policy = { history: /** @type {const} */ ("from_joining") };
  /** @type {Array<[string, any]>} what members may not do */
  const notMembers = [
    ["conversation_rename", { room, name: "Mine" }],
    ["conversation_channel_create", { room, name: "mine", topic: "" }],
    ["conversation_channel_change", { room, channel: main, change: { slowMs: 5_000 } }],
    ["conversation_channel_archive", { room, channel: main, archived: true }],
    ["conversation_archive", { room, archived: true }],
    ["conversation_remove", { room, account: eve.account, ban: false }],
    ["conversation_role", { room, account: eve.account, role: "muted" }],
    ["conversation_policy", { room, policy }],
  ];
  for (const [ask, takes] of notMembers) await assert.rejects(bob.ask(ask, takes), (/** @type {any} */ error) => ["not_allowed", "commit_invalid"].includes(error.code), ask);
  const { revision } = (await bob.wire?.call("rooms.follow", { room })).ok;
  for (const [command, fields] of /** @type {Array<[string, any]>} */ ([
    ["rooms.update", { room, revision, name: "Mine" }],
    ["rooms.archive", { room, archived: true }],
    ["channels.create", { room, channel: "ab".repeat(16), name: "mine" }],
    ["channels.update", { room, channel: main, revision, slow_ms: 5_000 }],
    ["channels.archive", { room, channel: main, archived: true }],
    ["epochs.rotate", { room }],
  ])) assert.equal((await bob.wire?.call(command, fields)).error?.code, "not_allowed", command);
  await ada.ask("conversation_role", { room, account: bob.account, role: "admin" });
  await bob.until(() => bob.conversation(room).role === "admin", "the role");
  await bob.ask("conversation_rename", { room, name: "Renamed hall" });
  await bob.ask("conversation_role", { room, account: eve.account, role: "muted" });
  await assert.rejects(bob.ask("conversation_role", { room, account: ada.account, role: "member" }), refused("commit_invalid"));
  await assert.rejects(bob.ask("conversation_policy", { room, policy }), refused("commit_invalid"));
  const before = bob.engine.conversation(room).keeper.verified.head.n;
  await ada.until(() => ada.conversation(room).n === before, "his commits");
  await ada.ask("conversation_transfer", { room, account: bob.account });
  await bob.until(() => roleOf(bob, room, bob) === "owner" && roleOf(bob, room, ada) === "admin", "the new owner");
  assert.equal(bob.engine.conversation(room).keeper.verified.head.n, before + 1);
  await bob.ask("conversation_policy", { room, policy });
  await ada.until(() => ada.conversation(room).history === "from_joining", "the rule");
});

test("B7: versions of the key and why: founding, joining, removal, leaving and demand, each known to all", async () => {
  const [ada, bob, eve] = await people("versions", "ada", "bob", "eve");
  const { room, channel: main } = await hall(ada, [bob], { name: "Key hall", history: "from_joining" });
  await joins(eve, room);
  await ada.ask("conversation_remove", { room, account: eve.account, ban: false });
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n >= 5, "the rotation");
  const { epochs } = await bob.ask("conversation_epochs", { room, before: null, count: 10 });
  assert.deepEqual(epochs.map(({ n, reason }) => [n, reason]), [[5, "on_demand"], [4, "membership"], [3, "membership"], [2, "membership"], [1, "first"]]);
  // Who joins commits it, unless a member was faster.
  const may = { 5: [ada], 4: [ada], 3: [ada, bob, eve], 2: [ada, bob], 1: [ada] };
  for (const { n, by } of epochs) assert.ok(may[/** @type {1} */ (n)].some(({ account }) => account === by), `${n} by ${by}`);
  const { epochs: page, more } = await bob.ask("conversation_epochs", { room, before: 4, count: 2 });
  assert.deepEqual([page.map(({ n }) => n), more], [[3, 2], true]);
  await bob.ask("conversation_leave", { room });
  await ada.until(() => ada.conversation(room).n === 6 && roleOf(ada, room, bob) === undefined, "that bob is gone");
  await say(ada, room, main, "alone");
  await ada.shows(room, "alone");
});

test("B7: who asks for older keys is refused with a reason, and given them when who decides says so", async () => {
  const [ada, bob] = await people("asks", "ada", "bob");
  const { room, channel: main } = await hall(ada, [], { kind: "private", name: "Ask hall" });
  await say(ada, room, main, "before");
  await ada.until(() => rows(ada, room).find(({ text }) => text === "before")?.sequence > 0, "its place");
  await invited(ada, bob, room);
  await bob.until(() => rows(bob, room).some(({ cause }) => cause === "before_joined"), "what is closed");
  await bob.ask("conversation_ask_keys", { room });
  const first = await ada.until(() => ada.conversation(room).keyRequests[0], "the request");
  await ada.ask("conversation_decide_keys", { room, request: first.request, grant: false, reason: 2 });
  await bob.until(() => rows(bob, room).some(({ cause }) => cause === "keys_refused") && bob.conversation(room).refusal === 2, "the reason");
  await bob.ask("conversation_ask_keys", { room });
  const second = await ada.until(() => ada.conversation(room).keyRequests.find((/** @type {any} */ { request }) => request !== first.request), "the next request");
  await ada.ask("conversation_decide_keys", { room, request: second.request, grant: true });
  await bob.shows(room, "before");
});

test("B12: reason and members of a rotation come from the signed commit, whatever the event says", async () => {
  const [ada, bob] = await people("events", "ada", "bob");
  const { room } = await hall(ada, [bob], { name: "Event hall" });
  const { hand } = bob;
  bob.hand = (frame) => hand(frame.kind === "event" && frame.header.event === "epoch.committed" ? { ...frame, header: { ...frame.header, reason: "age", members: [] } } : frame);
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => rows(bob, room).some(({ kind, n }) => kind === "commit" && n === 3), "the commit");
  const row = rows(bob, room).find(({ kind, n }) => kind === "commit" && n === 3);
  await bob.comesTo(() => [row.reason, row.by, bob.conversation(room).members.length], ["on_demand", ada.account, 2]);
});

test("a commit has its place in every channel, is taken once, and breaks the thread in each", async () => {
  const [ada, bob] = await people("places", "ada", "bob");
  const { room } = await hall(ada, [bob], { name: "Place hall" });
  const side = await makesChannel(ada, room, "side", [bob]);
  await say(bob, room, side, "under the old key");
  await sees(ada, room, side, "under the old key");
  await ada.ask("conversation_rotate", { room });
  for (const place of [room, side]) await bob.until(() => rows(bob, place).some(({ kind, n }) => kind === "commit" && n === 3), `the commit in ${place}`);
  await say(bob, room, side, "under the new key");
  await sees(ada, room, side, "under the new key");
  for (const each of [ada, bob]) assert.deepEqual(each.alarms(room), []);
});
