-- The bytes of envelopes that are kept of each account, so that they can be limited without being counted.
CREATE TABLE storage (
    account BYTEA PRIMARY KEY CHECK (length(account) = 16),
    bytes BIGINT NOT NULL
);

INSERT INTO storage (account, bytes)
SELECT sender, sum(length(envelope)) FROM messages WHERE envelope IS NOT NULL GROUP BY sender;
