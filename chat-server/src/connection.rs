//! One connection: bytes → frame → command, and the clock that ends it when nothing comes.
//!
//! One task reads. While a connection is idle it has no read buffer of its own: bytes are read into
//! a scratch of the thread, and only an unfinished frame is kept.
//!
//! **Silence** counts whole frames: a connection that has not completed one for 30 s is given up,
//! so a frame of 1 MiB must arrive at 300 kbit/s, and one byte every ten seconds keeps nobody in.
//! Before sign-in there are 10 s in all.

mod answers;
mod budget;
mod clock;
mod erased;
mod frames;
mod linger;
mod posting;
mod scratch;

use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, ReadHalf, WriteHalf},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};
use tracing::debug;
use wire_format::{
    CloseCode, FrameCodec,
    event::LeaveReason,
    limits::{FRAME_BYTES_BEFORE_SIGN_IN, SIGN_IN_WITHIN},
};

use self::{budget::Budget, clock::Clock};
use crate::{
    account::Departure,
    admission::Entry,
    node::Node,
    outbox::Outbox,
    phase::{New, Phase},
    tls::Acceptor,
};

pub(crate) use self::linger::turn_away;

/// A connection that is being read.
pub(crate) struct Connection {
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    entry: Entry,
    /// Where the connection comes from, or whom a proxy carries on it.
    client: IpAddr,
    /// `None` only while a command runs.
    phase: Phase,
    codec: FrameCodec,
    budget: Budget,
    clock: Clock,
}

impl End {
    /// What it means for an account that was there.
    const fn departure(self) -> Departure {
        match self {
            Self::ClosedByPeer | Self::Closed(Some(CloseCode::Done | CloseCode::Revoked)) => {
                Departure::Clean
            }
            Self::Closed(Some(CloseCode::Timeout)) => Departure::Silent,
            Self::Lost | Self::Closed(_) => Departure::Cut,
        }
    }
}

type Tls = tokio_rustls::server::TlsStream<TcpStream>;

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// The peer closed its side, or the transport failed.
    Lost,
    /// The peer sent a close frame.
    ClosedByPeer,
    /// The server closed it, with this code unless it was aborted.
    Closed(Option<CloseCode>),
}

/// Serves one plain connection until it has ended and everything it held was given back.
///
/// This and [`Connection::run`] are no `async fn`: one keeps its arguments twice, as they came and
/// as it uses them, and so an idle connection was 640 bytes larger.
pub(crate) fn serve(
    node: Arc<Node>,
    stream: TcpStream,
    peer: SocketAddr,
    entry: Entry,
) -> impl Future<Output = ()> + Send {
    write_at_once(&stream);
    node.figures.connected();
    let outbox = Outbox::plain(Arc::clone(&node.outboxes), stream);
    let incoming = outbox.incoming();
    Connection::new(node, outbox, peer, entry, Instant::now()).run(incoming)
}

/// Serves one connection over TLS, likewise.
pub(crate) async fn serve_tls(
    node: Arc<Node>,
    acceptor: Acceptor,
    stream: TcpStream,
    peer: SocketAddr,
    entry: Entry,
) {
    write_at_once(&stream);
    node.figures.connected();
    let opened_at = Instant::now();
    // The future of a handshake is large, and most connections outlive it by far.
    let handshake = Box::pin(halves_of(acceptor, stream));
    let handshake = tokio::select! {
        () = node.stopping.cancelled() => None,
        handshake = timeout_at(opened_at + SIGN_IN_WITHIN, handshake) => handshake.ok().flatten(),
    };
    let Some((reader, writer)) = handshake else {
        debug!(%peer, "no TLS handshake");
        node.figures.disconnected();
        return;
    };
    let outbox = Outbox::tls(Arc::clone(&node.outboxes));
    node.tracker.spawn(Arc::clone(&outbox).write_tls(writer));
    let connection = Connection::new(node, outbox, peer, entry, opened_at);
    connection.run(reader).await;
}

