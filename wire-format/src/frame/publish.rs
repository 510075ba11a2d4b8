//! `request u32 | channel | epoch u64 | flags u8 | payload`: a payload for a channel.

use std::fmt;

use bytes::{BufMut, Bytes};

use super::{Encoded, Kind, Size};
use crate::{
    cursor::Cursor,
    error::FrameError,
    ids::{ChannelId, EpochNumber},
};

/// A payload for everyone in a channel; no JSON on this path.
#[derive(Clone, Eq, PartialEq)]
pub struct Publish {
    /// The id that the reply repeats; 0 asks for a reply only if it is refused.
    pub request: u32,
    /// Where to.
    pub channel: ChannelId,
    /// The epoch that the payload was sealed for; 0 is not compared.
    pub epoch: EpochNumber,
    /// What is asked of the server.
    pub flags: PublishFlags,
    /// Opaque to the server.
    pub payload: Bytes,
}

/// What a publish asks of the server, a bit each.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PublishFlags(u8);

impl PublishFlags {
    /// Delivered to those who are there, and kept in the ring.
    pub const UNSTORED: Self = Self(0);
    /// Acknowledged when durable.
    pub const STORED: Self = Self(STORED);

    /// The same, to be refused unless the publish before it, in the same channel and on the same
    /// connection, was accepted: several may be under way, and none overtakes one that was refused.
    #[must_use]
    pub const fn following(self) -> Self {
        Self(self.0 | FOLLOWING)
    }

    /// Whether the server keeps the payload.
    pub const fn is_stored(self) -> bool {
        self.0 & STORED != 0
    }

    /// Whether it stands only behind the one before it.
    pub const fn is_following(self) -> bool {
        self.0 & FOLLOWING != 0
    }

    /// The byte on the wire.
    pub const fn bits(self) -> u8 {
        self.0
    }
}

impl Publish {
    /// Bytes of the body before the payload.
    pub const HEAD_BYTES: usize = 4 + ChannelId::LEN + 8 + 1;

    /// Reads a body; what is left after the fixed fields is the payload.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] and [`FrameError::UnknownFlags`].
    pub fn parse(body: Bytes) -> Result<Self, FrameError> {
        let mut cursor = Cursor::new(body);
        let mut fields = || Some((cursor.u32()?, cursor.array()?, cursor.u64()?, cursor.u8()?));
        let (request, channel, epoch, flags) =
            fields().ok_or(FrameError::Truncated(Kind::Publish))?;
        Ok(Self {
            request,
            channel: ChannelId::from_bytes(channel),
            epoch: EpochNumber::new(epoch),
            flags: PublishFlags::try_from(flags)?,
            payload: cursor.rest(),
        })
    }

    pub(super) fn encode(&self) -> Encoded {
        Encoded::build(
            Kind::Publish,
            Self::HEAD_BYTES + self.payload.len(),
            |body| {
                body.put_u32(self.request);
                body.put_slice(self.channel.as_bytes());
                body.put_u64(self.epoch.value());
                body.put_u8(self.flags.bits());
                body.put_slice(&self.payload);
            },
        )
    }
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("request", &self.request)
            .field("channel", &self.channel)
            .field("epoch", &self.epoch)
            .field("flags", &self.flags)
            .field("payload", &Size(&self.payload))
            .finish()
    }
}

impl TryFrom<u8> for PublishFlags {
    type Error = FrameError;

    fn try_from(byte: u8) -> Result<Self, FrameError> {
        if byte & !(STORED | FOLLOWING) == 0 {
            Ok(Self(byte))
        } else {
            Err(FrameError::UnknownFlags(byte))
        }
    }
}

const STORED: u8 = 1;
const FOLLOWING: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publish_is_29_bytes_and_its_payload() {
        let publish = Publish {
            request: 1,
            channel: ChannelId::from_bytes([2; 16]),
            epoch: EpochNumber::new(3),
            flags: PublishFlags::UNSTORED,
            payload: Bytes::from_static(b"opaque"),
        };
        let body = publish.encode().stream().slice(5..);
        assert_eq!(&body[..4], b"\0\0\0\x01");
        assert_eq!(&body[20..], b"\0\0\0\0\0\0\0\x03\0opaque");
        for length in 0..Publish::HEAD_BYTES {
            let parsed = Publish::parse(body.slice(..length));
            assert_eq!(parsed, Err(FrameError::Truncated(Kind::Publish)));
        }
        assert_eq!(Publish::parse(body), Ok(publish));
    }

    #[test]
    fn flags_are_two_bits() {
        let known = [
            (0, PublishFlags::UNSTORED),
            (1, PublishFlags::STORED),
            (2, PublishFlags::UNSTORED.following()),
            (3, PublishFlags::STORED.following()),
        ];
        for (byte, flags) in known {
            assert_eq!(PublishFlags::try_from(byte), Ok(flags));
            assert_eq!(flags.bits(), byte);
            assert_eq!(flags.is_stored(), byte & 1 != 0);
            assert_eq!(flags.is_following(), byte & 2 != 0);
        }
        for byte in 4..=u8::MAX {
            let refused = PublishFlags::try_from(byte);
            assert_eq!(refused, Err(FrameError::UnknownFlags(byte)));
        }
    }
}
