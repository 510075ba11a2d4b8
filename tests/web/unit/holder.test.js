/** The worker's side: what a vault is opened with, and what is never taken for one. */
import assert from "node:assert/strict";
import test from "node:test";
import { Chain } from "../../../static/crypto/chain.js";
import { OpenError } from "../../../static/crypto/errors.js";
import { parseList } from "../../../static/crypto/record_list.js";
import { parseRoot } from "../../../static/crypto/vault_root.js";
import { codeOf } from "../../../static/keys/failure.js";
import { Holder } from "../../../static/keys/holder.js";
import { WRAP_AGE_MS } from "../../../static/keys/opened.js";
import { Kept } from "../../../static/store/kept.js";
import { Memory } from "../../../static/store/database.js";
import { encodeList } from "../../../static/crypto/record_list.js";

const SERVER = "chat.example";
const NOW = 1_796_000_000_000;
const PASSWORD = "three unrelated words";
const fails = (code) => (error) => codeOf(error) === code;

/** A browser's memory that keeps keys. */
function memory() {
  return Object.assign(new Memory(), { keepsKeys: true });
}

/** A new account as its server has it, and the worker that made it. */
async function registered(database = memory()) {
  const holder = new Holder(new Kept(database));
  holder.warm();
  const { code } = await holder.answer("draft_account", { password: PASSWORD, server: SERVER });
  const { fields, tail } = await holder.answer("register", { name: "Ada", now: NOW });
  const [keyset, wrap, root] = parseList(tail, 3);
  const account = { account: fields.account, name: "Ada", root, chain: { head: 1, records: [keyset] } };
  return { holder, code, fields, wrap, account, database };
}

const password = ({ fields }, typed = PASSWORD) => ({ password: typed, server: SERVER, account: fields.account, salt: fields.salt, rounds: fields.rounds });
const elsewhere = () => new Holder(new Kept(memory()));

test("a new account opens by what was drafted, by password, by code and by the key that is kept", async () => {
  const made = await registered();
  const { fingerprint, kept } = await made.holder.answer("open", made.account);
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  assert.ok(kept);
  const chain = await Chain.first(made.fields.account, "Ada", made.account.chain.records[0]);
  assert.equal(chain.head.fingerprint, fingerprint);

  const byPassword = elsewhere();
  assert.deepEqual(await byPassword.answer("split_password", password(made)), { login: made.fields.login });
  assert.equal((await byPassword.answer("open", made.account)).fingerprint, fingerprint);

  const byCode = elsewhere();
  const split = await byCode.answer("split_code", { code: made.code.toLowerCase(), server: SERVER, account: made.fields.account });
  assert.deepEqual(split, { recovery: made.fields.recovery });
  assert.equal((await byCode.answer("open", made.account)).fingerprint, fingerprint);

  const reloaded = new Holder(new Kept(made.database));
  assert.equal((await reloaded.answer("open", made.account)).fingerprint, fingerprint);
});

test("without key, or with another password or code, nothing opens", async () => {
  const made = await registered();
  await assert.rejects(elsewhere().answer("open", made.account), fails("locked"));
  await assert.rejects(new Holder(new Kept(new Memory())).answer("open", made.account), fails("not_kept"));
  const wrong = elsewhere();
  await wrong.answer("split_password", password(made, "something else"));
  await assert.rejects(wrong.answer("open", made.account), fails("password_wrong"));
  const other = await registered();
  await wrong.answer("split_code", { code: other.code, server: SERVER, account: made.fields.account });
  await assert.rejects(wrong.answer("open", made.account), fails("code_wrong"));
  await assert.rejects(wrong.answer("split_code", { code: `${other.code.slice(0, -1)}*`, server: SERVER, account: made.fields.account }), fails("code_character"));
  await assert.rejects(wrong.answer("split_password", { ...password(made), rounds: 1 }), fails("bad_server"));
});

test("a key that signing out took away opens nothing after a reload", async () => {
  const made = await registered();
  await made.holder.answer("open", made.account);
  await made.holder.answer("forget", { account: made.fields.account });
  await assert.rejects(made.holder.answer("open", made.account), fails("locked"));
  await assert.rejects(new Holder(new Kept(made.database)).answer("open", made.account), fails("locked"));
});

test("a recovery code is rehearsed on the vault itself", async () => {
  const { holder, code } = await registered();
  const groups = code.split("-");
  const typed = (...texts) => ({ typed: texts.map((text, i) => ({ group: [1, 5][i], text })) });
  assert.deepEqual(await holder.answer("rehearse", typed(groups[1], groups[5].toLowerCase())), { fits: true });
  for (const other of [groups[0] === groups[1] ? groups[2] : groups[0], "", "ABC", "*!?%"]) {
    assert.deepEqual(await holder.answer("rehearse", typed(other, groups[5])), { fits: false });
  }
});

