/** Records of end-to-end rooms that were cut, lengthened or changed: each is refused with a typed cause, or read. */
import assert from "node:assert/strict";
import test from "node:test";
import { OpenError } from "../../../static/crypto/errors.js";
import { parseCommit } from "../../../static/crypto/room/commit.js";
import { parseContent } from "../../../static/crypto/room/content.js";
import { parseErased } from "../../../static/crypto/room/erased.js";
import { parseGrant } from "../../../static/crypto/room/grant.js";
import { parseSecrets } from "../../../static/crypto/room/granted.js";
import { parseInvitation } from "../../../static/crypto/room/invitation.js";
import { parseKeyRequest } from "../../../static/crypto/room/key_request.js";
import { parseRequest } from "../../../static/crypto/room/request.js";
import { parseRoomRecord } from "../../../static/crypto/room/room_record.js";
import { parseSignedEnvelope } from "../../../static/crypto/room/signed_envelope.js";
import { parseSettings } from "../../../static/crypto/room/settings.js";
import { parseRoomState } from "../../../static/crypto/room/state.js";
import { parseSettingsContent, parseState } from "../../../static/crypto/room/state_content.js";
import { join, utf8 } from "../../../static/wire/bytes.js";
import { bytes, vectors } from "./vectors.js";

const firstOf = (name, key = "record") => vectors(name).valid[0][key];
const RECORDS = {
  commit: [parseCommit, bytes(vectors("commit").valid[1].record)],
  request: [parseRequest, bytes(firstOf("request"))],
  invitation: [parseInvitation, bytes(firstOf("invitation"))],
  "room record": [parseRoomRecord, bytes(vectors("room_record").valid[5].record)],
  "signed envelope": [parseSignedEnvelope, bytes(firstOf("signed_envelope"))],
  "key request": [parseKeyRequest, bytes(firstOf("key_request"))],
  grant: [parseGrant, bytes(firstOf("grant"))],
  "secrets of a grant": [parseSecrets, bytes(firstOf("grant", "content"))],
  "room settings": [parseSettings, bytes(firstOf("room_settings"))],
  "room state": [parseRoomState, bytes(firstOf("room_state"))],
  erased: [parseErased, bytes(firstOf("erased"))],
};
const TEXTS = {
  "content of a room state": [parseState, utf8(firstOf("room_state", "content"))],
  "content of room settings": [parseSettingsContent, utf8(firstOf("room_settings", "content"))],
  content: [parseContent, utf8(firstOf("room_content", "content"))],
};

/** What a parser says of bytes; anything but a typed cause fails. */
async function causeOf(parse, record) {
  try {
    await parse(record);
    return null;
  } catch (error) {
    if (error instanceof OpenError) return error.cause;
    throw error;
  }
}

for (const [name, [parse, record]] of Object.entries({ ...RECORDS, ...TEXTS })) {
  test(`no bytes make reading a ${name} fail otherwise`, async () => {
    assert.equal(await causeOf(parse, record), null);
    for (let at = 0; at < record.length; at++) {
      for (const value of [0, record[at] ^ 1, 0xff]) {
        const changed = record.slice();
        changed[at] = value;
        await causeOf(parse, changed);
      }
    }
  });
}

for (const [name, [parse, record]] of Object.entries(RECORDS)) {
  test(`no part of a ${name} is one, and nothing longer`, async () => {
    for (let length = 0; length < record.length; length++) assert.ok((await causeOf(parse, record.subarray(0, length))) !== null, String(length));
    assert.ok(["left_over", "too_large"].includes(await causeOf(parse, join(record, 0))));
  });
}
