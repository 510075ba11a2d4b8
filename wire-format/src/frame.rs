//! Frames: what travels between a client and a server (docs/protocol.md#2-frames).
//!
//! A frame is decoded in two steps. [`FrameCodec`](crate::FrameCodec) cuts a stream into
//! [`RawFrame`]s; [`ClientFrame::parse`] and [`ServerFrame::parse`] read a body. What a JSON header
//! says is read later still, because a bad header is answered while a bad frame ends the connection.
//!
//! A header may hold a guest's token, and between a browser and its proxy a payload is a text in the
//! clear: `Debug` shows how many bytes there are and none of them.

mod close;
mod command;
mod deliver;
mod event;
mod numbered;
mod parts;
mod publish;
mod reply;

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

pub use close::Close;
pub use command::CommandFrame;
pub use deliver::{Deliver, DeliverFlags, Name};
pub use event::EventFrame;
pub use parts::Parts;
pub use publish::{Publish, PublishFlags};
pub use reply::ReplyFrame;

use crate::{cursor::Cursor, error::FrameError, limits::HEADER_BYTES};

/// The first byte of a frame after its length.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Kind {
    /// A request of a client.
    Command = 0x01,
    /// The answer to one command or publish.
    Reply = 0x02,
    /// Something that happened, told by the server.
    Event = 0x03,
    /// A payload for everyone in a channel.
    Publish = 0x04,
    /// A payload from somebody in a channel.
    Deliver = 0x05,
    /// A question for a sign of life.
    Ping = 0x06,
    /// The sign of life.
    Pong = 0x07,
    /// The last frame in its direction.
    Close = 0x08,
}

impl TryFrom<u8> for Kind {
    type Error = FrameError;

    fn try_from(byte: u8) -> Result<Self, FrameError> {
        Ok(match byte {
            0x01 => Self::Command,
            0x02 => Self::Reply,
            0x03 => Self::Event,
            0x04 => Self::Publish,
            0x05 => Self::Deliver,
            0x06 => Self::Ping,
            0x07 => Self::Pong,
            0x08 => Self::Close,
            other => return Err(FrameError::UnknownKind(other)),
        })
    }
}

/// A frame whose body has not been read.
#[derive(Clone, Eq, PartialEq)]
pub struct RawFrame {
    /// What the body is.
    pub kind: Kind,
    /// The body, sharing the memory it was received into.
    pub body: Bytes,
}

impl RawFrame {
    /// Takes a binary WebSocket message: kind and body, without length.
    ///
    /// # Errors
    /// [`FrameError::Empty`] and [`FrameError::UnknownKind`].
    pub fn from_message(mut message: Bytes) -> Result<Self, FrameError> {
        let Some(&kind) = message.first() else {
            return Err(FrameError::Empty);
        };
        let body = message.split_off(1);
        Ok(Self {
            kind: kind.try_into()?,
            body,
        })
    }
}

impl fmt::Debug for RawFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFrame")
            .field("kind", &self.kind)
            .field("body", &Size(&self.body))
            .finish()
    }
}

/// An encoded frame, ready for every transport; clones share its memory.
#[derive(Clone, Eq, PartialEq)]
pub struct Encoded(Bytes);

impl Encoded {
    /// The frame as it goes into a stream: length, kind, body.
    pub fn stream(&self) -> Bytes {
        self.0.clone()
    }

    /// The frame as a WebSocket message: kind and body.
    pub fn message(&self) -> Bytes {
        self.0.slice(LENGTH_BYTES..)
    }

    /// Writes a frame whose body has exactly `body_bytes` bytes.
    fn build(kind: Kind, body_bytes: usize, write: impl FnOnce(&mut BytesMut)) -> Self {
        let mut buffer = BytesMut::with_capacity(LENGTH_BYTES + 1 + body_bytes);
        buffer.put_slice(&frame_head(kind, body_bytes));
        write(&mut buffer);
        debug_assert_eq!(buffer.len(), LENGTH_BYTES + 1 + body_bytes);
        Self(buffer.freeze())
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encoded").field(&Size(&self.0)).finish()
    }
}

/// What a client sends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClientFrame {
    /// A request.
    Command(CommandFrame),
    /// A payload for a channel.
    Publish(Publish),
    /// A question for a sign of life.
    Ping([u8; 8]),
    /// The answer to a ping.
    Pong([u8; 8]),
    /// The client's last frame.
    Close(Close),
}

