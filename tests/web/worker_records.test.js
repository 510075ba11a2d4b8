/** Records that a server or a member makes wrong on purpose: items of the vault, the state of a room and its settings. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signSettings } from "../../static/crypto/room/settings.js";
import { parseRoomState, signRoomState } from "../../static/crypto/room/state.js";
import { emptySettings, emptyState } from "../../static/crypto/room/state_content.js";
import { encodeList, parseList } from "../../static/crypto/record_list.js";
import { Memory } from "../../static/store/database.js";
import { SERVER, TIMEOUT, alarm, keysOf, member, pair, rows, send } from "./harness/liars.js";

test("settings that a member makes up bind nobody, and are not carried along", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("14");
  const { keys, keeper, secret } = await keysOf(bob, room);
  const chain = keeper.verified;
  const by = { author: bob.account, madeAt: Date.now() };
  const forged = await signSettings(keys, chain, { ...by, number: Number.MAX_SAFE_INTEGER, content: { ...emptySettings(), name: "Mine" } });
  const state = await signRoomState(keys, chain, { ...by, number: 2, settings: forged, content: emptyState(), secret });
  assert.ok("ok" in (await bob.wire?.call("rooms.set_state", { room, expected: "1" }, state)));
  await ada.ask("conversation_rename", { room, name: "Plans for ever" });
  await bob.until(() => bob.conversation(room).name === "Plans for ever", "the name");
  await ada.comesTo(() => ada.conversation(room).name, "Plans for ever");
});

/** What a server may do to the items of a kind that it is asked for. @type {Array<[string, (tail: Uint8Array, before: Uint8Array) => Uint8Array]>} */
const VAULT_LIES = [
  ["garbled", (tail) => encodeList(parseList(tail, 100).map((item) => item.map((byte, at) => (at === item.length - 1 ? byte ^ 1 : byte))))],
  ["left out", () => new Uint8Array()],
  ["of before", (_tail, before) => before],
];
for (const [at, [how, lie]] of VAULT_LIES.entries()) {
  test(`what the vault kept of a room and of keys is not as if it had never been, where it comes ${how}`, TIMEOUT, async () => {
    const database = new Memory();
    /** @type {Map<number, Uint8Array>} */
    const before = new Map();
    const keep = (/** @type {string} */ command, /** @type {any} */ { kind } = {}, /** @type {any} */ outcome) => {
      if (command === "vault.items" && outcome.tail?.length > 0 && !before.has(kind)) before.set(kind, outcome.tail);
      return outcome;
    };
    const { ada, bob, room } = await pair(`${18 + at}`, { database, lie: keep });
    const { vault } = bob.engine.session;
    await bob.until(() => vault.head(room) !== null && vault.pin(ada.account) !== null, "what the vault keeps");
    bob.cut();
    await bob.resume();
    await ada.ask("conversation_rotate", { room });
    await bob.until(() => vault.head(room)?.n === "2", "the newer head");
    await vault.change({ kind: "pin", account: ada.account }, (pin) => ({ ...pin, verified: true }));
    bob.cut();
    await bob.resume();
    bob.end();
    const told = (/** @type {string} */ command, /** @type {any} */ { kind } = {}, /** @type {any} */ outcome) =>
      command === "vault.items" && (kind === 3 || kind === 4) && "ok" in outcome ? { ...outcome, tail: lie(outcome.tail ?? new Uint8Array(), before.get(kind) ?? new Uint8Array()) } : outcome;
    const lied = await member(bob.name, { database, lie: told }).signIn(SERVER);
    await alarm(lied, room, "rolled_back");
    await lied.until(() => lied.conversation(room).state === "stopped" && lied.conversation(room).halted === ada.account, "the stop");
    await send(lied, room, "into which");
    assert.deepEqual(rows(lied, room).find(({ text }) => text === "into which").send, { state: "queued" });
    // Nothing took the place of what was there.
    const elsewhere = await member(bob.name).signIn(SERVER);
    assert.equal(elsewhere.engine.session.vault.pin(ada.account)?.verified, true);
    assert.equal(elsewhere.engine.session.vault.head(room)?.n, "2");
    // To look again is no decision; its user's decision is one.
    await lied.ask("conversation_look", { room });
    assert.equal(lied.alarms(room).some((/** @type {any} */ { kind }) => kind === "rolled_back"), true);
    await lied.ask("conversation_decide", { room, kind: "rolled_back" });
    await lied.until(() => lied.conversation(room).alarms.length === 0, "the decision");
  });
}

