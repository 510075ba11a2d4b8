//! `rooms.exit`.

use wire_format::command::rooms::Exit;

use super::{Answered, Call};
use crate::session::Session;

/// Lets a session out of a room.
pub(super) fn run(session: &Session, call: &Call<'_>, exit: Exit) -> Answered {
    if session.exit(exit.room) {
        call.done()
    } else {
        Err(call.why_not_in(exit.room))
    }
}
