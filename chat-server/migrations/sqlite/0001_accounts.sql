-- What a server knows of itself, of accounts and of what they keep here.
-- Times are milliseconds since 1970; ids and hashes are bytes; records are opaque.

CREATE TABLE server (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    signing_key BLOB NOT NULL,
    decoy_secret BLOB NOT NULL,
    registration INTEGER NOT NULL,
    founded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    display TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    rounds INTEGER NOT NULL,
    login_hash TEXT NOT NULL,
    recovery_hash TEXT NOT NULL,
    role INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    recovery INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_by_role ON accounts (role, standing);

-- Every form under which a name must be unique.
CREATE TABLE account_looks (
    look TEXT PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (id)
) STRICT;
CREATE INDEX account_looks_by_account ON account_looks (account);

CREATE TABLE keysets (
    account BLOB NOT NULL REFERENCES accounts (id),
    number INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (account, number)
) STRICT;

CREATE TABLE wrap_keys (
    account BLOB NOT NULL REFERENCES accounts (id),
    number INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (account, number)
) STRICT;

CREATE TABLE vault_roots (
    account BLOB PRIMARY KEY REFERENCES accounts (id),
    number INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;

-- Apart from the root, which is large and need not be written again with every item.
CREATE TABLE vaults (
    account BLOB PRIMARY KEY REFERENCES accounts (id),
    revision INTEGER NOT NULL,
    items INTEGER NOT NULL
) STRICT;

CREATE TABLE vault_items (
    account BLOB NOT NULL REFERENCES accounts (id),
    kind INTEGER NOT NULL,
    name BLOB NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    forget_at INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (account, kind, name)
) STRICT;
CREATE UNIQUE INDEX vault_items_by_revision ON vault_items (account, revision);
CREATE INDEX vault_items_by_kind ON vault_items (account, kind, revision);
CREATE INDEX vault_items_due ON vault_items (forget_at) WHERE forget_at > 0;

CREATE TABLE sessions (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    account BLOB NOT NULL REFERENCES accounts (id),
    means INTEGER NOT NULL,
    client TEXT NOT NULL,
    address TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    idle_ms INTEGER NOT NULL,
    idle_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account);
CREATE INDEX sessions_idle ON sessions (idle_at);
CREATE INDEX sessions_expired ON sessions (expires_at);

CREATE TABLE tokens (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    purpose INTEGER NOT NULL,
    account BLOB REFERENCES accounts (id),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_account ON tokens (account);
CREATE INDEX tokens_expired ON tokens (expires_at);

-- One row for each side of a pair that has something to do with the other.
CREATE TABLE friends (
    account BLOB NOT NULL REFERENCES accounts (id),
    other BLOB NOT NULL REFERENCES accounts (id),
    state INTEGER NOT NULL,
    PRIMARY KEY (account, other)
) STRICT;
CREATE INDEX friends_by_other ON friends (other);

-- No reference to accounts: a row outlives the account that it names.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind INTEGER NOT NULL,
    actor BLOB NOT NULL CHECK (length(actor) = 16),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
