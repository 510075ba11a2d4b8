import assert from "node:assert/strict";
import test from "node:test";
import { Account, itemKey } from "../../../static/model/account.js";
import { deleteAccount, exportOf, parseSessions } from "../../../static/model/own_account.js";

const ADA = "aa".repeat(16);
const HERE = { session: "11".repeat(16), client: "page/1", address: "192.0.2.7", started_at: "1000", seen_at: "2000", current: true };
const THERE = { session: "22".repeat(16), client: "sealwire/0.1", address: "192.0.2.8", started_at: "1000", seen_at: "9000", current: false };

/** An account whose commands are recorded; `confirmed` is what becomes of its password. */
function signedIn(confirmed = { login: "0f".repeat(32) }, refusal = null) {
  const called = [];
  const call = async (command, fields) => called.push([command, fields]) && (refusal ?? { ok: {}, tail: new Uint8Array() });
  const account = new Account({ call, session: async () => ({ ok: {} }), keyholder: async () => assert.fail("no keys") });
  account.begin({ account: ADA, name: "Ada", session: HERE.session, server: "chat.example" });
  account.keys = async () => ({ confirm: async (password) => called.push(["confirm", password]) && confirmed });
  return { account, called };
}

test("sessions come with this one first, then the one that was used last; what does not fit is left out", () => {
  const old = { ...THERE, session: "33".repeat(16), seen_at: "3000" };
  const sessions = parseSessions([old, null, { session: "x" }, THERE, HERE]);
  assert.deepEqual(sessions.map(({ session }) => session.slice(0, 2)), ["11", "22", "33"]);
  assert.deepEqual(sessions[1], { session: THERE.session, client: "sealwire/0.1", address: "192.0.2.8", startedAt: 1000, seenAt: 9000, current: false });
  assert.deepEqual(parseSessions(undefined), []);
});

test("an account is deleted with the login half of its password", async () => {
  const { account, called } = signedIn();
  assert.equal(await deleteAccount(account, "secret"), null);
  assert.deepEqual(called, [["confirm", "secret"], ["auth.delete", { login: "0f".repeat(32) }]]);
});

test("a wrong password deletes nothing, and a refusal is passed on", async () => {
  const wrong = signedIn({ failed: { code: "password_wrong", message: "" } });
  assert.equal((await deleteAccount(wrong.account, "wrong")).code, "password_wrong");
  assert.deepEqual(wrong.called, [["confirm", "wrong"]]);
  const refused = signedIn(undefined, { error: { code: "rate_limited", message: "" } });
  assert.equal((await deleteAccount(refused.account, "secret")).code, "rate_limited");
});

test("a copy of the data has what is its owner's, and no secret", () => {
  const { account } = signedIn();
  account.fingerprint.value = "ab".repeat(32);
  const entry = (name, content) => [itemKey(name), { name, number: 1, content }];
  const pin = { number: "1", head: "cd".repeat(32), fingerprint: "ef".repeat(32), verified: true, acknowledged: "1" };
  account.vault.value = new Map([
    entry({ kind: "pin", account: "bb".repeat(16) }, pin),
    entry({ kind: "preference", name: "recovery" }, { rehearsed: "01" }),
    entry({ kind: "epoch_secret", room: "cc".repeat(16), n: 1 }, { secret: "5e".repeat(32), commit: "00".repeat(32) }),
  ]);
  const friends = [{ account: "bb".repeat(16), name: "Bob", display: "", state: "friend", online: true }];
  const copy = exportOf({ account, friends, display: "Countess", sessions: parseSessions([HERE]), now: 0 });
  assert.deepEqual(copy, {
    format: "sealwire-account",
    version: 1,
    exported_at: "1970-01-01T00:00:00.000Z",
    server: "chat.example",
    account: { id: ADA, name: "Ada", display: "Countess", fingerprint: "ab".repeat(32) },
    people: [{ account: "bb".repeat(16), name: "Bob", display: "", state: "friend" }],
    pins: [{ account: "bb".repeat(16), ...pin }],
    preferences: [{ name: "recovery", content: { rehearsed: "01" } }],
    sessions: [{ client: "page/1", address: "192.0.2.7", started_at: "1970-01-01T00:00:01.000Z", seen_at: "1970-01-01T00:00:02.000Z", current: true }],
  });
  assert.ok(!JSON.stringify(copy).includes("5e5e"));
});
