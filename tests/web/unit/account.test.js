/** The account as the page sees it, with a scripted server and worker. */
import assert from "node:assert/strict";
import test from "node:test";
import { Account, itemKey } from "../../../static/model/account.js";
import { noteTypedBack, wasTypedBack } from "../../../static/model/session_memory.js";
import { storage } from "./storage.js";
import { turns } from "./turns.js";

const ID = "aa".repeat(16);
const IDENTITY = { account: ID, name: "Ada", session: "bb".repeat(16), server: "chat.example" };
const CHALLENGE = "cc".repeat(32);
const ROOT = Uint8Array.from({ length: 64 }, (_, i) => i);
const EMPTY = new Uint8Array();
const refusal = (code) => ({ error: { code, message: "" } });
const ok = (fields = {}, tail = EMPTY) => ({ ok: fields, tail });

/** A server whose answers are functions by command, a worker likewise, and what both were asked. */
function scripted(t, { server = {}, worker = {}, challenge = CHALLENGE } = {}) {
  const location = { hostname: "chat.example", host: "chat.example" };
  Object.defineProperty(globalThis, "location", { value: location, configurable: true });
  t.after(() => delete globalThis.location);
  const asked = [];
  const answers = {
    "vault.root": () => ok({ number: "1" }, ROOT),
    "keys.chain": () => ok({ head: "1", more: false }, Uint8Array.of(0, 0, 0, 1, 7)),
    "auth.prove": () => ok(),
    "keys.wraps": () => ok({}, Uint8Array.of(1)),
    "vault.items": () => ok({ revision: "1", more: false }),
    "vault.put": () => ok({ revision: "2" }),
    ...server,
  };
  const given = {
    open: () => ({ ok: { fingerprint: "dd".repeat(32), root: 1, wrap: 1, kept: true } }),
    prove: () => ({ ok: { tail: Uint8Array.of(9) } }),
    check_wrap: () => ({ ok: { due: false } }),
    begin_items: () => ({ ok: {} }),
    open_items: () => ({ ok: { entries: [], bad: [] } }),
    seal_items: () => ({ ok: { tail: Uint8Array.of(8) } }),
    rebase: () => ({ ok: { tail: null } }),
    ...worker,
  };
  const account = new Account({
    call: async (command, fields, tail) => {
      asked.push(command);
      return answers[command](fields, tail);
    },
    session: async () => ({ ok: { ...IDENTITY, challenge } }),
    keyholder: async () => ({ ask: async (ask, takes) => given[ask](takes) }),
  });
  account.begin(IDENTITY);
  return { account, asked };
}

test("an account is opened, proven, and ready", async (t) => {
  const { account, asked } = scripted(t);
  const keys = await account.keys();
  assert.equal(await keys.open(), null);
  assert.equal(account.phase.peek(), "unproven");
  assert.equal(account.fingerprint.peek(), "dd".repeat(32));
  assert.equal(await keys.prove(), null);
  assert.equal(account.phase.peek(), "ready");
  await keys.settle();
  assert.deepEqual(asked, ["vault.root", "keys.chain", "auth.prove", "keys.wraps", "vault.items", "vault.items"]);
  assert.deepEqual([...account.vault.peek().keys()], []);
  assert.equal(account.rehearsed.peek(), false);
});

test("what was proven by another tab is not proven again", async (t) => {
  const { account, asked } = scripted(t, { challenge: null });
  const keys = await account.keys();
  await keys.open();
  assert.equal(await keys.prove(), null);
  assert.equal(account.phase.peek(), "ready");
  assert.ok(!asked.includes("auth.prove"));
});

test("nothing is proven to a server of another name", async (t) => {
  const { account, asked } = scripted(t);
  globalThis.location.hostname = globalThis.location.host = "elsewhere.example";
  const keys = await account.keys();
  await keys.open();
  assert.equal((await keys.prove()).code, "server_name");
  assert.deepEqual([account.phase.peek(), account.trouble.peek()], ["locked", "server_name"]);
  assert.ok(!asked.includes("auth.prove"));
});

test("without keys the account is locked, and trouble says why", async (t) => {
  for (const [code, trouble] of [["locked", null], ["not_kept", "not_kept"], ["vault_corrupt", "vault_corrupt"], ["keys_alarm", "vault_corrupt"], ["vault_rolled_back", "vault_rolled_back"], ["password_wrong", null]]) {
    const { account } = scripted(t, { worker: { open: () => ({ error: { code } }) } });
    assert.equal((await (await account.keys()).open()).code, code);
    assert.deepEqual([account.phase.peek(), account.trouble.peek()], ["locked", trouble], code);
  }
});

