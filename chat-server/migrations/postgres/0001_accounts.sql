-- What a server knows of itself, of accounts and of what they keep here.
-- Times are milliseconds since 1970; ids and hashes are bytes; records are opaque.

CREATE TABLE server (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    signing_key BYTEA NOT NULL,
    decoy_secret BYTEA NOT NULL,
    registration BIGINT NOT NULL,
    founded_at BIGINT NOT NULL
);

CREATE TABLE accounts (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    folded TEXT COLLATE "C" NOT NULL UNIQUE,
    display TEXT NOT NULL,
    salt BYTEA NOT NULL CHECK (length(salt) = 16),
    rounds BIGINT NOT NULL,
    login_hash TEXT NOT NULL,
    recovery_hash TEXT NOT NULL,
    role BIGINT NOT NULL,
    standing BIGINT NOT NULL,
    recovery BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX accounts_by_role ON accounts (role, standing);

-- Every form under which a name must be unique.
CREATE TABLE account_looks (
    look TEXT COLLATE "C" PRIMARY KEY,
    account BYTEA NOT NULL REFERENCES accounts (id)
);
CREATE INDEX account_looks_by_account ON account_looks (account);

CREATE TABLE keysets (
    account BYTEA NOT NULL REFERENCES accounts (id),
    number BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (account, number)
);

CREATE TABLE wrap_keys (
    account BYTEA NOT NULL REFERENCES accounts (id),
    number BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (account, number)
);

CREATE TABLE vault_roots (
    account BYTEA PRIMARY KEY REFERENCES accounts (id),
    number BIGINT NOT NULL,
    record BYTEA NOT NULL
);

-- Apart from the root, which is large and need not be written again with every item.
CREATE TABLE vaults (
    account BYTEA PRIMARY KEY REFERENCES accounts (id),
    revision BIGINT NOT NULL,
    items BIGINT NOT NULL
);

CREATE TABLE vault_items (
    account BYTEA NOT NULL REFERENCES accounts (id),
    kind BIGINT NOT NULL,
    name BYTEA NOT NULL,
    number BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    forget_at BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (account, kind, name)
);
CREATE UNIQUE INDEX vault_items_by_revision ON vault_items (account, revision);
CREATE INDEX vault_items_by_kind ON vault_items (account, kind, revision);
CREATE INDEX vault_items_due ON vault_items (forget_at) WHERE forget_at > 0;

CREATE TABLE sessions (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    account BYTEA NOT NULL REFERENCES accounts (id),
    means BIGINT NOT NULL,
    client TEXT NOT NULL,
    address TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    idle_ms BIGINT NOT NULL,
    idle_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);
CREATE INDEX sessions_idle ON sessions (idle_at);
CREATE INDEX sessions_expired ON sessions (expires_at);

CREATE TABLE tokens (
    hash BYTEA PRIMARY KEY CHECK (length(hash) = 32),
    purpose BIGINT NOT NULL,
    account BYTEA REFERENCES accounts (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX tokens_by_account ON tokens (account);
CREATE INDEX tokens_expired ON tokens (expires_at);

-- One row for each side of a pair that has something to do with the other.
CREATE TABLE friends (
    account BYTEA NOT NULL REFERENCES accounts (id),
    other BYTEA NOT NULL REFERENCES accounts (id),
    state BIGINT NOT NULL,
    PRIMARY KEY (account, other)
);
CREATE INDEX friends_by_other ON friends (other);

-- No reference to accounts: a row outlives the account that it names.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind BIGINT NOT NULL,
    actor BYTEA NOT NULL CHECK (length(actor) = 16),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous BYTEA NOT NULL CHECK (length(previous) = 32),
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);
