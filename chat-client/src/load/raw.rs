//! The chat-server's own protocol, with payloads that are not sealed.

use std::{net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use rand::RngExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};
use wire_format::{
    ChannelId, ClientFrame, Close, CloseCode, CommandFrame, Deliver, EpochNumber, ErrorCode,
    FrameCodec, FrameError, GuestToken, Kind as FrameKind, Publish, PublishFlags, RawFrame,
    Refusal, ReplyFrame, RoomId, ServerFrame,
    command::{Operation, auth, rooms, session},
    limits,
};

use super::{
    error::LoadError,
    plan::Seat,
    wire::{Cut, Joined, Kind, Wire},
};

/// A chat-server over plain TCP: guests in a room that publish opaque payloads.
#[derive(Clone, Debug)]
pub struct Raw {
    address: SocketAddr,
    room: String,
}

impl Raw {
    /// Guests in `room`; in further rooms `room-1`, `room-2`, … where a plan has them.
    pub const fn new(address: SocketAddr, room: String) -> Self {
        Self { address, room }
    }

    fn room(&self, seat: &Seat) -> String {
        match seat.room {
            0 => self.room.clone(),
            room => format!("{}-{room}", self.room),
        }
    }
}

impl Wire for Raw {
    fn address(&self) -> SocketAddr {
        self.address
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let mut call = Call {
            stream,
            buffer: BytesMut::new(),
            codec: FrameCodec::new(limits::FRAME_BYTES),
            request: 0,
        };
        let hello = session::Hello {
            version: limits::PROTOCOL_VERSION,
            client: concat!("sealwire-load/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        call.of(&hello).await?;
        sign_in(&mut call, seat).await?;
        let room = self.room(seat);
        let open = rooms::Open { room: room.clone() };
        call.of(&open).await?;
        let enter = rooms::Enter { room, resume: None };
        call.of(&enter).await?;
        Ok(Joined {
            hears: true,
            left: call.buffer.to_vec(),
        })
    }

    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        let publish = Publish {
            request: 0,
            channel: ChannelId::main_of(RoomId::of_name(&self.room(seat))),
            epoch: EpochNumber::new(0),
            flags: PublishFlags::Unstored,
            payload: Bytes::copy_from_slice(payload),
        };
        out.extend_from_slice(&ClientFrame::Publish(publish).encode().stream());
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let Some((length, _)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length == 0 || length > limits::FRAME_BYTES {
            return Err(LoadError::Layout(format!("a frame of {length} bytes")));
        }
        let Some(frame) = bytes.get(LENGTH_BYTES..LENGTH_BYTES + length) else {
            return Ok(None);
        };
        Ok(Some(Cut {
            bytes: LENGTH_BYTES + length,
            kind: meaning(frame)?,
        }))
    }
}

/// What a frame, kind and body, means. Deliveries are not parsed further than to their payload.
pub(super) fn meaning(frame: &[u8]) -> Result<Kind<'_>, LoadError> {
    const DELIVER: u8 = FrameKind::Deliver as u8;
    if let [DELIVER, body @ ..] = frame {
        let payload = body
            .get(Deliver::HEAD_BYTES - 1)
            .and_then(|&name| body.get(Deliver::HEAD_BYTES + usize::from(name)..));
        return payload
            .map(Kind::Delivery)
            .ok_or_else(|| broken(FrameError::Truncated(FrameKind::Deliver)));
    }
    let frame = RawFrame::from_message(Bytes::copy_from_slice(frame)).map_err(broken)?;
    Ok(match ServerFrame::parse(frame).map_err(broken)? {
        ServerFrame::Ping(token) => {
            Kind::Answer(ClientFrame::Pong(token).encode().stream().to_vec())
        }
        ServerFrame::Close(Close { code }) => Kind::Closed(code.to_string()),
        ServerFrame::Reply(reply) => {
            reply
                .outcome::<serde_json::Value>()
                .map_err(broken)?
                .map_err(|refusal| refused(PUBLISH, refusal))?;
            Kind::Other
        }
        _ => Kind::Other,
    })
}

/// Signs in; the name of a run before is free in a moment.
async fn sign_in(call: &mut Call<'_>, seat: &Seat) -> Result<(), LoadError> {
    let guest = auth::Guest {
        name: format!("load-{}", seat.number),
        token: Some(GuestToken::from_bytes(rand::rng().random())),
    };
    for _ in 0..NAME_TRIES {
        match call.outcome(&guest).await? {
            Ok(_) => return Ok(()),
            Err(refusal) if refusal.code == ErrorCode::NameTaken => sleep(NAME_WAIT).await,
            Err(refusal) => return Err(refused(auth::Guest::NAME, refusal)),
        }
    }
    Err(refused(auth::Guest::NAME, ErrorCode::NameTaken.into()))
}

/// Commands and replies, one after the other.
struct Call<'a> {
    stream: &'a mut TcpStream,
    buffer: BytesMut,
    codec: FrameCodec,
    request: u32,
}

