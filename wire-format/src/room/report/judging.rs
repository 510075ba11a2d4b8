//! Judging a report, by somebody who is in no room: who reports, what the server has at that place, who
//! wrote it, and what it says.

use sha2::{Digest, Sha256};

use super::{LABEL, Report, UnverifiedReport};
use crate::{
    envelope::{Opened, SenderError, UnverifiedSignedEnvelope},
    ids::{ChannelId, EnvelopeHash, RoomId, Sequence},
    open_error::OpenError,
    room::{Keysets, UnknownKeys, keys},
};

/// What the server has at the place that a report names. It keeps the hash of a message that was deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoredMessage {
    /// The room.
    pub room: RoomId,
    /// The channel.
    pub channel: ChannelId,
    /// The place in the channel.
    pub sequence: Sequence,
    /// SHA-256 of the envelope that is or was there.
    pub hash: EnvelopeHash,
}

/// Why a report is no proof, in the order of docs/protocol.md#1415-reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The record cannot be read.
    #[error("a report is refused")]
    Record(#[from] OpenError),
    /// The reporter's or the sender's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature of the reporter does not verify.
    #[error("a report's signature is refused")]
    Reporter(#[source] OpenError),
    /// It names another room, channel or place than the one that it is compared with, or than the
    /// envelope in it does.
    #[error("a report about another place than its message has")]
    OtherPlace,
    /// The server has another envelope at this place.
    #[error("a report about an envelope that never stood at its place")]
    OtherMessage,
    /// The envelope cannot be read.
    #[error("a reported envelope is refused")]
    Envelope(#[source] OpenError),
    /// A signature of the sender does not verify: it did not write this.
    #[error("a reported envelope's signature is refused")]
    Sender(#[source] OpenError),
    /// The key is not the one that the sender committed to, or the message does not open with it.
    #[error("a reported message does not open")]
    Message(#[source] OpenError),
}

impl UnverifiedReport {
    /// Checks that its reporter made it: PSS, DSA, by the keyset of that account with the fingerprint.
    ///
    /// # Errors
    /// [`ReportError::UnknownKeys`] or [`ReportError::Reporter`].
    pub fn verify(self, keysets: &dyn Keysets) -> Result<Report, ReportError> {
        keys::keyset(keysets, self.report.reporter, self.report.fingerprint)?
            .keys()
            .verify(LABEL, &self.signed, &self.block)
            .map_err(ReportError::Reporter)?;
        Ok(self.report)
    }
}

impl Report {
    /// SHA-256 of the envelope in it: what the server's is compared with.
    pub fn envelope_hash(&self) -> EnvelopeHash {
        EnvelopeHash::from_bytes(Sha256::digest(&self.envelope).into())
    }

    /// Whether it is about what the server has at its place.
    ///
    /// # Errors
    /// [`ReportError::OtherPlace`] or [`ReportError::OtherMessage`].
    pub fn compare(&self, stored: &StoredMessage) -> Result<(), ReportError> {
        let named = (self.room, self.channel, self.sequence);
        if named != (stored.room, stored.channel, stored.sequence) {
            return Err(ReportError::OtherPlace);
        }
        if self.envelope_hash() != stored.hash {
            return Err(ReportError::OtherMessage);
        }
        Ok(())
    }

    /// Proves who wrote the message, and opens it: place and stored hash, the envelope's layout, the
    /// sender's PSS and DSA, key commitment, tag, CBC, padding, UTF-8. The content is read after.
    ///
    /// # Errors
    /// The typed cause; nothing was proven.
    pub fn prove(
        &self,
        stored: &StoredMessage,
        keysets: &dyn Keysets,
    ) -> Result<Opened, ReportError> {
        self.compare(stored)?;
        let envelope = UnverifiedSignedEnvelope::parse(self.envelope.clone())
            .map_err(ReportError::Envelope)?;
        let header = envelope.header();
        if (header.room, header.channel) != (self.room, self.channel) {
            return Err(ReportError::OtherPlace);
        }
        let envelope = envelope.verify_sender(keysets).map_err(of_sender)?;
        envelope.open_alone(&self.key).map_err(ReportError::Message)
    }
}

/// [`UnverifiedSignedEnvelope::verify_sender`] gives no other cause than these two.
fn of_sender(error: SenderError) -> ReportError {
    match error {
        SenderError::UnknownKeys(unknown) => ReportError::UnknownKeys(unknown),
        SenderError::Signature(cause) | SenderError::Record(cause) => ReportError::Sender(cause),
        _ => ReportError::OtherPlace,
    }
}
