/** What a kept head says of another history: written as `sealwire` writes it, and read as far as it can be. */
import assert from "node:assert/strict";
import test from "node:test";
import { decided, forked, isDecided, isForked, passedOver } from "../../../static/rooms/fork.js";

const [ONE, OTHER, THIRD] = ["11", "22", "33"].map((byte) => byte.repeat(32));

test("a stop is kept until it is decided, and then remembered", () => {
  const stopped = forked({ else: 1 }, ONE);
  assert.deepEqual(stopped, { else: 1, forked: true, other: ONE });
  assert.equal(isForked(stopped), true);
  const after = decided(stopped, [OTHER]);
  assert.deepEqual(after, { else: 1, decided: [OTHER, ONE] });
  assert.deepEqual([isForked(after), isDecided(after, ONE), isDecided(after, THIRD)], [false, true, false]);
  assert.equal(decided(after, [ONE]), null);
});

test("a history that was decided against stops nothing again, and another does", () => {
  const head = { decided: [ONE] };
  assert.equal(forked(head, ONE), null);
  const stopped = forked(head, OTHER);
  assert.deepEqual(stopped, { decided: [ONE], forked: true, other: OTHER });
  assert.equal(forked(stopped, THIRD), null);
  assert.deepEqual(decided(stopped, [THIRD]), { decided: [ONE, THIRD, OTHER] });
});

test("a commit that is held back is decided about alone", () => {
  const stopped = forked({}, ONE);
  const after = passedOver(stopped, [OTHER]);
  assert.deepEqual(after, { forked: true, other: ONE, decided: [OTHER] });
  assert.equal(passedOver(after, [OTHER]), null);
});

test("a stop without a name is named when its history is shown", () => {
  assert.deepEqual(forked({}, null), { forked: true });
  assert.equal(forked({ forked: true }, null), null);
  assert.deepEqual(forked({ forked: true }, ONE), { forked: true, other: ONE });
  assert.deepEqual(decided({ forked: true, else: 1 }, []), { else: 1 });
});

test("what another program wrote is read as far as it can be", () => {
  const head = { forked: "yes", other: 7, decided: ["no", 1, ONE] };
  assert.deepEqual([isForked(head), isForked(null), isDecided(head, ONE), isDecided(head, "no"), isDecided({ decided: ONE }, ONE)], [false, false, true, false, false]);
  assert.deepEqual(decided({ ...head, forked: true }, [OTHER]), { decided: [ONE, OTHER] });
});

test("only the newest decisions are remembered", () => {
  const hashes = Array.from({ length: 20 }, (_, byte) => byte.toString(16).padStart(2, "0").repeat(32));
  const head = hashes.reduce((/** @type {any} */ kept, hash) => decided(kept, [hash]), {});
  assert.deepEqual(head, { decided: hashes.slice(4) });
});
