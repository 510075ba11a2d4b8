/** Requests and invitations against the golden vectors (docs/protocol.md §14.8). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { checkInvitationSignatures, openRoomName, parseInvitation, signInvitation } from "../../../static/crypto/room/invitation.js";
import { checkRequest, parseRequest, signRequest } from "../../../static/crypto/room/request.js";
import { toHex } from "../../../static/wire/bytes.js";
import { PLAIN, chainAfter, identityOf, keysetsOf, named, nextTime, refused, wrapKeyOf } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const requests = vectors("request");
const invitations = vectors("invitation");
const keysets = await keysetsOf();
const DSA_BYTES = 64;
const WRAPPED_BYTES = 384;
const notSealed = (error) => error instanceof SealError && error.cause === "field";
const dsaAtEnd = (record) => toHex(record.slice(-DSA_BYTES));

/** Whether the commit after the first `after` may take a request in. */
async function check(after, record) {
  const chain = await chainAfter(after);
  await checkRequest(await parseRequest(bytes(record)), chain.standing(keysets, "any_of_theirs", nextTime(after)));
}

test("requests are read, and written as they were", async () => {
  for (const each of requests.valid) {
    const read = await parseRequest(bytes(each.record));
    const { room, account, fingerprint, commit, hash } = read;
    assert.deepEqual({ room, account, fingerprint, commit, hash }, {
      room: each.room,
      account: each.account,
      fingerprint: each.fingerprint,
      commit: each.commit,
      hash: each.hash,
    });
    assert.deepEqual([read.action, String(read.madeAt)], [each.action === 1 ? "join" : "leave", each.made_at]);
    assert.equal(toHex(read.invitation?.bytes ?? new Uint8Array(0)), each.invitation);
    const written = await signRequest(await identityOf(fingerprint), read, PLAIN);
    assert.deepEqual([toHex(written.signed), dsaAtEnd(written.bytes)], [each.signed_bytes, each.block.dsa]);
  }
});

test("the invitation is read, its name opens, and it is written as it was", async () => {
  for (const each of invitations.valid) {
    const read = await parseInvitation(bytes(each.record));
    assert.deepEqual(read.inviter, { account: each.inviter, fingerprint: each.inviter_fingerprint });
    assert.deepEqual(read.invitee, { account: each.invitee, fingerprint: each.invitee_fingerprint });
    assert.deepEqual([read.room, read.commit, read.hash], [each.room, each.commit, each.hash]);
    assert.deepEqual([read.madeAt, read.expiresAt, read.wrap].map(String), [each.made_at, each.expires_at, each.wrap]);
    await checkInvitationSignatures(read, keysets);
    const key = await wrapKeyOf(each.invitee);
    assert.equal(await openRoomName(read, key), each.name);
    const wrapKey = { account: each.invitee, fingerprint: each.invitee_fingerprint, number: Number(each.wrap), key: key.publicKey };
    const draft = { ...read, inviter: each.inviter, name: each.name, wrapKey };
    const keys = await identityOf(each.inviter_fingerprint);
    const written = await signInvitation(keys, draft, PLAIN);
    // The sealed name has a seed of chance, and what is signed has it.
    assert.equal(toHex(written.signed.slice(0, -WRAPPED_BYTES)), each.signed_bytes.slice(0, -2 * WRAPPED_BYTES));
    assert.equal(await openRoomName(written, key), each.name);
    await checkInvitationSignatures(written, keysets);
    await assert.rejects(signInvitation(keys, { ...draft, expiresAt: draft.madeAt }), notSealed);
    await assert.rejects(signInvitation(keys, { ...draft, name: "" }), notSealed);
    await assert.rejects(signInvitation(keys, { ...draft, invitee: read.inviter }), notSealed);
  }
});

for (const { why, cause, record } of requests.refused) {
  test(`no request: ${why}`, () => assert.rejects(parseRequest(bytes(record)), refused(cause)));
}
for (const { why, cause, record } of invitations.refused) {
  test(`no invitation: ${why}`, () => assert.rejects(parseInvitation(bytes(record)), refused(cause)));
}
for (const { why, cause, after, record } of requests.invalid) {
  test(`a request is refused: ${why}`, () => assert.rejects(check(after, record), refused(cause)));
}
for (const { why, cause, after, record, request } of invitations.invalid) {
  test(`an invitation lets nobody in: ${why}`, async () => {
    const { invitation } = await parseRequest(bytes(request));
    assert.equal(toHex(invitation?.bytes ?? new Uint8Array(0)), record);
    await assert.rejects(check(after, request), refused(cause));
  });
}

test("who makes a commit, and the server, take newcomers at their chain head only", async () => {
  // Ada's second keys come back into the open room where her chain has third ones.
  const [, carols] = requests.valid;
  const chain = await chainAfter(3);
  const request = await parseRequest(bytes(carols.record));
  await checkRequest(request, chain.standing(keysets, "at_their_head", nextTime(3)));
  const ada = named("ada");
  const byOld = await signRequest(await identityOf(ada.identities[1].fingerprint), {
    room: chain.room,
    action: "join",
    account: ada.account,
    commit: (await chainAfter(11)).head.hash,
    madeAt: nextTime(11),
    invitation: null,
  });
  const after = await chainAfter(11);
  await checkRequest(byOld, after.standing(keysets, "any_of_theirs", nextTime(11)));
  await assert.rejects(checkRequest(byOld, after.standing(keysets, "at_their_head", nextTime(11))), refused("other_keys"));
});

test("a leave has no invitation", async () => {
  const [join] = requests.valid;
  const read = await parseRequest(bytes(join.record));
  await assert.rejects(signRequest(await identityOf(join.fingerprint), { ...read, action: "leave" }), notSealed);
});

test("unknown keys are named, and an older commit asks for the chain", async () => {
  const chain = await chainAfter(3);
  const [, carols] = requests.valid;
  const request = await parseRequest(bytes(carols.record));
  const nobody = chain.standing(new Map(), "any_of_theirs", nextTime(3));
  await assert.rejects(checkRequest(request, nobody), (error) => {
    assert.deepEqual(error.unknownKeys, { account: carols.account, fingerprint: carols.fingerprint });
    return refused("unknown_keys")(error);
  });
});
