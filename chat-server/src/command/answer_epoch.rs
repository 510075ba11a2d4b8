//! `epochs.answer`.

use bytes::Bytes;
use wire_format::{ErrorCode, command::epochs::Answer, rsa_keys::SESSION_MODULUS_BYTES};

use super::{Answered, Call};
use crate::session::Session;

/// Passes a share on to who asked for it: one block under a session's wrap key.
pub(super) fn run(session: &Session, call: Call<'_>, answer: Answer) -> Answered {
    if call.tail.len() != SESSION_MODULUS_BYTES {
        return Err(ErrorCode::Malformed.into());
    }
    let room = call.room_of(session, answer.room)?;
    let share = Bytes::copy_from_slice(&call.tail);
    room.answer_epoch(session, answer.n, answer.to, share)?;
    call.done()
}
