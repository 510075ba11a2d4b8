-- The bytes of envelopes that are kept of each account, so that they can be limited without being counted.
CREATE TABLE storage (
    account BLOB PRIMARY KEY CHECK (length(account) = 16),
    bytes INTEGER NOT NULL
) STRICT;

INSERT INTO storage (account, bytes)
SELECT sender, sum(length(envelope)) FROM messages WHERE envelope IS NOT NULL GROUP BY sender;
