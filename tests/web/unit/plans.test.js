/** What a commit is wanted for, and when another member has done it already (docs/protocol.md §14.9). */
import assert from "node:assert/strict";
import test from "node:test";
import { merged, reasonOf } from "../../../static/rooms/committing.js";
import { changeRole, comeIn, partner, rekey, remove, rotate, takeIn, whatIsDue } from "../../../static/rooms/plans.js";
import { golden, keysetsOf, named } from "./golden_rooms.js";

const [ADA, BOB] = ["0a", "0b"].map((byte) => byte.repeat(16));
const chain = (n, members, banned = []) => ({
  head: { n, record: { members: new Map(members.map(([account, role, fingerprint = "f"]) => [account, { role, fingerprint }])), banned: new Set(banned) } },
});
const room = chain(5, [[ADA, "owner"], [BOB, "member"]]);

test("a rotation is done once there is a newer epoch", async () => {
  assert.deepEqual(await rotate(5)(room), { changes: [], reason: "on_demand" });
  assert.equal(await rotate(4)(room), null);
  assert.deepEqual(await whatIsDue(5, "bad_share", undefined)(room), { changes: [], reason: "bad_share" });
  assert.deepEqual(await whatIsDue(5, "of a newer server", undefined)(room), { changes: [], reason: "on_demand" });
  assert.equal(await whatIsDue(4, "age", undefined)(room), null);
  // Who asked may have thought better of it.
  for (const due of ["joined", "left"]) assert.deepEqual(await whatIsDue(5, due, undefined)(room), await takeIn(5)(room));
  assert.equal((await takeIn(5)(room)).ifPending, true);
  assert.equal(await takeIn(4)(room), null);
});

test("who is out is not removed, and who has a role is not given it", async () => {
  assert.deepEqual((await remove(BOB, false)(room)).changes, [{ kind: "removed", account: BOB, banned: false }]);
  assert.equal(await remove(BOB, false)(chain(6, [[ADA, "owner"]])), null);
  // Who left meanwhile can still be banned.
  assert.deepEqual((await remove(BOB, true)(chain(6, [[ADA, "owner"]]))).changes, [{ kind: "removed", account: BOB, banned: true }]);
  assert.equal(await remove(BOB, true)(chain(6, [[ADA, "owner"]], [BOB])), null);
  assert.deepEqual((await changeRole(BOB, "admin")(room)).changes, [{ kind: "role", account: BOB, role: "admin" }]);
  assert.equal(await changeRole(BOB, "member")(room), null);
  assert.equal(await changeRole(BOB, "admin")(chain(6, [[ADA, "owner"]])), null);
});

test("who is in with these keys has nothing left to do", async () => {
  assert.equal(await comeIn(BOB, "f")(room), null);
  assert.notEqual(await comeIn(BOB, "other")(room), null);
  assert.equal(partner(room.head.record, ADA), BOB);
  assert.equal(partner(chain(1, [[ADA, "owner"]]).head.record, ADA), null);
});

test("own rotated keys go into the list one step a commit, and a reset is no step", async () => {
  const ada = named("ada");
  const keysets = await keysetsOf();
  const own = keysets.get(ada.account);
  const listed = (at) => chain(9, [[ada.account, "owner", own.keysets[at].fingerprint]]);
  const links = own.keysets.map(({ link }) => link);
  for (const [at, link] of links.slice(1).entries()) {
    const wanted = await rekey(own)(listed(at));
    if (link === "rotated") assert.equal(wanted.changes[0].keyset.hash, own.keysets[at + 1].hash);
    else assert.equal(wanted, null, link);
  }
  assert.equal(await rekey(own)(listed(links.length - 1)), null);
  assert.equal(await rekey(undefined)(listed(0)), null);
  assert.ok(golden.keysets.length > 0 && links.includes("rotated"));
});

test("requests go with what is wanted, and who leaves is not removed as well, unless for good", () => {
  const leave = { action: "leave", account: BOB };
  const removed = (banned) => ({ kind: "removed", account: BOB, banned });
  assert.deepEqual(merged([removed(false)], [leave]), [{ kind: "left", request: leave }]);
  assert.deepEqual(merged([removed(true)], [leave]), [removed(true), { kind: "left", request: leave }]);
  const join = { action: "join", account: BOB };
  assert.deepEqual(merged([removed(false)], [join]), [removed(false), { kind: "joined", request: join }]);
  assert.equal(reasonOf([{ kind: "left", request: leave }], "age"), "membership");
  assert.equal(reasonOf([{ kind: "role", account: BOB, role: "admin" }], "age"), "roles_or_policy");
  assert.equal(reasonOf([{ kind: "rekeyed", keyset: {} }], "age"), "rekeyed");
  assert.equal(reasonOf([], "count"), "count");
});
