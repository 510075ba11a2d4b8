/**
 * A file that begins to go up: what its message says of it, and what is remembered of it here.
 */
import { FILE_SECRET_BYTES, chunksOf } from "../../crypto/file_chunk.js";
import { toHex } from "../../wire/bytes.js";
import { randomId } from "../../wire/ids.js";
import { sentName } from "./names.js";
/** @typedef {import("../../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("../../store/uploads.js").Begun} Begun */
/** @typedef {import("../outbox.js").Letter} Letter */

/** The longest name that a message takes, in bytes. */
const NAME_BYTES = 255;
const MEDIA_TYPE = /^[!-~]{1,127}$/;

/** What is remembered of one of which nothing was sealed yet. @param {Pick<Letter, "message" | "room" | "channel" | "at">} letter @param {{ file: string, chunks: number }} content @returns {Begun} */
export function begunOf({ message, room, channel, at }, { file, chunks }) {
  return { file, message, room, ...(channel === undefined ? {} : { channel }), at, marks: Array.from({ length: chunks }, () => "") };
}

/** A file with an id and a secret of its own. @param {Blob} blob @param {string} name @param {string} mediaType @param {string} text @returns {Extract<KnownContent, { type: "file" }>} */
export function contentOf(blob, name, mediaType, text) {
  return {
    type: "file",
    file: randomId(),
    name: sentName(name, NAME_BYTES),
    media_type: MEDIA_TYPE.test(mediaType) ? mediaType : "application/octet-stream",
    size: String(blob.size),
    secret: toHex(crypto.getRandomValues(new Uint8Array(FILE_SECRET_BYTES))),
    chunks: chunksOf(blob.size),
    ...(text === "" ? {} : { text }),
  };
}
