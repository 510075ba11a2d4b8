//! Commands and replies over a connection of the chat-server's protocol, one after the other.

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use wire_format::{
    ClientFrame, Close, CommandFrame, ErrorCode, FrameCodec, Refusal, ReplyFrame, ServerFrame,
    command::{Operation, auth, session},
    limits,
};

use super::{
    error::LoadError,
    frames::{broken, closed},
};

/// Commands on one connection; each waits for its reply.
#[derive(Debug)]
pub struct Calls<'a> {
    stream: &'a mut TcpStream,
    buffer: BytesMut,
    codec: FrameCodec,
    request: u32,
}

impl<'a> Calls<'a> {
    /// Introduces itself on a fresh connection. A dropped future leaves the connection unusable.
    ///
    /// # Errors
    /// Why the server does not take it.
    pub async fn begin(stream: &'a mut TcpStream) -> Result<Self, LoadError> {
        let mut calls = Self {
            stream,
            buffer: BytesMut::new(),
            codec: FrameCodec::new(limits::FRAME_BYTES),
            request: 0,
        };
        let hello = session::Hello {
            version: limits::PROTOCOL_VERSION,
            client: CLIENT.to_owned(),
        };
        calls.of(&hello).await?;
        Ok(calls)
    }

    /// Carries a command out. A dropped future leaves the connection unusable.
    ///
    /// # Errors
    /// [`LoadError::Refused`], or what broke the connection.
    pub async fn of<O: Operation>(&mut self, operation: &O) -> Result<O::Ok, LoadError> {
        let outcome = self.outcome(operation).await?;
        outcome.map_err(|refusal| refused(O::NAME, refusal))
    }

    /// As [`Calls::of`]; a refusal is for the caller to judge.
    pub(super) async fn outcome<O: Operation>(
        &mut self,
        operation: &O,
    ) -> Result<Result<O::Ok, Refusal>, LoadError> {
        self.request += 1;
        let frame = CommandFrame::new(self.request, operation, Bytes::new());
        self.send(ClientFrame::Command(frame), O::NAME).await?;
        let reply = self.reply(O::NAME).await?;
        reply.outcome().map_err(broken)
    }

    /// Bytes that arrived behind the last reply.
    pub(super) fn left(self) -> Vec<u8> {
        self.buffer.to_vec()
    }

    /// The reply to the last command; what arrives before it is nothing to count.
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
                return Err(LoadError::silent_close(step));
            }
        }
    }

    async fn send(&mut self, frame: ClientFrame, step: &'static str) -> Result<(), LoadError> {
        let written = self.stream.write_all(&frame.encode().stream()).await;
        written.map_err(|error| LoadError::Io { step, error })
    }
}

pub(super) fn refused(step: &'static str, refusal: Refusal) -> LoadError {
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

/// How a load introduces itself.
const CLIENT: &str = concat!("sealwire-load/", env!("CARGO_PKG_VERSION"));
pub(super) const PUBLISH: &str = "publish";