impl ClientFrame {
    /// Reads the body.
    ///
    /// # Errors
    /// A [`FrameError`] for every way to break the layout; the connection cannot go on.
    pub fn parse(frame: RawFrame) -> Result<Self, FrameError> {
        let RawFrame { kind, body } = frame;
        Ok(match kind {
            Kind::Command => Self::Command(CommandFrame::parse(body)?),
            Kind::Publish => Self::Publish(Publish::parse(body)?),
            Kind::Ping => Self::Ping(heartbeat(kind, body)?),
            Kind::Pong => Self::Pong(heartbeat(kind, body)?),
            Kind::Close => Self::Close(Close::parse(body)?),
            Kind::Reply | Kind::Event | Kind::Deliver => {
                return Err(FrameError::WrongDirection(kind));
            }
        })
    }

    /// Writes the frame.
    pub fn encode(&self) -> Encoded {
        match self {
            Self::Command(command) => command.encode(),
            Self::Publish(publish) => publish.encode(),
            Self::Ping(token) => encode_heartbeat(Kind::Ping, token),
            Self::Pong(token) => encode_heartbeat(Kind::Pong, token),
            Self::Close(close) => close.encode(),
        }
    }
}

/// What a server sends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ServerFrame {
    /// The answer to a command or publish.
    Reply(ReplyFrame),
    /// Something that happened.
    Event(EventFrame),
    /// A payload from a channel.
    Deliver(Deliver),
    /// A question for a sign of life.
    Ping([u8; 8]),
    /// The answer to a ping.
    Pong([u8; 8]),
    /// The server's last frame.
    Close(Close),
}

impl ServerFrame {
    /// Reads the body.
    ///
    /// # Errors
    /// A [`FrameError`] for every way to break the layout; the connection cannot go on.
    pub fn parse(frame: RawFrame) -> Result<Self, FrameError> {
        let RawFrame { kind, body } = frame;
        Ok(match kind {
            Kind::Reply => Self::Reply(ReplyFrame::parse(body)?),
            Kind::Event => Self::Event(EventFrame::parse(body)?),
            Kind::Deliver => Self::Deliver(Deliver::parse(body)?),
            Kind::Ping => Self::Ping(heartbeat(kind, body)?),
            Kind::Pong => Self::Pong(heartbeat(kind, body)?),
            Kind::Close => Self::Close(Close::parse(body)?),
            Kind::Command | Kind::Publish => return Err(FrameError::WrongDirection(kind)),
        })
    }

    /// Writes the frame.
    pub fn encode(&self) -> Encoded {
        match self {
            Self::Reply(reply) => reply.encode(),
            Self::Event(event) => event.encode(),
            Self::Deliver(deliver) => deliver.encode(),
            Self::Ping(token) => encode_heartbeat(Kind::Ping, token),
            Self::Pong(token) => encode_heartbeat(Kind::Pong, token),
            Self::Close(close) => close.encode(),
        }
    }
}

/// Length and kind of a frame whose body has so many bytes.
fn frame_head(kind: Kind, body_bytes: usize) -> [u8; LENGTH_BYTES + 1] {
    // A body that outgrows 32 bits cannot exist in memory bounded by the limits; the receiver
    // refuses the saturated length.
    let length = u32::try_from(1 + body_bytes).unwrap_or(u32::MAX);
    let [a, b, c, d] = length.to_be_bytes();
    [a, b, c, d, kind as u8]
}

fn heartbeat(kind: Kind, body: Bytes) -> Result<[u8; 8], FrameError> {
    let mut cursor = Cursor::new(body);
    let token = cursor.array().ok_or(FrameError::Truncated(kind))?;
    if cursor.is_empty() {
        Ok(token)
    } else {
        Err(FrameError::LeftOver(kind))
    }
}

fn encode_heartbeat(kind: Kind, token: &[u8; 8]) -> Encoded {
    Encoded::build(kind, token.len(), |body| body.put_slice(token))
}

/// Reads `header_length u32 | header | tail`, the end of commands, replies and events.
fn header_and_tail(kind: Kind, mut cursor: Cursor) -> Result<(Bytes, Bytes), FrameError> {
    let truncated = FrameError::Truncated(kind);
    let length = cursor.u32().ok_or(truncated)?;
    let length = usize::try_from(length).map_err(|_| FrameError::HeaderTooLarge)?;
    if length > HEADER_BYTES {
        return Err(FrameError::HeaderTooLarge);
    }
    let header = cursor.bytes(length).ok_or(truncated)?;
    Ok((header, cursor.rest()))
}

