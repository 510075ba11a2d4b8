import assert from "node:assert/strict";
import test from "node:test";
import { Account } from "../../../static/model/account.js";
import { People } from "../../../static/model/people.js";
import { Signal } from "../../../static/model/signals.js";
import { turns } from "./turns.js";

const ADA = "aa".repeat(16);
const BOB = "bb".repeat(16);
const friend = (account, state) => ({ account, name: account.slice(0, 2), display: "", state, online: false });

/** An account whose commands are answered at once, and its people. */
function signedIn() {
  const world = { called: [], checked: [], list: [friend(ADA, "friend"), friend(BOB, "blocked")], refusal: null };
  const call = async (command) => {
    world.called.push(command);
    return { ok: { friends: world.list }, tail: new Uint8Array() };
  };
  const account = new Account({ call, session: async () => ({ ok: {} }), keyholder: async () => assert.fail("no keys") });
  account.readKeys = async ({ account: whose }) => {
    world.checked.push(whose.slice(0, 2));
    return world.refusal ?? { ok: { number: 1, head: "11".repeat(32), fingerprint: "22".repeat(32), name: "", since: [] } };
  };
  account.change = async () => null;
  const connection = new Signal({ phase: "connecting" });
  const people = new People(account, connection);
  const ready = async () => {
    account.vault.value = new Map();
    account.phase.value = "ready";
    connection.value = { phase: "open" };
    await turns();
  };
  return Object.assign(world, { account, connection, people, ready });
}

test("the list is read once the keys are proven and the page is connected, and keys of all but the blocked are looked at", async () => {
  const world = signedIn();
  await turns();
  assert.deepEqual(world.called, []);
  await world.ready();
  assert.deepEqual(world.called, ["friends.list"]);
  assert.deepEqual(world.checked, ["aa"]);
  world.people.end();
});

test("after a cut everything is read again", async () => {
  const world = signedIn();
  await world.ready();
  world.connection.value = { phase: "waiting" };
  await turns();
  world.connection.value = { phase: "open" };
  await turns();
  assert.deepEqual(world.called, ["friends.list", "friends.list"]);
  assert.deepEqual(world.checked, ["aa", "aa"]);
  world.people.end();
});

test("events reach the list, and changed keys are read", async () => {
  const world = signedIn();
  await world.ready();
  world.account.event({ event: "presence.changed", account: ADA, online: true });
  assert.equal(world.people.friends.find(ADA).online, true);
  world.account.event({ event: "keys.changed", account: ADA, number: "2", link: "rotated" });
  world.account.event({ event: "keys.changed", account: "cc".repeat(16), number: "2", link: "rotated" });
  await turns();
  assert.deepEqual(world.checked, ["aa", "aa"]);
  world.people.end();
  world.account.event({ event: "presence.changed", account: ADA, online: false });
  assert.equal(world.people.friends.find(ADA).online, true);
});

test("keys that could not be read are read when the list comes again", async () => {
  const world = signedIn();
  world.refusal = { error: { code: "busy", message: "" } };
  await world.ready();
  world.refusal = null;
  await world.people.friends.read();
  await turns();
  assert.deepEqual(world.checked, ["aa", "aa"]);
  await world.people.friends.read();
  await turns();
  assert.deepEqual(world.checked, ["aa", "aa"]);
  world.people.end();
});

test("whoever signs out leaves nobody behind", async () => {
  const world = signedIn();
  await world.ready();
  world.account.clear();
  await turns();
  assert.equal(world.people.friends.list.peek(), null);
  world.people.end();
});
