/** Pinned messages: a list in the room's settings, each shown as it stands now (docs/protocol.md §14.14). */
import assert from "node:assert/strict";
import test from "node:test";
import { Refused } from "../../../static/keys/failure.js";
import { MOST_PINS, pinnedIn, withPin } from "../../../static/rooms/pins.js";

const pin = (n, channel = "c1") => ({ channel, message: `m${n}`, hash: `h${n}` });
const settings = (...pins) => ({ name: "Plans", topic: "", channels: [], pins, newer: true });

test("a pin comes last and goes again, and everything else in the settings stays", () => {
  const one = withPin(settings(pin(1)), pin(2), true);
  assert.deepEqual(one, settings(pin(1), pin(2)));
  assert.deepEqual(withPin(one, pin(1), true), one);
  assert.deepEqual(withPin(one, pin(1), false), settings(pin(2)));
  assert.deepEqual(withPin(one, pin(9), false), one);
  // The same hash in another channel is another message.
  assert.deepEqual(withPin(one, pin(1, "c2"), false), one);
});

test("as many are pinned as somebody reads, and no more", () => {
  const full = (count) => settings(...Array.from({ length: count }, (_, n) => pin(n)));
  assert.equal(withPin(full(MOST_PINS - 1), pin(500), true).pins.length, MOST_PINS);
  assert.throws(() => withPin(full(MOST_PINS), pin(500), true), (error) => error instanceof Refused && error.code === "over_quota");
  assert.equal(withPin(full(MOST_PINS), pin(0), true).pins.length, MOST_PINS);
  // Those that others set may be more: they can be taken down.
  assert.equal(withPin(full(MOST_PINS + 1), pin(0), false).pins.length, MOST_PINS);
});

test("each is shown as it stands now; of a channel that is not known nothing is", () => {
  const of = { h1: { kind: "message", account: "ada", text: "as it was", time: 1, edited: false }, h2: { kind: "message", account: "ada", text: "as it is", time: 2, edited: true }, h3: { kind: "erased", account: "bob", time: 3 } };
  const channels = new Map([["c1", { rows: { named: ({ hash }) => of[hash] ?? null } }]]);
  const shown = pinnedIn([pin(1), pin(2), pin(3), pin(4), pin(5, "c2")], /** @type {any} */ (channels));
  assert.deepEqual(shown.map(({ state, account, text, time }) => [state, account, text, time]), [["here", "ada", "as it was", 1], ["edited", "ada", "as it is", 2], ["erased", "bob", "", 3], ["away", "", "", 0]]);
  assert.deepEqual(shown[0], { channel: "c1", message: "m1", hash: "h1", state: "here", account: "ada", text: "as it was", time: 1 });
});
