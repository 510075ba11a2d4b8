import assert from "node:assert/strict";
import test from "node:test";
import { Directory } from "../../../static/model/directory.js";

/** A server that answers as the test says; what it was asked is noted. */
function scripted(answers) {
  const asked = [];
  const account = { call: async (command, fields) => (asked.push({ command, fields }), answers[command]) };
  return { directory: new Directory(account), asked };
}

const ROOM = "0a".repeat(16);

test("rooms come page by page, and only those that are looked for", async () => {
  const { directory, asked } = scripted({ "rooms.directory": { ok: { rooms: [{ room: ROOM, name: "Hall", topic: "", members: 3, n: "4" }], more: true } } });
  assert.deepEqual(await directory.page("", null), { rooms: [{ room: ROOM, name: "Hall", topic: "", members: 3 }], more: true });
  await directory.page("hal", ROOM);
  assert.deepEqual(asked.map(({ fields }) => fields), [{}, { find: "hal", after: ROOM }]);
});

test("the rules of a room are read from its policy", async () => {
  const look = async (policy) => {
    const { directory } = scripted({ "rooms.look": { ok: { name: "Hall", topic: "t", policy, channels: [{ channel: ROOM, name: "general", topic: "" }] } } });
    return directory.look(ROOM);
  };
  const channels = [{ channel: ROOM, name: "general", topic: "" }];
  assert.deepEqual(await look("0101020100000000"), { name: "Hall", topic: "t", isOpen: true, isShared: true, channels });
  assert.deepEqual(await look("0102010200070000"), { name: "Hall", topic: "t", isOpen: false, isShared: false, channels });
});

test("what is refused, or answered otherwise than the protocol says, is no room", async () => {
  const { directory } = scripted({ "rooms.look": { error: { code: "no_such_room" } }, "rooms.directory": { ok: {} } });
  assert.deepEqual(await directory.look(ROOM), { code: "no_such_room" });
  assert.deepEqual(await directory.page("", null), { rooms: [], more: false });
});