test("a vault that was changed, or is another's, is called corrupt", async () => {
  const made = await registered();
  const other = await registered();
  const root = made.account.root;
  const changed = Uint8Array.from(root, (byte, i) => (i === root.length - 1 ? byte ^ 1 : byte));
  for (const wrong of [changed, root.subarray(1), new Uint8Array(), other.account.root]) {
    const holder = elsewhere();
    await holder.answer("split_password", password(made));
    await assert.rejects(holder.answer("open", { ...made.account, root: wrong }), fails("vault_corrupt"));
  }
  const holder = elsewhere();
  await holder.answer("split_password", password(made));
  await assert.rejects(holder.answer("open", { ...made.account, chain: other.account.chain }), fails("vault_corrupt"));
  await assert.rejects(holder.answer("open", { ...made.account, name: "Bob" }), fails("vault_corrupt"));
  await assert.rejects(holder.answer("open", { ...made.account, chain: { head: 2, records: made.account.chain.records } }), fails("keys_alarm"));
});

test("an older root than was seen is a vault rolled back", async () => {
  const made = await registered();
  const { holder } = made;
  await holder.answer("open", made.account);
  const { due } = await holder.answer("check_wrap", { wraps: encodeList([made.wrap]), now: NOW + WRAP_AGE_MS });
  assert.ok(due);
  const { tail } = await holder.answer("replace_wrap", { now: NOW + WRAP_AGE_MS });
  const [wrap, root] = parseList(tail, 2);
  await holder.answer("commit", {});
  assert.equal(parseRoot(root).number, 2);

  const reloaded = new Holder(new Kept(made.database));
  await assert.rejects(reloaded.answer("open", made.account), fails("vault_rolled_back"));
  const { wrap: number } = await reloaded.answer("open", { ...made.account, root });
  assert.equal(number, 2);
  assert.deepEqual(await reloaded.answer("check_wrap", { wraps: encodeList([wrap]), now: NOW + WRAP_AGE_MS }), { due: false });
  await assert.rejects(reloaded.answer("check_wrap", { wraps: encodeList([made.wrap]), now: NOW }), fails("vault_rolled_back"));

  // A root that knows less than what is published.
  const fresh = elsewhere();
  await fresh.answer("split_password", password(made));
  await fresh.answer("open", made.account);
  await assert.rejects(fresh.answer("check_wrap", { wraps: encodeList([wrap]), now: NOW }), fails("vault_rolled_back"));
});

test("a wrap key is due after seven days, not a moment before", async () => {
  const made = await registered();
  await made.holder.answer("open", made.account);
  for (const [age, due] of [[0, false], [WRAP_AGE_MS - 1, false], [WRAP_AGE_MS, true], [WRAP_AGE_MS + 1, true]]) {
    assert.deepEqual(await made.holder.answer("check_wrap", { wraps: encodeList([made.wrap]), now: NOW + age }), { due });
  }
});

test("of two devices that replace the wrap key one gives way, and keeps its vault", async () => {
  const made = await registered();
  const [one, two] = [elsewhere(), elsewhere()];
  for (const each of [one, two]) {
    await each.answer("split_password", password(made));
    await each.answer("open", made.account);
  }
  const first = await one.answer("replace_wrap", { now: NOW });
  await two.answer("replace_wrap", { now: NOW });
  const root = parseList(first.tail, 2)[1];
  assert.deepEqual(await two.answer("rebase", { root }), { tail: null });
  assert.deepEqual(await two.answer("check_wrap", { wraps: first.tail.slice(0, first.tail.length - root.length - 4), now: NOW }), { due: false });
});

