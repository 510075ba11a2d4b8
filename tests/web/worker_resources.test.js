/** Links and documents of a room: what members do with them, at once as well, and what nobody may make a link of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signRoomState } from "../../static/crypto/room/state.js";
import { SERVER, TIMEOUT, keysOf, member, pair, rows } from "./harness/liars.js";

/** @typedef {import("./harness/member.js").Member} Member */

/** @param {Member} by @param {string} room @param {object} change @returns {Promise<string>} */
const change = async (by, room, change) => (await by.ask("conversation_resource", { room, change })).resource;
/** @param {Member} of @param {string} room @returns {any[]} */
const list = (of, room) => of.conversation(room)?.resources ?? [];
/** @param {Member} of @param {string} room @param {string[]} titles */
const shows = (of, room, ...titles) => of.until(() => list(of, room).map(({ title }) => title).join() === titles.join(), titles.join());
/** @param {string} code */
const refused = (code) => (/** @type {any} */ error) => error.code === code;
const url = "https://example.org/";

test("members add, change, order and remove links, and the timeline says so", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("40");
  const one = await change(ada, room, { change: "add", title: "  The plan ", url: "HTTPS://Example.org/plan?a=1#b" });
  await shows(bob, room, "The plan");
  assert.deepEqual(list(bob, room).map(({ at: _, ...rest }) => rest), [{ resource: one, title: "The plan", url: "https://example.org/plan?a=1#b", host: "example.org", file: "", by: ada.account }]);
  const two = await change(bob, room, { change: "add", title: "Two", url });
  const three = await change(bob, room, { change: "add", title: "Three", url });
  await change(bob, room, { change: "edit", resource: one, title: "The new plan", url: "http://example.org:8080/" });
  await change(ada, room, { change: "move", resource: three, before: one });
  await shows(bob, room, "Three", "The new plan", "Two");
  await bob.comesTo(() => [list(bob, room)[1].host, list(bob, room)[1].by], ["example.org:8080", ada.account]);
  await change(bob, room, { change: "move", resource: three, before: null });
  await shows(ada, room, "The new plan", "Two", "Three");
  await change(ada, room, { change: "remove", resource: two });
  await shows(bob, room, "The new plan", "Three");
  await assert.rejects(change(bob, room, { change: "edit", resource: two, title: "Two", url }), refused("resource_gone"));
  await assert.rejects(change(bob, room, { change: "remove", resource: two }), refused("resource_gone"));
  const lines = () => rows(bob, room).filter(({ kind }) => kind === "resource").map(({ account, action, title }) => `${account === ada.account ? "ada" : "bob"} ${action} ${title}`);
  await bob.until(() => lines().length === 5, "the lines");
  assert.deepEqual(lines(), ["ada added The plan", "bob added Two", "bob added Three", "bob edited The new plan", "ada removed Two"]);
  // A line is no message that somebody has to read.
  await bob.comesTo(() => bob.conversation(room).unread, 1);
});

test("what two members change at once is all there", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("41");
  const each = (/** @type {Member} */ by, /** @type {string} */ name) => [1, 2, 3].map((n) => change(by, room, { change: "add", title: `${name} ${n}`, url }));
  const added = await Promise.all([...each(ada, "ada"), ...each(bob, "bob")]);
  const all = (/** @type {Member} */ of) => list(of, room).map(({ resource }) => resource).sort().join() === [...added].sort().join();
  await Promise.all([ada.until(() => all(ada), "all"), bob.until(() => all(bob), "all")]);
  const [first, second] = list(ada, room).map(({ resource }) => resource);
  const done = await Promise.allSettled([
    change(ada, room, { change: "remove", resource: first }),
    change(bob, room, { change: "edit", resource: first, title: "Mine", url }),
    change(bob, room, { change: "edit", resource: second, title: "Changed", url }),
  ]);
  assert.deepEqual([done[0].status, done[2].status], ["fulfilled", "fulfilled"]);
  for (const one of [ada, bob]) await one.until(() => list(one, room).length === 5 && list(one, room)[0].title === "Changed", "what is left");
});