/// Shakes hands; the two halves, which share the stream, are small.
async fn halves_of(
    acceptor: Acceptor,
    stream: TcpStream,
) -> Option<(ReadHalf<Tls>, WriteHalf<Tls>)> {
    let stream = acceptor.accept(stream).await.ok()?;
    Some(tokio::io::split(stream))
}

/// Frames are written whole; waiting for more only adds delay. A failure shows in the next call.
fn write_at_once(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

impl Connection {
    fn new(
        node: Arc<Node>,
        outbox: Arc<Outbox>,
        peer: SocketAddr,
        entry: Entry,
        opened_at: Instant,
    ) -> Self {
        Self {
            node,
            outbox,
            entry,
            client: peer.ip(),
            phase: Phase::New(New),
            codec: FrameCodec::new(FRAME_BYTES_BEFORE_SIGN_IN),
            budget: Budget::new(opened_at),
            clock: Clock::new(opened_at),
        }
    }

    /// Serves until the end. The permit is given back last: a connection that lingers has a place.
    #[allow(
        clippy::manual_async_fn,
        reason = "an async fn keeps its arguments twice, see `serve`"
    )]
    fn run<R: AsyncRead + Send + Unpin>(
        mut self,
        mut reader: R,
    ) -> impl Future<Output = ()> + Send {
        async move {
            let number = self.node.connections.add(Arc::clone(&self.outbox));
            if self.node.stopping.is_cancelled() {
                // Whoever told the connections to resume may have missed this one.
                self.outbox.close(CloseCode::Resume);
            }
            let end = self.read(&mut reader).await;
            debug!(client = %self.client, ?end, "connection ends");
            self.sign_out(end);
            match end {
                End::Lost => self.outbox.abort(),
                End::ClosedByPeer | End::Closed(_) => {
                    self.outbox.closed().await;
                    // Its timer is needed only now.
                    Box::pin(linger::until_peer_closes(&mut reader, &self.node.gone)).await;
                }
            }
            self.node.connections.remove(number);
            self.node.figures.disconnected();
        }
    }

    /// Reads until the connection ends. The buffer is this future's own, so that nothing is lost
    /// between two events.
    async fn read<R: AsyncRead + Unpin>(&mut self, reader: &mut R) -> End {
        let outbox = Arc::clone(&self.outbox);
        let mut buffer = BytesMut::new();
        let mut timer = pin!(sleep_until(self.clock.next()));
        loop {
            tokio::select! {
                biased;
                code = outbox.ending() => return End::Closed(code),
                read = scratch::read(reader, &mut buffer) => {
                    if !matches!(read, Ok(1..)) {
                        return End::Lost;
                    }
                    if let Some(end) = self.take_frames(&mut buffer).await {
                        return end;
                    }
                    if buffer.is_empty() {
                        buffer = BytesMut::new();
                    }
                }
                () = &mut timer => {
                    self.tick();
                    timer.as_mut().reset(self.clock.next());
                }
            }
            if self.clock.is_earlier_than(timer.deadline()) {
                timer.as_mut().reset(self.clock.next());
            }
        }
    }

    fn sign_out(&mut self, end: End) {
        let reason = match end {
            End::ClosedByPeer | End::Closed(Some(CloseCode::Done | CloseCode::Revoked)) => {
                LeaveReason::SignedOut
            }
            End::Lost | End::Closed(_) => LeaveReason::Lost,
        };
        match std::mem::replace(&mut self.phase, Phase::New(New)) {
            Phase::New(_) | Phase::Greeted(_) => return,
            Phase::SignedIn(session) => self.node.directory.sign_out(&session, reason),
            Phase::Unproven(unproven) => self.node.leave(unproven.presence, end.departure()),
            Phase::Account(proven) => {
                self.node.directory.sign_out(&proven.member, reason);
                self.node.leave(proven.presence, end.departure());
            }
        }
        self.node.count_sessions();
    }

    fn close(&self, code: CloseCode) -> End {
        self.outbox.close(code);
        End::Closed(Some(code))
    }
}

#[cfg(test)]
mod tests;
