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
/// Largest bundle, in bytes: an epoch start behind its length, and its starter's announcement.
pub const BUNDLE_BYTES: usize = 2 + EPOCH_START_BYTES + ANNOUNCEMENT_BYTES;
/// Size of a share of a proxy-sealed room, in bytes: what RSA-2048 encrypts to.
pub const SHARE_BYTES: usize = 256;
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
/// Largest tail of `keys.wrap`, in bytes: a wrap key and a vault root.
pub const WRAP_AND_ROOT_BYTES: usize = WRAP_KEY_BYTES + VAULT_ROOT_BYTES + 2 * RECORD_LENGTH_BYTES;
/// Largest tail of `keys.rotate` and `keys.reset`, in bytes: a keyset, its wrap key, a vault root.
pub const KEYS_AND_ROOT_BYTES: usize = KEYSET_BYTES + RECORD_LENGTH_BYTES + WRAP_AND_ROOT_BYTES;
/// Largest tail of `auth.register`, in bytes: what a frame before a sign-in holds beside the longest
/// fields.
pub const REGISTRATION_BYTES: usize = FRAME_BYTES_BEFORE_SIGN_IN - 2 * 1024;
/// Largest tail of `vault.put`, in bytes: what fits a frame beside its header.
pub const VAULT_PUT_BYTES: usize = 1024 * 1024;
/// Size of the length in front of a record of a list, in bytes.
const RECORD_LENGTH_BYTES: usize = 4;
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

/// Most members of an end-to-end room: their shares and a commit fit one frame.
pub const ROOM_MEMBERS: usize = 1000;
/// Most accounts that one end-to-end room has banned.
pub const ROOM_BANNED: usize = 1000;
/// Most changes in one commit.
pub const COMMIT_CHANGES: usize = 256;
/// Largest commit, in bytes: with [`ROOM_MEMBERS`] shares it fits one frame.
pub const COMMIT_BYTES: usize = 512 * 1024;
/// Size of a share of an end-to-end room, in bytes: what RSA-3072 encrypts to.
pub const ACCOUNT_SHARE_BYTES: usize = 384;
/// Largest tail of `epochs.commit`, in bytes: a commit behind its length, and a share a member.
pub const COMMIT_TAIL_BYTES: usize =
    RECORD_LENGTH_BYTES + COMMIT_BYTES + ROOM_MEMBERS * ACCOUNT_SHARE_BYTES;
