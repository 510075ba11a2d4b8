//! `rooms.members`.

use wire_format::command::rooms::Members;

use super::{Answered, Call};
use crate::session::Session;

/// Gives a page of a room's members.
pub(super) fn run(session: &Session, call: &Call<'_>, list: Members) -> Answered {
    let room = call.room_of(session, list.room)?;
    call.ok(&room.members(list.after))
}
