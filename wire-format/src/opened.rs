//! The records between a web-proxy and its page: messages outside their envelopes
//! (docs/protocol.md#11-the-browsers-tier).

use std::{fmt, ops::BitOr};

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    envelope::ENVELOPE_BYTES,
    ids::{EpochNumber, MessageId, Millis},
    open_error::{Field, OpenError},
    record::{self, Record},
};

/// What the proxy has to say about a message beside its content.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Marks(u8);

impl Marks {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// *Sent at* is more than 5 minutes from the proxy's clock.
    pub const CLOCK_OFF: Self = Self(1);
    /// The sender's keys are others than before.
    pub const KEYS_CHANGED: Self = Self(2);

    /// Whether all of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn from_byte(byte: u8) -> Option<Self> {
        (byte & !(Self::CLOCK_OFF | Self::KEYS_CHANGED).0 == 0).then_some(Self(byte))
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A message on its way to the page: the payload of a deliver frame.
#[derive(Clone, Eq, PartialEq)]
pub struct OpenedMessage {
    /// The message.
    pub message: MessageId,
    /// The epoch under which it was sealed.
    pub epoch: EpochNumber,
    /// When it was sealed, by the sender's clock.
    pub sent_at: Millis,
    /// What the proxy has to say about it.
    pub marks: Marks,
    /// The content as it was in the envelope.
    pub content: Bytes,
}

impl OpenedMessage {
    /// The bytes as they travel.
    pub fn encode(&self) -> Bytes {
        let mut record = BytesMut::with_capacity(2 + MessageId::LEN + 17 + self.content.len());
        record.put_slice(&[record::VERSION, record::OPENED_MESSAGE]);
        record.put_slice(self.message.as_bytes());
        record.put_u64(self.epoch.value());
        record.put_u64(self.sent_at.value());
        record.put_u8(self.marks.0);
        record.put_slice(&self.content);
        record.freeze()
    }

    /// Reads the layout.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::OPENED_MESSAGE, ENVELOPE_BYTES)?;
        Ok(Self {
            message: MessageId::from_bytes(record.array()?),
            epoch: record.epoch_number()?,
            sent_at: Millis::new(record.u64()?),
            marks: Marks::from_byte(record.u8()?).ok_or(OpenError::Field(Field::Flags))?,
            content: record.rest(),
        })
    }
}

impl fmt::Debug for OpenedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedMessage({})", self.message)
    }
}

/// A message on its way from the page: the payload of a publish frame.
#[derive(Clone, Eq, PartialEq)]
pub struct ClearMessage {
    /// The message, the same in every retry.
    pub message: MessageId,
    /// The content as it goes into the envelope.
    pub content: Bytes,
}

impl ClearMessage {
    /// The bytes as they travel.
    pub fn encode(&self) -> Bytes {
        let mut record = BytesMut::with_capacity(2 + MessageId::LEN + self.content.len());
        record.put_slice(&[record::VERSION, record::CLEAR_MESSAGE]);
        record.put_slice(self.message.as_bytes());
        record.put_slice(&self.content);
        record.freeze()
    }

    /// Reads the layout.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::CLEAR_MESSAGE, ENVELOPE_BYTES)?;
        Ok(Self {
            message: MessageId::from_bytes(record.array()?),
            content: record.rest(),
        })
    }
}

impl fmt::Debug for ClearMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClearMessage({})", self.message)
    }
}