test("an account that began anew has an empty vault, on a device that knew the old one, too", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("21");
  bob.cut();
  await bob.resume();
  await bob.until(() => bob.conversation(room).state === "ready", "the room");
  await bob.startFresh();
  bob.cut();
  bob.engine.end();
  await bob.resume();
  const { vault } = bob.engine.session;
  for (const name of [{ kind: "epoch_secret", room, n: 1 }, { kind: "pin", account: ada.account }, { kind: "room_head", room }]) {
    assert.equal(vault.fault(/** @type {any} */ (name)), null, name.kind);
  }
  assert.equal(vault.secret(room, 1), null);
});

test("a state that somebody sealed who has left since is read by who comes later", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("22");
  const wire = /** @type {import("./harness/member.js").Wire} */ (ada.wire);
  const call = wire.call.bind(wire);
  wire.call = async (command, fields, tail) => (command === "rooms.set_state" ? { error: { code: "not_allowed" } } : call(command, fields, tail));
  await bob.ask("conversation_rotate", { room });
  await bob.engine.conversation(room).state.refresh();
  assert.equal(parseRoomState((await bob.wire?.call("rooms.state", { room })).tail).author, bob.account);
  await bob.ask("conversation_leave", { room });
  await ada.until(() => ada.conversation(room).n === 3, "the leave");
  const device = await member(ada.name).signIn(SERVER);
  await device.until(() => device.conversation(room)?.name === "Plans", "the name");
  assert.deepEqual(device.alarms(room), []);
});

test("a state that does not hold is named, and replaced by the next one", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("23");
  const { keys, keeper, secret } = await keysOf(bob, room);
  const of = { author: bob.account, number: 2, madeAt: Date.now(), settings: null, content: emptyState(), secret };
  const state = await signRoomState(keys, keeper.verified, of);
  state[state.length - 1] ^= 1;
  assert.ok("ok" in (await bob.wire?.call("rooms.set_state", { room, expected: "1" }, state)));
  await alarm(ada, room, "state_refused");
  await ada.ask("conversation_rename", { room, name: "Plans again" });
  await bob.until(() => bob.conversation(room).name === "Plans again", "the name");
});

test("numbers that an admin used up bind nobody after the next commit, and who demotes it stands in for what it signed", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("24");
  await ada.ask("conversation_role", { room, account: bob.account, role: "admin" });
  await bob.until(() => bob.conversation(room).role === "admin", "the role");
  const { keeper: chain, secrets } = bob.engine.conversation(room);
  await bob.until(() => secrets.known(chain.verified.head.n), "the key of that commit");
  const { keys, keeper, secret } = await keysOf(bob, room);
  const by = { author: bob.account, madeAt: Date.now() };
  const settings = await signSettings(keys, keeper.verified, { ...by, number: Number.MAX_SAFE_INTEGER, content: { ...emptySettings(), name: "By Bob" } });
  for (let tries = 0; ; tries++) {
    const { ok } = await bob.wire?.call("rooms.state", { room });
    const state = await signRoomState(keys, keeper.verified, { ...by, number: Number(ok.number) + 1, settings, content: emptyState(), secret });
    if ("ok" in (await bob.wire?.call("rooms.set_state", { room, expected: ok.number }, state))) break;
    assert.ok(tries < 5);
  }
  await ada.until(() => ada.conversation(room).name === "By Bob", "the admin's name");
  await ada.ask("conversation_role", { room, account: bob.account, role: "member" });
  await ada.until(() => ada.conversation(room).members.find((/** @type {any} */ { account }) => account === bob.account)?.role === "member", "the demotion");
  const device = await member(ada.name).signIn(SERVER);
  await device.until(() => device.conversation(room)?.name === "By Bob", "the name, for who has not seen it before");
  await ada.ask("conversation_rename", { room, name: "By Ada" });
  await bob.until(() => bob.conversation(room).name === "By Ada", "the owner's name");
});
