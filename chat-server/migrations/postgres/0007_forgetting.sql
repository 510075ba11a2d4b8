-- From which commit on a room keeps what is said for so many days; 0 is for ever, as before the first row.
CREATE TABLE room_keeps (
    room BYTEA NOT NULL REFERENCES rooms (id),
    n BIGINT NOT NULL,
    days BIGINT NOT NULL,
    PRIMARY KEY (room, n)
);
CREATE INDEX room_keeps_forgetting ON room_keeps (room) WHERE days > 0;
