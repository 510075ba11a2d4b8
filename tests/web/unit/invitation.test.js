import assert from "node:assert/strict";
import test from "node:test";
import { Invitation, invitationLink, keepInvitation, keptInvitation } from "../../../static/model/invitation.js";
import { Signal } from "../../../static/model/signals.js";
import { turns } from "./turns.js";

const ADA = { account: "aa".repeat(16), fingerprint: "0f".repeat(32) };
const kept = new Map();
const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
test.beforeEach(() => kept.clear());

/** Somebody who came by an invitation; `answer` answers the reading of the inviter's keys. */
function arrived(own = "bb".repeat(16)) {
  keepInvitation(new URL(invitationLink("https://chat.example", ADA)).hash);
  const asked = [];
  const invitation = new Invitation({ account: new Signal(own), readKeys: (of) => new Promise((answer) => asked.push({ of, answer })) });
  const answer = async (outcome) => {
    asked.shift().answer(outcome);
    await turns();
    return invitation.offer.peek();
  };
  return { invitation, asked, answer };
}
const nobody = () => false;
const keys = (fingerprint) => ({ ok: { number: 1, head: "11".repeat(32), fingerprint, name: "Ada", since: [] } });

test("a link says whose it is behind the #, and only there", () => {
  const link = new URL(invitationLink("https://chat.example:8443", ADA));
  assert.equal(link.origin + link.pathname + link.search, "https://chat.example:8443/");
  assert.equal(keptInvitation(), null);
  assert.ok(keepInvitation(link.hash));
  assert.deepEqual(keptInvitation(), ADA);
});

test("any other fragment is none", () => {
  for (const fragment of ["", "#", "#composer", `#SEALWIRE1:${ADA.account}:${ADA.fingerprint}`, `#x${new URL(invitationLink("https://x", ADA)).hash}`]) {
    assert.equal(keepInvitation(fragment), false, fragment);
  }
  assert.equal(keptInvitation(), null);
});

test("keys that are the invitation's are offered", async () => {
  const { invitation, asked, answer } = arrived();
  invitation.look(nobody);
  assert.deepEqual(asked[0].of, { account: ADA.account, name: null, pin: null });
  const offer = await answer(keys(ADA.fingerprint));
  assert.deepEqual([offer.state, offer.name], ["matches", "Ada"]);
  invitation.look(nobody);
  assert.equal(asked.length, 0);
  invitation.drop();
  assert.equal(keptInvitation(), null);
  assert.equal(invitation.offer.peek(), null);
});

test("other keys, another history, no account and no answer are told apart", async () => {
  for (const [outcome, state] of [
    [keys("00".repeat(32)), "differs"],
    [{ error: { code: "keys_alarm", message: "" } }, "differs"],
    [{ error: { code: "no_such_account", message: "" } }, "gone"],
    [{ error: { code: "unavailable", message: "" } }, "failed"],
  ]) {
    const { invitation, answer } = arrived();
    invitation.look(nobody);
    assert.equal((await answer(outcome)).state, state);
    assert.deepEqual(keptInvitation(), ADA);
  }
});

test("a reading that failed is tried again", async () => {
  const { invitation, answer } = arrived();
  invitation.look(nobody);
  await answer({ error: { code: "unavailable", message: "" } });
  invitation.look(nobody);
  assert.equal((await answer(keys(ADA.fingerprint))).state, "matches");
});

test("a newer invitation takes the place of the one that is shown", async () => {
  const { invitation, asked, answer } = arrived();
  invitation.look(nobody);
  await answer(keys(ADA.fingerprint));
  const eve = { account: "ee".repeat(16), fingerprint: "0e".repeat(32) };
  keepInvitation(new URL(invitationLink("https://chat.example", eve)).hash);
  invitation.look(nobody);
  assert.equal(asked[0].of.account, eve.account);
  assert.equal((await answer(keys(ADA.fingerprint))).state, "differs");
});

test("one's own invitation, and a friend's, are put away without a word", () => {
  for (const [own, known] of [[ADA.account, nobody], [undefined, () => true]]) {
    const { invitation, asked } = arrived(own);
    invitation.look(known);
    assert.equal(asked.length, 0);
    assert.equal(keptInvitation(), null);
  }
});

test("without an invitation nothing is asked", () => {
  const invitation = new Invitation({ account: new Signal("bb".repeat(16)), readKeys: () => assert.fail("asked") });
  invitation.look(nobody);
  assert.equal(invitation.offer.peek(), null);
});

test("an answer after signing out is dropped, and the invitation stays for the next", async () => {
  const { invitation, answer } = arrived();
  invitation.look(nobody);
  invitation.clear();
  assert.equal(await answer(keys(ADA.fingerprint)), null);
  assert.deepEqual(keptInvitation(), ADA);
});
