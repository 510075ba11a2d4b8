//! What a command costs.

use wire_format::{ErrorCode, RoomId, command::Command};

use crate::{node::Node, room::Rooms};

/// The tokens that a command takes from its connection's budget: as many as it makes more work than
/// a plain one, so that the dear ones cannot be had at the rate of the cheap ones.
pub(crate) fn weight(command: &Command, node: &Node) -> u32 {
    match command {
        // Answers with hundreds of members, rooms, friends or messages, or with a whole ring.
        Command::EnterRoom(_)
        | Command::ListMembers(_)
        | Command::ListRooms(_)
        | Command::ListFriends(_)
        | Command::PresenceOf(_)
        | Command::RoomDirectory(_)
        | Command::LookAtRoom(_)
        | Command::FetchMessages(_) => PAGE,
        // Records of up to a mebibyte.
        Command::VaultItems(_)
        | Command::OwnRooms(_)
        | Command::ListInvitations(_)
        | Command::CommitChain(_)
        | Command::PendingRequests(_)
        | Command::KeyRequests(_)
        | Command::ListGrants(_)
        | Command::ListReports(_) => PAGE,
        // An event in each room that the session is in.
        Command::Announce(_) => PAGE,
        // Hashes, or signatures of many bits.
        Command::ChangePassword(_)
        | Command::DeleteAccount(_)
        | Command::RotateKeys(_)
        | Command::ResetKeys(_)
        | Command::CreateRoom(_)
        | Command::CommitEpoch(_)
        | Command::AskRoom(_)
        | Command::Invite(_)
        | Command::RequestKeys(_)
        | Command::ReportMessage(_) => PAGE,
        // An event to everybody who follows.
        Command::UpdateRoom(_)
        | Command::ArchiveRoom(_)
        | Command::UpdateChannel(_)
        | Command::ArchiveChannel(_)
        | Command::RotateEpoch(_) => PAGE,
        Command::CreateChannel(_) => ROOM,
        // A row that stays for a day, and what it takes.
        Command::CreateFile(_) => PAGE,
        Command::OpenRoom(open) if makes_room(&open.room, &node.rooms) => ROOM,
        command if conversation_of(command).is_some_and(|room| is_read(room, node)) => PAGE,
        _ => 1,
    }
}

/// The end-to-end room of a command that is a plain one once that is in memory.
const fn conversation_of(command: &Command) -> Option<RoomId> {
    match command {
        Command::FollowRoom(follow) => Some(follow.room),
        Command::RoomState(state) => Some(state.room),
        Command::SetRoomState(set) => Some(set.room),
        Command::BadShare(bad) => Some(bad.room),
        Command::RefuseKeys(refuse) => Some(refuse.room),
        _ => None,
    }
}

/// Whether the room's chain has to be read, or requests whose keys judge them.
fn is_read(room: RoomId, node: &Node) -> bool {
    let accounts = node.accounts.as_ref();
    let loaded = accounts.and_then(|accounts| accounts.conversations.loaded(room));
    loaded.is_none_or(|loaded| loaded.is_asked())
}

/// Whether a command's tail goes to others as it came, so that it costs what a message of its size does.
pub(crate) const fn is_passed_on(command: &Command) -> bool {
    matches!(
        command,
        Command::SetRoomState(_)
            | Command::GrantKeys(_)
            | Command::DeleteMessage(_)
            | Command::ReportMessage(_)
    )
}

fn makes_room(name: &str, rooms: &Rooms) -> bool {
    matches!(rooms.named(name), Err(ErrorCode::NoSuchRoom))
}

/// Tokens of a command that is answered with a page, tells many, or takes a core for long.
const PAGE: u32 = 5;
/// Tokens of making a room: there are only so many.
const ROOM: u32 = 10;
