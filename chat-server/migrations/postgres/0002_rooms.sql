-- End-to-end rooms: their chains of commits, what their members ask of each other, and messages.
-- No account is referred to: a room's chain outlives the accounts that it names.

-- n and hash are the newest commit's; due is why the next one is due, beside what can be computed; asked
-- counts the requests that there were.
CREATE TABLE rooms (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    kind BIGINT NOT NULL,
    founder BYTEA NOT NULL CHECK (length(founder) = 16),
    founded_at BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    due BIGINT NOT NULL,
    asked BIGINT NOT NULL
);

-- The two of a direct conversation, the smaller id first, while both are in.
CREATE TABLE direct_pairs (
    first BYTEA NOT NULL,
    second BYTEA NOT NULL,
    room BYTEA NOT NULL REFERENCES rooms (id),
    PRIMARY KEY (first, second)
);
CREATE INDEX direct_pairs_by_room ON direct_pairs (room);
CREATE INDEX direct_pairs_by_second ON direct_pairs (second);

CREATE TABLE room_commits (
    room BYTEA NOT NULL REFERENCES rooms (id),
    n BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    author BYTEA NOT NULL CHECK (length(author) = 16),
    at BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (room, n)
);

-- The members of an epoch, ascending, and in their order 8 bytes of a wrap key's number and 384 of a
-- share each: one row an epoch, however many are in it.
CREATE TABLE room_shares (
    room BYTEA NOT NULL REFERENCES rooms (id),
    n BIGINT NOT NULL,
    accounts BYTEA NOT NULL,
    wraps BYTEA NOT NULL,
    shares BYTEA NOT NULL,
    PRIMARY KEY (room, n)
);

-- Whoever is or was in a room: gone is the commit that let it out, 0 while it is in. It is the chain
-- that says so; this is for looking up.
CREATE TABLE room_members (
    room BYTEA NOT NULL REFERENCES rooms (id),
    account BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
    role BIGINT NOT NULL,
    came BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    PRIMARY KEY (room, account)
);
CREATE INDEX room_members_by_account ON room_members (account, room);
CREATE INDEX room_members_present ON room_members (account) WHERE gone = 0;

-- One pending request an account; number is their order in a room.
CREATE TABLE room_requests (
    room BYTEA NOT NULL REFERENCES rooms (id),
    account BYTEA NOT NULL,
    number BIGINT NOT NULL,
    action BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    record BYTEA NOT NULL,
    PRIMARY KEY (room, account)
);
CREATE INDEX room_requests_by_account ON room_requests (account);

CREATE TABLE room_invitations (
    hash BYTEA PRIMARY KEY CHECK (length(hash) = 32),
    room BYTEA NOT NULL REFERENCES rooms (id),
    invitee BYTEA NOT NULL,
    inviter BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    record BYTEA NOT NULL
);
CREATE INDEX room_invitations_by_invitee ON room_invitations (invitee);
CREATE INDEX room_invitations_by_inviter ON room_invitations (inviter);
CREATE INDEX room_invitations_by_room ON room_invitations (room);
CREATE INDEX room_invitations_expired ON room_invitations (expires_at);

CREATE TABLE key_requests (
    room BYTEA NOT NULL REFERENCES rooms (id),
    account BYTEA NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    refused BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (room, account)
);
CREATE INDEX key_requests_by_account ON key_requests (account);

-- The newest grant of each granter for an account's request.
CREATE TABLE key_grants (
    room BYTEA NOT NULL,
    account BYTEA NOT NULL,
    granter BYTEA NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (room, account, granter),
    FOREIGN KEY (room, account) REFERENCES key_requests (room, account)
);
CREATE INDEX key_grants_by_account ON key_grants (account);

CREATE TABLE room_states (
    room BYTEA PRIMARY KEY REFERENCES rooms (id),
    number BIGINT NOT NULL,
    record BYTEA NOT NULL
);

-- sequence is the newest delivery's; committed is that of the newest commit.
CREATE TABLE channels (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    room BYTEA NOT NULL REFERENCES rooms (id),
    run BYTEA NOT NULL CHECK (length(run) = 16),
    sequence BIGINT NOT NULL,
    committed BIGINT NOT NULL
);
CREATE INDEX channels_by_room ON channels (room);

-- flags are those of the deliver frame: 1 a message, 3 a commit, whose record is in room_commits.
-- hash is the envelope's or the commit's; an erased message has no envelope, and the sequence of its
-- tombstone.
CREATE TABLE messages (
    channel BYTEA NOT NULL REFERENCES channels (id),
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    sender BYTEA NOT NULL,
    name TEXT NOT NULL,
    flags BIGINT NOT NULL,
    n BIGINT NOT NULL,
    message BYTEA,
    hash BYTEA NOT NULL,
    envelope BYTEA,
    tombstone BIGINT NOT NULL,
    PRIMARY KEY (channel, sequence)
);
CREATE UNIQUE INDEX messages_by_id ON messages (channel, message) WHERE message IS NOT NULL;

-- Keysets of deleted accounts that chains of rooms name.
CREATE TABLE past_keysets (
    account BYTEA NOT NULL,
    number BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (account, number)
);