test("a server that cannot be reached locks nothing", async (t) => {
  const { account } = scripted(t, { server: { "vault.root": () => refusal("unreachable") } });
  assert.equal((await (await account.keys()).open()).code, "unreachable");
  assert.deepEqual([account.phase.peek(), account.trouble.peek()], ["unproven", null]);
});

test("a refused proof is said; one for an older challenge is made again", async (t) => {
  const refused = scripted(t, { server: { "auth.prove": () => refusal("not_allowed") } });
  await (await refused.account.keys()).open();
  assert.equal((await (await refused.account.keys()).prove()).code, "refused");
  assert.equal(refused.account.trouble.peek(), "refused");
  let tries = 0;
  const late = scripted(t, { server: { "auth.prove": () => (++tries === 1 ? refusal("not_asked") : ok()) } });
  await (await late.account.keys()).open();
  assert.equal(await (await late.account.keys()).prove(), null);
  assert.equal(tries, 2);
});

test("keys that another device rotated while nothing was heard are taken before the proof", async (t) => {
  let number = 1;
  const proven = [];
  const { account, asked } = scripted(t, {
    server: { "vault.root": () => ok({ number: String(number) }, ROOT), "auth.prove": (_, tail) => (tail[0] === number ? ok() : refusal("not_allowed")) },
    worker: {
      open: () => ({ ok: { fingerprint: `0${number}`.repeat(32), root: number, wrap: 1, kept: true } }),
      prove: () => (proven.push(account.fingerprint.peek().slice(0, 2)), { ok: { tail: Uint8Array.of(Number(proven.at(-1))) } }),
    },
  });
  const keys = await account.keys();
  await keys.open();
  assert.equal(await keys.prove(), null);
  asked.length = 0;
  assert.equal(await keys.prove(), null);
  assert.deepEqual(asked, ["vault.root", "auth.prove"]);
  asked.length = 0;
  number = 2;
  assert.equal(await keys.prove(), null);
  assert.deepEqual(asked, ["vault.root", "vault.root", "keys.chain", "auth.prove"]);
  assert.deepEqual(proven, ["01", "01", "02"]);
  assert.deepEqual([account.phase.peek(), account.trouble.peek()], ["ready", null]);
});

test("a vault that cannot be read before the proof is no refused proof, and one rolled back says so", async (t) => {
  let root = () => ok({ number: "1" }, ROOT);
  let opens = { ok: { fingerprint: "dd".repeat(32), root: 1, wrap: 1, kept: true } };
  const { account, asked } = scripted(t, { server: { "vault.root": () => root() }, worker: { open: () => opens } });
  const keys = await account.keys();
  await keys.open();
  await keys.prove();
  asked.length = 0;
  root = () => refusal("unavailable");
  assert.equal((await keys.prove()).code, "unavailable");
  assert.deepEqual([account.phase.peek(), account.trouble.peek(), asked], ["unproven", null, ["vault.root"]]);
  root = () => ok({ number: "0" }, ROOT);
  opens = { error: { code: "vault_rolled_back" } };
  assert.equal((await keys.prove()).code, "vault_rolled_back");
  assert.deepEqual([account.phase.peek(), account.trouble.peek()], ["locked", "vault_rolled_back"]);
  assert.ok(!asked.includes("auth.prove"));
});

test("a session that stayed proven catches up with what it missed", async (t) => {
  let number = 1;
  const { account, asked } = scripted(t, {
    challenge: null,
    server: { "vault.root": () => ok({ number: String(number) }, ROOT) },
    worker: { open: () => ({ ok: { fingerprint: `0${number}`.repeat(32), root: number, wrap: 1, kept: true } }) },
  });
  const keys = await account.keys();
  await keys.open();
  await keys.prove();
  asked.length = 0;
  await keys.catchUp();
  assert.deepEqual(asked, [], "what has not settled yet reads everything anyway");
  await keys.settle();
  number = 2;
  await keys.catchUp();
  assert.equal(account.fingerprint.peek(), "02".repeat(32));
  assert.equal(account.phase.peek(), "ready");
  assert.equal(asked.at(-1), "vault.items");
});

