import assert from "node:assert/strict";
import test from "node:test";
import { SessionMemory, noteTypedBack, wasTypedBack } from "../../../static/model/session_memory.js";
import { storage } from "./storage.js";

const ADA = "aa".repeat(16);

test("how a session was begun outlives a storage that is cleared, and a reload that is not", (t) => {
  const kept = storage(t);
  const memory = new SessionMemory();
  assert.equal(memory.means, null);
  memory.begin("password");
  assert.equal(new SessionMemory().means, "password");
  const reloaded = new SessionMemory();
  kept.clear();
  assert.deepEqual([memory.means, reloaded.means, new SessionMemory().means], ["password", "password", null]);
});

test("what a session needs first is said by how it was begun", (t) => {
  storage(t);
  const memory = new SessionMemory();
  for (const [means, renewal] of [["password", null], ["code", "password"], ["fresh", "fresh"]]) {
    memory.begin(means);
    assert.equal(memory.renewal, renewal);
  }
});

test("another tab's sign-in is known here, and signing out forgets everything of the session and nothing else", (t) => {
  const kept = storage(t, { "sealwire.theme": "dark" });
  const memory = new SessionMemory();
  new SessionMemory().begin("code");
  assert.equal(memory.means, "code");
  memory.name = "Ada";
  memory.account = ADA;
  noteTypedBack(ADA, true);
  assert.equal(memory.forget(), ADA);
  assert.deepEqual([memory.means, memory.name, memory.account, memory.renewal], [null, null, null, null]);
  assert.deepEqual([...kept.keys()], ["sealwire.theme"]);
});

test("a code that was typed back is remembered for its account only", (t) => {
  storage(t);
  noteTypedBack(ADA, true);
  assert.deepEqual([wasTypedBack(ADA), wasTypedBack("bb".repeat(16))], [true, false]);
  noteTypedBack(ADA, false);
  assert.equal(wasTypedBack(ADA), false);
});
