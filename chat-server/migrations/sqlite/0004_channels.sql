-- What public rooms and their channels are called, plainly, and what is only read any more. Private
-- rooms have nothing there: theirs is sealed, in room_states.

-- revision counts the changes of a room and its channels; folded is the name in one case.
ALTER TABLE rooms ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN topic TEXT NOT NULL DEFAULT '';
CREATE INDEX rooms_public ON rooms (id) WHERE kind = 1;
CREATE INDEX rooms_public_by_founder ON rooms (founder) WHERE kind = 1;

-- slow_ms is how long a member waits between two messages.
ALTER TABLE channels ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN slow_ms INTEGER NOT NULL DEFAULT 0;

-- The forms under which names of public rooms are unique.
CREATE TABLE room_looks (
    look TEXT PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (id)
) STRICT;
CREATE INDEX room_looks_by_room ON room_looks (room);
