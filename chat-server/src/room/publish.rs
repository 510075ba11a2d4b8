//! From a publish to a delivery.

use std::{
    pin::pin,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use wire_format::{
    Deliver, DeliverFlags, ErrorCode, Millis, Publish, PublishFlags, Refusal, Sequence,
    limits::FRAME_BYTES,
};

use super::Room;
use crate::session::Session;

/// What became of a publish.
pub(crate) struct Published {
    pub(crate) sequence: Sequence,
    /// So much waits for the flush that publishers should wait for it, too.
    pub(crate) is_crowded: bool,
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
    /// `not_in_room`, `stale_epoch`, `not_allowed` for a stored payload in a room that stores
    /// nothing, and `too_large` if it does not fit into a deliver frame.
    pub(crate) fn publish(
        &self,
        session: &Session,
        publish: Publish,
    ) -> Result<Published, Refusal> {
        if publish.flags == PublishFlags::Stored {
            return Err(ErrorCode::NotAllowed.into());
        }
        let name = session.name().clone();
        let length = 1 + Deliver::HEAD_BYTES + name.as_str().len() + publish.payload.len();
        if length > FRAME_BYTES {
            return Err(ErrorCode::TooLarge.into());
        }
        let mut state = self.lock();
        let is_here = state
            .occupants
            .get(&session.member())
            .is_some_and(|occupant| std::ptr::eq(&raw const *occupant.session, session));
        if !is_here {
            return Err(ErrorCode::NotInRoom.into());
        }
        state.epochs.admits(publish.epoch)?;
        let sequence = state.stream.append_deliver(Deliver {
            channel: self.channel,
            sequence: Sequence::default(),
            time: now(),
            flags: DeliverFlags::Unstored,
            sender: session.member(),
            name,
            payload: publish.payload,
        });
        let is_crowded = state.stream.pending_bytes() >= CROWDED_BYTES;
        drop(state);
        self.work.notify_one();
        Ok(Published {
            sequence,
            is_crowded,
        })
    }

    /// Waits until the room's task has taken what waits; it never waits for a member.
    ///
    /// May be dropped.
    pub(crate) async fn until_taken(&self) {
        loop {
            let mut taken = pin!(self.taken.notified());
            taken.as_mut().enable();
            if self.lock().stream.pending_bytes() < CROWDED_BYTES {
                return;
            }
            taken.await;
        }
    }
}

/// The server's clock.
fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Millis::new(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Pending bytes from which on publishers wait: one flush stays well within an outbox.
const CROWDED_BYTES: usize = 1024 * 1024;
