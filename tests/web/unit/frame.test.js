import assert from "node:assert/strict";
import test from "node:test";
import { FrameError } from "../../../static/wire/bytes.js";
import { CLOSE_CODES, ERROR_CODES } from "../../../static/wire/codes.js";
import { decodeFrame, encodeCommand, encodePing, encodePong, encodePublish, parseOutcome } from "../../../static/wire/frame.js";
import { channelIdOf, randomId, roomIdOf } from "../../../static/wire/ids.js";
import { bytes, vectors } from "./vectors.js";

const golden = vectors("frames");
const toClient = golden.frames.filter((frame) => frame.direction !== "to_server");
/** A WebSocket message is the frame without its length. */
const message = (frame) => bytes(frame.frame).subarray(4);

/** The page counts in doubles: a frame whose binary numbers do not fit is refused, never rounded. */
const beyond = (frame) => frame.kind === "deliver" && !Number.isSafeInteger(Number(frame.fields.sequence));

for (const frame of toClient.filter((frame) => !beyond(frame))) {
  test(`reads ${frame.name}`, () => {
    const decoded = decodeFrame(message(frame));
    assert.equal(decoded.kind, frame.kind);
    const { fields } = frame;
    if (decoded.kind === "reply") {
      assert.equal(decoded.request, fields.request);
      const header = JSON.parse(fields.header);
      assert.deepEqual(decoded.outcome, fields.tail === "" ? header : { ...header, tail: bytes(fields.tail) });
    } else if (decoded.kind === "event") {
      assert.deepEqual(decoded.header, JSON.parse(fields.header));
      assert.deepEqual(decoded.tail, bytes(fields.tail));
    } else if (decoded.kind === "deliver") {
      assert.equal(decoded.channel, fields.channel);
      assert.equal(String(decoded.sequence), fields.sequence);
      assert.equal(String(decoded.time), fields.time);
      assert.equal(decoded.flags, fields.flags);
      assert.equal(decoded.sender, fields.sender);
      assert.equal(decoded.name, fields.name);
      assert.deepEqual(decoded.payload, bytes(fields.payload));
    } else if (decoded.kind === "close") {
      assert.equal(decoded.code, fields.code);
    } else {
      assert.deepEqual(decoded.nonce, bytes(fields.token));
    }
  });

  test(`refuses every beginning of ${frame.name}, or reads it as less`, () => {
    const whole = message(frame);
    for (let length = 0; length < whole.length; length++) {
      try {
        decodeFrame(whole.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }
  });
}

for (const frame of toClient.filter(beyond)) {
  test(`refuses ${frame.name}, whose numbers do not fit`, () => {
    assert.throws(() => decodeFrame(message(frame)), FrameError);
  });
}

for (const frame of golden.invalid.filter((frame) => frame.direction === "to_client" && frame.error === "protocol")) {
  test(`refuses ${frame.name}`, () => {
    assert.throws(() => decodeFrame(message(frame)), FrameError);
  });
}

test("frames of the other direction and unknown kinds are refused", () => {
  for (const frame of golden.frames.filter((frame) => frame.direction === "to_server" && /command|publish/.test(frame.kind))) {
    assert.throws(() => decodeFrame(message(frame)), FrameError);
  }
  for (const kind of [0, 9, 0x7f, 0xff]) assert.throws(() => decodeFrame(Uint8Array.of(kind, 1, 2, 3)), FrameError);
});

test("any bytes give a frame or a FrameError", () => {
  let seed = 11;
  const random = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 20_000; round++) {
    const noise = Uint8Array.from({ length: random(80) }, () => random(256));
    if (noise.length > 0) noise[0] = 2 + random(7);
    try {
      decodeFrame(noise);
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
    }
  }
});

test("commands and publishes are the golden bytes", () => {
  const of = (name) => golden.frames.find((frame) => frame.name === name);
  const command = of("a command without a tail");
  assert.deepEqual(encodeCommand(1, "rooms.enter", { room: "lobby" }), message(command));
  const publish = golden.frames.find((frame) => frame.kind === "publish" && frame.fields.epoch === "0");
  if (publish !== undefined) {
    const { request, channel, payload } = publish.fields;
    assert.deepEqual(encodePublish(request, channel, bytes(payload)), message(publish));
  }
  const epoch = golden.frames.find((frame) => frame.kind === "publish");
  for (const { fields, ...frame } of golden.frames.filter(({ kind, fields }) => kind === "publish" && Number.isSafeInteger(Number(fields.epoch)) && Number(fields.flags) <= 1)) {
    const under = { epoch: Number(fields.epoch), stored: Number(fields.flags) === 1 };
    assert.deepEqual(encodePublish(fields.request, fields.channel, bytes(fields.payload), under), message(frame));
  }
  const theirs = message(epoch);
  theirs.fill(0, 21, 30);
  assert.deepEqual(encodePublish(epoch.fields.request, epoch.fields.channel, bytes(epoch.fields.payload)), theirs);
  const eight = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  assert.deepEqual([...encodePing(eight)], [6, ...eight]);
  assert.deepEqual([...encodePong(eight)], [7, ...eight]);
});

test("a 64-bit number beyond 2^53 − 1 is refused, not rounded", () => {
  const frame = toClient.find((each) => each.kind === "deliver");
  const altered = message(frame).slice();
  altered.fill(0xff, 17, 25);
  assert.throws(() => decodeFrame(altered), FrameError);
});

test("a reply is ok or an error with a code", () => {
  for (const header of [null, 1, [], {}, { ok: 1 }, { ok: [] }, { error: {} }, { error: { code: 1 } }]) {
    assert.throws(() => parseOutcome(header), FrameError);
  }
});

test("room ids follow from names", async () => {
  for (const { name, room, channel } of vectors("ids").rooms) {
    assert.equal(await roomIdOf(name), room);
    assert.equal(await channelIdOf(room), channel);
  }
  assert.match(randomId(), /^[0-9a-f]{32}$/);
});

test("the codes are those of the protocol", () => {
  const codes = vectors("codes");
  assert.deepEqual([...ERROR_CODES].sort(), codes.errors.map(({ code }) => code).sort());
  assert.deepEqual(CLOSE_CODES, Object.fromEntries(codes.closes.map(({ number, code }) => [number, code])));
});
