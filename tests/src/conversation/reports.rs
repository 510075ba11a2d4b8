//! Reports of what is said in a room.

use bytes::Bytes;
use wire_format::{
    Sequence,
    envelope::UnverifiedSignedEnvelope,
    room::{Report, ReportDraft},
};

use super::Conversation;
use crate::owner::{Owner, now};

impl Conversation {
    /// What a member reports of an envelope of the newest epoch that stands at this place.
    ///
    /// # Panics
    /// If it is none, or the report cannot be made.
    pub fn report(&self, reporter: &Owner, envelope: &Bytes, place: u64, reason: &str) -> Report {
        let envelope = UnverifiedSignedEnvelope::parse(envelope.clone()).expect("an envelope");
        let envelope = envelope.verify_sender(&self.keysets);
        let envelope = envelope.expect("its sender's");
        let key = envelope.message_key(&self.keys).expect("its key");
        let draft = ReportDraft {
            sequence: Sequence::new(place),
            reporter: reporter.account,
            made_at: now(),
            reason,
        };
        let signing = reporter.identity();
        let report = signing.sign_report(&draft, &envelope, &key, &mut rand::rng());
        report.expect("a report")
    }
}
