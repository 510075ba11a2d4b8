//! The frames that wait for one stream.
//!
//! A WebSocket without TLS gets what comes at once, with one system call for a batch of frames; a
//! queue exists only while the page is behind, and then the stream's own task writes.
//!
//! Policy: a stream that is more than [`FRAMES`] or [`BYTES`] behind loses its queue and is closed
//! with `too_slow`; the page connects again and resumes where it was. Nobody else waits for it. Once
//! closed for whatever reason, what is left has [`GOODBYE`] to be taken, and then the stream is cut.

mod messages;
mod scratch;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::{
    net::TcpStream,
    sync::Notify,
    time::{Duration, Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wire_format::{CloseCode, ServerFrame};

/// A bounded queue of encoded frames (kind and body) with one reader.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Locked to move frames in or out, and to hand them to the operating system, which does not
    /// wait.
    state: Mutex<State>,
    filled: Notify,
    closed: CancellationToken,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Set when the stream was closed: how, and when.
    end: Option<(CloseCode, Instant)>,
    /// Where WebSocket messages go without detour; `None` where the stream's task writes them all.
    direct: Option<Arc<TcpStream>>,
    /// The rest of what was written in part: what goes first.
    rest: Vec<u8>,
    /// The newest answers to control frames: what goes between two messages.
    answers: Vec<u8>,
    /// Whether the stream's task is writing a chunk.
    is_writing: bool,
}

/// Whether a stream still takes frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Taken {
    /// It does.
    Yes,
    /// A frame was one too many, and the stream is closed.
    TooSlow,
    /// It was closed before.
    Closed,
}

impl Outbox {
    /// Puts a frame at the end.
    pub(crate) fn push(&self, frame: Bytes) -> Taken {
        self.push_all(&[frame])
    }

    /// Puts frames at the end.
    pub(crate) fn push_all(&self, frames: &[Bytes]) -> Taken {
        let mut state = self.lock();
        if state.end.is_some() {
            return Taken::Closed;
        }
        let left = state.write_direct(frames);
        for frame in left {
            if !state.queue(frame) {
                state.frames.clear();
                state.bytes = 0;
                state.close(CloseCode::TooSlow);
                drop(state);
                self.tell_closed();
                return Taken::TooSlow;
            }
        }
        if state.is_behind() {
            drop(state);
            self.filled.notify_one();
        }
        Taken::Yes
    }

    /// Puts a close frame at the end; what comes later is not taken. `false` if it was closed before.
    pub(crate) fn close(&self, code: CloseCode) -> bool {
        let mut state = self.lock();
        if state.end.is_some() {
            return false;
        }
        state.close(code);
        drop(state);
        self.tell_closed();
        true
    }

    /// Waits for frames and takes all there are; `None` after the close frame was taken.
    ///
    /// A dropped future has taken nothing.
    pub(crate) async fn take(&self) -> Option<VecDeque<Bytes>> {
        loop {
            let filled = self.filled.notified();
            {
                let mut state = self.lock();
                if !state.frames.is_empty() {
                    state.bytes = 0;
                    return Some(std::mem::take(&mut state.frames));
                }
                if state.end.is_some() {
                    return None;
                }
            }
            filled.await;
        }
    }

    /// From now on frames are written as WebSocket messages to this stream as they come.
    pub(crate) fn write_to(&self, stream: Arc<TcpStream>) {
        let mut state = self.lock();
        state.direct = Some(stream);
        if state.is_behind() {
            self.filled.notify_one();
        }
    }

    /// Puts answers to control frames, ready to be written, in front of all frames that wait. They
    /// replace what still waits: only the newest ping wants an answer (RFC 6455 §5.5.3).
    pub(crate) fn answer(&self, control: Vec<u8>) {
        self.lock().answers = control;
        self.filled.notify_one();
    }

    /// Waits until the stream's task has something to write and gives the next chunk of it, as
    /// WebSocket messages; the one before has been written. `None` after the close frame was.
    ///
    /// A dropped future has taken nothing.
    pub(crate) async fn chunk(&self) -> Option<Vec<u8>> {
        loop {
            let filled = self.filled.notified();
            {
                let mut state = self.lock();
                state.is_writing = false;
                if state.is_behind() {
                    state.is_writing = true;
                    return Some(state.next_chunk());
                }
                if state.end.is_some() {
                    return None;
                }
            }
            filled.await;
        }
    }

    /// Whether the proxy has closed the stream.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Waits until the stream was closed and its last frames should have been taken.
    pub(crate) async fn overdue(&self) {
        self.closed.cancelled().await;
        let closed_at = self.lock().end.map(|(_, at)| at);
        sleep_until(closed_at.unwrap_or_else(Instant::now) + GOODBYE).await;
    }

    fn tell_closed(&self) {
        self.closed.cancel();
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} frames, {} bytes", self.frames.len(), self.bytes)
    }
}

impl State {
    /// Whether something waits that nobody is writing.
    fn is_behind(&self) -> bool {
        !self.is_empty() && !self.is_writing
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty() && self.answers.is_empty() && self.frames.is_empty()
    }

    /// Writes as many frames as the stream takes now; gives those that are left.
    fn write_direct<'a>(&mut self, mut frames: &'a [Bytes]) -> &'a [Bytes] {
        let is_empty = self.is_empty();
        let Some(stream) = self
            .direct
            .as_ref()
            .filter(|_| is_empty && !self.is_writing)
        else {
            return frames;
        };
        while !frames.is_empty() && self.rest.is_empty() {
            let mut next = frames.iter();
            self.rest = scratch::with(|chunk| {
                messages::append(chunk, || next.next());
                // An error shows itself to the task, which reads.
                let written = stream.try_write(chunk).unwrap_or(0);
                chunk[written..].to_vec()
            });
            frames = next.as_slice();
        }
        frames
    }

    /// `false` if the frame is one too many.
    fn queue(&mut self, frame: &Bytes) -> bool {
        let fits = self.frames.len() < FRAMES && self.bytes + frame.len() <= BYTES;
        if fits {
            self.bytes += frame.len();
            self.frames.push_back(frame.clone());
        }
        fits
    }

    fn next_chunk(&mut self) -> Vec<u8> {
        let mut chunk = std::mem::take(&mut self.rest);
        chunk.append(&mut std::mem::take(&mut self.answers));
        messages::append(&mut chunk, || {
            let frame = self.frames.pop_front()?;
            self.bytes -= frame.len();
            Some(frame)
        });
        if self.frames.is_empty() {
            // A queue that is empty holds no memory.
            self.frames = VecDeque::new();
        }
        chunk
    }

    fn close(&mut self, code: CloseCode) {
        let close = close_frame(code);
        let left = self.write_direct(std::slice::from_ref(&close)).len();
        if left > 0 {
            self.bytes += close.len();
            self.frames.push_back(close);
        }
        self.end = Some((code, Instant::now()));
    }
}

/// A close frame as a WebSocket message, for a page that did not take what was before it.
pub(crate) fn close_message(code: CloseCode) -> Vec<u8> {
    let mut close = Some(close_frame(code));
    let mut message = Vec::new();
    messages::append(&mut message, || close.take());
    message
}

fn close_frame(code: CloseCode) -> Bytes {
    ServerFrame::Close(code.into()).encode().message()
}

/// How long the last frames of a closed stream may take.
pub(crate) const GOODBYE: Duration = Duration::from_secs(3);
/// Frames that may wait: several rings.
const FRAMES: usize = 2_048;
/// Bytes that may wait: a ring and three of the largest frames.
const BYTES: usize = 4 * 1024 * 1024 + 512 * 1024;

#[cfg(test)]
mod tests;
