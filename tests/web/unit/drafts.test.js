/** Texts that were begun: kept sealed, one a room, until they are empty. */
import assert from "node:assert/strict";
import test from "node:test";
import { Memory } from "../../../static/store/database.js";
import { Drafts } from "../../../static/store/drafts.js";

test("the newest text of a room is kept, and none where it is empty", async () => {
  const database = new Memory();
  const drafts = new Drafts(database, "ada");
  await drafts.put("one", "");
  assert.deepEqual(await drafts.all(), []);
  await drafts.put("one", "first");
  await drafts.put("two", "other");
  await drafts.put("one", "second");
  assert.deepEqual(await new Drafts(database, "ada").all(), [{ room: "two", text: "other" }, { room: "one", text: "second" }]);
  assert.deepEqual(await new Drafts(database, "bob").all(), []);
  await drafts.put("two", "");
  assert.deepEqual(await drafts.all(), [{ room: "one", text: "second" }]);
});

test("what is put last counts, also while the key of the text before it is still made", async () => {
  const drafts = new Drafts(new Memory(), "ada");
  await Promise.all([drafts.put("one", "sent by now"), drafts.put("one", "")]);
  assert.deepEqual(await drafts.all(), []);
  await Promise.all(["a", "ab", "abc"].map((text) => drafts.put("one", text)));
  assert.deepEqual(await drafts.all(), [{ room: "one", text: "abc" }]);
});

test("nothing stands there in clear, and a text of another room does not open", async () => {
  const database = new Memory();
  const drafts = new Drafts(database, "ada");
  await drafts.put("one", "a secret that is begun");
  const shelf = await database.get("drafts", "ada");
  assert.equal(shelf.key.extractable, false);
  assert.equal(Buffer.from(shelf.kept.one.sealed).includes("secret"), false);
  await database.change("drafts", "ada", (old) => ({ ...old, kept: { ...old.kept, two: old.kept.one } }));
  assert.deepEqual(await drafts.all(), [{ room: "one", text: "a secret that is begun" }]);
});
