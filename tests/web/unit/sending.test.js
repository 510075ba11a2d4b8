/** What becomes of letters that the server refuses. */
import assert from "node:assert/strict";
import test from "node:test";
import { ServerRefusal } from "../../../static/rooms/page.js";
import { Sending } from "../../../static/rooms/sending.js";

/** Sends letters of these types to a server that answers each publish so. @param {(type: string) => number} answer @param {...string} types */
function sending(answer, ...types) {
  /** @type {any[]} */
  const letters = types.map((type, at) => /** @type {any} */ ({ message: `m${at}`, room: "r", at, failed: null, content: { type } }));
  const outbox = /** @type {any} */ ({
    leads: true,
    remove: async (/** @type {any} */ letter) => void letters.splice(letters.indexOf(letter), 1),
    mark: async (/** @type {any} */ letter, /** @type {string} */ code) => void (letter.failed = code),
  });
  const page = /** @type {any} */ ({ publish: async (/** @type {any} */ { payload }) => answer(payload), call: async () => ({ ok: { sequence: "1" } }) });
  const sealing = /** @type {any} */ ({ seal: async (/** @type {string} */ message, /** @type {any} */ { type }) => ({ message, payload: type, n: 1 }), release: () => {}, beginAnew: () => {} });
  const nothing = async () => {};
  /** What is held back, each time that it is told. @type {string[][]} */
  const told = [];
  const ways = /** @type {any} */ ({ channel: "c", letters: () => letters, isReady: () => true, prepare: nothing, refresh: nothing, placeOf: () => 1, isDelivered: () => false, isSeen: (/** @type {any} */ { content }) => content.type !== "resource", sent: () => {}, changed: () => {}, held: () => told.push(letters.filter((each) => sends.holds(each)).map(({ content }) => content.type)) });
  const sends = new Sending(page, outbox, sealing, ways);
  return { letters, told, ways, sending: sends };
}

test("what slow mode holds back waits, deletions go past it, and it goes at once when that is over", async () => {
  let isSlow = true;
  /** @type {string[]} */
  const sent = [];
  const { letters, told, sending: sends } = sending((type) => {
    if (isSlow) throw new ServerRefusal("rate_limited", 3_600_000);
    return sent.push(type);
  }, "text", "reaction", "tombstone");
  await sends.pump();
  assert.deepEqual([letters.map(({ content }) => content.type), sends.current, sent], [["text", "reaction"], null, []]);
  await sends.pump();
  assert.deepEqual([sent, told], [[], [["text", "reaction"]]], "nothing is tried before its time");
  isSlow = false;
  sends.wake();
  await sends.pump();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([letters, sent], [[], ["text", "reaction"]]);
  assert.deepEqual(told, [["text", "reaction"], []], "that nothing is held back any more is told, too");
});

test("what its user discards in the moment when its turn comes is not sent", async () => {
  /** @type {string[]} */
  const sent = [];
  const { letters, ways, sending: sends } = sending((type) => sent.push(type), "text", "reaction");
  ways.prepare = async () => void (sent.length === 0 && letters[0].content.type === "text" && letters.shift());
  await sends.pump();
  assert.deepEqual([letters, sent], [[], ["reaction"]]);
});

test("the line of a resource that is refused is given up, and a message waits for its user", async () => {
  const refuse = () => {
    throw new ServerRefusal("archived");
  };
  const { letters, sending: sends } = sending(refuse, "text", "resource", "reaction");
  await sends.pump();
  assert.deepEqual(letters.map(({ content, failed }) => [content.type, failed]), [["text", "archived"], ["reaction", "archived"]]);
});

test("what failed before and is shown nowhere is given up, and nothing else is", async () => {
  const { letters, sending: sends } = sending(() => 1, "resource", "reaction");
  for (const letter of letters) letter.failed = "archived";
  await sends.pump();
  assert.deepEqual(letters.map(({ content }) => content.type), ["reaction"]);
});

test("what is held back is tried as often as the server says when, and another refusal counts", async () => {
  let tries = 0;
  const { letters, sending: sends } = sending(() => {
    tries += 1;
    throw tries <= 20 ? new ServerRefusal("rate_limited", 3_600_000) : new ServerRefusal("over_quota");
  }, "text");
  await sends.pump();
  while (letters[0].failed === null) {
    assert.equal(sends.holds(letters[0]), true);
    sends.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual([tries, letters[0].failed, sends.holds(letters[0])], [21, "over_quota", false]);
  sends.end();
});

test("where the one that is held back is discarded the others wait on", async () => {
  const { letters, sending: sends } = sending(() => {
    throw new ServerRefusal("rate_limited", 3_600_000);
  }, "text", "text");
  await sends.pump();
  letters.shift();
  await sends.pump();
  assert.deepEqual(letters.map((each) => [each.failed, sends.holds(each)]), [[null, true]]);
  sends.end();
});
