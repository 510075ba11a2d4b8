//! One connection to a chat-server: frames, request ids, heartbeat.
//!
//! ```text
//!  post, publish ──▶ Outgoing ──▶ socket ──▶ scratch of the thread ──▶ Frames: taken where they are
//!                                                  └──▶ Incoming ────▶ Arrival: the others, one by one
//! ```
//!
//! A connection is no task: it reads and writes while somebody waits in [`Connection::next`]. Idle,
//! it has neither a read nor a write buffer. What is posted leaves when the connection is next
//! waited for; while the socket is far behind nothing is read, so that what follows from reading
//! stays bounded. Pings are answered here.

mod incoming;
mod outgoing;
mod stream;
mod taken;

use std::{
    collections::VecDeque,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until, timeout},
};
use wire_format::{
    ChannelId, ClientFrame, Close, CloseCode, CommandFrame, Deliver, EpochNumber, Event,
    FrameError, Publish, PublishFlags, RawFrame, ReplyFrame, ServerFrame,
    command::{Command, Operation},
    limits::{CLIENT_SILENCE, PING_EVERY},
};

pub use self::incoming::Frames;
use self::{
    incoming::Incoming,
    outgoing::Outgoing,
    stream::Stream,
    taken::{Counted, Taken},
};
use crate::{
    endpoint::{Endpoint, Transport},
    error::{CallError, ConnectError, Ended},
    tls::{TlsError, Trust},
};

/// A connection; dropping it closes it.
pub struct Connection {
    stream: Stream,
    incoming: Incoming,
    outgoing: Outgoing,
    /// What arrived while a call waited for its reply.
    kept: VecDeque<Arrival>,
    last_request: u32,
    /// When something was last heard while somebody listened.
    heard_at: Instant,
    /// When something was last posted.
    said_at: Instant,
    /// Nothing is being read: what is not heard is not the server's silence.
    is_paused: bool,
    /// Not later than the end of the server's patience and of ours; looks again when it fires.
    timer: Pin<Box<Sleep>>,
    ended: Option<Ended>,
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
}

impl Connection {
    /// Connects over TCP, and TLS where the address says so, checking the server's name.
    ///
    /// `trust` is asked for only by `tls://` addresses. A dropped future closes the socket.
    ///
    /// # Errors
    /// [`ConnectError::Io`], [`ConnectError::Tls`].
    pub async fn open(endpoint: &Endpoint, trust: Option<&Trust>) -> Result<Self, ConnectError> {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
        // Small frames are to leave at once; what is there leaves together.
        stream.set_nodelay(true)?;
        match endpoint.transport {
            Transport::Plain => Ok(Self::new(Stream::Plain(stream))),
            Transport::Tls => {
                let trust = trust.ok_or(TlsError::NoAuthority)?;
                let name = ServerName::try_from(endpoint.host.clone())
                    .map_err(|_| ConnectError::Tls(TlsError::Host))?;
                let taken = Taken::default();
                let counted = Counted::new(stream, taken.clone());
                let stream = trust.connector().connect(name, counted).await?;
                Ok(Self::new(Stream::Other(Box::pin(stream), Some(taken))))
            }
        }
    }

