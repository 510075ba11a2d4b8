import assert from "node:assert/strict";
import test from "node:test";
import { Friends } from "../../../static/model/friends.js";
import { turns } from "./turns.js";

const ADA = "aa".repeat(16);
const BOB = "bb".repeat(16);
const friend = (account, state, online = false, name = account.slice(0, 2)) => ({ account, name, display: "", state, online });
const refused = (code) => ({ error: { code, message: "" } });

/** Friends whose questions wait in `asked` until they are answered. */
function scripted() {
  const asked = [];
  const news = [];
  const friends = new Friends((command, fields) => new Promise((answer) => asked.push({ command, fields, answer })));
  friends.onNews = ({ kind, friend: { name } }) => news.push(`${kind} ${name}`);
  const answer = async (outcome) => {
    asked.shift().answer(outcome);
    await turns();
  };
  const listed = async (...list) => {
    friends.read();
    await turns();
    await answer({ ok: { friends: list } });
  };
  return { friends, asked, news, answer, listed };
}
const seen = ({ friends }) => friends.list.peek().map(({ account, state, online }) => `${account.slice(0, 2)} ${state}${online ? " online" : ""}`);

test("the list is the server's, and what does not fit is left out", async () => {
  const people = scripted();
  assert.equal(people.friends.list.peek(), null);
  await people.listed(friend(ADA, "friend", true), friend(BOB, "asked", true), friend("zz", "friend"), friend(BOB, "enemy"), null, { account: BOB });
  assert.deepEqual(seen(people), ["aa friend online", "bb asked"]);
  await people.listed();
  assert.deepEqual(seen(people), []);
});

test("a long list comes in pages", async () => {
  const people = scripted();
  const read = people.friends.read();
  assert.deepEqual(people.asked[0].fields, {});
  await people.answer({ ok: { friends: [friend(ADA, "friend")], more: true } });
  assert.deepEqual(people.asked[0].fields, { after: ADA });
  assert.equal(people.friends.list.peek(), null);
  await people.answer({ ok: { friends: [friend(BOB, "asked")], more: false } });
  await read;
  assert.deepEqual(seen(people), ["aa friend", "bb asked"]);
  // A page that leads nowhere ends it.
  people.friends.read();
  await people.answer({ ok: { friends: [], more: true } });
  assert.equal(people.asked.length, 0);
  assert.deepEqual(seen(people), []);
});

test("presence changes at once, of friends only", async () => {
  const people = scripted();
  await people.listed(friend(ADA, "friend"), friend(BOB, "asked"));
  people.friends.event({ event: "presence.changed", account: ADA, online: true });
  people.friends.event({ event: "presence.changed", account: BOB, online: true });
  people.friends.event({ event: "presence.changed", account: "cc".repeat(16), online: true });
  assert.deepEqual(seen(people), ["aa friend online", "bb asked"]);
  people.friends.event({ event: "presence.changed", account: ADA, online: false });
  assert.deepEqual(seen(people), ["aa friend", "bb asked"]);
  assert.equal(people.asked.length, 0);
});

test("a change is shown at once, told, and read again for what the event does not say", async () => {
  const people = scripted();
  await people.listed(friend(BOB, "asked"));
  people.friends.event({ event: "friends.changed", account: ADA, name: "Ada", state: "asking" });
  people.friends.event({ event: "friends.changed", account: BOB, name: "Bob", state: "friend" });
  assert.deepEqual(seen(people), ["aa asking", "bb friend"]);
  assert.deepEqual(people.news, ["asks Ada", "accepted Bob"]);
  await turns();
  await people.answer({ ok: { friends: [friend(BOB, "friend", true), friend(ADA, "asking")] } });
  assert.deepEqual(seen(people), ["bb friend online", "aa asking"]);
  people.friends.event({ event: "friends.changed", account: BOB, name: "Bob", state: "none" });
  assert.deepEqual(seen(people), ["aa asking"]);
  assert.deepEqual(people.news, ["asks Ada", "accepted Bob"]);
});

