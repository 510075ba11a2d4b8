//! `epochs.hold`.

use wire_format::{ErrorCode, UnverifiedBundle, command::epochs::Hold};

use super::{Answered, Call, unreadable};
use crate::session::Session;

/// Takes note that a session holds an epoch's secret.
pub(super) fn run(session: &Session, mut call: Call<'_>, command: Hold) -> Answered {
    let tail = std::mem::take(&mut call.tail);
    let bundle = UnverifiedBundle::parse(tail).map_err(|error| unreadable(&error))?;
    let fits = bundle.room() == command.room && bundle.n() == command.n;
    if !fits || bundle.start().starter() != bundle.starter().member() {
        return Err(ErrorCode::Malformed.into());
    }
    let room = call.room_of(session, command.room)?;
    room.hold_epoch(session, &bundle)?;
    call.done()
}