test("wrap keys that open what is forgotten are dropped, and the newest only once a newer one is there", async () => {
  const CLOCKS_APART_MS = 600_000;
  const made = await registered();
  const { holder } = made;
  await holder.answer("open", made.account);
  const drop = (/** @type {number[]} */ ...times) => holder.answer("drop_wraps", { spans: times.map((time) => ({ from: time, to: time })) });
  assert.deepEqual(await drop(), { tail: null, newest: false });
  assert.deepEqual(await drop(NOW), { tail: null, newest: true });
  // The first is the newest until NOW, the second from then on.
  await holder.answer("replace_wrap", { now: NOW });
  await holder.answer("commit", {});
  assert.deepEqual(await drop(NOW + CLOCKS_APART_MS), { tail: null, newest: true });
  // What was made while it could have been either takes both, and so does what took longer.
  assert.deepEqual(await drop(NOW - CLOCKS_APART_MS + 1), { tail: null, newest: true });
  assert.deepEqual(await holder.answer("drop_wraps", { spans: [{ from: NOW - 9 * CLOCKS_APART_MS, to: NOW - CLOCKS_APART_MS + 1 }] }), { tail: null, newest: true });
  const { tail, newest } = await drop(NOW - CLOCKS_APART_MS);
  assert.ok(tail !== null && !newest);
  assert.equal(parseRoot(tail).number, 3);
  assert.notEqual(await holder.opened.wrapKey(1), null, "it counts once the server has taken it");
  await holder.answer("commit", {});
  assert.deepEqual([await holder.opened.wrapKey(1), (await holder.opened.wrapKey(2)) !== null], [null, true]);
  assert.deepEqual(await drop(NOW - CLOCKS_APART_MS), { tail: null, newest: false });
  const reloaded = new Holder(new Kept(made.database));
  await reloaded.answer("open", { ...made.account, root: tail });
  assert.equal(await reloaded.opened.wrapKey(1), null);
});

test("secrets of epochs that are gone are no alarm, and come with the time at which they go", async () => {
  const made = await registered();
  const { holder } = made;
  await holder.answer("open", made.account);
  const secret = { name: { kind: "epoch_secret", room: "0a".repeat(16), n: 1 }, number: 1, content: { secret: "0b".repeat(32), commit: "0c".repeat(32) } };
  const { tail } = await holder.answer("seal_items", { entries: [{ ...secret, forgetAt: 9 }] });
  assert.deepEqual(await readAll(holder, tail, "epoch_secret"), { entries: [{ ...secret, forgetAt: 9 }], bad: [] });
  assert.deepEqual(await readAll(holder, EMPTY, "epoch_secret"), { entries: [], bad: [] });
});

const EMPTY = new Uint8Array();
const THEME = { kind: "preference", name: "theme" };
const ADA = { kind: "pin", account: "0a".repeat(16) };
const item = (number, name = THEME) => ({ name, number, content: name === ADA ? { number: "1", head: "0b".repeat(32), fingerprint: "0c".repeat(32), verified: true, acknowledged: "1" } : { dark: true, number } });
const keyOf = (name) => JSON.stringify(Object.values(name));
/** Reads sealed items as one page of a reading that begins now. */
async function readAll(holder, sealed, ends = null) {
  await holder.answer("begin_items", { reading: "test" });
  return holder.answer("open_items", { reading: "test", tail: sealed, ends });
}

test("items are sealed and opened, and an old one is noticed", async () => {
  const made = await registered();
  const { holder } = made;
  await holder.answer("open", made.account);
  const seal = async (...entries) => (await holder.answer("seal_items", { entries })).tail;
  const [first, second] = [await seal(item(1)), await seal(item(2))];
  assert.deepEqual(await readAll(holder, second), { entries: [item(2)], bad: [] });
  assert.deepEqual(await readAll(holder, first), { entries: [], bad: [{ key: keyOf(THEME), number: 2, fault: "vault_rolled_back" }] });
  // One bad item does not hide the others.
  const changed = second.slice();
  changed[changed.length - 1] ^= 1;
  const both = new Uint8Array([...changed, ...(await seal(item(1, ADA)))]);
  assert.deepEqual(await readAll(holder, both), { entries: [item(1, ADA)], bad: [{ key: keyOf(THEME), number: 2, fault: "vault_corrupt" }] });
  const other = await registered();
  await other.holder.answer("open", other.account);
  assert.deepEqual(await readAll(other.holder, second), { entries: [], bad: [{ key: "", number: 0, fault: "vault_corrupt" }] });
});

test("an item that was seen is missed when all of its kind were read, also after a reload", async () => {
  const made = await registered();
  await made.holder.answer("open", made.account);
  const { tail } = await made.holder.answer("seal_items", { entries: [item(3, ADA), item(1)] });
  assert.deepEqual((await readAll(made.holder, tail, "pin")).bad, []);
  const reloaded = new Holder(new Kept(made.database));
  await reloaded.answer("open", made.account);
  assert.deepEqual(await readAll(reloaded, EMPTY, null), { entries: [], bad: [] });
  assert.deepEqual(await readAll(reloaded, EMPTY, "pin"), { entries: [], bad: [{ key: keyOf(ADA), number: 3, fault: "vault_rolled_back" }] });
  // What came to be seen after the reading began is not missed.
  await reloaded.answer("begin_items", { reading: "test" });
  const { tail: newer } = await reloaded.answer("seal_items", { entries: [item(1, { kind: "preference", name: "size" })] });
  await readAll(made.holder, newer);
  assert.deepEqual(await reloaded.answer("open_items", { reading: "test", tail, ends: "preference" }), { entries: [item(3, ADA), item(1)], bad: [] });
});

