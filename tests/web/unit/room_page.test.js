/** What the worker asks of the page: patience where the server asks for it, and none where nobody knows what happened. */
import assert from "node:assert/strict";
import test from "node:test";
import { Page, ServerRefusal, backoff } from "../../../static/rooms/page.js";
import { Turn, forEach } from "../../../static/rooms/turn.js";

/** A page that answers what is wanted with these outcomes, one after the other. */
function answering(...outcomes) {
  const waits = [];
  const wanted = [];
  const page = new Page(
    (message) => {
      wanted.push(message);
      page.take(message.want, outcomes[Math.min(wanted.length, outcomes.length) - 1]);
    },
    async (ms) => void waits.push(ms),
  );
  return { page, waits, wanted };
}
const code = (expected) => (error) => error instanceof ServerRefusal && error.code === expected;

test("a command that the server asks patience for goes again, after the wait that it names", async () => {
  const { page, waits, wanted } = answering({ error: { code: "busy", retryAfterMs: 70 } }, { error: { code: "rate_limited" } }, { ok: { n: "1" } });
  assert.deepEqual(await page.call("rooms.follow", { room: "r" }), { ok: { n: "1" }, tail: new Uint8Array() });
  assert.equal(waits[0], 70);
  assert.ok(waits.length === 2 && waits[1] > 0);
  assert.deepEqual(wanted.map(({ want, command }) => [want, command]), [1, 2, 3].map((want) => [want, "rooms.follow"]));
});

test("while a session is told to wait, what is wanted besides stands behind it, and nobody asks in between", async () => {
  const asked = [];
  /** @type {(() => void)[]} */
  const pauses = [];
  let limited = true;
  const page = new Page(
    ({ want, command }) => {
      asked.push(command);
      page.take(want, limited ? { error: { code: "rate_limited", retryAfterMs: 50 } } : { ok: {} });
    },
    () => new Promise((resolve) => pauses.push(resolve)),
  );
  const first = page.call("first");
  await new Promise(setImmediate);
  const others = ["second", "third"].map((each) => page.call(each));
  await new Promise(setImmediate);
  assert.deepEqual([asked, pauses.length], [["first"], 1]);
  pauses.pop()?.();
  await new Promise(setImmediate);
  assert.deepEqual([asked, pauses.length], [["first", "first"], 1]);
  limited = false;
  pauses.pop()?.();
  await Promise.all([first, ...others]);
  assert.deepEqual(asked, ["first", "first", "first", "second", "third"]);
  await page.call("fourth");
  assert.equal(asked.at(-1), "fourth");
});

test("patience ends, and what nobody knows the end of is not done again", async () => {
  const busy = answering({ error: { code: "busy" } });
  await assert.rejects(busy.page.call("x"), code("busy"));
  assert.equal(busy.wanted.length, 6);
  for (const cause of ["cut", "unreachable", "timeout", "commit_conflict"]) {
    const { page, wanted } = answering({ error: { code: cause } });
    await assert.rejects(page.call("x"), code(cause));
    assert.equal(wanted.length, 1);
  }
  assert.ok(new ServerRefusal("cut").isUnknown && !new ServerRefusal("busy").isUnknown && new ServerRefusal("busy").isPassing);
});

test("a publish gives its sequence, and its patience is its sender's", async () => {
  const publish = { channel: "c", epoch: 1, stored: true, payload: new Uint8Array() };
  assert.equal(await answering({ ok: {}, sequence: 9 }).page.publish(publish), 9);
  assert.equal(await answering({ ok: { sequence: "9" } }).page.publish(publish), 9);
  await assert.rejects(answering({ error: { code: "busy" } }).page.publish(publish), code("busy"));
});

test("waits grow, and are capped", () => {
  for (const [tries, most] of [[1, 500], [2, 1_000], [5, 8_000], [6, 15_000], [60, 15_000]]) {
    const wait = backoff(tries);
    assert.ok(wait >= most / 2 && wait <= most, `${tries}: ${wait}`);
  }
});

test("tasks take turns, a failure ends its own only, and so many run at a time", async () => {
  const turn = new Turn();
  const done = [];
  const first = turn.take(async () => done.push(1));
  const failing = turn.take(() => Promise.reject(new Error("x")));
  const last = turn.take(() => done.push(2));
  await assert.rejects(failing);
  await Promise.all([first, last]);
  assert.deepEqual(done, [1, 2]);
  let [running, most] = [0, 0];
  await forEach([1, 2, 3, 4, 5], 2, async () => {
    most = Math.max(most, ++running);
    await null;
    running -= 1;
  });
  assert.equal(most, 2);
});