test("an event that does not fit changes nothing", async () => {
  const people = scripted();
  await people.listed(friend(ADA, "friend"));
  people.friends.event({ event: "friends.changed", account: "AA", name: "Ada", state: "asking" });
  people.friends.event({ event: "friends.changed", account: BOB, state: "asking" });
  people.friends.event({ event: "room.joined", account: BOB });
  await turns();
  assert.deepEqual(seen(people), ["aa friend"]);
  assert.equal(people.asked.length, 0);
});

test("whoever is blocked stays in the list, whatever the event says", async () => {
  const people = scripted();
  await people.listed(friend(ADA, "blocked"));
  people.friends.event({ event: "friends.changed", account: ADA, name: "Ada", state: "none" });
  assert.deepEqual(seen(people), ["aa blocked"]);
});

test("what happens while the list is being read has it read once more", async () => {
  const people = scripted();
  await people.listed(friend(ADA, "friend"));
  const read = people.friends.read();
  await turns();
  people.friends.event({ event: "presence.changed", account: ADA, online: true });
  await people.answer({ ok: { friends: [friend(ADA, "friend")] } });
  assert.equal(people.asked.length, 1);
  await people.answer({ ok: { friends: [friend(ADA, "friend", true)] } });
  await read;
  assert.deepEqual(seen(people), ["aa friend online"]);
});

test("a command is refused with its code, or done once the list says so", async () => {
  const people = scripted();
  await people.listed();
  const refusal = people.friends.add(ADA);
  assert.deepEqual([people.asked[0].command, people.asked[0].fields], ["friends.add", { account: ADA }]);
  await people.answer(refused("no_such_account"));
  assert.equal((await refusal).code, "no_such_account");
  for (const [command, act] of Object.entries({ add: "friends.add", accept: "friends.accept", decline: "friends.decline", remove: "friends.remove", block: "friends.block", unblock: "friends.unblock" })) {
    const done = people.friends[command](ADA);
    assert.equal(people.asked[0].command, act);
    await people.answer({ ok: {} });
    assert.equal(people.asked[0].command, "friends.list");
    await people.answer({ ok: { friends: [friend(ADA, "friend")] } });
    assert.equal(await done, null);
  }
});

test("a list that cannot be read says why, except after a cut, and keeps what is known", async () => {
  const people = scripted();
  await people.listed(friend(ADA, "friend"));
  people.friends.read();
  await turns();
  await people.answer(refused("cut"));
  assert.equal(people.friends.fault.peek(), null);
  people.friends.read();
  await turns();
  await people.answer(refused("unavailable"));
  assert.equal(people.friends.fault.peek(), "unavailable");
  assert.deepEqual(seen(people), ["aa friend"]);
  await people.listed(friend(BOB, "friend"));
  assert.equal(people.friends.fault.peek(), null);
});

test("an answer for somebody who has signed out is dropped", async () => {
  const people = scripted();
  people.friends.read();
  await turns();
  people.friends.clear();
  await people.answer({ ok: { friends: [friend(ADA, "friend")] } });
  assert.equal(people.friends.list.peek(), null);
  await people.listed(friend(BOB, "friend"));
  assert.deepEqual(seen(people), ["bb friend"]);
});

test("somebody is found by name", async () => {
  const people = scripted();
  const search = people.friends.search("Ada");
  assert.deepEqual([people.asked[0].command, people.asked[0].fields], ["accounts.find", { name: "Ada" }]);
  await people.answer({ ok: { account: ADA, name: "Ada", display: "Countess" } });
  assert.deepEqual(await search, { found: { account: ADA, name: "Ada", display: "Countess" } });
  const nobody = people.friends.search("Eve");
  await people.answer(refused("no_such_account"));
  assert.equal((await nobody).refused.code, "no_such_account");
  const garbled = people.friends.search("Eve");
  await people.answer({ ok: { account: "x", name: "Eve" } });
  assert.equal((await garbled).refused.code, "internal");
});
