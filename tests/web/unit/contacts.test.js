import assert from "node:assert/strict";
import test from "node:test";
import { itemKey } from "../../../static/model/account.js";
import { moved, trustOf } from "../../../static/crypto/pin.js";
import { Contacts, HALTS } from "../../../static/model/contacts.js";
import { Signal } from "../../../static/model/signals.js";

const ADA = "aa".repeat(16);
const hash = (number) => String(number).repeat(64);
const pin = (number, changes = {}) => ({ number: String(number), head: hash(number), fingerprint: hash(number), verified: false, acknowledged: String(number), ...changes });
const seen = (number, ...since) => ({ number, head: hash(number), fingerprint: hash(number), name: "Ada", since });
const refused = (code) => ({ error: { code, message: "" } });

/** Contacts over a vault in memory; `chain` is what the server shows. */
function contacts(stored = null) {
  const name = { kind: "pin", account: ADA };
  const vault = new Signal(new Map(stored === null ? [] : [[itemKey(name), { name, number: 1, content: stored }]]));
  const world = { chain: { ok: seen(1) }, refusal: null, asked: [], halts: [] };
  const lostPins = new Signal(new Set());
  const account = {
    vault,
    lostPins,
    change: async (of, change, decided) => {
      if (world.refusal !== null) return world.refusal;
      if (lostPins.peek().size > 0 && !decided) return { code: "vault_corrupt", message: "" };
      const content = change(vault.peek().get(itemKey(of))?.content ?? null);
      if (content !== null) {
        vault.value = new Map([[itemKey(of), { name: of, number: 2, content }]]);
        lostPins.value = new Set();
      }
      return null;
    },
    readKeys: async (of) => {
      world.asked.push(of);
      return world.chain;
    },
  };
  world.contacts = new Contacts(account);
  world.lose = () => (lostPins.value = new Set([ADA]));
  world.contacts.onHalt = (_, trust) => world.halts.push(trust);
  world.trust = () => world.contacts.trust(ADA);
  return world;
}

test("keys are pinned at first contact, and the next reading begins at the pin", async () => {
  const world = contacts();
  assert.equal(world.trust(), "unknown");
  assert.equal(await world.contacts.check(ADA, "Ada"), null);
  assert.deepEqual(world.contacts.pin(ADA), pin(1));
  assert.equal(world.trust(), "pinned");
  await world.contacts.check(ADA, "Ada");
  assert.deepEqual(world.asked, [
    { account: ADA, name: "Ada", pin: null },
    { account: ADA, name: "Ada", pin: { number: 1, head: hash(1) } },
  ]);
});

test("a rotation keeps what was verified, and says so quietly", async () => {
  const world = contacts(pin(1, { verified: true }));
  world.chain = { ok: seen(3, "rotated", "rotated") };
  await world.contacts.check(ADA, "Ada");
  assert.deepEqual(world.contacts.pin(ADA), pin(3, { verified: true }));
  assert.equal(world.trust(), "verified");
  assert.ok(world.contacts.renewed.peek().has(ADA));
  assert.deepEqual(world.halts, []);
});

test("a reset blocks whoever was verified until it is acknowledged or compared anew", async () => {
  const world = contacts(pin(1, { verified: true }));
  world.chain = { ok: seen(2, "reset") };
  await world.contacts.check(ADA, "Ada");
  assert.equal(world.trust(), "blocked");
  assert.deepEqual(world.halts, ["blocked"]);
  // A rotation on top of it is not an acknowledgement.
  world.chain = { ok: seen(3, "rotated") };
  await world.contacts.check(ADA, "Ada");
  assert.equal(world.trust(), "blocked");
  assert.equal(await world.contacts.acknowledge(ADA, world.contacts.pin(ADA)), null);
  assert.equal(world.trust(), "pinned");
  assert.equal(await world.contacts.match(ADA, world.contacts.pin(ADA)), null);
  assert.equal(world.trust(), "verified");
});

test("a reset of somebody who was not verified is a warning", async () => {
  const world = contacts(pin(1));
  world.chain = { ok: seen(3, "rotated", "reset") };
  await world.contacts.check(ADA, "Ada");
  assert.equal(world.trust(), "changed");
  await world.contacts.match(ADA, world.contacts.pin(ADA));
  assert.deepEqual(world.contacts.pin(ADA), pin(3, { verified: true }));
});

