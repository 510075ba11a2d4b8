-- From which commit on a room keeps what is said for so many days; 0 is for ever, as before the first row.
CREATE TABLE room_keeps (
    room BLOB NOT NULL REFERENCES rooms (id),
    n INTEGER NOT NULL,
    days INTEGER NOT NULL,
    PRIMARY KEY (room, n)
) STRICT;
CREATE INDEX room_keeps_forgetting ON room_keeps (room) WHERE days > 0;