fn put_header_and_tail(body: &mut BytesMut, header: &Bytes, tail: &Bytes) {
    body.put_u32(u32::try_from(header.len()).unwrap_or(u32::MAX));
    body.put_slice(header);
    body.put_slice(tail);
}

/// The JSON of a header. The protocol's own types have only string keys, so they always encode.
fn json_of(value: &impl serde::Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// Bytes as `Debug` shows them: how many there are.
struct Size<'a>(&'a Bytes);

impl fmt::Debug for Size<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Bytes of a frame before its kind.
const LENGTH_BYTES: usize = 4;
/// Bytes of `header_length`.
const HEADER_LENGTH_BYTES: usize = 4;
/// Bytes of `request`.
const REQUEST_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChannelId, EpochNumber, MemberId, Millis, Sequence};

    fn raw(kind: Kind, body: &'static [u8]) -> RawFrame {
        RawFrame {
            kind,
            body: Bytes::from_static(body),
        }
    }

    #[test]
    fn a_ping_is_eight_bytes() {
        let ping = ClientFrame::Ping(*b"12345678");
        assert_eq!(&ping.encode().stream()[..], b"\0\0\0\x09\x0612345678");
        assert_eq!(ClientFrame::parse(raw(Kind::Ping, b"12345678")), Ok(ping));
        let short = ClientFrame::parse(raw(Kind::Ping, b"1234567"));
        assert_eq!(short, Err(FrameError::Truncated(Kind::Ping)));
        let long = ServerFrame::parse(raw(Kind::Pong, b"123456789"));
        assert_eq!(long, Err(FrameError::LeftOver(Kind::Pong)));
    }

    #[test]
    fn a_frame_of_the_other_side_is_refused() {
        for kind in [Kind::Reply, Kind::Event, Kind::Deliver] {
            let parsed = ClientFrame::parse(raw(kind, b""));
            assert_eq!(parsed, Err(FrameError::WrongDirection(kind)));
        }
        for kind in [Kind::Command, Kind::Publish] {
            let parsed = ServerFrame::parse(raw(kind, b""));
            assert_eq!(parsed, Err(FrameError::WrongDirection(kind)));
        }
    }

    #[test]
    fn a_message_has_no_length() {
        let ping = ServerFrame::Ping(*b"12345678").encode();
        assert_eq!(
            RawFrame::from_message(ping.message()),
            Ok(raw(Kind::Ping, b"12345678"))
        );
        assert_eq!(RawFrame::from_message(Bytes::new()), Err(FrameError::Empty));
        let unknown = RawFrame::from_message(Bytes::from_static(b"\x09"));
        assert_eq!(unknown, Err(FrameError::UnknownKind(9)));
    }

    #[test]
    fn what_a_frame_carries_does_not_show_in_debug() {
        let canary = Bytes::from_static(b"canary");
        let command = ClientFrame::Command(CommandFrame {
            request: 7,
            header: canary.clone(),
            tail: canary.clone(),
        });
        let publish = ClientFrame::Publish(Publish {
            request: 7,
            channel: ChannelId::from_bytes([1; 16]),
            epoch: EpochNumber::new(2),
            flags: PublishFlags::UNSTORED,
            payload: canary.clone(),
        });
        let reply = ServerFrame::Reply(ReplyFrame {
            request: 7,
            header: canary.clone(),
            tail: canary.clone(),
        });
        let event = ServerFrame::Event(EventFrame {
            header: canary.clone(),
            tail: canary.clone(),
        });
        let deliver = ServerFrame::Deliver(Deliver {
            channel: ChannelId::from_bytes([1; 16]),
            sequence: Sequence::new(2),
            time: Millis::new(3),
            flags: DeliverFlags::Unstored,
            sender: MemberId::from_bytes([4; 16]),
            name: Name::try_from("Ann").expect("a name"),
            payload: canary.clone(),
        });
        for shown in [
            format!("{:?}", raw(Kind::Publish, b"canary")),
            format!("{:?} {:?}", command, command.encode()),
            format!("{:?} {:?}", publish, publish.encode()),
            format!("{:?} {:?}", reply, reply.encode()),
            format!("{:?} {:?}", event, event.encode()),
            format!("{:?} {:?}", deliver, deliver.encode()),
        ] {
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains("6 bytes"), "{shown}");
        }
    }
}
