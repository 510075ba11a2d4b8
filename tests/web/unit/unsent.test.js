/** What waits to be sent survives a reload, in order, and of several tabs each sees it. */
import assert from "node:assert/strict";
import test from "node:test";
import { Outbox } from "../../../static/rooms/outbox.js";
import { Memory } from "../../../static/store/database.js";
import { Unsent } from "../../../static/store/unsent.js";
import { toHex, utf8 } from "../../../static/wire/bytes.js";

const ACCOUNT = "0a".repeat(16);
const ROOM = "0b".repeat(16);
const letter = (message, text = message, room = ROOM) => ({ message, room, at: 7, failed: null, content: { type: "text", text } });

test("what two tabs add at once comes back as it was, and is not there in the clear", async () => {
  const database = new Memory();
  const unsent = new Unsent(database, ACCOUNT);
  assert.deepEqual(await unsent.all(), []);
  await Promise.all([unsent.add(letter("one", "secret words")), new Unsent(database, ACCOUNT).add(letter("two"))]);
  await unsent.add(letter("three"));
  await unsent.mark("two", "not_allowed");
  await unsent.remove("three");
  const again = new Unsent(database, ACCOUNT);
  // Which of the two is first is nobody's to say.
  const back = (await again.all()).sort((a, b) => (a.message < b.message ? -1 : 1));
  assert.deepEqual(back, [letter("one", "secret words"), { ...letter("two"), failed: "not_allowed" }]);
  assert.deepEqual(await new Unsent(database, "0c".repeat(16)).all(), []);
  const { key, kept } = await database.get("unsent", ACCOUNT);
  assert.equal(key.extractable, false);
  for (const { sealed } of kept) assert.ok(!toHex(sealed).includes(toHex(utf8("secret"))));
});

test("what was changed, or moved to another room, does not open and is left out", async () => {
  const database = new Memory();
  const unsent = new Unsent(database, ACCOUNT);
  await unsent.add(letter("one"));
  await unsent.add(letter("two"));
  await database.change("unsent", ACCOUNT, (shelf) => ({ ...shelf, kept: [{ ...shelf.kept[0], room: "0d".repeat(16) }, shelf.kept[1]] }));
  assert.deepEqual(await unsent.all(), [letter("two")]);
});

test("an outbox keeps the order of what is written at once, and shows what another tab writes", async () => {
  // As in a browser that keeps things, where tabs share them.
  const database = Object.assign(new Memory(), { keepsKeys: true });
  const [one, other] = [new Outbox(database, ACCOUNT), new Outbox(database, ACCOUNT)];
  try {
    await one.begin();
    await other.begin();
    await Promise.all(["a", "b", "c"].map((message) => one.add(letter(message))));
    const seen = new Promise((resolve) => {
      other.onChange = () => {
        if (other.of(ROOM).length === 3) resolve(undefined);
      };
    });
    await one.add(letter("elsewhere", "text", "0d".repeat(16)));
    await seen;
    assert.deepEqual(other.of(ROOM).map(({ message }) => message), ["a", "b", "c"]);
    await one.mark(letter("b"), "not_allowed");
    await one.remove(letter("a"));
    assert.deepEqual(one.of(ROOM).map(({ message, failed }) => [message, failed]), [["b", "not_allowed"], ["c", null]]);
    assert.deepEqual((await new Unsent(database, ACCOUNT).all()).map(({ message }) => message), ["b", "c", "elsewhere"]);
  } finally {
    one.end();
    other.end();
  }
  assert.equal(one.leads, false);
});

test("where nothing is kept each tab leads its own letters", async () => {
  const tabs = [new Outbox(new Memory(), ACCOUNT), new Outbox(new Memory(), ACCOUNT)];
  const { navigator } = globalThis;
  // One lock for both, of which only one could get hold.
  Object.defineProperty(globalThis, "navigator", { value: { locks: { request: () => new Promise(() => {}) } }, configurable: true });
  try {
    for (const tab of tabs) await tab.begin();
    assert.deepEqual(tabs.map(({ leads }) => leads), [true, true]);
  } finally {
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
    for (const tab of tabs) tab.end();
  }
});
