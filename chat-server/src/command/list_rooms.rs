//! `rooms.list`.

use wire_format::command::rooms::RoomList;

use super::{Answered, Call};

/// Lists the rooms, the fullest first.
pub(super) fn run(call: &Call<'_>) -> Answered {
    let rooms = call.node.rooms.list();
    call.ok(&RoomList { rooms })
}
