-- Files of rooms, whose chunks are elsewhere. bytes is what all chunks take, held how many are there;
-- touched_at is when the last one came; sequence is the message that names the file, 0 while none does.
CREATE TABLE files (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    room BLOB NOT NULL REFERENCES rooms (id),
    uploader BLOB NOT NULL CHECK (length(uploader) = 16),
    chunks INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    held INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    channel BLOB NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX files_by_room ON files (room);
CREATE INDEX files_by_message ON files (channel, sequence) WHERE sequence > 0;
CREATE INDEX files_unkept ON files (touched_at) WHERE sequence = 0;

-- A chunk that is there; hash is that of all its bytes.
CREATE TABLE file_chunks (
    file BLOB NOT NULL REFERENCES files (id),
    place INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (file, place)
) STRICT;

-- Files that are gone, while their chunks are still to be deleted.
CREATE TABLE gone_files (
    id BLOB PRIMARY KEY CHECK (length(id) = 16)
) STRICT;

-- The bytes of all files, so that they can be limited without being counted.
CREATE TABLE file_storage (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    bytes INTEGER NOT NULL
) STRICT;