test("a change of the vault that met another device's is made upon it", async (t) => {
  const name = { kind: "preference", name: "theme" };
  const theirs = { name, number: 4, content: { dark: true, size: 1 } };
  let puts = 0;
  const numbers = [];
  const { account } = scripted(t, {
    server: { "vault.put": () => (++puts === 1 ? refusal("vault_conflict") : ok({ revision: "9" })) },
    worker: {
      open_items: () => ({ ok: { entries: puts === 0 ? [] : [theirs], bad: [] } }),
      seal_items: ({ entries }) => {
        numbers.push(entries[0].number);
        return { ok: { tail: EMPTY } };
      },
    },
  });
  assert.equal(await account.change(name, (content) => ({ ...content, size: 2 })), null);
  assert.deepEqual(numbers, [1, 5]);
  assert.deepEqual(account.vault.peek().get(itemKey(name)), { name, number: 5, content: { dark: true, size: 2 } });
  assert.equal(await account.change(name, () => null), null);
  assert.equal(puts, 2);
});

const PIN = { kind: "pin", account: ID };
const bad = (name, fault) => ({ key: JSON.stringify(Object.values(name)), number: 6, fault });
/** An account whose vault has something wrong. */
function broken(t, ...faults) {
  const numbers = [];
  const seal_items = ({ entries }) => (numbers.push(entries[0].number), { ok: { tail: EMPTY } });
  return { ...scripted(t, { worker: { open_items: () => ({ ok: { entries: [], bad: faults } }), seal_items } }), numbers };
}

test("what does not open is named, and replaced above its number", async (t) => {
  const theme = { kind: "preference", name: "theme" };
  const { account, numbers } = broken(t, bad(theme, "vault_corrupt"));
  assert.equal(await account.change(theme, () => ({})), null);
  assert.deepEqual([numbers, account.trouble.peek()], [[7], "vault_corrupt"]);
});

test("a pin that does not open or is left out is replaced by its user's decision, and by nothing else", async (t) => {
  for (const fault of ["vault_corrupt", "vault_rolled_back"]) {
    const { account, numbers, asked } = broken(t, bad(PIN, fault));
    assert.equal((await account.change(PIN, () => ({}))).code, fault);
    assert.deepEqual([[...account.lostPins.peek()], account.trouble.peek()], [[ID], fault]);
    assert.equal(asked.includes("vault.put"), false);
    assert.equal(await account.change(PIN, () => ({}), true), null);
    assert.deepEqual([numbers, [...account.lostPins.peek()]], [[7], []]);
  }
});

test("an item under an unknown key asks for a newer root; one that stays closed is no quiet matter", async (t) => {
  const closed = bad({ kind: "preference", name: "theme" }, "other_key");
  let faults = [closed];
  const { account, asked } = scripted(t, { worker: { open_items: () => ({ ok: { entries: [], bad: faults } }), rebase: () => ((faults = []), { ok: { tail: null } }) } });
  await (await account.keys()).settle();
  assert.equal(account.trouble.peek(), null);
  assert.ok(asked.includes("vault.root"));
  const lost = broken(t, closed);
  await (await lost.account.keys()).settle();
  assert.equal(lost.account.trouble.peek(), "vault_corrupt");
});

test("a wrap key that is due is replaced; after a conflict upon the newer root, or not at all", async (t) => {
  const sent = [];
  const worker = { check_wrap: () => ({ ok: { due: sent.length === 0 } }), replace_wrap: () => ({ ok: { tail: Uint8Array.of(1) } }), commit: () => ({ ok: {} }) };
  const replaced = scripted(t, { worker, server: { "keys.wrap": (_, tail) => (sent.push(tail[0]), ok()) } });
  await (await replaced.account.keys()).settle();
  assert.deepEqual(sent, [1]);
  sent.length = 0;
  const server = { "keys.wrap": (_, tail) => (sent.push(tail[0]), sent.length === 1 ? refusal("vault_conflict") : ok()) };
  const rebased = scripted(t, { worker: { ...worker, rebase: () => ({ ok: { tail: Uint8Array.of(2) } }) }, server });
  await (await rebased.account.keys()).settle();
  assert.deepEqual(sent, [1, 2]);
  sent.length = 0;
  const given = scripted(t, { worker: { ...worker, rebase: () => ({ ok: { tail: null } }) }, server: { "keys.wrap": (_, tail) => (sent.push(tail[0]), refusal("keys_conflict")) } });
  await (await given.account.keys()).settle();
  assert.deepEqual(sent, [1]);
});

