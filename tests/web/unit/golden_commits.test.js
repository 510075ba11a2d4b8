/** Commits against the golden vectors: a room's chain, its secrets and shares, and what does not continue it (docs/protocol.md §14.9). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { RoomChain } from "../../../static/crypto/room/chain.js";
import { encodeChange } from "../../../static/crypto/room/change.js";
import { COMMIT_REASONS, parseCommit } from "../../../static/crypto/room/commit.js";
import { commitTail, signCommit } from "../../../static/crypto/room/draft.js";
import { ROOM_ALARMS, RoomError } from "../../../static/crypto/room/errors.js";
import { encodeRoomRecord } from "../../../static/crypto/room/room_record.js";
import { commitmentOf, openShare } from "../../../static/crypto/room/secret.js";
import { join, toHex } from "../../../static/wire/bytes.js";
import { PLAIN, ROOM, chainAfter, golden, identityOf, keysetsOf, refused, wrapKeyOf } from "./golden_rooms.js";
import { bytes } from "./vectors.js";

const keysets = await keysetsOf();
const DSA_BYTES = 64;
const SHARE_BYTES = 384;
const notSealed = (error) => error instanceof SealError && error.cause === "field";
const record = (n) => bytes(golden.valid[n - 1].record);

test("a chain is verified from its first commit to its last", async () => {
  let chain = null;
  for (const each of golden.valid) {
    if (chain === null) chain = await RoomChain.first(ROOM, bytes(each.record), keysets);
    else assert.equal(await chain.extend(bytes(each.record), keysets), "taken");
    const { n, hash, author, madeAt, commitment } = chain.head;
    assert.deepEqual([String(n), hash, author, String(madeAt), commitment], [each.n, each.hash, each.author, each.made_at, each.commitment]);
    assert.equal(toHex(encodeRoomRecord(chain.head.record)), each.room_record);
  }
  for (const { record: known } of golden.valid) assert.equal(await chain.extend(bytes(known), keysets), "known");
});

test("conversations begin with who is placed in them", async () => {
  for (const each of [golden.group, golden.direct]) {
    const chain = await RoomChain.first(ROOM, bytes(each.record), keysets);
    assert.equal(toHex(encodeRoomRecord(chain.head.record)), each.room_record);
  }
});

test("commits are written as they were, of changes in any order", async () => {
  for (const each of [...golden.valid, golden.group, golden.direct]) {
    const read = await parseCommit(bytes(each.record));
    assert.deepEqual([read.members, COMMIT_REASONS.indexOf(read.reason)], [each.members_hash, each.reason]);
    const bodies = each.changes.map(({ kind, body }) => toHex(join(kind)) + (body.length / 2).toString(16).padStart(8, "0") + body);
    assert.deepEqual(read.changes.map((change) => toHex(encodeChange(change))), bodies);
    // The author looks for its newest keys in a chain of its time.
    const ofItsTime = await keysetsOf(read.n < 5 ? 1 : read.n < 9 ? 2 : 3);
    const before = await chainAfter(Number(each.after));
    const secret = bytes(each.secret);
    assert.equal(await commitmentOf(secret, ROOM, read.n), each.commitment);
    const draft = { ...read, changes: read.changes.toReversed(), secret };
    const keys = await identityOf(each.fingerprint);
    const { commit, record: result } = await signCommit(keys, before ?? { room: ROOM }, draft, ofItsTime, PLAIN);
    assert.deepEqual([toHex(commit.signed), commit.hash], [each.signed_bytes, each.hash]);
    // What is signed holds the signatures of rotations and requests as they came.
    assert.equal(toHex(commit.bytes.slice(-DSA_BYTES)), each.block.dsa);
    assert.equal(toHex(encodeRoomRecord(result)), each.room_record);
  }
});

test("shares open, and those that are made", async () => {
  for (const each of golden.valid) {
    const { head } = await chainAfter(Number(each.n));
    for (const { account, share, wrap } of each.shares) {
      const opening = openShare(head, bytes(share), await wrapKeyOf(account, Number(wrap) || 1));
      if (wrap === "0") await assert.rejects(opening, refused("placeholder"));
      else assert.equal(toHex(await opening), each.secret);
    }
    const tail = join(bytes(each.tail).slice(0, 4), bytes(each.record), ...each.shares.map(({ share }) => bytes(share)));
    assert.equal(toHex(tail), each.tail);
    const keys = await Promise.all(
      each.shares.map(async ({ account, wrap }) => {
        const { fingerprint } = head.record.members.get(account);
        // The newest of whoever began anew is by keys that the list does not have.
        const newest = wrap === "0" ? keysets.get(account).head.fingerprint : fingerprint;
        return [account, { account, fingerprint: newest, number: Number(wrap) || 3, key: (await wrapKeyOf(account, Number(wrap) || 1)).publicKey }];
      }),
    );
    const signed = { commit: await parseCommit(bytes(each.record)), record: head.record };
    const made = await commitTail(signed, new Map(keys), bytes(each.secret), keysets);
    await assert.rejects(commitTail(signed, new Map(keys), new Uint8Array(32), keysets), notSealed);
    assert.deepEqual(made.wraps, each.shares.map(({ wrap }) => wrap));
    assert.equal(toHex(made.tail.slice(0, 4 + signed.commit.bytes.length)), each.tail.slice(0, 2 * (4 + signed.commit.bytes.length)));
    const shares = made.tail.slice(4 + signed.commit.bytes.length);
    for (const [at, { account, wrap }] of each.shares.entries()) {
      const share = shares.slice(at * SHARE_BYTES, (at + 1) * SHARE_BYTES);
      if (wrap === "0") assert.ok(share.every((byte) => byte === 0));
      else assert.equal(toHex(await openShare(head, share, await wrapKeyOf(account, Number(wrap)))), each.secret);
    }
  }
});

test("a share of another epoch, and one for somebody else, do not open", async () => {
  const [first, second] = golden.valid;
  const { head } = await chainAfter(1);
  const mine = ({ account }) => account === first.author;
  const key = await wrapKeyOf(first.author);
  await assert.rejects(openShare(head, bytes(second.shares.find(mine).share), key), refused("share_commitment"));
  await assert.rejects(openShare(head, bytes(second.shares.find((each) => !mine(each)).share), key), refused("share"));
  await assert.rejects(openShare(head, bytes(first.shares[0].share).slice(1), key), refused("share"));
});

for (const { why, cause, after, record: other } of golden.invalid) {
  test(`a commit is refused: ${why}`, async () => {
    const chain = await chainAfter(after);
    const receiving = chain === null ? RoomChain.first(ROOM, bytes(other), keysets) : chain.extend(bytes(other), keysets);
    await assert.rejects(receiving, refused(cause));
    if (chain !== null) assert.equal(chain.head.hash, golden.valid[after - 1].hash);
  });
}

test("a chain is taken up at a head that was kept, and read again from its beginning", async () => {
  const { kept } = await chainAfter(5);
  const taken = await RoomChain.takeUp(ROOM, kept, record(5));
  const read = await RoomChain.reread(ROOM, kept, [1, 2, 3, 4, 5].map(record));
  assert.deepEqual(taken.kept, kept);
  for (let n = 6; n <= golden.valid.length; n++) {
    assert.equal(await read.extend(record(n), keysets), "taken");
    assert.equal(await taken.extend(record(n), keysets), "taken");
  }
  assert.equal(taken.head.hash, read.head.hash);
  await assert.rejects(taken.extend(record(2), keysets), refused("older"));
  await assert.rejects(RoomChain.takeUp(ROOM, kept, record(4)), refused("not_kept"));
  const { state } = (await chainAfter(4)).kept;
  await assert.rejects(RoomChain.takeUp(ROOM, { ...kept, state }, record(5)), refused("members_hash"));
  for (const records of [[1, 2, 3, 4], [1, 2, 4, 5], [2, 3, 4, 5], []]) {
    await assert.rejects(RoomChain.reread(ROOM, kept, records.map(record)), refused("not_kept"), String(records));
  }
});

test("of two commits that arrive at once each is judged by the other", async () => {
  const chain = await RoomChain.first(ROOM, record(1), keysets);
  const found = await Promise.all([chain.extend(record(2), keysets), chain.extend(record(2), keysets)]);
  assert.deepEqual(found.sort(), ["known", "taken"]);
  assert.equal(chain.head.n, 2);
});

test("an alarm is what shows two histories, and unknown keys are named", async () => {
  for (const cause of ["fork", "previous", "not_kept"]) assert.ok(ROOM_ALARMS.has(cause));
  assert.ok(!ROOM_ALARMS.has("gap"));
  const older = new RoomError("change", { inside: new RoomError("request", { inside: new RoomError("older") }) });
  assert.deepEqual([older.path, older.innermost, older.unknownKeys], ["change/request/older", "older", null]);
  const { author, fingerprint } = golden.valid[0];
  await assert.rejects(RoomChain.first(ROOM, record(1), new Map()), (error) => {
    assert.ok(error instanceof RoomError);
    assert.deepEqual(error.unknownKeys, { account: author, fingerprint });
    return refused("unknown_keys")(error);
  });
});
