-- Files of rooms, whose chunks are elsewhere. bytes is what all chunks take, held how many are there;
-- touched_at is when the last one came; sequence is the message that names the file, 0 while none does.
CREATE TABLE files (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    room BYTEA NOT NULL REFERENCES rooms (id),
    uploader BYTEA NOT NULL CHECK (length(uploader) = 16),
    chunks BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    held BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    channel BYTEA NOT NULL,
    sequence BIGINT NOT NULL
);
CREATE INDEX files_by_room ON files (room);
CREATE INDEX files_by_message ON files (channel, sequence) WHERE sequence > 0;
CREATE INDEX files_unkept ON files (touched_at) WHERE sequence = 0;

-- A chunk that is there; hash is that of all its bytes.
CREATE TABLE file_chunks (
    file BYTEA NOT NULL REFERENCES files (id),
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (file, place)
);

-- Files that are gone, while their chunks are still to be deleted.
CREATE TABLE gone_files (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16)
);

-- The bytes of all files, so that they can be limited without being counted.
CREATE TABLE file_storage (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    bytes BIGINT NOT NULL
);
