//! What a command costs.

use wire_format::{ErrorCode, command::Command};

use crate::room::Rooms;

/// The tokens that a command takes from its connection's budget: as many as it makes more work than
/// a plain one, so that the dear ones cannot be had at the rate of the cheap ones.
pub(crate) fn weight(command: &Command, rooms: &Rooms) -> u32 {
    match command {
        // Answers with hundreds of members, rooms or friends, or with a whole ring.
        Command::EnterRoom(_)
        | Command::ListMembers(_)
        | Command::ListRooms(_)
        | Command::ListFriends(_)
        | Command::PresenceOf(_) => PAGE,
        // An event in each room that the session is in.
        Command::Announce(_) => PAGE,
        // Hashes, or signatures of many bits.
        Command::ChangePassword(_)
        | Command::DeleteAccount(_)
        | Command::RotateKeys(_)
        | Command::ResetKeys(_) => PAGE,
        Command::OpenRoom(open) if makes_room(&open.room, rooms) => ROOM,
        _ => 1,
    }
}

fn makes_room(name: &str, rooms: &Rooms) -> bool {
    matches!(rooms.named(name), Err(ErrorCode::NoSuchRoom))
}

/// Tokens of a command that is answered with a page, tells many, or takes a core for long.
const PAGE: u32 = 5;
/// Tokens of making a room: there are only so many.
const ROOM: u32 = 10;
