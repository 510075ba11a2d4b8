//! Passing on what an account has sealed for an end-to-end room.

use bytes::Bytes;
use wire_format::{ErrorCode, Publish, Refusal, Sequence, envelope::UnverifiedSignedEnvelope};

use crate::session::Session;

impl Session {
    /// Passes an envelope on as it is, and gives what the chat-server says.
    pub(super) async fn relay(&self, publish: Publish) -> Result<Sequence, Refusal> {
        let _place = self.turns.take(publish.channel, publish.flags, || {
            self.limits.message()?;
            if self.downlink.challenge().is_some() {
                return Err(ErrorCode::KeysUnproven.into());
            }
            self.limits.relay(publish.payload.len())
        })?;
        let unanswered = self.turns.watch(publish.channel);
        let relayed = self.link.relay(publish).await;
        let is_answered = match &relayed {
            Ok(_) => true,
            // The link itself says these, and says them of what it never sent, too.
            Err(refusal) => !matches!(refusal.code, ErrorCode::Unavailable | ErrorCode::Busy),
        };
        if is_answered {
            unanswered.answered();
        }
        relayed
    }
}

/// Whether a payload is an envelope of an end-to-end room. Nothing else leaves as it is: a clear
/// message for a room that the session has just left must not come to the chat-server.
pub(super) fn is_sealed(payload: &Bytes) -> bool {
    UnverifiedSignedEnvelope::parse(payload.clone()).is_ok()
}
