//! The first words on a page's WebSocket.

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use wire_format::{
    ClientFrame, Close, CommandFrame, Event, RoomId, ServerFrame, command::Operation,
};

use super::{
    super::{
        error::LoadError,
        frames::{broken, closed, parse},
        websocket,
    },
    pong, put, refused,
};

/// Commands and replies, one after the other, on an open WebSocket.
pub(super) struct Talk<'a> {
    stream: &'a mut TcpStream,
    buffer: Vec<u8>,
    request: u32,
    /// Rooms whose key came.
    keyed: Vec<RoomId>,
}

impl<'a> Talk<'a> {
    /// Goes on behind `left`, what arrived behind the handshake.
    pub(super) const fn new(stream: &'a mut TcpStream, left: Vec<u8>) -> Self {
        Self {
            stream,
            buffer: left,
            request: 0,
            keyed: Vec::new(),
        }
    }

    /// Carries a command out.
    pub(super) async fn call<O: Operation>(&mut self, operation: &O) -> Result<O::Ok, LoadError> {
        self.request += 1;
        let frame = CommandFrame::new(self.request, operation, Bytes::new());
        let mut out = Vec::new();
        put(&mut out, &ClientFrame::Command(frame));
        self.send(&out, O::NAME).await?;
        loop {
            match self.next(O::NAME).await? {
                ServerFrame::Reply(reply) if reply.request == self.request => {
                    let outcome = reply.outcome::<O::Ok>().map_err(broken)?;
                    return outcome.map_err(|refusal| refused(O::NAME, refusal));
                }
                frame => self.notice(&frame)?,
            }
        }
    }

    /// Waits for a room's key: before it, nothing can be sent or read.
    pub(super) async fn keyed(&mut self, room: RoomId) -> Result<(), LoadError> {
        while !self.keyed.contains(&room) {
            let frame = self.next("the room's key").await?;
            self.notice(&frame)?;
        }
        Ok(())
    }

    /// What was read and not used.
    pub(super) fn left(self) -> Vec<u8> {
        self.buffer
    }

    fn notice(&mut self, frame: &ServerFrame) -> Result<(), LoadError> {
        if let ServerFrame::Event(event) = frame
            && let Event::RoomKeyed { room, .. } = event.event().map_err(broken)?
        {
            self.keyed.push(room);
        }
        Ok(())
    }

    /// The next frame that is not about the connection itself.
    async fn next(&mut self, step: &'static str) -> Result<ServerFrame, LoadError> {
        loop {
            let Some(message) = websocket::cut(&self.buffer)? else {
                let read = self.stream.read_buf(&mut self.buffer).await;
                if read.map_err(|error| LoadError::Io { step, error })? == 0 {
                    return Err(LoadError::silent_close(step));
                }
                continue;
            };
            let used = message.bytes;
            let (frame, answer) = match message.opcode {
                websocket::BINARY => (Some(parse(message.payload)?), None),
                websocket::PING => (None, Some(pong(message.payload))),
                websocket::CLOSE => return Err(LoadError::silent_close(step)),
                _ => (None, None),
            };
            self.buffer.drain(..used);
            if let Some(answer) = answer {
                self.send(&answer, step).await?;
            }
            match frame {
                Some(ServerFrame::Ping(token)) => {
                    let mut out = Vec::new();
                    put(&mut out, &ClientFrame::Pong(token));
                    self.send(&out, step).await?;
                }
                Some(ServerFrame::Close(Close { code })) => return Err(closed(step, code)),
                Some(frame) => return Ok(frame),
                None => {}
            }
        }
    }

    async fn send(&mut self, bytes: &[u8], step: &'static str) -> Result<(), LoadError> {
        let written = self.stream.write_all(bytes).await;
        written.map_err(|error| LoadError::Io { step, error })
    }
}
