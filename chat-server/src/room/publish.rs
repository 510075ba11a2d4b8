//! From a publish to a delivery.

use std::pin::pin;

use serde::Serialize;
use wire_format::{
    Deliver, DeliverFlags, ErrorCode, Millis, Publish, Refusal, Sequence, limits::FRAME_BYTES,
};

use super::{Room, Seat};
use crate::session::Session;

/// A payload that was numbered.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) sequence: Sequence,
}

/// Why a payload was not numbered.
#[derive(Debug)]
pub(crate) enum Unpublished {
    /// It may not be.
    Refused(Refusal),
    /// So much waits for the flush that this one waits for it, too: the same publish may be tried
    /// again after [`Room::until_taken`].
    Crowded(Publish),
    /// No room that the session has entered has this channel.
    Elsewhere(Publish),
}

impl From<Refusal> for Unpublished {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ErrorCode> for Unpublished {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code.into())
    }
}

impl Published {
    /// The ok fields of the reply.
    pub(crate) fn fields(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Fields {
            sequence: Sequence,
        }

        Fields {
            sequence: self.sequence,
        }
    }
}

impl Room {
    /// Numbers a payload and has it delivered to everyone here.
    ///
    /// # Errors
    /// [`Unpublished`]; the refusals are `not_in_room`, `stale_epoch`, `not_allowed` for a stored
    /// payload in a room that stores nothing, and `too_large` if it does not fit into a deliver
    /// frame.
    ///
    /// Whether the session is still here is asked of its seat, which is at hand; a look into the
    /// members of a room of 1 000 is not (docs/speed.md#what-was-tried).
    pub(crate) fn publish(
        &self,
        session: &Session,
        seat: &Seat,
        publish: Publish,
        time: Millis,
    ) -> Result<Published, Unpublished> {
        if publish.flags.is_stored() {
            return Err(ErrorCode::NotAllowed.into());
        }
        let name = session.name().clone();
        let length = 1 + Deliver::HEAD_BYTES + name.bytes() + publish.payload.len();
        if length > FRAME_BYTES {
            return Err(ErrorCode::TooLarge.into());
        }
        let mut state = self.lock();
        if seat.is_left() {
            return Err(ErrorCode::NotInRoom.into());
        }
        state.epochs.admits(publish.epoch)?;
        let pending = state.stream.pending_bytes();
        if pending > 0 && pending.saturating_add(length) > CROWDED_BYTES {
            return Err(Unpublished::Crowded(publish));
        }
        let sequence = state.stream.append_deliver(Deliver {
            channel: self.channel,
            sequence: Sequence::default(),
            time,
            flags: DeliverFlags::Unstored,
            sender: session.member(),
            name,
            payload: publish.payload,
        });
        drop(state);
        // While something waits the room's task knows that it has work.
        if pending == 0 {
            self.work.notify_one();
        }
        Ok(Published { sequence })
    }

    /// Waits until the room's task has taken what waits; it never waits for a member.
    ///
    /// May be dropped.
    pub(crate) async fn until_taken(&self) {
        let mut taken = pin!(self.taken.notified());
        taken.as_mut().enable();
        if self.lock().stream.pending_bytes() > 0 {
            taken.await;
        }
    }
}

/// Pending bytes above which publishers wait before they add to them: a flush is never larger than
/// this, or than one frame, and the events beside it.
const CROWDED_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests;
