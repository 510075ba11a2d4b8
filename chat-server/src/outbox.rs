//! What one connection still has to be sent.
//!
//! While a plain connection keeps up it has no queue, no buffer and no writing task: whoever has a
//! frame for it writes to the socket directly. Only what the socket does not take is kept here, and
//! a task that exists as long as the connection is behind writes it. A TLS connection always has its
//! writing task, because encryption belongs to one place.
//!
//! ```text
//!  replies ──┐                ┌─ all of it ──▶ socket
//!  events  ──┼─ send ─▶ try ──┤
//!  rooms   ──┘                └─ the rest ──▶ queue ─▶ drain task ─▶ socket
//! ```
//!
//! **Policy** ([`WhenFull`]): a queue that would grow beyond its bytes, or whose oldest chunk waits
//! longer than the deadline, cuts the connection with `too_slow`. Nobody waits for a reader. A payload
//! that stands in many places ([`Places`]) is there once and counts once, and each of its places may
//! wait as long as a chunk: however many there are, who reads is not cut for them.

mod drain;
mod places;
mod queue;
mod socket;

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::{net::TcpStream, time::Instant};
use tokio_util::task::TaskTracker;
use wire_format::{CloseCode, Encoded, ServerFrame};

pub(crate) use self::places::Places;
use self::queue::{Piece, Queue};
use crate::figures::Figures;

/// What happens when an outbox is full, in bytes or in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WhenFull {
    /// What waits is dropped but for the frame already begun, and the connection is closed with
    /// `too_slow`.
    Cut,
}

/// What all outboxes of a server share.
pub(crate) struct Outboxes {
    pub(crate) tracker: TaskTracker,
    pub(crate) figures: Arc<Figures>,
    pub(crate) when_full: WhenFull,
    /// What one connection may be behind, in bytes; a payload in many places counts once.
    pub(crate) bytes: usize,
    /// How long one chunk may wait.
    pub(crate) deadline: Duration,
}

/// The sending side of one connection. Chunks are whole frames and leave in the order of the calls.
pub(crate) struct Outbox {
    shared: Arc<Outboxes>,
    /// The socket of a plain connection, which its task reads from: it stands here, and not in two
    /// halves of its own, because that is 80 bytes less and a flush meets one cache line less.
    socket: Option<TcpStream>,
    /// Never held across an await; no system call under it blocks, and they end when the socket
    /// takes no more. It gives replies, events and deliveries one order.
    state: Mutex<State>,
}

struct State {
    path: Path,
    queue: Queue,
    ending: Option<Ending>,
    /// The task that writes the queue, if there is one and it waits.
    writer: Option<Waker>,
    /// The connection's task, waiting for the outbox to begin to end, to have ended, or to be empty.
    reader: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Path {
    /// Plain TCP; a task drains the queue exactly while it is not empty.
    Plain,
    /// A writing task of its own holds the other end.
    Tls,
    /// Nothing can be written any more.
    Closed,
}

#[derive(Clone, Copy)]
struct Ending {
    since: Instant,
    code: Option<CloseCode>,
}

impl Outbox {
    /// The outbox of a plain connection.
    pub(crate) fn plain(shared: Arc<Outboxes>, socket: TcpStream) -> Arc<Self> {
        Self::new(shared, Path::Plain, Some(socket))
    }

    /// The outbox of a TLS connection; [`Outbox::write_tls`] must be spawned for it.
    pub(crate) fn tls(shared: Arc<Outboxes>) -> Arc<Self> {
        Self::new(shared, Path::Tls, None)
    }

    fn new(shared: Arc<Outboxes>, path: Path, socket: Option<TcpStream>) -> Arc<Self> {
        Arc::new(Self {
            shared,
            socket,
            state: Mutex::new(State {
                path,
                queue: Queue::default(),
                ending: None,
                writer: None,
                reader: None,
            }),
        })
    }

    /// Sends one frame.
    pub(crate) fn send(self: &Arc<Self>, frame: &ServerFrame) {
        self.send_encoded(&frame.encode());
    }

    /// Sends one encoded frame.
    pub(crate) fn send_encoded(self: &Arc<Self>, frame: &Encoded) {
        self.send_chunk(&frame.stream());
    }

    /// Sends whole frames in one chunk; does nothing once the outbox is ending.
    pub(crate) fn send_chunk(self: &Arc<Self>, chunk: &Bytes) {
        let mut state = self.lock();
        if state.ending.is_none() {
            self.write_or_queue(&mut state, chunk.into());
        }
    }

    /// Sends several chunks without anything in between.
    pub(crate) fn send_chunks(self: &Arc<Self>, chunks: impl IntoIterator<Item = Bytes>) {
        let mut state = self.lock();
        for chunk in chunks {
            if state.ending.is_none() {
                self.write_or_queue(&mut state, Piece::from(&chunk));
            }
        }
    }