test("a rename and a link at once lose neither, and both outlast a new key", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("42");
  await Promise.all([ada.ask("conversation_rename", { room, name: "Renamed" }), change(bob, room, { change: "add", title: "Link", url })]);
  for (const one of [ada, bob]) await one.until(() => one.conversation(room).name === "Renamed" && list(one, room).length === 1, "both");
  await ada.ask("conversation_rotate", { room });
  await bob.until(() => bob.conversation(room).n === 2, "the new key");
  await change(bob, room, { change: "add", title: "Later", url });
  await shows(ada, room, "Link", "Later");
  // Another device reads it from the server.
  const again = await member(bob.name).signIn(SERVER);
  await shows(again, room, "Link", "Later");
});

test("nothing but http and https is taken, and no longer than it may be", TIMEOUT, async () => {
  const { ada, room } = await pair("43");
  const bad = ["javascript:alert(1)", "JaVaScRiPt://example.org/%0aalert(1)", " javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org/", "blob:https://example.org/1", "https:example.org", "//example.org/", "example.org", "https://", "https://user@example.org/", "https://user:word@example.org/", "http://[::1", "", `${url}${"a".repeat(2_048 - url.length + 1)}`];
  for (const address of bad) await assert.rejects(change(ada, room, { change: "add", title: "x", url: address }), refused("resource_url"), address);
  for (const title of ["", "   ", "x".repeat(257), "é".repeat(129), "\uD800"]) await assert.rejects(change(ada, room, { change: "add", title, url }), refused("resource_title"), title);
  await change(ada, room, { change: "add", title: "é".repeat(128), url: `${url}${"a".repeat(2_048 - url.length)}` });
  await ada.until(() => list(ada, room)[0]?.url.length === 2_048, "the longest");
  const [{ resource }] = list(ada, room);
  await assert.rejects(change(ada, room, { change: "edit", resource, title: "x", url: "javascript:alert(1)" }), refused("resource_url"));
});

test("what another client put there is not opened where it leads elsewhere than it looks", TIMEOUT, async () => {
  const { ada, bob, room } = await pair("44");
  const { keys, keeper, secret } = await keysOf(bob, room);
  const entry = (/** @type {string} */ id, /** @type {object} */ more) => ({ id: id.repeat(16), title: `nice\u202Egnp.exe`, by: bob.account, at: "1", newer: "kept", ...more });
  const content = { resources: [entry("a1", { url: "https://example.org@evil.example/" }), entry("a2", { url: "https://\u0430pple.com/" }), entry("a3", { file: "cc".repeat(16) })], newer: 1 };
  const state = await signRoomState(keys, keeper.verified, { author: bob.account, madeAt: Date.now(), number: 2, settings: null, content: /** @type {any} */ (content), secret });
  assert.ok("ok" in (await bob.wire?.call("rooms.set_state", { room, expected: "1" }, state)));
  await ada.until(() => list(ada, room).length === 3, "the list");
  assert.deepEqual(list(ada, room).map(({ title, url: address, host, file }) => [title, address, host, file !== ""]), [
    ["nice\uFFFDgnp.exe", "", "", false],
    ["nice\uFFFDgnp.exe", "https://xn--pple-43d.com/", "xn--pple-43d.com", false],
    ["nice\uFFFDgnp.exe", "", "", true],
  ]);
  // What a newer version put there stays with it.
  await change(ada, room, { change: "edit", resource: "a2".repeat(16), title: "Plain", url });
  const kept = ada.engine.conversation(room).state.resources;
  assert.deepEqual(kept.map((each) => /** @type {any} */ (each).newer), ["kept", "kept", "kept"]);
});

test("a list that is full says so, and stays as it was", TIMEOUT, async () => {
  const { ada, room } = await pair("45");
  const long = `${url}${"a".repeat(2_000)}`;
  const entry = (/** @type {unknown} */ _, /** @type {number} */ at) => ({ id: String(at).padStart(32, "0"), title: "x".repeat(256), url: long, by: ada.account, at: "1" });
  let added = 80;
  await ada.engine.conversation(room).state.changeResources(() => Array.from({ length: added }, entry));
  await assert.rejects(async () => {
    for (;;) {
      await change(ada, room, { change: "add", title: "x".repeat(256), url: long });
      added += 1;
    }
  }, refused("too_large"));
  assert.ok(added > 80 && added < 120, `${added}`);
  await ada.comesTo(() => list(ada, room).length, added);
  await change(ada, room, { change: "remove", resource: list(ada, room)[0].resource });
  await ada.until(() => list(ada, room).length === added - 1, "one less");
});
