//! `epochs.hold`.

use wire_format::{ErrorCode, UnverifiedBundle, command::epochs::Hold};

use super::{Answered, Call, unreadable};
use crate::session::Session;

/// Takes note that a session holds an epoch's secret.
pub(super) fn run(session: &Session, mut call: Call<'_>, command: Hold) -> Answered {
    let tail = std::mem::take(&mut call.tail);
    let bundle = UnverifiedBundle::parse(tail).map_err(|error| unreadable(&error))?;
    let (start, starter) = (bundle.start(), bundle.starter());
    let is_asked_for = bundle.room() == command.room && bundle.n() == command.n;
    // By other keys than those beside it nobody could verify it.
    let is_whole =
        start.starter() == starter.member() && start.fingerprint() == starter.fingerprint();
    if !is_asked_for || !is_whole {
        return Err(ErrorCode::Malformed.into());
    }
    let room = call.room_of(session, command.room)?;
    room.hold_epoch(session, &bundle)?;
    call.done()
}
