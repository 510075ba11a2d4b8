/** Reports of messages against the golden vectors (docs/protocol.md §14.15). */
import assert from "node:assert/strict";
import test from "node:test";
import { SealError } from "../../../static/crypto/errors.js";
import { REASON_BYTES, parseReport, proveReport, signReport } from "../../../static/crypto/room/report.js";
import { text, toHex } from "../../../static/wire/bytes.js";
import { PLAIN, identityOf, keysetsOf, refused } from "./golden_rooms.js";
import { bytes, vectors } from "./vectors.js";

const reports = vectors("report");
const keysets = await keysetsOf();
const DSA_BYTES = 64;
const storedOf = ({ room, channel, sequence, hash }) => ({ room, channel, sequence: Number(sequence), hash });
const prove = async (each) => proveReport(await parseReport(bytes(each.record)), storedOf(each.stored), keysets);

test("reports are read, and prove who wrote what", async () => {
  for (const each of reports.valid) {
    const report = await parseReport(bytes(each.record));
    assert.deepEqual([report.room, report.channel, String(report.sequence), report.reporter], [each.room, each.channel, each.sequence, each.reporter]);
    assert.deepEqual([report.fingerprint, String(report.madeAt), toHex(report.key), report.reason], [each.fingerprint, each.made_at, each.message_key, each.reason]);
    assert.deepEqual([report.hash, toHex(report.envelope), toHex(report.signed)], [each.hash, each.envelope, each.signed_bytes]);
    const { header, content } = await proveReport(report, storedOf(each.stored), keysets);
    assert.deepEqual([header.sender, text(content, "content")], [each.sender, each.content]);
  }
});

test("reports are signed as they were", async () => {
  for (const each of reports.valid) {
    const keys = await identityOf(each.fingerprint);
    const of = { sequence: Number(each.sequence), reporter: each.reporter, madeAt: Number(each.made_at), reason: each.reason, envelope: bytes(each.envelope), key: bytes(each.message_key) };
    const signed = await signReport(keys, of, PLAIN);
    assert.deepEqual([toHex((await parseReport(signed)).signed), toHex(signed.slice(-DSA_BYTES))], [each.signed_bytes, each.block.dsa]);
    for (const wrong of [{ key: new Uint8Array(64) }, { sequence: 0 }, { reason: "x".repeat(REASON_BYTES + 1) }]) {
      await assert.rejects(signReport(keys, { ...of, ...wrong }), (error) => error instanceof SealError && error.cause === "field");
    }
    assert.ok(await signReport(keys, { ...of, reason: "x".repeat(REASON_BYTES) }));
  }
});

test("another layout is refused, and what proves nothing says where it fails", async () => {
  for (const each of reports.refused) await assert.rejects(parseReport(bytes(each.record)), refused(each.cause), each.why);
  for (const each of reports.invalid) await assert.rejects(prove(each), refused(each.cause), each.why);
});