test("numbers that differ are noted", async () => {
  const world = contacts(pin(2, { verified: true }));
  await world.contacts.differ(ADA, world.contacts.pin(ADA));
  assert.equal(world.trust(), "differs");
  assert.deepEqual(world.contacts.pin(ADA), pin(2, { acknowledged: "0" }));
  // A later reading with a rotation does not undo it.
  world.chain = { ok: seen(3, "rotated") };
  await world.contacts.check(ADA, "Ada");
  assert.equal(world.trust(), "differs");
});

test("an answer about keys that are not the newest any more counts for nothing", async () => {
  const world = contacts(pin(2));
  const refusal = await world.contacts.match(ADA, pin(1));
  assert.equal(refusal.code, "keys_conflict");
  assert.equal(world.trust(), "pinned");
});

test("another history is an alarm, the pin stays, and it ends when the old one is back", async () => {
  const world = contacts(pin(2, { verified: true }));
  world.chain = refused("keys_alarm");
  assert.equal(await world.contacts.check(ADA, "Ada"), null);
  await world.contacts.check(ADA, "Ada");
  assert.equal(world.trust(), "alarm");
  assert.deepEqual(world.halts, ["alarm"]);
  assert.deepEqual(world.contacts.pin(ADA), pin(2, { verified: true }));
  world.chain = { ok: seen(2) };
  await world.contacts.check(ADA, "Ada");
  assert.equal(world.trust(), "verified");
});

test("what cannot be read or noted is said, and nothing changes", async () => {
  const world = contacts(pin(1));
  world.chain = refused("unavailable");
  assert.equal((await world.contacts.check(ADA, "Ada")).code, "unavailable");
  world.chain = { ok: seen(2, "rotated") };
  world.refusal = { code: "vault_conflict", message: "" };
  assert.equal((await world.contacts.check(ADA, "Ada")).code, "vault_conflict");
  assert.equal((await world.contacts.match(ADA, pin(1))).code, "vault_conflict");
  assert.deepEqual(world.contacts.pin(ADA), pin(1));
});

test("one check at a time, and one for each account", async () => {
  const world = contacts();
  const [first, second] = [world.contacts.check(ADA, "Ada"), world.contacts.check(ADA, "Ada")];
  assert.equal(first, second);
  await first;
  assert.equal(world.asked.length, 1);
});

test("a pin that another device has moved meanwhile stays as it is", () => {
  assert.equal(moved(pin(3), { number: 1, head: hash(1) }, seen(2, "reset")), null);
  assert.equal(moved(pin(3), null, seen(2)), null);
  assert.equal(moved(pin(2), { number: 2, head: hash(2) }, seen(2)), null);
});

test("every state has its place", () => {
  assert.equal(trustOf(null), "unknown");
  assert.equal(trustOf(pin(1)), "pinned");
  assert.equal(trustOf(pin(1, { verified: true })), "verified");
  assert.equal(trustOf(pin(3, { acknowledged: "2" })), "changed");
  assert.equal(trustOf(pin(3, { verified: true, acknowledged: "2" })), "blocked");
  assert.equal(trustOf(pin(3, { acknowledged: "0" })), "differs");
  assert.deepEqual([...HALTS], ["changed", "blocked", "differs", "alarm", "lost"]);
});

test("a pin that is lost is no first contact: nothing takes its place before its user has said so", async () => {
  const world = contacts();
  world.lose();
  assert.equal(world.trust(), "lost");
  assert.ok(HALTS.has(world.trust()));
  assert.equal(world.contacts.pin(ADA), null);
  world.chain = { ok: seen(2, "rotated") };
  assert.equal(await world.contacts.check(ADA, "Ada"), null);
  assert.equal(world.trust(), "lost");
  assert.deepEqual(world.halts, ["lost"]);
  const shown = world.contacts.pin(ADA);
  assert.deepEqual(shown, pin(2, { acknowledged: "0" }));
  assert.equal(await world.contacts.match(ADA, shown), null);
  assert.deepEqual([world.trust(), world.contacts.pin(ADA)], ["verified", pin(2, { verified: true })]);
});