    /// Sends one payload in all its places, likewise.
    pub(crate) fn send_places(self: &Arc<Self>, places: &Places) {
        let mut state = self.lock();
        for piece in places.pieces() {
            if state.ending.is_none() {
                self.write_or_queue(&mut state, piece);
            }
        }
    }

    /// Sends a close frame behind whatever waits; nothing is accepted afterwards.
    pub(crate) fn close(self: &Arc<Self>, code: CloseCode) {
        let mut state = self.lock();
        if state.ending.is_some() {
            return;
        }
        self.shared.figures.closed(code);
        self.write_or_queue(&mut state, Piece::from(&close_frame(code)));
        // The queue may have overflowed just now; then it has ended already.
        if state.ending.is_none() {
            state.ending = Some(Ending::now(Some(code)));
            self.finish_if_drained(&mut state);
        }
        state.wake_writer();
        state.wake_reader();
    }

    /// Drops what waits and the socket's sending side with it: the peer is gone or must go.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        self.abort_locked(&mut state);
    }

    /// Waits until the outbox begins to end; gives the code of its close frame, if it got one.
    ///
    /// May be dropped and called again; one task at a time.
    pub(crate) async fn ending(&self) -> Option<CloseCode> {
        poll_fn(|cx| {
            let mut state = self.lock();
            match state.ending {
                Some(ending) => Poll::Ready(ending.code),
                None => state.wait_as_reader(cx),
            }
        })
        .await
    }

    /// Waits until everything was written, or could not be, and the sending side is shut.
    ///
    /// May be dropped and called again; one task at a time.
    pub(crate) async fn closed(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            match state.path {
                Path::Closed => Poll::Ready(()),
                Path::Plain | Path::Tls => state.wait_as_reader(cx),
            }
        })
        .await;
    }

    /// Waits until nothing waits to be sent any more, or the outbox is ending.
    ///
    /// May be dropped and called again; one task at a time.
    pub(crate) async fn drained(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.queue.is_empty() || state.ending.is_some() {
                return Poll::Ready(());
            }
            state.wait_as_reader(cx)
        })
        .await;
    }

    /// Writes to the socket if nothing waits, and queues what it does not take.
    fn write_or_queue(self: &Arc<Self>, state: &mut State, piece: Piece<'_>) {
        let mut sent = 0;
        match &self.socket {
            _ if state.path == Path::Closed => return,
            Some(socket) if state.queue.is_empty() => match piece.try_write(socket) {
                Ok(written) if written == piece.len() => return,
                Ok(written) => sent = written,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return self.abort_locked(state),
            },
            Some(_) | None => {}
        }
        self.queue(state, piece, sent);
    }

    fn queue(self: &Arc<Self>, state: &mut State, piece: Piece<'_>, sent: usize) {
        let was_empty = state.queue.is_empty();
        let added = state.queue.push(piece, sent, Instant::now());
        self.shared.figures.outbox_grew(added);
        if state.queue.bytes() > self.shared.bytes {
            self.cut(state);
        }
        match state.path {
            Path::Plain if was_empty => {
                self.shared.tracker.spawn(Arc::clone(self).drain_plain());
            }
            Path::Tls => state.wake_writer(),
            Path::Plain | Path::Closed => {}
        }
    }

    /// Carries out the policy for a full outbox.
    fn cut(&self, state: &mut State) {
        match self.shared.when_full {
            WhenFull::Cut => {
                let code = CloseCode::TooSlow;
                self.shared.figures.closed(code);
                let before = state.queue.bytes();
                state.queue.keep_only_begun_frame();
                let close = close_frame(code);
                state.queue.push(Piece::from(&close), 0, Instant::now());
                self.shared.figures.outbox_shrank(before);
                self.shared.figures.outbox_grew(state.queue.bytes());
                state.ending = Some(Ending::now(Some(code)));
                state.wake_writer();
                state.wake_reader();
            }
        }
    }

    /// Shuts the sending side if the outbox is ending and nothing waits.
    fn finish_if_drained(&self, state: &mut State) {
        if state.ending.is_some() && state.queue.is_empty() {
            if state.path == Path::Plain {
                self.end_stream();
                state.path = Path::Closed;
            }
            state.wake_reader();
        }
    }

    fn abort_locked(&self, state: &mut State) {
        self.shared.figures.outbox_shrank(state.queue.bytes());
        state.queue.clear();
        self.end_stream();
        state.path = Path::Closed;
        state.ending.get_or_insert(Ending::now(None));
        state.wake_writer();
        state.wake_reader();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.shared.figures.outbox_shrank(state.queue.bytes());
    }
}

impl State {
    fn wake_writer(&self) {
        if let Some(writer) = &self.writer {
            writer.wake_by_ref();
        }
    }

    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn wait_as_reader<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        match &mut self.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Ending {
    fn now(code: Option<CloseCode>) -> Self {
        Self {
            since: Instant::now(),
            code,
        }
    }
}

fn close_frame(code: CloseCode) -> Bytes {
    ServerFrame::Close(code.into()).encode().stream()
}

/// How long an ending connection may take over what it is still sent, and then over reading it.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