test("a new password has a new code and a new key, and the vault keeps what it holds", async () => {
  const made = await registered();
  const { holder } = made;
  await holder.answer("open", made.account);
  const { code } = await holder.answer("draft_password", { password: "another long one", server: SERVER });
  assert.notEqual(code, made.code);
  const { fields, tail } = await holder.answer("change_password", { login: "00".repeat(32) });
  assert.deepEqual([fields.login, fields.expected, fields.rounds], ["00".repeat(32), "1", 600_000]);
  assert.ok(!("login" in (await holder.answer("change_password", { login: null })).fields));
  assert.notEqual(parseRoot(tail).keyId, parseRoot(made.account.root).keyId);
  const account = { ...made.account, root: tail };
  await holder.answer("open", account);
  await holder.answer("drop_draft", {});
  for (const [split, way] of [["split_password", { ...password(made, "another long one"), salt: fields.salt }], ["split_code", { code, server: SERVER, account: made.fields.account }]]) {
    const device = elsewhere();
    await device.answer(split, way);
    await device.answer("open", account);
  }
  const late = elsewhere();
  await late.answer("split_password", password(made));
  await assert.rejects(late.answer("open", account), fails("password_wrong"));
});

test("who starts fresh goes on in the same chain with other keys", async () => {
  const made = await registered();
  const holder = elsewhere();
  holder.warm();
  const { account, name, root, chain } = made.account;
  const { code } = await holder.answer("draft_fresh", { password: PASSWORD, server: SERVER, account, name, root: 1, wraps: encodeList([made.wrap]), chain });
  const { fields, tail } = await holder.answer("reset_keys", { now: NOW });
  assert.deepEqual(fields, { expected: "1" });
  const [keyset, wrap, next] = parseList(tail, 3);
  const after = { account, name, root: next, chain: { head: 2, records: [...chain.records, keyset] } };
  const opened = await holder.answer("open", after);
  assert.equal(opened.wrap, 2);
  assert.deepEqual(await holder.answer("check_wrap", { wraps: encodeList([wrap]), now: NOW }), { due: false });
  const change = await holder.answer("change_password", { login: null });
  assert.equal(change.fields.expected, "2");
  assert.equal(parseRoot(change.tail).number, 3);
  assert.notDeepEqual(root, next);
  const seen = await holder.answer("read_chain", { account, name, pin: null, chain: after.chain });
  assert.deepEqual([seen.number, seen.since, seen.fingerprint], [2, ["reset"], opened.fingerprint]);
  const device = elsewhere();
  await device.answer("split_code", { code, server: SERVER, account });
  await device.answer("open", { ...after, root: change.tail });
});

test("two histories of a chain are an alarm", async () => {
  const made = await registered();
  const other = await registered();
  const { account, chain } = made.account;
  const pin = { number: 1, head: "00".repeat(32) };
  await assert.rejects(elsewhere().answer("read_chain", { account, name: "Ada", pin, chain }), fails("keys_alarm"));
  await assert.rejects(elsewhere().answer("read_chain", { account, name: "Ada", pin: { number: 2, head: pin.head }, chain }), fails("keys_alarm"));
  await assert.rejects(elsewhere().answer("read_chain", { account, name: "Ada", pin: null, chain: other.account.chain }), fails("keys_alarm"));
});

test("before a vault is open nothing is proven, sealed or changed", async () => {
  const holder = elsewhere();
  for (const [ask, takes] of [["prove", {}], ["seal_items", { entries: [] }], ["begin_items", { reading: "test" }], ["replace_wrap", { now: NOW }], ["draft_password", { password: PASSWORD, server: SERVER }]]) {
    await assert.rejects(holder.answer(ask, takes), fails("locked"), ask);
  }
  for (const [ask, takes] of [["register", { name: "x", now: NOW }], ["rehearse", { typed: [] }], ["reset_keys", { now: NOW }]]) {
    await assert.rejects(holder.answer(ask, takes), fails("no_draft"), ask);
  }
  await assert.rejects(holder.answer("draft_account", { password: "", server: SERVER }), fails("password_empty"));
  assert.equal(codeOf(new OpenError("tag")), "internal");
});
