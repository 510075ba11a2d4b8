/** How far a room trusts somebody's keys, by what the vault kept of them. */
import assert from "node:assert/strict";
import test from "node:test";
import { firstKeyset } from "../../../static/crypto/keyset.js";
import { encodeList } from "../../../static/crypto/record_list.js";
import { RoomError } from "../../../static/crypto/room/errors.js";
import { DISTRUSTED, Keysets } from "../../../static/rooms/keysets.js";
import { ServerRefusal } from "../../../static/rooms/page.js";
import { toHex } from "../../../static/wire/bytes.js";
import { identities } from "./identities.js";

const PIN = { number: "2", head: "", fingerprint: "", verified: false, acknowledged: "2" };
/** @param {object | null} pin @param {string | null} fault */
const keysetsOf = (pin, fault = null) => new Keysets("me", /** @type {any} */ ({}), /** @type {any} */ ({ pin: () => pin, fault: () => fault }));

test("a pin that is lost is told as lost, and not as a reset: nothing goes to these keys before their user has looked", () => {
  for (const fault of ["vault_corrupt", "vault_rolled_back"]) {
    const keysets = keysetsOf(null, fault);
    assert.equal(keysets.trust("ada"), "lost");
    assert.ok(keysets.halts("ada", null) && DISTRUSTED.has(keysets.trust("ada")));
  }
  assert.ok(!keysetsOf(null).halts("ada", null));
});

test("what was pinned is trusted as its user said", () => {
  for (const [pin, trust] of [
    [null, "seen"],
    [PIN, "seen"],
    [{ ...PIN, verified: true }, "verified"],
    [{ ...PIN, acknowledged: "1" }, "changed"],
    [{ ...PIN, acknowledged: "0" }, "changed"],
  ]) assert.equal(keysetsOf(pin).trust("ada"), trust);
});

/** A server and a vault with these accounts' chains; `refused`: whose it does not give. @param {string[]} accounts @param {{ conflict?: boolean, refused?: string }} [how] */
async function manyKeys(accounts, { conflict = false, refused = "", code = "internal" } = {}) {
  const [keys] = await identities();
  const chains = new Map(await Promise.all(accounts.map(async (account) => /** @type {const} */ ([account, await firstKeyset(keys, { account, name: "Ada", madeAt: 1 })]))));
  const pins = new Map();
  const asked = /** @type {string[]} */ ([]);
  const puts = /** @type {number[]} */ ([]);
  const page = {
    call: async (/** @type {string} */ command, /** @type {any} */ fields) => {
      assert.equal(command, "keys.chain");
      asked.push(fields.account);
      if (fields.account === refused) throw new ServerRefusal(code);
      const records = fields.after === undefined ? [/** @type {any} */ (chains.get(fields.account))] : [];
      return { ok: { head: "1", more: false }, tail: encodeList(records) };
    },
  };
  const vault = {
    pin: (/** @type {string} */ account) => pins.get(account) ?? null,
    fault: () => null,
    addAll: async (/** @type {any[]} */ items) => {
      puts.push(items.length);
      if (conflict) throw new ServerRefusal("vault_conflict");
      for (const { name, content } of items) pins.set(name.account, content);
    },
    change: async (/** @type {any} */ name, /** @type {any} */ change) => {
      puts.push(1);
      const pin = change(pins.get(name.account) ?? null);
      if (pin !== null) pins.set(name.account, pin);
    },
  };
  return { asked, pins, puts, vault, keysets: new Keysets("me", /** @type {any} */ (page), /** @type {any} */ (vault)) };
}
const MANY = Array.from({ length: 20 }, (_, at) => toHex(new Uint8Array(16).fill(at + 1)));

test("the keys of many are read once each, and pinned by one command", async () => {
  const { asked, pins, puts, keysets } = await manyKeys(MANY);
  await keysets.knownAll(MANY);
  assert.deepEqual([...asked].sort(), MANY);
  assert.deepEqual(puts, [20]);
  for (const account of MANY) assert.equal(pins.get(account).head, keysets.get(account)?.head.hash);
  await keysets.knownAll(MANY);
  assert.deepEqual([asked.length, puts], [20, [20, 0]], "nobody is asked or told again");
});