    /// Speaks the protocol over any stream of bytes.
    pub fn over<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self::new(Stream::Other(Box::pin(stream), None))
    }

    fn new(stream: Stream) -> Self {
        let now = Instant::now();
        Self {
            stream,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            kept: VecDeque::new(),
            last_request: 0,
            heard_at: now,
            said_at: now,
            is_paused: false,
            timer: Box::pin(sleep_until(now + CLIENT_SILENCE)),
            ended: None,
        }
    }

    /// Sends a command; its reply comes among the arrivals, in order with everything else. The
    /// frame leaves while [`Connection::next`] is waited for.
    ///
    /// # Errors
    /// Why the connection is over.
    pub fn post<O: Operation>(&mut self, operation: &O, tail: Bytes) -> Result<u32, Ended> {
        let request = self.next_request();
        let frame = CommandFrame::new(request, operation, tail);
        self.send(&ClientFrame::Command(frame))?;
        Ok(request)
    }

    /// As [`Connection::post`], for a command that was read elsewhere.
    ///
    /// # Errors
    /// Why the connection is over.
    pub fn post_command(&mut self, command: &Command, tail: Bytes) -> Result<u32, Ended> {
        let request = self.next_request();
        let frame = CommandFrame::of(request, command, tail);
        self.send(&ClientFrame::Command(frame))?;
        Ok(request)
    }

    /// Sends a payload; its acknowledgement comes among the arrivals.
    ///
    /// # Errors
    /// Why the connection is over.
    pub fn publish(
        &mut self,
        channel: ChannelId,
        epoch: EpochNumber,
        flags: PublishFlags,
        payload: Bytes,
    ) -> Result<u32, Ended> {
        let request = self.next_request();
        let frame = Publish {
            request,
            channel,
            epoch,
            flags,
            payload,
        };
        self.send(&ClientFrame::Publish(frame))?;
        Ok(request)
    }

    /// Whether so much waits for the socket that nothing is read, and nobody should post.
    pub fn is_behind(&self) -> bool {
        self.outgoing.is_full()
    }

    /// Sends a command and waits for its reply. What else arrives meanwhile comes afterwards, up to
    /// 64 arrivals; with more than that the connection ends.
    ///
    /// A dropped future may have sent the command; its reply then comes among the arrivals.
    ///
    /// # Errors
    /// The refusal, or why the connection is over.
    pub async fn call<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), CallError> {
        let request = self.post(operation, tail)?;
        let reply = loop {
            match poll_fn(|cx| self.poll_fresh(cx, &mut |_| {})).await? {
                Some(Arrival::Reply(reply)) if reply.request == request => break reply,
                Some(_) if self.kept.len() >= MOST_KEPT => {
                    return Err(self.end(Ended::Unasked).into());
                }
                Some(other) => self.kept.push_back(other),
                None => {}
            }
        };
        let outcome = reply.outcome::<O::Ok>().map_err(Ended::Protocol)?;
        Ok((outcome?, reply.tail))
    }

    /// The next arrival. Safe to drop while waiting.
    ///
    /// # Errors
    /// Why the connection is over, now and whenever it is asked again.
    pub async fn next(&mut self) -> Result<Arrival, Ended> {
        loop {
            if let Some(arrival) = poll_fn(|cx| self.poll_next(cx, &mut |_| {})).await? {
                return Ok(arrival);
            }
        }
    }

    /// Says goodbye, waits until everything posted was written, at most `within`, and ends.
    pub async fn close(mut self, within: Duration) {
        if self
            .send(&ClientFrame::Close(CloseCode::Done.into()))
            .is_err()
        {
            return;
        }
        let goodbye = poll_fn(|cx| {
            ready!(self.outgoing.poll_write(cx, &mut self.stream))?;
            self.stream.poll_shutdown(cx)
        });
        // Who does not take a goodbye in time goes without.
        let _ = timeout(within, goodbye).await;
    }

    /// Shows whole frames to `skim` where they were read, and gives the first that it does not
    /// take; `None` if it took all there were.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        skim: &mut dyn FnMut(&mut Frames<'_>),
    ) -> Poll<Result<Option<Arrival>, Ended>> {
        if let Some(kept) = self.kept.pop_front() {
            return Poll::Ready(Ok(Some(kept)));
        }
        self.poll_fresh(cx, skim)
    }

    /// Writes, and reads nothing.
    pub(crate) fn poll_paused(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        self.is_paused = true;
        let paused = match self.poll_writing(cx) {
            Poll::Ready(ended) => ended,
            Poll::Pending => ready!(self.poll_clock(cx)),
        };
        Poll::Ready(self.end(paused))
    }

    /// Writes what the socket takes at once.
    pub(crate) fn write_now(&mut self, cx: &mut Context<'_>) {
        // A failure shows when the connection is next waited for.
        let _ = self.outgoing.poll_write(cx, &mut self.stream);
    }

    /// When the server should hear something from somebody who cannot listen at the moment.
    pub(crate) fn life_due(&self) -> Instant {
        self.said_at + PING_EVERY
    }

    /// Tells the server that somebody is here.
    pub(crate) fn show_life(&mut self) {
        self.said_at = Instant::now();
        // Who is gone shows no life.
        let _ = self.send(&ClientFrame::Ping([0; 8]));
    }

    fn poll_fresh(
        &mut self,
        cx: &mut Context<'_>,
        skim: &mut dyn FnMut(&mut Frames<'_>),
    ) -> Poll<Result<Option<Arrival>, Ended>> {
        match ready!(self.poll_arrival(cx, skim)) {
            Ok(arrival) => Poll::Ready(Ok(arrival)),
            Err(ended) => {
                if let (None, Ended::Protocol(error)) = (self.ended, ended) {
                    // The server is told what it did, if it listens.
                    let close = ClientFrame::Close(Close::from(error.close_code()));
                    let _ = self.send(&close);
                    self.write_now(cx);
                }
                Poll::Ready(Err(self.end(ended)))
            }
        }
    }

    fn poll_arrival(
        &mut self,
        cx: &mut Context<'_>,
        skim: &mut dyn FnMut(&mut Frames<'_>),
    ) -> Poll<Result<Option<Arrival>, Ended>> {
        if let Some(ended) = self.ended {
            return Poll::Ready(Err(ended));
        }
        loop {
            if self.incoming.has_frames() {
                if self.incoming.skim(skim) {
                    return Poll::Ready(Ok(None));
                }
                if let Some(frame) = self.incoming.cut()?
                    && let Some(arrival) = self.open_frame(frame)?
                {
                    return Poll::Ready(Ok(Some(arrival)));
                }
                continue;
            }
            if self.is_behind() {
                self.is_paused = true;
            }
            if let Poll::Ready(ended) = self.poll_writing(cx) {
                return Poll::Ready(Err(ended));
            }
            if self.is_behind() {
                return self.poll_clock(cx).map(Err);
            }
            if std::mem::take(&mut self.is_paused) {
                self.heard_at = Instant::now();
            }
            let incoming = &mut self.incoming;
            let read = self
                .stream
                .poll_read(cx, |bytes| incoming.arrive(bytes, skim));
            let Poll::Ready(read) = read else {
                // Only who has looked may speak of silence: a session that was busy for long finds
                // the server's pings here.
                return self.poll_clock(cx).map(Err);
            };
            let arrived = read.map_err(|error| Ended::Cut(error.kind()))?;
            self.heard_at = Instant::now();
            if arrived? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Writes what waits; ready when the connection is over.
    fn poll_writing(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        if let Some(ended) = self.ended {
            return Poll::Ready(ended);
        }
        match self.outgoing.poll_write(cx, &mut self.stream) {
            Poll::Ready(Err(error)) => Poll::Ready(Ended::Cut(error.kind())),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// Waits until the server was silent, or took nothing, for too long.
    fn poll_clock(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let is_over = |since: Instant| since + CLIENT_SILENCE <= now;
            if self.outgoing.stuck_since.is_some_and(is_over) {
                return Poll::Ready(Ended::Stuck);
            }
            if self.is_paused {
                self.heard_at = now;
            }
            if is_over(self.heard_at) {
                return Poll::Ready(Ended::Silent);
            }
            let since = self.outgoing.stuck_since.unwrap_or(now).min(self.heard_at);
            self.timer.as_mut().reset(since + CLIENT_SILENCE);
        }
        Poll::Pending
    }

    fn open_frame(&mut self, frame: RawFrame) -> Result<Option<Arrival>, Ended> {
        Ok(Some(match ServerFrame::parse(frame)? {
            ServerFrame::Reply(reply) => Arrival::Reply(reply),
            ServerFrame::Event(event) => Arrival::Event(event.event()?, event.tail),
            ServerFrame::Deliver(deliver) => Arrival::Deliver(deliver),
            ServerFrame::Ping(token) => {
                self.send(&ClientFrame::Pong(token))?;
                return Ok(None);
            }
            ServerFrame::Pong(_) => return Ok(None),
            ServerFrame::Close(close) => return Err(Ended::Closed(close.code)),
        }))
    }

    fn send(&mut self, frame: &ClientFrame) -> Result<(), Ended> {
        match self.ended {
            Some(ended) => Err(ended),
            None => {
                self.outgoing.push(frame.encode().stream());
                self.said_at = Instant::now();
                Ok(())
            }
        }
    }

    /// Closes the stream; the first reason counts.
    pub(crate) fn end(&mut self, ended: Ended) -> Ended {
        self.stream = Stream::Closed;
        self.incoming = Incoming::default();
        self.outgoing = Outgoing::default();
        *self.ended.get_or_insert(ended)
    }

    /// 1, 2, 3, … and around; 0 would go without acknowledgement.
    fn next_request(&mut self) -> u32 {
        self.last_request = self.last_request.wrapping_add(1).max(1);
        self.last_request
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(..)")
    }
}

impl From<FrameError> for Ended {
    fn from(error: FrameError) -> Self {
        Self::Protocol(error)
    }
}

/// Arrivals that may come before the reply to a call.
const MOST_KEPT: usize = 64;
