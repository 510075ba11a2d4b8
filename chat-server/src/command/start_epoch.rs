//! `epochs.start`.

use wire_format::{ErrorCode, UnverifiedEpochStart, command::epochs::Start};

use super::{Answered, Call, unreadable};
use crate::session::Session;

/// Starts the next epoch of a room, if it is the next one and may start.
pub(super) fn run(session: &Session, mut call: Call<'_>, command: Start) -> Answered {
    let tail = std::mem::take(&mut call.tail);
    let start = UnverifiedEpochStart::parse(tail).map_err(|error| unreadable(&error))?;
    let fits = start.room() == command.room && start.n() == command.n;
    if !fits || start.starter() != session.member() {
        return Err(ErrorCode::Malformed.into());
    }
    let room = call.room_of(session, command.room)?;
    room.start_epoch(session, &start)?;
    call.done()
}
