//! `rooms.open`.

use wire_format::command::rooms::Open;

use super::{Answered, Call};

/// Makes a room that is not there.
pub(super) fn run(call: &Call<'_>, open: &Open) -> Answered {
    let room = call.node.rooms.open(&open.room)?;
    call.ok(&room.opened())
}
