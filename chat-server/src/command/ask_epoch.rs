//! `epochs.ask`.

use wire_format::command::epochs::Ask;

use super::{Answered, Call};
use crate::session::Session;

/// Has a holder asked for the secret.
pub(super) fn run(session: &Session, call: &Call<'_>, ask: Ask) -> Answered {
    let room = call.room_of(session, ask.room)?;
    room.ask_epoch(session, ask.n, ask.refused)?;
    call.done()
}
