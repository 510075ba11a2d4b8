//! One connection to a chat-server: frames, request ids, heartbeat.
//!
//! ```text
//!            post, call, publish                  replies to call
//!  Connection ──▶ bounded queue ──▶ writer ──▶ socket ──▶ reader ──▶ Arrivals (bounded, in order)
//! ```
//!
//! One task reads and one writes. A full queue of outgoing frames makes the caller wait; a full
//! queue of arrivals makes the reader wait, and a server cuts who waits too long. The reader answers
//! pings. A frame is queued whole or not at all, so that a dropped future leaves nothing half-written.

mod calls;
mod reader;
mod writer;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use wire_format::{
    ChannelId, ClientFrame, CloseCode, CommandFrame, Deliver, Encoded, EpochNumber, Event, Publish,
    PublishFlags, ReplyFrame, command::Operation,
};

use self::calls::Calls;
use crate::{
    endpoint::{Endpoint, Transport},
    error::{CallError, ConnectError, Ended},
    tls::{TlsError, Trust},
};

/// The sending side of a connection; dropping it ends the connection.
pub struct Connection {
    outgoing: mpsc::Sender<Encoded>,
    calls: Arc<Calls>,
    last_request: AtomicU32,
    tasks: TaskTracker,
    _end: DropGuard,
}

/// What a server sends, in the order it sent it.
#[derive(Debug)]
pub enum Arrival {
    /// The reply to a [`Connection::post`] or [`Connection::publish`].
    Reply(ReplyFrame),
    /// Something that happened, and its tail.
    Event(Event, Bytes),
    /// A payload.
    Deliver(Deliver),
    /// The connection is over; the last arrival.
    Ended(Ended),
}

/// The receiving side of a connection.
#[derive(Debug)]
pub struct Arrivals(mpsc::Receiver<Arrival>);

impl Connection {
    /// Connects over TCP, and TLS where the address says so, checking the server's name.
    ///
    /// `trust` is asked for only by `tls://` addresses. A dropped future closes the socket.
    ///
    /// # Errors
    /// [`ConnectError::Io`], [`ConnectError::Tls`].
    pub async fn open(
        endpoint: &Endpoint,
        trust: Option<&Trust>,
    ) -> Result<(Self, Arrivals), ConnectError> {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
        // Small frames are to leave at once; the writer gathers what is there.
        stream.set_nodelay(true)?;
        match endpoint.transport {
            Transport::Plain => Ok(Self::over(stream)),
            Transport::Tls => {
                let trust = trust.ok_or(TlsError::NoAuthority)?;
                let name = ServerName::try_from(endpoint.host.clone())
                    .map_err(|_| ConnectError::Tls(TlsError::Host))?;
                Ok(Self::over(trust.connector().connect(name, stream).await?))
            }
        }
    }

    /// Speaks the protocol over any stream of bytes.
    pub fn over<S>(stream: S) -> (Self, Arrivals)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (read, write) = tokio::io::split(stream);
        let (outgoing, to_write) = mpsc::channel(OUTGOING_FRAMES);
        let (arrived, arrivals) = mpsc::channel(ARRIVED_FRAMES);
        let calls = Arc::new(Calls::default());
        let end = CancellationToken::new();
        let tasks = TaskTracker::new();

        let writer = writer::run(write, to_write, Arc::clone(&calls), end.clone());
        tasks.spawn(writer);
        let reader = reader::Reader {
            outgoing: outgoing.downgrade(),
            arrived,
            calls: Arc::clone(&calls),
            end: end.clone(),
        };
        tasks.spawn(reader.run(read));
        tasks.close();

        let connection = Self {
            outgoing,
            calls,
            last_request: AtomicU32::new(0),
            tasks,
            _end: end.drop_guard(),
        };
        (connection, Arrivals(arrivals))
    }

    /// Sends a command; its reply comes among the [`Arrivals`], in order with everything else.
    ///
    /// Waits while the queue is full. A dropped future has sent nothing.
    ///
    /// # Errors
    /// Why the connection is over.
    pub async fn post<O: Operation>(&self, operation: &O, tail: Bytes) -> Result<u32, Ended> {
        let request = self.next_request();
        let frame = CommandFrame::new(request, operation, tail);
        self.send(ClientFrame::Command(frame)).await?;
        Ok(request)
    }

    /// Sends a command and waits for its reply, which overtakes what else arrives.
    ///
    /// A dropped future may have sent the command; its reply is then thrown away.
    ///
    /// # Errors
    /// The refusal, or why the connection is over.
    pub async fn call<O: Operation>(
        &self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), CallError> {
        let request = self.next_request();
        let pending = self.calls.expect(request)?;
        let frame = CommandFrame::new(request, operation, tail);
        self.send(ClientFrame::Command(frame)).await?;
        let reply = pending.reply().await?;
        let outcome = reply.outcome::<O::Ok>().map_err(Ended::Protocol)?;
        Ok((outcome?, reply.tail))
    }

    /// Sends a payload; its acknowledgement comes among the [`Arrivals`].
    ///
    /// Waits while the queue is full. A dropped future has sent nothing.
    ///
    /// # Errors
    /// Why the connection is over.
    pub async fn publish(
        &self,
        channel: ChannelId,
        epoch: EpochNumber,
        payload: Bytes,
    ) -> Result<u32, Ended> {
        let request = self.next_request();
        let frame = Publish {
            request,
            channel,
            epoch,
            flags: PublishFlags::Unstored,
            payload,
        };
        self.send(ClientFrame::Publish(frame)).await?;
        Ok(request)
    }

    /// Says goodbye, waits until everything queued was written, at most `within`, and ends.
    pub async fn close(self, within: Duration) {
        let goodbye = ClientFrame::Close(CloseCode::Done.into());
        // Who does not take a goodbye in time goes without.
        let _ = tokio::time::timeout(within, async {
            if self.send(goodbye).await.is_ok() {
                let Self {
                    outgoing, tasks, ..
                } = &self;
                outgoing.closed().await;
                tasks.wait().await;
            }
        })
        .await;
    }

    async fn send(&self, frame: ClientFrame) -> Result<(), Ended> {
        self.outgoing
            .send(frame.encode())
            .await
            .map_err(|_| self.calls.ended().unwrap_or(Ended::Here))
    }

    /// 1, 2, 3, … and around; 0 would go without acknowledgement.
    fn next_request(&self) -> u32 {
        let before = self.last_request.fetch_add(1, Ordering::Relaxed);
        match before.wrapping_add(1) {
            0 => self.next_request(),
            request => request,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(..)")
    }
}

impl Arrivals {
    /// The next arrival; after [`Arrival::Ended`] there is none. Safe to drop while waiting.
    pub async fn next(&mut self) -> Option<Arrival> {
        self.0.recv().await
    }
}

/// Outgoing frames that may wait: a burst of commands at entering a few rooms.
const OUTGOING_FRAMES: usize = 32;
/// Arrived frames that may wait: a whole ring and the talk meanwhile.
const ARRIVED_FRAMES: usize = 512;
