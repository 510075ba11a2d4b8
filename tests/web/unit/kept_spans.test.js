/** What a kept head says of what was sealed to an account: written as `sealwire` writes it, and read as far as it can be. */
import assert from "node:assert/strict";
import test from "node:test";
import { toBase64 } from "../../../static/wire/base64.js";
import { encodeRoomRecord } from "../../../static/crypto/room/room_record.js";
import { newPolicy } from "../../../static/crypto/room/policy.js";
import { DAY_MS, MOST_SPANS, keptSpans, leftHead, nextHead } from "../../../static/rooms/kept_spans.js";

/** A head of this commit, in a room that keeps what is said so long. @param {number} n @param {number} [keepDays] */
function head(n, keepDays = 1) {
  const members = new Map([["0a".repeat(16), { fingerprint: "0b".repeat(32), role: /** @type {const} */ ("owner") }]]);
  return { n: String(n), commit: "cc".repeat(32), state: toBase64(encodeRoomRecord({ policy: { ...newPolicy("group"), keepDays }, members, banned: new Set() })) };
}
/** @param {number} from @param {number} to */
const span = (from, to) => ({ from, to });
/** @param {import("../../../static/keys/requests.js").Span[]} spans @param {number} now */
const taken = (spans, now) => keptSpans(nextHead(null, head(1), spans, now));

test("spans go with the newest commit and beside what else is kept", () => {
  const old = { ...head(1), else: 1, left: "9" };
  assert.equal(nextHead(old, head(1), [], 0), null);
  const kept = { ...head(2), else: 1, spans: [{ from: "1", due: "20" }] };
  assert.deepEqual(nextHead(old, head(2), [span(1, 20)], 0), kept);
  for (const spans of [[], [span(1, 30)]]) {
    assert.equal(nextHead(kept, head(2), spans, 0), null);
    assert.equal(nextHead(kept, head(1), spans, 0), null, "of an older chain");
  }
  assert.deepEqual(keptSpans(nextHead(kept, head(3), [], 0)), [span(1, 20)]);
  assert.deepEqual(keptSpans(nextHead(kept, head(3), [span(9, 30), span(1, 12)], 0)), [span(1, 12), span(9, 30)]);
  // One of before they were kept.
  assert.deepEqual(nextHead(old, head(1), [span(1, 12)], 0), { ...old, spans: [{ from: "1", due: "12" }] });
});

test("who left counts epochs that nobody saw, once", () => {
  assert.deepEqual([leftHead(null, DAY_MS), leftHead(head(1, 0), DAY_MS)], [null, null]);
  const kept = nextHead(null, head(1), [span(5, 2 * DAY_MS)], 0);
  const left = leftHead(kept, DAY_MS);
  assert.deepEqual(keptSpans(left), [span(5, 2 * DAY_MS), span(5, 3 * DAY_MS)]);
  assert.equal(left?.left, String(DAY_MS));
  assert.equal(leftHead(left, 9 * DAY_MS), null);
  assert.deepEqual(keptSpans(leftHead(head(1, 30), DAY_MS)), [span(0, 38 * DAY_MS)]);
});

test("as many are kept as a head holds, and those that are due are one", () => {
  const minute = 60_000;
  const many = (/** @type {number} */ count) => Array.from({ length: count }, (_, at) => span(at, DAY_MS + at * minute));
  for (const count of [MOST_SPANS - 1, MOST_SPANS]) assert.deepEqual(taken(many(count), 0), many(count));
  const fewer = taken(many(MOST_SPANS + 1), 0);
  assert.deepEqual([fewer.length, fewer[0], fewer[64]], [65, span(0, DAY_MS + minute), span(128, DAY_MS + 128 * minute)]);
  assert.deepEqual(taken(many(MOST_SPANS + 1), DAY_MS + minute), [span(0, DAY_MS + minute), ...many(MOST_SPANS + 1).slice(2)]);
  assert.equal(taken(many(MOST_SPANS + 1), 2 * DAY_MS).length, 1);
});

test("what another program wrote is read as far as it can be", () => {
  const spans = [7, null, { from: "1" }, { from: "x", due: "2" }, { from: "3", due: "4" }];
  assert.deepEqual(keptSpans({ spans }), [span(3, 4)]);
  assert.deepEqual([keptSpans({ spans: "no" }), keptSpans(null)], [[], []]);
  assert.equal(leftHead({ ...head(1), state: "AAAA" }, DAY_MS), null);
});
