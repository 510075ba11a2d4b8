//! What the socket has not taken yet.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::time::Instant;

use super::stream::Stream;

/// Frames in order; only the first may be partly sent. Empty, it owns no memory.
#[derive(Default)]
pub(super) struct Outgoing {
    frames: VecDeque<Bytes>,
    bytes: usize,
    is_unflushed: bool,
    /// Since when the socket takes nothing.
    pub(super) stuck_since: Option<Instant>,
}

impl Outgoing {
    pub(super) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
        self.is_unflushed = true;
    }

    /// Whether so much waits that nobody should make it more.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    /// Writes until the socket takes no more. Ready when everything has left.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
    ) -> Poll<io::Result<()>> {
        if !self.is_unflushed {
            return Poll::Ready(Ok(()));
        }
        let written = self.poll_all(cx, stream);
        if written.is_pending() {
            self.stuck_since.get_or_insert_with(Instant::now);
        }
        written
    }

    fn poll_all(&mut self, cx: &mut Context<'_>, stream: &mut Stream) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            for (slice, frame) in slices.iter_mut().zip(&self.frames) {
                *slice = IoSlice::new(frame);
            }
            let filled = self.frames.len().min(SLICES);
            let written = ready!(stream.poll_write(cx, &slices[..filled]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        ready!(stream.poll_flush(cx))?;
        *self = Self::default();
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut written: usize) {
        self.stuck_since = None;
        self.bytes -= written;
        while let Some(first) = self.frames.front_mut() {
            if written < first.len() {
                first.advance(written);
                return;
            }
            written -= first.len();
            self.frames.pop_front();
        }
    }
}

/// Bytes that may wait before nothing more is read that could add to them: a burst of commands at
/// entering a few rooms.
const FULL_BYTES: usize = 64 * 1024;
/// Frames that one system call writes at most.
const SLICES: usize = 16;
