//! `rooms.directory`.

use wire_format::{
    EpochNumber, ErrorCode, Refusal,
    command::directory::{Directory, DirectoryPage, ListedRoom},
    limits::{DIRECTORY_PER_PAGE, HEADER_BYTES, ROOM_NAME_BYTES},
};

use crate::{
    command::{Turn, errand::Errand},
    store::rooms::{ListPublicRooms, PublicRoom},
};

/// Lists public rooms, by id. A dropped future leaves nothing behind.
pub(super) async fn run(errand: Errand, asked: Directory) -> Result<Turn, Refusal> {
    let find = asked.find.unwrap_or_default();
    if find.len() > ROOM_NAME_BYTES {
        return Err(ErrorCode::Malformed.into());
    }
    let list = ListPublicRooms {
        after: asked.after,
        find,
        limit: u32::try_from(DIRECTORY_PER_PAGE + 1).unwrap_or(u32::MAX),
    };
    let rooms = errand.read(list).await?;
    let found = rooms.len();
    let mut bytes = 0;
    let rooms = rooms.into_iter().map(listed).take(DIRECTORY_PER_PAGE);
    let fitting = rooms.take_while(|room| {
        bytes += written(room);
        bytes <= PAGE_BYTES
    });
    let rooms: Vec<_> = fitting.collect();
    let more = rooms.len() < found;
    errand.ok(&DirectoryPage { rooms, more })
}

fn listed(room: PublicRoom) -> ListedRoom {
    ListedRoom {
        room: room.room,
        name: room.name,
        topic: room.topic,
        members: u32::try_from(room.members).unwrap_or(u32::MAX),
        n: EpochNumber::new(room.n),
    }
}

/// What a room takes in a header, in bytes: of what names and topics hold, two signs take two each.
fn written(room: &ListedRoom) -> usize {
    let texts = room.name.chars().chain(room.topic.chars());
    let texts: usize = texts
        .map(|letter| letter.len_utf8() + usize::from(matches!(letter, '"' | '\\')))
        .sum();
    texts + OTHER_BYTES
}

/// Bytes of a header that rooms may take.
const PAGE_BYTES: usize = HEADER_BYTES - 1024;
/// What a room takes beside its texts at most, in bytes: names of fields, an id, two numbers.
const OTHER_BYTES: usize = 160;

#[cfg(test)]
mod tests {
    use wire_format::{
        RoomId,
        limits::{ROOM_NAME_BYTES, TOPIC_BYTES},
    };

    use super::*;

    #[test]
    fn what_is_counted_is_what_is_written_at_least() {
        for text in ["\"", "\\", "x", "é", "\u{10ffff}"] {
            let room = listed(PublicRoom {
                room: RoomId::from_bytes([0xff; 16]),
                name: text.repeat(ROOM_NAME_BYTES / text.len()),
                topic: text.repeat(TOPIC_BYTES / text.len()),
                n: u64::MAX,
                members: u64::MAX,
            });
            let json = serde_json::to_vec(&room).expect("written");
            let counted = written(&room);
            assert!(json.len() < counted && counted < json.len() + 64, "{text}");
        }
    }
}
