//! The envelope: one message, sealed under its own key (docs/protocol.md#9-the-envelope).
//!
//! [`EpochKeys`] does the work that is the same for all messages of an epoch once; a message then
//! costs one HKDF-Expand, one hash and the seal. Sealing writes into one buffer; opening decrypts
//! into one buffer and hands out the content as a slice of it.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    ids::{
        ChannelId, CommitHash, Commitment, EpochNumber, Fingerprint, InstanceId, MemberId,
        MessageId, Millis, RoomId,
    },
    limits::CONTENT_BYTES,
    open_error::{Field, OpenError},
    padding,
    record::{self, Record},
    seal::{self, BLOCK_BYTES, IV_BYTES, TAG_BYTES},
};

mod keys;
mod message_key;
mod signed;

pub use keys::{Draft, EpochKeys};
pub use message_key::MessageKey;
pub use signed::{
    Delivery, SIGNED_ENVELOPE_BYTES, SenderError, SignedEnvelope, UnverifiedSignedEnvelope,
};

/// Bytes of the header: the associated data.
pub const HEADER_BYTES: usize = 203;
/// Bytes in front of the ciphertext: header, IV and the ciphertext's length.
pub const FRONT_BYTES: usize = HEADER_BYTES + IV_BYTES + 4;
/// Largest envelope, in bytes.
pub const ENVELOPE_BYTES: usize = FRONT_BYTES + CONTENT_BYTES + BLOCK_BYTES + TAG_BYTES;

/// Whether the server keeps a message.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Storage {
    /// Passed on and, for a short while, held in the ring; all of proxy-sealed rooms.
    #[default]
    Passing,
    /// Stored, in channels of end-to-end rooms.
    Stored,
}

impl Storage {
    pub(crate) const fn flags(self) -> u8 {
        match self {
            Self::Passing => 0,
            Self::Stored => 1,
        }
    }

    pub(crate) const fn from_flags(flags: u8) -> Option<Self> {
        match flags {
            0 => Some(Self::Passing),
            1 => Some(Self::Stored),
            _ => None,
        }
    }
}

/// What an envelope says in the clear; authentic once the envelope was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// The room.
    pub room: RoomId,
    /// The channel.
    pub channel: ChannelId,
    /// The number of the epoch.
    pub epoch: EpochNumber,
    /// The epoch's start.
    pub commit: CommitHash,
    /// Who sealed it.
    pub sender: MemberId,
    /// The sender's keys.
    pub fingerprint: Fingerprint,
    /// The start of the sender that counts.
    pub instance: InstanceId,
    /// 0, 1, 2, … per instance, channel and storage.
    pub counter: u64,
    /// Whether the server keeps it.
    pub storage: Storage,
    /// When it was sealed, by the sender's clock.
    pub sent_at: Millis,
    /// The message, the same in every retry.
    pub message: MessageId,
    /// SHA-256 that commits to the message key.
    pub commitment: Commitment,
}

/// Header, IV, ciphertext and tag: what both kinds of envelopes have.
#[derive(Clone, Debug)]
struct Sealed {
    /// From the version to the tag.
    bytes: Bytes,
    header: Header,
    iv: [u8; IV_BYTES],
    tag: [u8; TAG_BYTES],
}

impl Sealed {
    /// Reads it behind version and type.
    fn read(record: &mut Record) -> Result<Self, OpenError> {
        let header = read_header(record)?;
        let iv = record.array()?;
        let length = usize::try_from(record.u32()?).map_err(|_| OpenError::Truncated)?;
        if length == 0 || !length.is_multiple_of(BLOCK_BYTES) {
            return Err(OpenError::Field(Field::CiphertextLength));
        }
        record.bytes(length)?;
        let tag = record.array()?;
        Ok(Self {
            bytes: record.so_far(),
            header,
            iv,
            tag,
        })
    }

    /// Opens it with its epoch's keys: key commitment, tag, CBC, padding, UTF-8.
    fn open(&self, keys: &EpochKeys) -> Result<Opened, OpenError> {
        self.open_alone(&self.message_key(keys)?)
    }

    /// The key that its epoch's keys give it; whether it is committed to is not looked at.
    fn message_key(&self, keys: &EpochKeys) -> Result<MessageKey, OpenError> {
        if !keys.are_of(&self.header) {
            return Err(OpenError::OtherEpoch(self.header.epoch));
        }
        keys.message_key(&self.header)
    }

    /// Opens it with its own key, in the same order.
    fn open_alone(&self, key: &MessageKey) -> Result<Opened, OpenError> {
        let header = &self.header;
        if !key.is_committed_to_by(&header.commitment) {
            return Err(OpenError::KeyCommitment);
        }
        let mut padded = seal::open(
            key.as_bytes(),
            &self.iv,
            &self.bytes[..HEADER_BYTES],
            self.ciphertext(),
            &self.tag,
        )?;
        padded.truncate(padding::content_bytes(&padded)?);
        let content = Bytes::from(padded);
        if str::from_utf8(&content).is_err() {
            return Err(OpenError::NotUtf8);
        }
        Ok(Opened {
            header: *header,
            content,
        })
    }

    fn ciphertext(&self) -> &[u8] {
        &self.bytes[FRONT_BYTES..self.bytes.len() - TAG_BYTES]
    }
}

/// An envelope of a proxy-sealed room with the right layout that nobody has opened.
#[derive(Clone, Debug)]
pub struct Envelope(Sealed);

impl Envelope {
    /// Reads the layout.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::ENVELOPE, ENVELOPE_BYTES)?;
        let sealed = Sealed::read(&mut record)?;
        record.finish()?;
        Ok(Self(sealed))
    }

    /// What it says in the clear.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// SHA-256 of the whole envelope, by which a replay table knows it again.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// Opens with the keys of the epoch that the header names: key commitment, tag, CBC, padding,
    /// UTF-8, in this order. Membership and replay are checked before, the content after.
    ///
    /// # Errors
    /// The typed cause; nothing has changed.
    pub fn open(&self, keys: &EpochKeys) -> Result<Opened, OpenError> {
        self.0.open(keys)
    }
}

/// What was in an envelope.
#[derive(Clone, Eq, PartialEq)]
pub struct Opened {
    /// The header, now authentic.
    pub header: Header,
    /// The content, UTF-8 ([`Content`](crate::content::Content) reads it).
    pub content: Bytes,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

fn read_header(record: &mut Record) -> Result<Header, OpenError> {
    Ok(Header {
        room: RoomId::from_bytes(record.array()?),
        channel: ChannelId::from_bytes(record.array()?),
        epoch: record.epoch_number()?,
        commit: CommitHash::from_bytes(record.array()?),
        sender: MemberId::from_bytes(record.array()?),
        fingerprint: Fingerprint::from_bytes(record.array()?),
        instance: InstanceId::from_bytes(record.array()?),
        counter: record.u64()?,
        storage: Storage::from_flags(record.u8()?).ok_or(OpenError::Field(Field::Flags))?,
        sent_at: Millis::new(record.u64()?),
        message: MessageId::from_bytes(record.array()?),
        commitment: Commitment::from_bytes(record.array()?),
    })
}
