import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Outbox } from "../../../static/sync/outbox.js";

const BYTES = Uint8Array.of(1);
/** An outbox with a scripted server. */
function scripted(answer) {
  const sent = [];
  const states = [];
  const outbox = new Outbox(
    async (channel, payload) => {
      sent.push(channel);
      return answer(sent.length, payload);
    },
    (_, message, state) => states.push(`${message} ${state.state}${state.code ? ` ${state.code}` : ""}`),
  );
  return { outbox, sent, states };
}
const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const ok = (n) => ({ ok: { sequence: String(n) } });
const refused = (code, wait) => ({ error: { code, message: "", ...(wait === undefined ? {} : { retry_after_ms: wait }) } });

test("nothing is sent before the room is entered, then everything in order", async () => {
  const { outbox, sent, states } = scripted(ok);
  outbox.add("c", "m1", BYTES);
  outbox.add("c", "m2", BYTES);
  await turns();
  assert.deepEqual(sent, []);
  assert.equal(outbox.unsent, 2);
  outbox.ready("c");
  await turns();
  assert.deepEqual(states, ["m1 queued", "m2 queued", "m1 sending", "m1 sent", "m2 sending", "m2 sent"]);
  assert.equal(outbox.unsent, 0);
});

test("a cut puts the message back; it is sent again once the room is entered again", async () => {
  const { outbox, sent, states } = scripted((n) => (n === 1 ? refused("cut") : ok(n)));
  outbox.ready("c");
  outbox.add("c", "m1", BYTES);
  await turns();
  assert.equal(states.at(-1), "m1 queued");
  assert.equal(sent.length, 1);
  outbox.ready("c");
  await turns();
  assert.equal(states.at(-1), "m1 sent");
});

test("a flood is waited out as long as the server says, then sent by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, states } = scripted((n) => (n === 1 ? refused("rate_limited", 3_000) : ok(n)));
  outbox.ready("c");
  outbox.add("c", "m1", BYTES);
  outbox.add("c", "m2", BYTES);
  await turns();
  assert.equal(states.at(-1), "m1 waiting rate_limited");
  t.mock.timers.tick(2_999);
  await turns();
  assert.equal(states.at(-1), "m1 waiting rate_limited");
  t.mock.timers.tick(1);
  await turns();
  assert.deepEqual(states.slice(-4), ["m1 sending", "m1 sent", "m2 sending", "m2 sent"]);
});

test("waiting gives up after four tries; the others go on and a retry starts over", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, states, sent } = scripted((n) => (n <= 4 ? refused("busy", 1_000) : ok(n)));
  outbox.ready("c");
  outbox.add("c", "m1", BYTES);
  outbox.add("c", "m2", BYTES);
  for (let i = 0; i < 4; i++) {
    await turns();
    t.mock.timers.tick(1_000);
  }
  await turns();
  assert.equal(sent.length, 5);
  assert.ok(states.includes("m1 failed busy"));
  assert.equal(states.at(-1), "m2 sent");
  assert.equal(outbox.unsent, 1);
  outbox.retry("c", "m1");
  await turns();
  assert.equal(states.at(-1), "m1 sent");
});

test("a wait too short to be read is not shown", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, states } = scripted((n) => (n === 1 ? refused("rate_limited", 33) : ok(n)));
  outbox.ready("c");
  outbox.add("c", "m1", BYTES);
  await turns();
  t.mock.timers.tick(33);
  await turns();
  assert.deepEqual(states, ["m1 queued", "m1 sending", "m1 queued", "m1 sending", "m1 sent"]);
});

test("what waiting cannot help fails at once and can be forgotten", async () => {
  const { outbox, states } = scripted(() => refused("too_large"));
  outbox.ready("c");
  outbox.add("c", "m1", BYTES);
  await turns();
  assert.equal(states.at(-1), "m1 failed too_large");
  outbox.forget("c", "m1");
  assert.equal(outbox.unsent, 0);
});

test("a pause ends a wait: the message is queued until the room is entered again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, states, sent } = scripted((n) => (n === 1 ? refused("rate_limited", 1_000) : ok(n)));
  outbox.ready("c");
  outbox.add("c", "m1", BYTES);
  await turns();
  outbox.pause();
  assert.equal(states.at(-1), "m1 queued");
  t.mock.timers.tick(5_000);
  await turns();
  assert.equal(sent.length, 1);
  outbox.ready("c");
  await turns();
  assert.equal(states.at(-1), "m1 sent");
});

test("channels do not wait for each other", async () => {
  let release = () => {};
  const { outbox, states } = scripted((n) => (n === 1 ? new Promise((resolve) => (release = () => resolve(ok(1)))) : ok(n)));
  outbox.ready("a");
  outbox.ready("b");
  outbox.add("a", "slow", BYTES);
  outbox.add("b", "quick", BYTES);
  await turns();
  assert.equal(states.at(-1), "quick sent");
  release();
  await turns();
  assert.equal(states.at(-1), "slow sent");
});

mock.reset();
