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
    /// What had left the stream when its socket was last full: a layer that takes nothing more may
    /// still be moving.
    taken: usize,
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
            let taken = stream.taken();
            if std::mem::replace(&mut self.taken, taken) != taken {
                self.stuck_since = None;
            }
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

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use tokio::{
        io::{AsyncReadExt, BufWriter, duplex},
        time::advance,
    };

    use super::{
        super::taken::{Counted, Taken},
        *,
    };

    async fn is_stuck_since(outgoing: &mut Outgoing, stream: &mut Stream) -> Option<Instant> {
        let written = poll_fn(|cx| Poll::Ready(outgoing.poll_write(cx, stream))).await;
        assert!(written.is_pending());
        outgoing.stuck_since
    }

    #[tokio::test(start_paused = true)]
    async fn what_leaves_a_layer_in_between_is_progress() {
        let (near, mut far) = duplex(16);
        let taken = Taken::default();
        let layer = BufWriter::with_capacity(1024, Counted::new(near, taken.clone()));
        let mut stream = Stream::Other(Box::pin(layer), Some(taken));
        let mut outgoing = Outgoing::default();
        outgoing.push(Bytes::from_static(&[7; 64]));
        let mut since = Some(Instant::now());
        assert_eq!(is_stuck_since(&mut outgoing, &mut stream).await, since);
        assert!(outgoing.frames.is_empty(), "the layer has all of it");
        for _ in 0..3 {
            advance(Duration::from_secs(1)).await;
            let still = is_stuck_since(&mut outgoing, &mut stream).await;
            assert_eq!(still, since, "nothing moved");
            far.read_exact(&mut [0; 8]).await.expect("bytes");
            since = Some(Instant::now());
            assert_eq!(is_stuck_since(&mut outgoing, &mut stream).await, since);
        }
        far.read_exact(&mut [0; 16]).await.expect("bytes");
        is_stuck_since(&mut outgoing, &mut stream).await;
        far.read_exact(&mut [0; 16]).await.expect("bytes");
        let written = poll_fn(|cx| outgoing.poll_write(cx, &mut stream)).await;
        written.expect("all of it");
        assert_eq!(outgoing.stuck_since, None);
    }
}
