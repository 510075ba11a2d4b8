-- Whether nobody new comes in for the moment, and how many reports there were.
CREATE TABLE moderation (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    emergency BIGINT NOT NULL,
    reports BIGINT NOT NULL
);

-- What members reported, until an administrator has settled it: message is the hash of the envelope that
-- stood there, and the record holds that envelope with its key.
CREATE TABLE reports (
    number BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    reporter BYTEA NOT NULL CHECK (length(reporter) = 16),
    channel BYTEA NOT NULL REFERENCES channels (id),
    sequence BIGINT NOT NULL,
    message BYTEA NOT NULL CHECK (length(message) = 32),
    sender BYTEA NOT NULL CHECK (length(sender) = 16),
    received_at BIGINT NOT NULL,
    record BYTEA NOT NULL
);
CREATE UNIQUE INDEX reports_by_reporter ON reports (reporter, channel, sequence);
CREATE INDEX reports_by_message ON reports (channel, sequence);
