/** Which room state may be replaced by who cannot read it (docs/protocol.md §14.14, §14.16). */
import assert from "node:assert/strict";
import test from "node:test";
import { openRoomState, parseRoomState } from "../../../static/crypto/room/state.js";
import { takeSettings } from "../../../static/crypto/room/settings.js";
import { Refused } from "../../../static/keys/failure.js";
import { RoomStateKeeper } from "../../../static/rooms/state.js";
import { ROOM, chainAfter, golden, identityOf, keysetsOf } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const keysets = await keysetsOf();
const chain = await chainAfter(4);
const secret = bytes(golden.valid[3].secret);
const [first] = vectors("room_state").valid;
const { author } = parseRoomState(bytes(first.record));

/** The keeper of its author, whose server has a state that cannot be read here. @param {(n: number) => boolean} isOver */
function room(isOver) {
  let isKeyed = false;
  const put = /** @type {Uint8Array[]} */ ([]);
  const call = async (/** @type {string} */ command, /** @type {any} */ _, /** @type {Uint8Array} */ tail) => {
    if (command === "rooms.state") return { ok: { number: first.number }, tail: bytes(first.record) };
    put.push(tail);
    return { ok: {}, tail: new Uint8Array() };
  };
  const own = { signing: identityOf };
  const session = /** @type {any} */ ({ account: author, own, now: () => Number(first.made_at) + 1, page: { call } });
  const keeper = /** @type {any} */ ({ verified: chain, judge: async (/** @type {any} */ what) => what(chain, keysets), catchUp: async () => {} });
  const secrets = /** @type {any} */ ({ of: async () => (isKeyed ? secret : null), isOver });
  const state = new RoomStateKeeper(session, ROOM, keeper, secrets);
  // As a commit does, which begins an epoch whose key is here.
  state.prepare = async () => void (isKeyed = true);
  return { state, put };
}
const rename = (/** @type {any} */ content) => ({ ...content, name: "cellar" });

test("a state whose key may come from another member is not replaced", async () => {
  const { state, put } = room(() => false);
  await state.catchUp();
  await assert.rejects(state.change(rename), (error) => error instanceof Refused && error.code === "waiting_for_key");
  assert.deepEqual(put, []);
});

test("a state whose key the room has forgotten is replaced, by the number behind it", async () => {
  const { state, put } = room((n) => n === 4);
  await state.catchUp();
  await state.change(rename);
  const written = parseRoomState(put[0]);
  assert.equal(written.number, Number(first.number) + 1);
  const { settings } = await openRoomState(written, secret);
  assert.ok(settings !== null);
  const content = await takeSettings(settings, /** @type {any} */ (chain), keysets, null);
  assert.deepEqual([content.name, state.name], ["cellar", "cellar"]);
});
