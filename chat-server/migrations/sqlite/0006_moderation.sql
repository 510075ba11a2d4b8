-- Whether nobody new comes in for the moment, and how many reports there were.
CREATE TABLE moderation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    emergency INTEGER NOT NULL,
    reports INTEGER NOT NULL
) STRICT;

-- What members reported, until an administrator has settled it: message is the hash of the envelope that
-- stood there, and the record holds that envelope with its key.
CREATE TABLE reports (
    number INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    reporter BLOB NOT NULL CHECK (length(reporter) = 16),
    channel BLOB NOT NULL REFERENCES channels (id),
    sequence INTEGER NOT NULL,
    message BLOB NOT NULL CHECK (length(message) = 32),
    sender BLOB NOT NULL CHECK (length(sender) = 16),
    received_at INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX reports_by_reporter ON reports (reporter, channel, sequence);
CREATE INDEX reports_by_message ON reports (channel, sequence);
