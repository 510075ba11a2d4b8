/**
 * The protocol's limits that the page keeps to (docs/protocol.md §12), in bytes unless the name says otherwise.
 */

/** The largest frame after sign-in, kind and body: one padded content of 1 MiB, its envelope and its frame. */
export const FRAME_BYTES = 1_114_112;
/** The longest text of one message in UTF-8. */
export const TEXT_BYTES = 262_144;
/** The largest content: the biggest padding bucket less the one byte that marks its end. */
export const CONTENT_BYTES = 1_048_575;
/** A guest's name in Unicode scalar values, least and most. */
export const NAME_SCALARS = Object.freeze({ least: 2, most: 31 });
/** A room's name in Unicode scalar values, least and most. */
export const ROOM_NAME_SCALARS = Object.freeze({ least: 1, most: 64 });
/** After this long without a byte, in milliseconds, a connection is dead to a client. */
export const CLIENT_SILENCE_MS = 35_000;
