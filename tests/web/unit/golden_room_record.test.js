/** Room records and policies against the golden vectors (docs/protocol.md §14.7). */
import assert from "node:assert/strict";
import test from "node:test";
import { OpenError, SealError } from "../../../static/crypto/errors.js";
import { FieldReader } from "../../../static/crypto/record.js";
import { HISTORY, INVITE, JOIN, KEEP_DAYS, ROOM_KINDS, encodePolicy, newPolicy, readPolicy } from "../../../static/crypto/room/policy.js";
import { ROLES, encodeRoomRecord, hasRole, isBelow, membersHash, parseRoomRecord } from "../../../static/crypto/room/room_record.js";
import { join, toHex } from "../../../static/wire/bytes.js";
import { bytes, vectors } from "./vectors.js";

const golden = vectors("room_record");
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const account = (number) => number.toString(16).padStart(32, "0");

test("room records are read, written and hashed as they were", async () => {
  for (const { policy, members, banned, members_hash, record } of golden.valid) {
    const read = parseRoomRecord(bytes(record));
    const { kind, join: joins, history, invite, keepDays } = read.policy;
    assert.deepEqual(policy, {
      kind: ROOM_KINDS.indexOf(kind),
      join: JOIN.indexOf(joins),
      history: HISTORY.indexOf(history),
      invite: INVITE.indexOf(invite),
      keep_days: keepDays,
    });
    const found = [...read.members].map(([id, { fingerprint, role }]) => ({ account: id, fingerprint, role: ROLES.indexOf(role) }));
    assert.deepEqual(found, members);
    assert.deepEqual([...read.banned], banned);
    assert.equal(toHex(encodeRoomRecord(read)), record);
    assert.equal(await membersHash(golden.room, read), members_hash);
  }
});

for (const { why, cause, record } of golden.invalid) {
  test(`a room record is refused: ${why}`, () => assert.throws(() => parseRoomRecord(bytes(record)), refused(cause)));
}

test("no part of a room record is one", () => {
  const record = bytes(golden.valid.at(-2).record);
  for (let length = 0; length < record.length; length++) assert.throws(() => parseRoomRecord(record.subarray(0, length)), refused("truncated"));
});

test("lists of a room record have limits, and are written ascending", () => {
  const member = { fingerprint: "07".repeat(32), role: "member" };
  const ids = (from, count) => Array.from({ length: count }, (_, i) => account(from + i)).reverse();
  const of = (members, banned) => ({
    policy: newPolicy("private"),
    members: new Map(ids(0, members).map((id) => [id, member])),
    banned: new Set(ids(members, banned)),
  });
  for (const [members, banned] of [[1, 0], [999, 999], [1_000, 1_000]]) assert.deepEqual(parseRoomRecord(encodeRoomRecord(of(members, banned))), of(members, banned));
  for (const [members, banned] of [[0, 0], [1_001, 0], [1, 1_001]]) assert.throws(() => parseRoomRecord(encodeRoomRecord(of(members, banned))), refused("field"));
  assert.ok(hasRole(of(2, 0), "member"));
  assert.ok(!hasRole(of(2, 0), "owner"));
});

test("rooms begin by their kind, and every byte of a policy has few values", () => {
  const begins = (kind) => [...encodePolicy(newPolicy(kind))];
  assert.deepEqual(begins("public"), [1, 1, 2, 1, 0, 0, 0, 0]);
  assert.deepEqual(begins("private"), [2, 2, 1, 1, 0, 0, 0, 0]);
  assert.deepEqual(begins("group"), [3, 2, 1, 1, 0, 0, 0, 0]);
  assert.deepEqual(begins("direct"), [4, 2, 1, 1, 0, 0, 0, 0]);
  const good = encodePolicy({ ...newPolicy("public"), keepDays: 90 });
  const accepted = (at) => {
    const values = Array.from({ length: 256 }, (_, value) => value);
    return values.filter((value) => {
      try {
        readPolicy(new FieldReader(Uint8Array.from(good, (byte, i) => (i === at ? value : byte))));
        return true;
      } catch (error) {
        if (refused("field")(error)) return false;
        throw error;
      }
    });
  };
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(accepted), [[1, 2, 3, 4], [1, 2], [1, 2], [1, 2], [0], [...KEEP_DAYS], [0], [0]]);
  assert.throws(() => encodePolicy({ ...newPolicy("public"), keepDays: 2 }), (error) => error instanceof SealError && error.cause === "field");
  assert.throws(() => parseRoomRecord(join(good)), refused("truncated"));
});

test("nobody has power over an equal", () => {
  assert.ok(isBelow("admin", "owner") && isBelow("muted", "admin"));
  assert.ok(!isBelow("muted", "member") && !isBelow("owner", "owner") && !isBelow("admin", "member"));
});
