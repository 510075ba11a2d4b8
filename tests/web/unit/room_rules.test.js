/** Who may change what in an end-to-end room (docs/protocol.md §14.9), role by role. */
import assert from "node:assert/strict";
import test from "node:test";
import { RoomError } from "../../../static/crypto/room/errors.js";
import { History } from "../../../static/crypto/room/history.js";
import { newPolicy } from "../../../static/crypto/room/policy.js";
import { judge } from "../../../static/crypto/room/rules.js";

const id = (number) => number.toString(16).padStart(2, "0").repeat(16);
const [AUTHOR, OTHER, THIRD, BANNED, ROOM] = [1, 2, 3, 4, 9].map(id);
const KEYS = "07".repeat(32);
const HASH = "01".repeat(32);
const ROLES = ["owner", "admin", "member", "muted"];
const isOver = (role) => role === "owner" || role === "admin";
const isBelow = (role, other) => isOver(other) && (role === "admin" ? other === "owner" : role !== "owner");

/** A room with these members, whose keys are all the same. */
const room = (members, banned = [], kind = "private") => ({
  policy: newPolicy(kind),
  members: new Map(members.map(([account, role]) => [account, { fingerprint: KEYS, role }])),
  banned: new Set(banned),
});

/** What a commit with these changes results in; nobody's keys are known, since what is tested here needs none. */
function judged(record, changes) {
  const entry = { room: ROOM, n: 1, hash: HASH, author: AUTHOR, madeAt: 1, commitment: HASH, record, events: [] };
  const body = { room: ROOM, n: 2, previous: HASH, author: AUTHOR, fingerprint: KEYS, madeAt: 2, reason: "roles_or_policy", commitment: HASH, changes };
  return judge(body, { history: new History([entry]), keysets: new Map(), newcomers: "any_of_theirs" });
}

/** Why a change is refused; null if it is not. */
async function cause(record, change) {
  try {
    await judged(record, [change]);
    return null;
  } catch (error) {
    if (error instanceof RoomError) return error.path;
    throw error;
  }
}

/** Whether an author of this role may make a change to another one of that role, in a room that has an owner. */
async function may(author, other, change) {
  return (await cause(room([[AUTHOR, author], [OTHER, other], [THIRD, "owner"]], [BANNED]), change)) === null;
}

test("owners and admins remove who is below them", async () => {
  for (const author of ROLES) {
    for (const other of ROLES) {
      for (const banned of [false, true]) {
        assert.equal(await may(author, other, { kind: "removed", account: OTHER, banned }), isBelow(other, author), `${author} ${other}`);
      }
    }
  }
});

test("roles are given below the own one, and owners make owners", async () => {
  const allowed = {
    owner: (other) => other !== "owner",
    admin: (other, role) => !isOver(other) && !isOver(role),
    member: () => false,
    muted: () => false,
  };
  for (const author of ROLES) {
    for (const other of ROLES) {
      for (const role of ROLES) {
        const found = await may(author, other, { kind: "role", account: OTHER, role });
        assert.equal(found, allowed[author](other, role), `${author} makes ${other} ${role}`);
      }
    }
  }
});

test("owners and admins lower themselves", async () => {
  for (const author of ROLES) {
    for (const role of ROLES) {
      assert.equal(await may(author, "member", { kind: "role", account: AUTHOR, role }), isBelow(role, author), `${author} ${role}`);
    }
  }
});

test("owners change the policy, and admins unban", async () => {
  for (const author of ROLES) {
    assert.equal(await may(author, "member", { kind: "policy", policy: newPolicy("private") }), author === "owner");
    assert.equal(await may(author, "member", { kind: "unbanned", account: BANNED }), isOver(author));
  }
});

test("when no owner is left admins do what owners may, and with no admin it is over", async () => {
  const changes = [
    { kind: "removed", account: OTHER, banned: true },
    { kind: "role", account: AUTHOR, role: "owner" },
    { kind: "role", account: OTHER, role: "owner" },
    { kind: "policy", policy: newPolicy("private") },
    { kind: "unbanned", account: BANNED },
  ];
  for (const change of changes) {
    assert.equal(await cause(room([[AUTHOR, "admin"], [OTHER, "admin"]], [BANNED]), change), null);
    assert.equal(await cause(room([[AUTHOR, "member"], [OTHER, "member"]], [BANNED]), change), "change/not_allowed");
  }
});

test("a direct conversation has no roles to change", async () => {
  const direct = room([[AUTHOR, "owner"], [OTHER, "owner"]], [BANNED], "direct");
  const changes = [
    { kind: "role", account: AUTHOR, role: "member" },
    { kind: "policy", policy: newPolicy("direct") },
    { kind: "unbanned", account: BANNED },
  ];
  for (const change of changes) assert.equal(await cause(direct, change), "change/room_kind");
  assert.equal(await judged(direct, []), direct);
});

test("a thousand accounts are banned and no more", async () => {
  const banned = (count) => Array.from({ length: count }, (_, i) => i.toString(16).padStart(4, "0") + "ff".repeat(14));
  const members = [[AUTHOR, "owner"], [OTHER, "member"]];
  const ban = { kind: "removed", account: OTHER, banned: true };
  for (const [count, expected] of [[998, null], [999, null], [1_000, "change/banned_full"]]) {
    assert.equal(await cause(room(members, banned(count)), ban), expected);
  }
});

test("a thousand accounts are in a room and no more, and who is out cannot be its author", async () => {
  const members = Array.from({ length: 1_001 }, (_, i) => [i === 0 ? AUTHOR : i.toString(16).padStart(4, "0") + "aa".repeat(14), "owner"]);
  await judged(room(members.slice(0, 1_000)), []);
  await assert.rejects(judged(room(members), []), (error) => error.path === "member_count");
  await assert.rejects(judged(room([[OTHER, "owner"]]), []), (error) => error.path === "author_gone");
});

test("what came or went, and which role was there, is known of the past", () => {
  const entry = (n, events, others = []) => ({ n, hash: id(n).repeat(2), events, record: room([[AUTHOR, "owner"], ...others]) });
  const history = new History([
    entry(1, [{ account: AUTHOR, event: "came", role: "owner" }]),
    entry(2, [{ account: OTHER, event: "came", role: "member" }], [[OTHER, "member"]]),
    entry(3, [{ account: OTHER, event: "became", role: "admin" }], [[OTHER, "admin"]]),
    entry(4, [], [[OTHER, "admin"]]),
    entry(5, [{ account: OTHER, event: "went" }]),
  ]);
  assert.deepEqual([1, 2, 3, 4, 5].map((n) => history.memberAt(n, OTHER)?.role ?? null), [null, "member", "admin", "admin", null]);
  assert.deepEqual([1, 2, 3, 4, 5].map((n) => history.cameOrWent(n, OTHER)), [true, true, true, true, false]);
  assert.deepEqual(history.rolesSince(2, OTHER), ["member", "admin"]);
  assert.deepEqual(history.rolesSince(3, OTHER), ["admin"]);
  assert.equal(history.position(id(4).repeat(2)), 4);
  assert.throws(() => history.position(id(7).repeat(2)), (error) => error.path === "unknown_commit");
  const part = new History([entry(3, [])]);
  assert.equal(part.memberAt(3, AUTHOR).role, "owner");
  assert.throws(() => part.position(id(1).repeat(2)), (error) => error.path === "older");
  assert.deepEqual(part.rolesSince(3, AUTHOR), ["owner"]);
  assert.ok(part.isBefore(2) && !part.isBefore(3));
  assert.deepEqual([part.entry(2), part.entry(0), new History().entry(0)], [undefined, undefined, undefined]);
});
