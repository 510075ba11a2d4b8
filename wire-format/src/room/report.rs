//! Reports: a member hands one message to the server's administrators, with the key that opens it and
//! no other (docs/protocol.md#1415-reports).

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use crate::{
    envelope::{MessageKey, SIGNED_ENVELOPE_BYTES, SignedEnvelope},
    identity::IdentityKeys,
    ids::{AccountId, ChannelId, Fingerprint, Millis, ReportHash, RoomId, Sequence},
    limits::{REPORT_BYTES, REPORT_REASON_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock},
};

mod judging;

pub use judging::{ReportError, StoredMessage};

const LABEL: Label = Label(b"sealwire/v1/report\0");

/// What its reporter decides about a report, beside the message.
#[derive(Clone, Copy)]
pub struct ReportDraft<'a> {
    /// The message's place in its channel.
    pub sequence: Sequence,
    /// Whose keys sign it.
    pub reporter: AccountId,
    /// Now, by the reporter's clock.
    pub made_at: Millis,
    /// Why, for the administrators; empty, or at most [`REPORT_REASON_BYTES`] of UTF-8.
    pub reason: &'a str,
}

impl fmt::Debug for ReportDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportDraft")
            .field("sequence", &self.sequence)
            .field("reporter", &self.reporter)
            .finish_non_exhaustive()
    }
}

/// A report with the right layout that nobody has looked at.
#[derive(Clone)]
pub struct UnverifiedReport {
    report: Report,
    signed: Bytes,
    block: SignatureBlock,
}

/// A report whose reporter is certain; whether it proves anything, [`prove`](Report::prove) says.
#[derive(Clone)]
pub struct Report {
    bytes: Bytes,
    hash: ReportHash,
    room: RoomId,
    channel: ChannelId,
    sequence: Sequence,
    reporter: AccountId,
    fingerprint: Fingerprint,
    made_at: Millis,
    key: MessageKey,
    reason: String,
    envelope: Bytes,
}

impl UnverifiedReport {
    /// Reads the layout; cheap. That of the envelope in it is read later.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::REPORT, REPORT_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let channel = ChannelId::from_bytes(record.array()?);
        let sequence = Sequence::new(record.counted(Field::Number)?);
        let reporter = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let key = MessageKey::from_bytes(record.array()?);
        let reason = read_reason(&mut record)?;
        let length = usize::try_from(record.u32()?).map_err(|_| OpenError::Truncated)?;
        let envelope = record.bytes(length)?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        let report = Report {
            bytes: record.finish()?,
            hash: ReportHash::from_bytes(LABEL.hash(&signed)),
            room,
            channel,
            sequence,
            reporter,
            fingerprint,
            made_at,
            key,
            reason,
            envelope,
        };
        Ok(Self {
            report,
            signed,
            block,
        })
    }

    /// What it says, whoever signed it: for the server, which compares it with what it has.
    pub fn unsigned(&self) -> &Report {
        &self.report
    }
}

impl Report {
    /// The record as it travels. It holds the message's key.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What an administrator settles it by.
    pub fn hash(&self) -> ReportHash {
        self.hash
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// The channel.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// The message's place in the channel.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Who reports.
    pub fn reporter(&self) -> AccountId {
        self.reporter
    }

    /// The reporter's keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// When it was made, by the reporter's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// Why, in the reporter's words: any text, also with characters that are not to be shown.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The envelope that is reported, as it stands in the report.
    pub fn envelope(&self) -> &Bytes {
        &self.envelope
    }
}

impl fmt::Debug for UnverifiedReport {
    /// Without what is signed, in which the message's key stands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedReport")
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Report {
    /// Without the message's key, which stands in the record, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("hash", &self.hash)
            .field("channel", &self.channel)
            .field("sequence", &self.sequence)
            .field("reporter", &self.reporter)
            .finish_non_exhaustive()
    }
}

fn read_reason(record: &mut Record) -> Result<String, OpenError> {
    let length = usize::from(record.u16()?);
    if length > REPORT_REASON_BYTES {
        return Err(OpenError::Field(Field::Text));
    }
    let bytes = record.bytes(length)?;
    let text = str::from_utf8(&bytes).map_err(|_| OpenError::Field(Field::Text))?;
    Ok(text.to_owned())
}

impl IdentityKeys {
    /// Reports a message, for the tail of `messages.report`.
    ///
    /// # Errors
    /// [`SealError::Field`] for a key that the message does not commit to, a sequence of 0 or a reason
    /// above [`REPORT_REASON_BYTES`]; [`SealError::KeyOperation`] if signing failed.
    pub fn sign_report<R: CryptoRng + ?Sized>(
        &self,
        draft: &ReportDraft<'_>,
        envelope: &SignedEnvelope,
        key: &MessageKey,
        rng: &mut R,
    ) -> Result<Report, SealError> {
        // The administrators could not tell it from a lie.
        if !envelope.is_committed_to(key) {
            return Err(SealError::Field(Field::Secret));
        }
        if draft.sequence.value() == 0 {
            return Err(SealError::Field(Field::Number));
        }
        let mut record = self.unsigned_report(draft, envelope, key)?;
        self.signing().append(LABEL, &mut record, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        let read = UnverifiedReport::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &read.signed, &read.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(read.report)
    }

    fn unsigned_report(
        &self,
        draft: &ReportDraft<'_>,
        envelope: &SignedEnvelope,
        key: &MessageKey,
    ) -> Result<BytesMut, SealError> {
        let header = envelope.header();
        let reason_bytes = u16::try_from(draft.reason.len())
            .ok()
            .filter(|&length| usize::from(length) <= REPORT_REASON_BYTES)
            .ok_or(SealError::Field(Field::Text))?;
        // At most SIGNED_ENVELOPE_BYTES, which is below REPORT_BYTES.
        let envelope_bytes = u32::try_from(envelope.bytes().len())
            .ok()
            .filter(|_| envelope.bytes().len() <= SIGNED_ENVELOPE_BYTES)
            .ok_or(SealError::Field(Field::Length))?;
        let mut record = BytesMut::with_capacity(2048 + envelope.bytes().len());
        record.put_slice(&[record::VERSION, record::REPORT]);
        record.put_slice(header.room.as_bytes());
        record.put_slice(header.channel.as_bytes());
        record.put_u64(draft.sequence.value());
        record.put_slice(draft.reporter.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_u64(draft.made_at.value());
        record.put_slice(key.as_bytes());
        record.put_u16(reason_bytes);
        record.put_slice(draft.reason.as_bytes());
        record.put_u32(envelope_bytes);
        record.put_slice(envelope.bytes());
        Ok(record)
    }
}
