//! The task that reads.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, ReadHalf},
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wire_format::{
    ClientFrame, Close, Encoded, FrameCodec, FrameError, RawFrame, ServerFrame,
    limits::{CLIENT_SILENCE, FRAME_BYTES},
};

use super::{Arrival, calls::Calls};
use crate::error::Ended;

pub(super) struct Reader {
    /// Weak, so that the writer ends with the last [`Connection`](super::Connection).
    pub(super) outgoing: mpsc::WeakSender<Encoded>,
    pub(super) arrived: mpsc::Sender<Arrival>,
    pub(super) calls: Arc<Calls>,
    pub(super) end: CancellationToken,
}

impl Reader {
    /// Reads until the connection is over, and says how it ended.
    pub(super) async fn run<S: AsyncRead>(self, read: ReadHalf<S>) {
        let end = self.end.clone();
        let ended = tokio::select! {
            ended = self.read(read) => ended,
            () = end.cancelled() => Ended::Here,
        };
        if let Ended::Protocol(error) = ended {
            // The server is told what it did, if the writer has room for it.
            if let Some(outgoing) = self.outgoing.upgrade() {
                let close = ClientFrame::Close(Close::from(error.close_code()));
                let _ = outgoing.try_send(close.encode());
            }
        }
        let ended = self.calls.end(ended);
        end.cancel();
        // Waits until what came before was taken; fails when nobody listens any more.
        let _ = self.arrived.send(Arrival::Ended(ended)).await;
    }

    async fn read<S: AsyncRead>(&self, mut read: ReadHalf<S>) -> Ended {
        let codec = FrameCodec::new(FRAME_BYTES);
        let mut buffer = BytesMut::new();
        let silence = sleep_until(Instant::now() + CLIENT_SILENCE);
        tokio::pin!(silence);
        loop {
            loop {
                match codec.cut(&mut buffer) {
                    Ok(Some(frame)) => {
                        if let Err(ended) = self.take(frame).await {
                            return ended;
                        }
                    }
                    Ok(None) => break,
                    Err(error) => return Ended::Protocol(error),
                }
            }
            if buffer.capacity() - buffer.len() < READ_BYTES {
                buffer.reserve(READ_BYTES);
            }
            let read = tokio::select! {
                read = read.read_buf(&mut buffer) => read,
                () = &mut silence => return Ended::Silent,
            };
            match read {
                Ok(0) => return Ended::Cut(std::io::ErrorKind::UnexpectedEof),
                Ok(_) => silence.as_mut().reset(Instant::now() + CLIENT_SILENCE),
                Err(error) => return Ended::Cut(error.kind()),
            }
        }
    }

    async fn take(&self, frame: RawFrame) -> Result<(), Ended> {
        let arrival = match ServerFrame::parse(frame).map_err(Ended::Protocol)? {
            ServerFrame::Reply(reply) => match self.calls.settle(reply) {
                Some(reply) => Arrival::Reply(reply),
                None => return Ok(()),
            },
            ServerFrame::Event(event) => {
                let parsed = event.event().map_err(Ended::Protocol)?;
                Arrival::Event(parsed, event.tail)
            }
            ServerFrame::Deliver(deliver) => Arrival::Deliver(deliver),
            ServerFrame::Ping(token) => return self.answer(ClientFrame::Pong(token)).await,
            ServerFrame::Pong(_) => return Ok(()),
            ServerFrame::Close(close) => return Err(Ended::Closed(close.code)),
        };
        self.arrived.send(arrival).await.map_err(|_| Ended::Here)
    }

    async fn answer(&self, frame: ClientFrame) -> Result<(), Ended> {
        let outgoing = self.outgoing.upgrade().ok_or(Ended::Here)?;
        outgoing.send(frame.encode()).await.map_err(|_| Ended::Here)
    }
}

impl From<FrameError> for Ended {
    fn from(error: FrameError) -> Self {
        Self::Protocol(error)
    }
}

/// Room for one read: several small frames, and little enough for thousands of idle connections.
const READ_BYTES: usize = 4096;