/// Largest request to join or to leave, in bytes, with the invitation in it.
pub const REQUEST_BYTES: usize = 4 * 1024;
/// Largest invitation, in bytes.
pub const INVITATION_BYTES: usize = 4 * 1024;
/// How long an invitation holds at most.
pub const INVITATION_HOLDS: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Pending leaves that a commit has to take in, the oldest first.
pub const LEAVES_TAKEN: usize = 128;
/// Pending joins that a commit has to take in, the oldest first: with [`LEAVES_TAKEN`] they leave a
/// quarter of the changes for what owners and admins decide, whoever floods the room.
pub const JOINS_TAKEN: usize = 64;
/// Largest request for keys, in bytes.
pub const KEY_REQUEST_BYTES: usize = 4 * 1024;
/// Epochs that one request may ask for.
pub const EPOCHS_ASKED: u64 = 1000;
/// Largest grant, in bytes: [`EPOCHS_ASKED`] secrets, padded.
pub const GRANT_BYTES: usize = 72 * 1024;
/// Largest room state, in bytes.
pub const ROOM_STATE_BYTES: usize = 256 * 1024;
/// Largest room settings, in bytes: [`ROOM_CHANNELS`] channels with the longest names and topics. With
/// them a room state has 48 KiB for resources before its padding reaches [`ROOM_STATE_BYTES`].
pub const ROOM_SETTINGS_BYTES: usize = 144 * 1024;
/// Most channels of an end-to-end room.
pub const ROOM_CHANNELS: usize = 100;
/// Longest wait between two messages of a member in a channel, in milliseconds: an hour.
pub const SLOW_MS: u32 = 60 * 60 * 1000;
/// Longest topic of a room or channel, in bytes of UTF-8: a paragraph.
pub const TOPIC_BYTES: usize = 1024;
/// Longest title of a resource, in bytes of UTF-8.
pub const RESOURCE_TITLE_BYTES: usize = 256;
/// Longest address of a resource, in bytes.
pub const RESOURCE_URL_BYTES: usize = 2048;
/// Longest reason of a deletion, in bytes of UTF-8.
pub const TOMBSTONE_REASON_BYTES: usize = 256;
/// Largest report, in bytes: the largest envelope, its key, and what is said about it.
pub const REPORT_BYTES: usize = CONTENT_BYTES + 8 * 1024;
/// Longest reason of a report, in bytes of UTF-8: a paragraph.
pub const REPORT_REASON_BYTES: usize = 1024;
/// Reports of one account that may be pending: more than anybody can have been wronged before an
/// administrator has looked.
pub const REPORTS_PENDING: u64 = 20;
/// Reports in one `reports.list` reply, unless their bytes fill it first.
pub const REPORTS_PER_PAGE: u64 = 100;
/// Largest tail of `messages.delete`, in bytes: a signed envelope with a tombstone in it.
pub const TOMBSTONE_BYTES: usize = 4 * 1024;
/// Keysets of one account: each stays for good, and whoever meets the account reads and verifies all of
/// them. One a year is usual; clients read twice as many, and nothing behind those.
pub const KEYSETS_PER_ACCOUNT: usize = 500;
/// End-to-end rooms that one account may be in: more than anybody reads.
pub const ROOMS_PER_ACCOUNT: usize = 1000;
/// Public rooms that one account may have made: more than anybody keeps in order, and too few to fill the
/// list of a server.
pub const PUBLIC_ROOMS_BY_ONE: u64 = 100;
/// End-to-end rooms in which one founder may have placed an account that has not written there yet: more
/// than anybody who is known to it needs, and too few to fill its list.
pub const PLACED_UNANSWERED: u64 = 10;
/// Invitations that wait for one account: what keeps a reply below [`FRAME_BYTES`].
pub const INVITATIONS_PER_ACCOUNT: usize = 100;
/// Those of them that are by one inviter, so that nobody takes the place of the others.
pub const INVITATIONS_BY_ONE: u64 = 10;
/// Requests for keys in one `epochs.key_requests` reply: what keeps it below [`FRAME_BYTES`].
pub const KEY_REQUESTS_LISTED: usize = 256;
/// Grants that are kept for one request, so that the reply with all of them is below [`FRAME_BYTES`]:
/// one is enough, if it is whole.
pub const GRANTS_PER_REQUEST: u64 = 8;
/// Deliveries in one `messages.fetch` reply.
pub const MESSAGES_PER_PAGE: u16 = 500;
/// Bytes of the tail of that reply, unless one delivery alone is larger: what fits a frame beside
/// its header, and with the largest delivery does as well.
pub const MESSAGES_PAGE_BYTES: usize = 1024 * 1024;
/// Age at which the next who wants to send commits first.
pub const COMMIT_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Stored messages of one epoch after which the next who wants to send commits first.
pub const COMMIT_MESSAGES: u64 = 1000;
/// Longest sign on a message, in bytes of UTF-8: a family of four has 25.
pub const EMOJI_BYTES: usize = 32;
/// Longest name of a file, in bytes of UTF-8: what file systems take.
pub const FILE_NAME_BYTES: usize = 255;
/// Longest media type of a file, in bytes of ASCII: a type or a subtype alone (RFC 6838 §4.2).
pub const MEDIA_TYPE_BYTES: usize = 127;
/// Size of every chunk of a file but the last, in bytes.
pub const FILE_CHUNK_BYTES: u64 = 1024 * 1024;
/// Size of a chunk as it travels, in bytes: a whole one, its head, its seal.
pub const FILE_CHUNK_RECORD_BYTES: usize = 23 + 16 + 4 + 1024 * 1024 + 16 + 32;
/// What the last chunk of a file is filled up to a multiple of, in bytes: an exact length says much.
pub const FILE_FILL_BYTES: usize = 16 * 1024;
/// Most chunks of a file: 4 GiB.
pub const FILE_CHUNKS: u32 = 4096;

/// Members in one reply: what keeps a header below [`HEADER_BYTES`].
pub const MEMBERS_PER_PAGE: usize = 500;
/// Entries in one `friends.list` reply: what keeps a header below [`HEADER_BYTES`] with the longest
/// names.
pub const FRIENDS_PER_PAGE: usize = 500;
/// Rooms in one `rooms.list` reply.
pub const ROOMS_PER_PAGE: usize = 500;
/// Rooms in one `rooms.directory` reply, or fewer where the longest topics would not fit [`HEADER_BYTES`].
pub const DIRECTORY_PER_PAGE: usize = 200;
/// Channels of all rooms in one `rooms.mine` reply, unless one room has more: what keeps a header below
/// [`HEADER_BYTES`] with [`ROOMS_PER_PAGE`] rooms.
pub const CHANNELS_PER_PAGE: usize = 4_000;
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
