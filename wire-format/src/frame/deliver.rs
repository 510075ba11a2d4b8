//! `channel | sequence u64 | time u64 | flags u8 | sender | name_length u8 | name | payload`.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Encoded, Kind, LENGTH_BYTES, Size, frame_head};
use crate::{
    cursor::Cursor,
    error::FrameError,
    ids::{ChannelId, MemberId, Millis, Sequence},
    limits::NAME_BYTES,
};

/// A payload from somebody in a channel, encoded once for everyone who receives it.
#[derive(Clone, Eq, PartialEq)]
pub struct Deliver {
    /// Where from.
    pub channel: ChannelId,
    /// Its place in the channel's run.
    pub sequence: Sequence,
    /// When the server took it.
    pub time: Millis,
    /// What the payload is.
    pub flags: DeliverFlags,
    /// Who published it.
    pub sender: MemberId,
    /// The name that the publishing session has.
    pub name: Name,
    /// Opaque to the server.
    pub payload: Bytes,
}

/// What the server says of a payload.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DeliverFlags {
    /// Not kept beyond the ring.
    #[default]
    Unstored,
    /// Kept as ciphertext.
    Stored,
    /// Kept, and the payload is a commit.
    Commit,
}

impl Deliver {
    /// Bytes of the body before the name.
    pub const HEAD_BYTES: usize = ChannelId::LEN + 8 + 8 + 1 + MemberId::LEN + 1;

    pub(super) fn parse(body: Bytes) -> Result<Self, FrameError> {
        let truncated = FrameError::Truncated(Kind::Deliver);
        let mut cursor = Cursor::new(body);
        let mut fields = || {
            let place = (cursor.array()?, cursor.u64()?, cursor.u64()?);
            Some((place, cursor.u8()?, cursor.array()?, cursor.u8()?))
        };
        let ((channel, sequence, time), flags, sender, name_length) = fields().ok_or(truncated)?;
        let flags = DeliverFlags::try_from(flags)?;
        let name = cursor.bytes(name_length.into()).ok_or(truncated)?;
        Ok(Self {
            channel: ChannelId::from_bytes(channel),
            sequence: Sequence::new(sequence),
            time: Millis::new(time),
            flags,
            sender: MemberId::from_bytes(sender),
            name: Name::try_from(name)?,
            payload: cursor.rest(),
        })
    }

    pub(super) fn encode(&self) -> Encoded {
        let mut frame = BytesMut::with_capacity(LENGTH_BYTES + 1 + self.body_bytes());
        self.append_to(&mut frame);
        Encoded(frame.freeze())
    }

    /// Appends the frame, as it goes into a stream, to others: what a room does with every
    /// message. A buffer of its own for each cost 60 ns more.
    pub fn append_to(&self, stream: &mut BytesMut) {
        stream.reserve(LENGTH_BYTES + 1 + self.body_bytes());
        self.append_head_to(stream);
        stream.extend_from_slice(&self.payload);
    }

    /// Appends the frame up to its payload, which is to follow: one payload is told in many places.
    pub fn append_head_to(&self, stream: &mut BytesMut) {
        let mut head = [0; LENGTH_BYTES + 1 + Self::HEAD_BYTES];
        let mut fields = &mut head[..];
        fields.put_slice(&frame_head(Kind::Deliver, self.body_bytes()));
        fields.put_slice(self.channel.as_bytes());
        fields.put_u64(self.sequence.value());
        fields.put_u64(self.time.value());
        fields.put_u8(self.flags.byte());
        fields.put_slice(self.sender.as_bytes());
        fields.put_u8(self.name.length());
        stream.extend_from_slice(&head);
        stream.extend_from_slice(&self.name.0);
    }

    fn body_bytes(&self) -> usize {
        Self::HEAD_BYTES + self.name.0.len() + self.payload.len()
    }
}

impl fmt::Debug for Deliver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliver")
            .field("channel", &self.channel)
            .field("sequence", &self.sequence)
            .field("time", &self.time)
            .field("flags", &self.flags)
            .field("sender", &self.sender)
            .field("name", &self.name)
            .field("payload", &Size(&self.payload))
            .finish()
    }
}

impl DeliverFlags {
    const fn byte(self) -> u8 {
        match self {
            Self::Unstored => 0b00,
            Self::Stored => 0b01,
            Self::Commit => 0b11,
        }
    }
}

impl TryFrom<u8> for DeliverFlags {
    type Error = FrameError;

    fn try_from(byte: u8) -> Result<Self, FrameError> {
        match byte {
            0b00 => Ok(Self::Unstored),
            0b01 => Ok(Self::Stored),
            0b11 => Ok(Self::Commit),
            other => Err(FrameError::UnknownFlags(other)),
        }
    }
}

/// A sender's name: UTF-8 of at most [`NAME_BYTES`], sharing the memory it was received into.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Name(Bytes);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        // Checked when it was made; the fallback is never reached.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its length, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    fn length(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }
}

impl TryFrom<Bytes> for Name {
    type Error = FrameError;

    fn try_from(bytes: Bytes) -> Result<Self, FrameError> {
        if bytes.len() > NAME_BYTES || std::str::from_utf8(&bytes).is_err() {
            return Err(FrameError::Text);
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<&str> for Name {
    type Error = FrameError;

    fn try_from(text: &str) -> Result<Self, FrameError> {
        Bytes::copy_from_slice(text.as_bytes()).try_into()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliver() -> Deliver {
        Deliver {
            channel: ChannelId::from_bytes([1; 16]),
            sequence: Sequence::new(2),
            time: Millis::new(3),
            flags: DeliverFlags::Unstored,
            sender: MemberId::from_bytes([4; 16]),
            name: Name::try_from("Zoë").expect("a name"),
            payload: Bytes::from_static(b"opaque"),
        }
    }

    #[test]
    fn a_deliver_is_50_bytes_a_name_and_a_payload() {
        let body = deliver().encode().stream().slice(5..);
        assert_eq!(Deliver::HEAD_BYTES, 50);
        assert_eq!(&body[49..], "\u{4}Zoëopaque".as_bytes());
        for length in 0..54 {
            let parsed = Deliver::parse(body.slice(..length));
            assert_eq!(parsed, Err(FrameError::Truncated(Kind::Deliver)));
        }
        assert_eq!(Deliver::parse(body), Ok(deliver()));
        let mut head = BytesMut::new();
        deliver().append_head_to(&mut head);
        assert_eq!([&head[..], b"opaque"].concat(), deliver().encode().stream());
    }

    #[test]
    fn a_name_is_text_of_at_most_124_bytes() {
        let longest = "\u{10000}".repeat(31);
        assert!(Name::try_from(longest.as_str()).is_ok());
        assert_eq!(
            Name::try_from(format!("{longest}x").as_str()),
            Err(FrameError::Text)
        );
        assert_eq!(
            Name::try_from(Bytes::from_static(b"\xff")),
            Err(FrameError::Text)
        );
    }

    #[test]
    fn flags_of_a_newer_version_are_refused() {
        let mut body = deliver().encode().stream().slice(5..).to_vec();
        for flags in [0b10, 0b100, 0xff] {
            body[32] = flags;
            let parsed = Deliver::parse(body.clone().into());
            assert_eq!(parsed, Err(FrameError::UnknownFlags(flags)));
        }
    }
}
