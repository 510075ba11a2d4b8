//! Every limit of the protocol (docs/protocol.md#12-limits), each with its unit and its reason.

use std::time::Duration;

/// The version that `session.hello` names.
pub const PROTOCOL_VERSION: u32 = 1;

/// Largest `length` of a frame before sign-in, in bytes: a stranger reserves little.
pub const FRAME_BYTES_BEFORE_SIGN_IN: usize = 16 * 1024;
/// Largest `length` of a frame, in bytes: one padded content of 1 MiB, its envelope and its frame.
pub const FRAME_BYTES: usize = 1024 * 1024 + 64 * 1024;
/// Largest JSON header, in bytes: [`MEMBERS_PER_PAGE`] members with the longest names.
pub const HEADER_BYTES: usize = 256 * 1024;

/// Largest padded content of an envelope, in bytes: the largest padding bucket.
pub const CONTENT_BYTES: usize = 1024 * 1024;
/// Largest text of a message, in bytes of UTF-8: a book chapter.
pub const TEXT_BYTES: usize = 256 * 1024;

/// Largest announcement, in bytes: two RSA-2048 keys, two signatures and the longest name.
pub const ANNOUNCEMENT_BYTES: usize = 2 * 1024;
/// Largest epoch start of a proxy-sealed room, in bytes.
pub const EPOCH_START_BYTES: usize = 1024;
/// Largest epoch number: what a double holds exactly, so that every language can count.
pub const EPOCH_NUMBER: u64 = (1 << 53) - 1;
/// Largest epoch number that a server takes from `epochs.hold`: nobody may leave a room without a
/// next one.
pub const EPOCH_NUMBER_HELD: u64 = 1 << 52;

/// Shortest name of a person, in Unicode scalar values.
pub const NAME_SCALARS_LEAST: usize = 2;
/// Longest name of a person, in Unicode scalar values.
pub const NAME_SCALARS: usize = 31;
/// Longest name of a person in a frame, in bytes of UTF-8.
pub const NAME_BYTES: usize = NAME_SCALARS * 4;
/// Longest name of a room, in Unicode scalar values.
pub const ROOM_NAME_SCALARS: usize = 64;
/// Longest `client` text in `session.hello`, in bytes.
pub const CLIENT_BYTES: usize = 64;

/// Largest keyset, in bytes: two RSA-4096 signatures, a key, and room to spare.
pub const KEYSET_BYTES: usize = 4 * 1024;
/// Largest wrap key, in bytes.
pub const WRAP_KEY_BYTES: usize = 4 * 1024;
/// Largest proof of keys, in bytes.
pub const KEYS_PROOF_BYTES: usize = 4 * 1024;
/// Largest vault root, in bytes: some dozens of private keys.
pub const VAULT_ROOT_BYTES: usize = 192 * 1024;
/// Largest vault item of the kind that holds a room's record, in bytes: 1 000 members and as many
/// banned accounts.
pub const ROOM_HEAD_ITEM_BYTES: usize = 192 * 1024;
/// Largest other vault item, in bytes.
pub const VAULT_ITEM_BYTES: usize = 4 * 1024;
/// Longest name of a preference, in bytes of ASCII.
pub const PREFERENCE_NAME_BYTES: usize = 32;
/// Longest name of a room that is wrapped to somebody, in bytes of UTF-8.
pub const ROOM_NAME_BYTES: usize = ROOM_NAME_SCALARS * 4;
/// Longest prepared password, in bytes of UTF-8: longer than anybody types.
pub const PASSWORD_BYTES: usize = 1024;
/// Fewest rounds that a password is stretched: fewer make guessing cheap.
pub const ROUNDS_LEAST: u32 = 600_000;
/// Most rounds that a client takes from a server: some seconds of work.
pub const ROUNDS_MOST: u32 = 10_000_000;
/// Longest name of a server, in bytes: a host name's.
pub const SERVER_NAME_BYTES: usize = 255;
/// Longest token of an account's session, in bytes: a signed one with two ids, and room to spare.
pub const TOKEN_BYTES: usize = 1024;
/// Longest name that an account shows beside its own, in Unicode scalar values.
pub const DISPLAY_SCALARS: usize = 64;
/// Accounts that one command may ask about: as many as a room has, and their wrap keys fit a frame.
pub const ACCOUNTS_ASKED: usize = 1000;

/// Members in one reply: what keeps a header below [`HEADER_BYTES`].
pub const MEMBERS_PER_PAGE: usize = 500;
/// Entries in one `friends.list` reply: what keeps a header below [`HEADER_BYTES`] with the longest
/// names.
pub const FRIENDS_PER_PAGE: usize = 500;
/// Rooms in one `rooms.list` reply.
pub const ROOMS_PER_PAGE: usize = 500;
/// Rooms that one session may be in: each costs the server a place in a fan-out.
pub const ROOMS_PER_SESSION: usize = 64;
/// Rooms on one server: each may hold a full ring.
pub const ROOMS: usize = 1024;
/// Deliveries that a channel keeps in memory.
pub const RING_FRAMES: usize = 256;
/// Bytes of deliveries that a channel keeps in memory.
pub const RING_BYTES: usize = 1024 * 1024;
/// How long a room with nobody in it keeps its ring, run and epoch.
pub const EMPTY_ROOM: Duration = Duration::from_secs(120);

/// How long a connection may take to sign in.
pub const SIGN_IN_WITHIN: Duration = Duration::from_secs(10);
/// How often the server pings.
pub const PING_EVERY: Duration = Duration::from_secs(15);
/// Silence after which the server gives a connection up: two missed pings.
pub const SERVER_SILENCE: Duration = Duration::from_secs(30);
/// Silence after which a client gives a connection up: two missed pings and some slack.
pub const CLIENT_SILENCE: Duration = Duration::from_secs(35);

/// How long one holder has to answer a newcomer.
pub const ASK_WITHIN: Duration = Duration::from_secs(2);
/// Holders asked before the newcomer is told to start an epoch of its own.
pub const HOLDERS_ASKED: usize = 3;
/// Least time between two epochs of a room, so that comings and goings do not cost a key each.
pub const EPOCH_GAP: Duration = Duration::from_secs(10);
/// Age at which an epoch is due whatever happened.
pub const EPOCH_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after the first `epochs.hold` a higher epoch still replaces a lower one.
pub const HOLD_WINDOW: Duration = Duration::from_secs(10);

/// Difference between a live message's time and the receiver's clock that is flagged.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);
