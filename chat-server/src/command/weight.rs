//! What a command costs.

use wire_format::command::Command;

/// The tokens that a command takes from its connection's budget: as many as it makes more work than
/// a plain one, so that the dear ones cannot be had at the rate of the cheap ones.
pub(crate) fn weight(command: &Command) -> u32 {
    match command {
        // Answers with hundreds of members or rooms, or with a whole ring.
        Command::EnterRoom(_) | Command::ListMembers(_) | Command::ListRooms(_) => PAGE,
        // An event in each room that the session is in.
        Command::Announce(_) => PAGE,
        _ => 1,
    }
}

/// Tokens of a command that is answered with a page, or tells many.
const PAGE: u32 = 5;
