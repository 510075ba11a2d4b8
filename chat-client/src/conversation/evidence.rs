//! What a report hands over: one envelope, and the key that opens it and no other.

use wire_format::{
    Deliver, DeliverFlags, Storage,
    envelope::{Delivery, MessageKey, SignedEnvelope, UnverifiedSignedEnvelope},
    room::Keysets,
};

use super::{Cause, Conversation};

/// A message whose sender is certain, and its own key.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The message, sealed.
    pub envelope: SignedEnvelope,
    /// What opens it.
    pub key: MessageKey,
}

impl Conversation {
    /// Verifies a stored message and makes its key, whether it was shown before or not. Nothing is
    /// remembered of it.
    ///
    /// # Errors
    /// Why nothing could be proven with it.
    pub fn evidence(&self, deliver: &Deliver, keysets: &dyn Keysets) -> Result<Evidence, Cause> {
        let envelope = UnverifiedSignedEnvelope::parse(deliver.payload.clone());
        let envelope = envelope.map_err(Cause::Record)?;
        let delivery = Delivery {
            channel: deliver.channel,
            sender: deliver.sender,
            storage: match deliver.flags {
                DeliverFlags::Unstored => Storage::Passing,
                DeliverFlags::Stored | DeliverFlags::Commit => Storage::Stored,
            },
        };
        let envelope = envelope.verify(&delivery, self.chain(), keysets);
        let envelope = envelope.map_err(Cause::Sender)?;
        let n = envelope.header().epoch;
        let keys = self.epochs.keys(n).ok_or_else(|| self.unkeyed(n))?;
        let key = envelope.message_key(keys).map_err(Cause::Open)?;
        envelope.open_alone(&key).map_err(Cause::Open)?;
        Ok(Evidence { envelope, key })
    }
}