test("wrap keys that open what is forgotten go once what else they open was opened; the newest is replaced first", async (t) => {
  const said = /** @type {any[]} */ ([]);
  const answers = /** @type {any[]} */ ([]);
  const worker = { drop_wraps: () => ({ ok: answers.shift() }), replace_wrap: () => ({ ok: { tail: Uint8Array.of(1) } }), commit: () => (said.push("commit"), { ok: {} }), rebase: () => (said.push("rebase"), { ok: { tail: null } }) };
  let conflict = false;
  const server = {
    "keys.wrap": () => (said.push("keys.wrap"), ok()),
    "vault.set_root": (/** @type {any} */ { expected }, /** @type {any} */ tail) => (said.push(`set_root ${expected} ${tail[0]}`), conflict ? refusal("vault_conflict") : ok()),
  };
  const { account } = scripted(t, { worker, server });
  const keys = await account.keys();
  await keys.open();
  const drop = async (/** @type {any[]} */ ...given) => {
    said.length = 0;
    answers.push(...given);
    const failed = await keys.dropWraps([{ from: 1, to: 2 }], async () => (said.push("settled"), true));
    return [failed, ...said];
  };
  const [nothing, newest, old] = [{ tail: null, newest: false }, { tail: null, newest: true }, { tail: Uint8Array.of(7), newest: false }];
  assert.deepEqual(await drop(nothing), [null]);
  const [, settled, first, commit] = await drop(old, old);
  assert.deepEqual([settled, first.slice(0, 8), commit], ["settled", "set_root", "commit"]);
  assert.deepEqual((await drop(newest, old)).map((each) => String(each).split(" ")[0]), ["null", "settled", "keys.wrap", "commit", "set_root", "commit"]);
  conflict = true;
  assert.deepEqual((await drop(old, old)).map((each) => String(each).split(" ")[0]), ["null", "settled", "set_root", "rebase"]);
  said.length = 0;
  answers.push(old);
  assert.equal(await keys.dropWraps([{ from: 1, to: 2 }], async () => false), null);
  assert.deepEqual(said, [], "nothing goes before the rooms were read");
});

test("a code that was typed back is told to the vault after a reload, too, and passes for checked until then", async (t) => {
  storage(t);
  let refuses = true;
  const { account } = scripted(t, { server: { "vault.put": () => (refuses ? refusal("unavailable") : ok({ revision: "2" })) } });
  noteTypedBack(ID, true);
  const keys = await account.keys();
  await keys.open();
  await keys.prove();
  await keys.settle();
  assert.equal(account.rehearsed.peek(), true);
  assert.equal(account.vault.peek().size, 0);
  refuses = false;
  await keys.settle();
  assert.equal(account.rehearsed.peek(), true);
  assert.equal(account.vault.peek().get("preference:recovery").content.rehearsed.length, 32);
  assert.equal(wasTypedBack(ID), false);
});

test("events go to whoever listens for them, until they stop", async (t) => {
  const { account } = scripted(t);
  const heard = [];
  const stop = account.on("friends.changed", ({ name }) => heard.push(name));
  account.event({ event: "friends.changed", name: "Bob" });
  account.event({ event: "presence.changed", name: "nobody" });
  stop();
  account.event({ event: "friends.changed", name: "Eve" });
  assert.deepEqual(heard, ["Bob"]);
});

test("`vault.changed` reads what is new, once for many", async (t) => {
  const { account, asked } = scripted(t);
  const keys = await account.keys();
  await keys.open();
  await keys.prove();
  await keys.settle();
  asked.length = 0;
  for (let i = 0; i < 3; i++) account.event({ event: "vault.changed", root: "1", revision: "2" });
  await turns();
  assert.deepEqual([...new Set(asked)], ["vault.items"]);
  assert.ok(asked.length <= 4, String(asked.length));
  asked.length = 0;
  account.event({ event: "vault.changed", root: "2", revision: "2" });
  await turns();
  assert.equal(asked[0], "vault.root");
});

test("another account's vault is not shown to the next", (t) => {
  const { account } = scripted(t);
  account.vault.value = new Map();
  account.fingerprint.value = "x";
  account.begin({ ...IDENTITY, account: "ee".repeat(16) });
  assert.deepEqual([account.vault.peek(), account.fingerprint.peek(), account.phase.peek()], [null, "", "unproven"]);
  account.beGuest("Guest");
  assert.deepEqual([account.phase.peek(), account.name.peek(), account.account.peek()], ["guest", "Guest", ""]);
});