test("pins that the vault does not take together are put one by one", async () => {
  const { pins, puts, keysets } = await manyKeys(MANY.slice(0, 3), { conflict: true });
  await keysets.knownAll(MANY.slice(0, 3));
  assert.deepEqual([puts, pins.size], [[3, 1, 1, 1], 3]);
});

test("whose keys could not be read among many is asked for again by who needs them, and hears why", async () => {
  const [first, second] = MANY;
  const { asked, keysets } = await manyKeys([first, second], { refused: second });
  await keysets.knownAll([first, second]);
  assert.deepEqual([keysets.get(first)?.head.number, keysets.get(second)], [1, undefined]);
  const needs = () => {
    throw new RoomError("unknown_keys", { keys: { account: second, fingerprint: "" } });
  };
  await assert.rejects(keysets.judge(needs), (error) => error instanceof ServerRefusal && error.code === "internal");
  assert.equal(asked.length, 3);
});

test("a connection that was cut while the keys of many were read is told", async () => {
  const { keysets } = await manyKeys(MANY, { refused: MANY[0], code: "cut" });
  await assert.rejects(keysets.knownAll(MANY), (error) => error instanceof ServerRefusal && error.code === "cut");
});

/** Takes nothing any more; gives what lets it take again. @param {any} vault @param {string} code */
function refusing(vault, code) {
  const { addAll, change } = vault;
  vault.addAll = vault.change = async () => {
    throw new ServerRefusal(code);
  };
  return () => Object.assign(vault, { addAll, change });
}

test("keys whose pins a cut has prevented are read again, and pinned", async () => {
  const [first, second, third] = MANY;
  const { pins, keysets, vault } = await manyKeys(MANY);
  const again = refusing(vault, "cut");
  await assert.rejects(keysets.knownAll([first, second]), ServerRefusal);
  await assert.rejects(keysets.known(third), ServerRefusal);
  assert.equal(pins.size, 0);
  again();
  keysets.age();
  await keysets.known(first);
  assert.deepEqual([...pins.keys()], [first]);
  await keysets.pinLeft();
  assert.deepEqual([...pins.keys()].sort(), [first, second, third]);
});

test("all that was read beside a cut is pinned later", async () => {
  const { pins, keysets } = await manyKeys(MANY, { refused: MANY[3], code: "cut" });
  await assert.rejects(keysets.knownAll(MANY), ServerRefusal);
  const read = MANY.filter((account) => keysets.get(account) !== undefined);
  assert.ok(read.length > 0 && pins.size === 0);
  await keysets.pinLeft();
  assert.deepEqual([...pins.keys()].sort(), read);
});

test("a pin that another device has set since is what keys are compared with, and stays", async () => {
  const [first] = MANY;
  for (const way of ["known", "pinLeft"]) {
    const { pins, keysets, vault } = await manyKeys(MANY);
    const again = refusing(vault, "cut");
    await assert.rejects(keysets.known(first), ServerRefusal);
    again();
    keysets.age();
    const theirs = { number: "1", head: "ab".repeat(32), fingerprint: "cd".repeat(32), verified: true, acknowledged: "1" };
    pins.set(first, theirs);
    if (way === "known") await assert.rejects(keysets.known(first), { code: "keys_alarm" });
    else await keysets.pinLeft();
    assert.ok(keysets.alarms.has(first) && keysets.trust(first) === "alarm", way);
    assert.deepEqual(pins.get(first), theirs);
  }
});

test("a server that is busy keeps keys to be pinned later, and a vault that is full does not", async () => {
  const [first] = MANY;
  for (const [code, asks] of /** @type {const} */ ([["busy", 2], ["over_quota", 1]])) {
    const { asked, pins, keysets, vault } = await manyKeys(MANY);
    const again = refusing(vault, code);
    assert.equal((await keysets.known(first)).head.number, 1);
    again();
    await keysets.known(first);
    assert.deepEqual([asked.length, pins.size], [asks, asks - 1], code);
  }
});
