import assert from "node:assert/strict";
import test from "node:test";
import { OpenError } from "../../../static/crypto/errors.js";
import { RecordReader, label } from "../../../static/crypto/record.js";
import { readBlock } from "../../../static/crypto/signature.js";
import { Verifier } from "../../../static/rooms/verifier.js";
import { VerifierThread } from "../harness/verifier.js";
import { identities } from "./identities.js";

const purpose = label("sealwire/v1/test");
const body = Uint8Array.of(1, 0x7f, 5, 6);
const refused = (cause) => (error) => error instanceof OpenError && error.cause === cause;
const broken = (signature) => signature.map((byte, at) => (at === 7 ? byte ^ 1 : byte));
const [alice, bob] = await identities();

async function blockOf(keys) {
  const record = new RecordReader(await keys.append(purpose, body), 0x7f, 4_096);
  record.take(2);
  return readBlock(record);
}

async function started(t, silentMs) {
  const thread = new VerifierThread();
  t.after(() => thread.die());
  const verifier = new Verifier(thread, silentMs);
  await thread.ready();
  return { thread, verifier };
}

/** What every way of verifying says. */
async function agrees(verify) {
  const { pss, dsa } = await blockOf(alice);
  await verify(alice.verifying, purpose, body, { pss, dsa });
  await assert.rejects(verify(bob.verifying, purpose, body, { pss, dsa }), refused("pss_signature"));
  await assert.rejects(verify(alice.verifying, purpose, broken(body), { pss, dsa: broken(dsa) }), refused("dsa_signature"));
  await assert.rejects(verify(alice.verifying, purpose, body, { pss, dsa: broken(dsa) }), refused("dsa_signature"));
  await assert.rejects(verify(alice.verifying, purpose, body, { pss: broken(pss), dsa: broken(dsa) }), refused("pss_signature"));
  await assert.rejects(verify(alice.verifying, purpose, body, { pss: pss.subarray(1), dsa }), refused("pss_length"));
  await assert.rejects(verify(alice.verifying, label("sealwire/v1/other"), body, { pss, dsa }), refused("pss_signature"));
}

test("the other worker says what is said here, PSS first", async (t) => {
  const { thread, verifier } = await started(t);
  await agrees((keys, ...signed) => keys.verify(...signed));
  await agrees((keys, ...signed) => verifier.verify(keys, ...signed));
  assert.equal(thread.posted.length, 7);
  assert.equal(thread.posted.filter(({ keys }) => keys !== undefined).length, 2, "keys are sent once");
});

test("no secret goes to it", async (t) => {
  const { thread, verifier } = await started(t);
  await verifier.verify(alice.verifying, purpose, body, await blockOf(alice));
  const [{ id, number, keys, signed }] = thread.posted;
  assert.deepEqual(thread.posted, [{ id, number, keys: { spki: alice.verifying.spki, y: alice.verifying.y }, signed: { purpose, body, block: signed.block } }]);
});

test("before it is there, and where there is none, it is verified here", async () => {
  const loading = { addEventListener() {}, postMessage: () => assert.fail("it is not there yet") };
  for (const verifier of [new Verifier(loading), new Verifier(null), Verifier.start()]) await agrees((keys, ...signed) => verifier.verify(keys, ...signed));
});

test("what it had not answered when it died is verified here, and all that follows", async (t) => {
  const { thread, verifier } = await started(t);
  const { pss, dsa } = await blockOf(alice);
  const good = verifier.verify(alice.verifying, purpose, body, { pss, dsa });
  const bad = verifier.verify(alice.verifying, purpose, body, { pss, dsa: broken(dsa) });
  const judged = Promise.all([good, assert.rejects(bad, refused("dsa_signature"))]);
  await thread.die();
  await judged;
  await agrees((keys, ...signed) => verifier.verify(keys, ...signed));
  assert.equal(thread.posted.length, 2);
});

test("if it answers nothing it is ended, and what it was asked is verified here, and all that follows", async (t) => {
  const { thread, verifier } = await started(t, 1);
  thread.postMessage = (message) => thread.posted.push(message);
  await agrees((keys, ...signed) => verifier.verify(keys, ...signed));
  assert.deepEqual([thread.posted.length, thread.ended], [1, true]);
});

test("an answer that is no verdict counts for nothing", async (t) => {
  const { thread, verifier } = await started(t);
  const { pss, dsa } = await blockOf(alice);
  // Keys that it never got.
  const original = thread.postMessage.bind(thread);
  thread.postMessage = ({ keys, ...rest }) => original(rest);
  await assert.rejects(verifier.verify(alice.verifying, purpose, body, { pss, dsa: broken(dsa) }), refused("dsa_signature"));
  thread.says({ id: 77, cause: null });
  await agrees((keys, ...signed) => verifier.verify(keys, ...signed));
  assert.equal(thread.posted.length, 1);
});
