//! `rooms.enter`.

use std::sync::Arc;

use wire_format::command::rooms::Enter;

use super::{Answer, Answered, Call};
use crate::session::Session;

/// Lets a session into a room; the room sends the reply, in order with what follows it.
pub(super) fn run(session: &Arc<Session>, call: &Call<'_>, enter: &Enter) -> Answered {
    let room = call.node.rooms.named(&enter.room)?;
    session.enter(&room, call.request, enter.resume)?;
    Ok(Answer::Sent)
}