impl Call<'_> {
    async fn of<O: Operation>(&mut self, operation: &O) -> Result<O::Ok, LoadError> {
        let outcome = self.outcome(operation).await?;
        outcome.map_err(|refusal| refused(O::NAME, refusal))
    }

    async fn outcome<O: Operation>(
        &mut self,
        operation: &O,
    ) -> Result<Result<O::Ok, Refusal>, LoadError> {
        self.request += 1;
        let frame = CommandFrame::new(self.request, operation, Bytes::new());
        self.send(ClientFrame::Command(frame), O::NAME).await?;
        let reply = self.reply(O::NAME).await?;
        reply.outcome().map_err(broken)
    }

    /// The reply to the last command; what else arrives before it is not for the count.
    async fn reply(&mut self, step: &'static str) -> Result<ReplyFrame, LoadError> {
        loop {
            while let Some(frame) = self.codec.cut(&mut self.buffer).map_err(broken)? {
                match ServerFrame::parse(frame).map_err(broken)? {
                    ServerFrame::Reply(reply) if reply.request == self.request => return Ok(reply),
                    ServerFrame::Ping(token) => self.send(ClientFrame::Pong(token), step).await?,
                    ServerFrame::Close(Close { code }) => return Err(closed(step, code)),
                    _ => {}
                }
            }
            let read = self.stream.read_buf(&mut self.buffer).await;
            if read.map_err(|error| LoadError::Io { step, error })? == 0 {
                let reason = "without a word".to_owned();
                return Err(LoadError::Closed { step, reason });
            }
        }
    }

    async fn send(&mut self, frame: ClientFrame, step: &'static str) -> Result<(), LoadError> {
        let written = self.stream.write_all(&frame.encode().stream()).await;
        written.map_err(|error| LoadError::Io { step, error })
    }
}

fn broken(error: FrameError) -> LoadError {
    LoadError::Layout(error.to_string())
}

fn closed(step: &'static str, code: CloseCode) -> LoadError {
    LoadError::Closed {
        step,
        reason: code.sentence().to_owned(),
    }
}

fn refused(step: &'static str, refusal: Refusal) -> LoadError {
    let hint = match (refusal.code, step) {
        (ErrorCode::RateLimited, PUBLISH) => Some("Start the server with --messages 0."),
        (ErrorCode::RateLimited, auth::Guest::NAME) => Some("Start the server with --sign-ins 0."),
        (ErrorCode::RateLimited, _) => Some("Start the server with --commands 0."),
        (ErrorCode::NameTaken, _) => Some("Is another load running against this server?"),
        (ErrorCode::RoomFull, _) => Some("Start the server with a larger --members-per-room."),
        (ErrorCode::TooManyRooms, _) => Some("Start the server with more --rooms."),
        _ => None,
    };
    LoadError::Refused {
        step,
        reason: refusal.to_string(),
        hint,
    }
}

const PUBLISH: &str = "publish";
/// Bytes of a frame before its kind.
const LENGTH_BYTES: usize = 4;
const NAME_TRIES: u32 = 50;
const NAME_WAIT: Duration = Duration::from_millis(100);
