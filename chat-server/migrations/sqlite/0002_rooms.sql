-- End-to-end rooms: their chains of commits, what their members ask of each other, and messages.
-- No account is referred to: a room's chain outlives the accounts that it names.

-- n and hash are the newest commit's; due is why the next one is due, beside what can be computed; asked
-- counts the requests that there were.
CREATE TABLE rooms (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind INTEGER NOT NULL,
    founder BLOB NOT NULL CHECK (length(founder) = 16),
    founded_at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    due INTEGER NOT NULL,
    asked INTEGER NOT NULL
) STRICT;

-- The two of a direct conversation, the smaller id first, while both are in.
CREATE TABLE direct_pairs (
    first BLOB NOT NULL,
    second BLOB NOT NULL,
    room BLOB NOT NULL REFERENCES rooms (id),
    PRIMARY KEY (first, second)
) STRICT;
CREATE INDEX direct_pairs_by_room ON direct_pairs (room);
CREATE INDEX direct_pairs_by_second ON direct_pairs (second);

CREATE TABLE room_commits (
    room BLOB NOT NULL REFERENCES rooms (id),
    n INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    author BLOB NOT NULL CHECK (length(author) = 16),
    at INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (room, n)
) STRICT;

-- The members of an epoch, ascending, and in their order 8 bytes of a wrap key's number and 384 of a
-- share each: one row an epoch, however many are in it.
CREATE TABLE room_shares (
    room BLOB NOT NULL REFERENCES rooms (id),
    n INTEGER NOT NULL,
    accounts BLOB NOT NULL,
    wraps BLOB NOT NULL,
    shares BLOB NOT NULL,
    PRIMARY KEY (room, n)
) STRICT;

-- Whoever is or was in a room: gone is the commit that let it out, 0 while it is in. It is the chain
-- that says so; this is for looking up.
CREATE TABLE room_members (
    room BLOB NOT NULL REFERENCES rooms (id),
    account BLOB NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    role INTEGER NOT NULL,
    came INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT;
CREATE INDEX room_members_by_account ON room_members (account, room);
CREATE INDEX room_members_present ON room_members (account) WHERE gone = 0;

-- One pending request an account; number is their order in a room.
CREATE TABLE room_requests (
    room BLOB NOT NULL REFERENCES rooms (id),
    account BLOB NOT NULL,
    number INTEGER NOT NULL,
    action INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    record BLOB NOT NULL,
    PRIMARY KEY (room, account)
) STRICT;
CREATE INDEX room_requests_by_account ON room_requests (account);

CREATE TABLE room_invitations (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    room BLOB NOT NULL REFERENCES rooms (id),
    invitee BLOB NOT NULL,
    inviter BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX room_invitations_by_invitee ON room_invitations (invitee);
CREATE INDEX room_invitations_by_inviter ON room_invitations (inviter);
CREATE INDEX room_invitations_by_room ON room_invitations (room);
CREATE INDEX room_invitations_expired ON room_invitations (expires_at);

CREATE TABLE key_requests (
    room BLOB NOT NULL REFERENCES rooms (id),
    account BLOB NOT NULL,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    refused INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (room, account)
) STRICT;
CREATE INDEX key_requests_by_account ON key_requests (account);

-- The newest grant of each granter for an account's request.
CREATE TABLE key_grants (
    room BLOB NOT NULL,
    account BLOB NOT NULL,
    granter BLOB NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (room, account, granter),
    FOREIGN KEY (room, account) REFERENCES key_requests (room, account)
) STRICT;
CREATE INDEX key_grants_by_account ON key_grants (account);

CREATE TABLE room_states (
    room BLOB PRIMARY KEY REFERENCES rooms (id),
    number INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;

-- sequence is the newest delivery's; committed is that of the newest commit.
CREATE TABLE channels (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    room BLOB NOT NULL REFERENCES rooms (id),
    run BLOB NOT NULL CHECK (length(run) = 16),
    sequence INTEGER NOT NULL,
    committed INTEGER NOT NULL
) STRICT;
CREATE INDEX channels_by_room ON channels (room);

-- flags are those of the deliver frame: 1 a message, 3 a commit, whose record is in room_commits.
-- hash is the envelope's or the commit's; an erased message has no envelope, and the sequence of its
-- tombstone.
CREATE TABLE messages (
    channel BLOB NOT NULL REFERENCES channels (id),
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    sender BLOB NOT NULL,
    name TEXT NOT NULL,
    flags INTEGER NOT NULL,
    n INTEGER NOT NULL,
    message BLOB,
    hash BLOB NOT NULL,
    envelope BLOB,
    tombstone INTEGER NOT NULL,
    PRIMARY KEY (channel, sequence)
) STRICT;
CREATE UNIQUE INDEX messages_by_id ON messages (channel, message) WHERE message IS NOT NULL;

-- Keysets of deleted accounts that chains of rooms name.
CREATE TABLE past_keysets (
    account BLOB NOT NULL,
    number INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (account, number)
) STRICT;
