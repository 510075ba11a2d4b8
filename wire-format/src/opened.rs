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

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: MessageId = MessageId::from_bytes(*b"0123456789abcdef");

    #[test]
    fn an_opened_message_is_its_literal_bytes() {
        let message = OpenedMessage {
            message: MESSAGE,
            epoch: EpochNumber::new(7),
            sent_at: Millis::new(0x0102),
            marks: Marks::CLOCK_OFF | Marks::KEYS_CHANGED,
            content: Bytes::from_static(b"{}"),
        };
        let bytes = b"\x01\x050123456789abcdef\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x01\x02\x03{}";
        assert_eq!(message.encode(), &bytes[..]);
        assert_eq!(OpenedMessage::parse(Bytes::from_static(bytes)), Ok(message));
        for length in 0..bytes.len() - 2 {
            let cut = OpenedMessage::parse(Bytes::from_static(&bytes[..length]));
            assert_eq!(cut, Err(OpenError::Truncated));
        }
        let mut unknown = bytes.to_vec();
        unknown[34] = 4;
        let refused = OpenedMessage::parse(unknown.into());
        assert_eq!(refused, Err(OpenError::Field(Field::Flags)));
    }

    #[test]
    fn a_clear_message_is_its_literal_bytes() {
        let message = ClearMessage {
            message: MESSAGE,
            content: Bytes::from_static(b"{}"),
        };
        let bytes = b"\x01\x060123456789abcdef{}";
        assert_eq!(message.encode(), &bytes[..]);
        assert_eq!(ClearMessage::parse(Bytes::from_static(bytes)), Ok(message));
        for length in 0..18 {
            let cut = ClearMessage::parse(Bytes::from_static(&bytes[..length]));
            assert_eq!(cut, Err(OpenError::Truncated));
        }
        let other = OpenedMessage::parse(Bytes::from_static(bytes));
        assert_eq!(other, Err(OpenError::RecordType(6)));
    }

    #[test]
    fn marks_are_told_apart() {
        assert!(Marks::CLOCK_OFF.contains(Marks::NONE));
        assert!(!Marks::CLOCK_OFF.contains(Marks::KEYS_CHANGED));
    }
}
