//! The frames that wait for one stream.
//!
//! Policy: a stream that is more than [`FRAMES`] or [`BYTES`] behind loses its queue and is closed
//! with `too_slow`; the page connects again and resumes where it was. Nobody else waits for it. Once
//! closed for whatever reason, what is left has [`GOODBYE`] to be taken, and then the stream is cut.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::{
    sync::Notify,
    time::{Duration, sleep},
};
use tokio_util::sync::CancellationToken;
use wire_format::{CloseCode, ServerFrame};

/// A bounded queue of encoded frames (kind and body) with one reader.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Locked to move frames in or out.
    state: Mutex<State>,
    filled: Notify,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    end: Option<CloseCode>,
}

/// Whether a stream still takes frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Taken {
    /// It does.
    Yes,
    /// This frame was one too many, and the stream is closed.
    TooSlow,
    /// It was closed before.
    Closed,
}

impl Outbox {
    /// Puts a frame at the end.
    pub(crate) fn push(&self, frame: Bytes) -> Taken {
        let mut state = self.lock();
        if state.end.is_some() {
            return Taken::Closed;
        }
        let is_full = state.frames.len() >= FRAMES || state.bytes + frame.len() > BYTES;
        if is_full {
            state.frames.clear();
            state.bytes = 0;
            state.close(CloseCode::TooSlow);
            self.closed.cancel();
        } else {
            state.bytes += frame.len();
            state.frames.push_back(frame);
        }
        drop(state);
        self.filled.notify_one();
        if is_full { Taken::TooSlow } else { Taken::Yes }
    }

    /// Puts a close frame at the end; what comes later is not taken. `false` if it was closed before.
    pub(crate) fn close(&self, code: CloseCode) -> bool {
        let mut state = self.lock();
        if state.end.is_some() {
            return false;
        }
        state.close(code);
        drop(state);
        self.closed.cancel();
        self.filled.notify_one();
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

    /// Whether the proxy has closed the stream.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Waits until the stream was closed and its last frames should have been taken.
    pub(crate) async fn overdue(&self) {
        self.closed.cancelled().await;
        sleep(GOODBYE).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn close(&mut self, code: CloseCode) {
        let close = ServerFrame::Close(code.into()).encode().message();
        self.frames.push_back(close);
        self.end = Some(code);
    }
}

/// How long the last frames of a closed stream may take.
const GOODBYE: Duration = Duration::from_secs(3);
/// Frames that may wait: several rings.
const FRAMES: usize = 2_048;
/// Bytes that may wait: a ring and three of the largest frames.
const BYTES: usize = 4 * 1024 * 1024 + 512 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Bytes {
        vec![0; length].into()
    }

    fn close_of(frames: Option<VecDeque<Bytes>>) -> Bytes {
        let mut frames = frames.expect("frames");
        frames.pop_back().expect("a frame")
    }

    #[tokio::test]
    async fn frames_leave_in_order_and_the_close_is_last() {
        let outbox = Outbox::default();
        assert_eq!(outbox.push(frame(1)), Taken::Yes);
        assert_eq!(outbox.push(frame(2)), Taken::Yes);
        assert!(outbox.close(CloseCode::Done));
        assert!(!outbox.close(CloseCode::Resume));
        assert_eq!(outbox.push(frame(3)), Taken::Closed);
        let frames = outbox.take().await.expect("frames");
        let lengths: Vec<_> = frames.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [1, 2, 11]);
        assert_eq!(outbox.take().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_frame_too_many_closes_the_stream() {
        let outbox = Outbox::default();
        for _ in 0..FRAMES {
            assert_eq!(outbox.push(frame(1)), Taken::Yes);
        }
        assert_eq!(outbox.push(frame(1)), Taken::TooSlow);
        outbox.overdue().await;
        let close = close_of(outbox.take().await);
        assert_eq!(&close[..3], [8, 0, 5], "a close frame, too_slow");
        assert_eq!(outbox.take().await, None);
    }

    #[tokio::test]
    async fn one_byte_too_many_closes_the_stream() {
        let outbox = Outbox::default();
        assert_eq!(outbox.push(frame(BYTES)), Taken::Yes);
        assert_eq!(outbox.push(frame(1)), Taken::TooSlow);
        assert_eq!(close_of(outbox.take().await)[2], 5);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let outbox = std::sync::Arc::new(Outbox::default());
        let reader = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.take().await.map(|frames| frames.len()) }
        });
        tokio::task::yield_now().await;
        outbox.push(frame(1));
        assert_eq!(reader.await.expect("no panic"), Some(1));
    }
}
