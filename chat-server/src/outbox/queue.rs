//! The chunks that a socket did not take, in order.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::time::Instant;

/// Chunks of whole frames; only the first may be partly sent. Empty, it is one null pointer.
#[derive(Default)]
pub(super) struct Queue(Option<Box<Waiting>>);

/// What waits; never nothing.
#[derive(Default)]
struct Waiting {
    chunks: VecDeque<Chunk>,
    bytes: usize,
}

struct Chunk {
    frames: Bytes,
    sent: usize,
    queued_at: Instant,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes that are still to be sent.
    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.bytes)
    }

    /// Adds whole frames of which the first `sent` bytes have left already.
    pub(super) fn push(&mut self, frames: Bytes, sent: usize, queued_at: Instant) {
        let rest = frames.len() - sent;
        if rest > 0 {
            let waiting = self.0.get_or_insert_default();
            waiting.bytes += rest;
            waiting.chunks.push_back(Chunk {
                frames,
                sent,
                queued_at,
            });
        }
    }

    /// The bytes to send next.
    pub(super) fn front(&self) -> Option<&[u8]> {
        let chunk = self.oldest()?;
        Some(&chunk.frames[chunk.sent..])
    }

    /// When the bytes to send next were queued.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.oldest().map(|chunk| chunk.queued_at)
    }

    fn oldest(&self) -> Option<&Chunk> {
        self.0.as_ref()?.chunks.front()
    }

    /// Takes note that so many bytes of the front were sent.
    pub(super) fn advance(&mut self, sent: usize) {
        let Some(waiting) = &mut self.0 else {
            return;
        };
        let Some(chunk) = waiting.chunks.front_mut() else {
            return;
        };
        waiting.bytes -= sent;
        chunk.sent += sent;
        if chunk.sent == chunk.frames.len() {
            waiting.chunks.pop_front();
        }
        if waiting.chunks.is_empty() {
            self.clear();
        }
    }

    /// Drops everything but the rest of a frame that was begun, so that a close frame can follow.
    pub(super) fn keep_only_begun_frame(&mut self) {
        let waiting = self.0.take();
        let begun = waiting.and_then(|mut waiting| waiting.chunks.pop_front());
        if let Some(Chunk {
            frames,
            sent,
            queued_at,
        }) = begun
            && sent > 0
        {
            let end = frame_end_at_or_after(&frames, sent);
            self.push(frames.slice(..end), sent, queued_at);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The first boundary between frames that is not before `position`.
fn frame_end_at_or_after(frames: &[u8], position: usize) -> usize {
    let mut end = 0;
    while end < position {
        let Some(length) = frames[end..].first_chunk::<4>() else {
            return frames.len();
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        end = end.saturating_add(4).saturating_add(length);
    }
    end.min(frames.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_frames() -> Bytes {
        Bytes::from_static(b"\0\0\0\x02ab\0\0\0\x01c\0\0\0\x03def")
    }

    #[test]
    fn bytes_leave_in_order() {
        let mut queue = Queue::default();
        queue.push(three_frames(), 3, Instant::now());
        queue.push(Bytes::from_static(b"\0\0\0\x01z"), 0, Instant::now());
        assert_eq!(queue.bytes(), 20);
        assert_eq!(queue.front().map(<[u8]>::len), Some(15));
        queue.advance(10);
        assert_eq!(queue.front(), Some(&b"\0\0\0\x03def"[2..]));
        queue.advance(5);
        assert_eq!(queue.front(), Some(&b"\0\0\0\x01z"[..]));
        queue.advance(5);
        assert!(queue.is_empty());
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn a_cut_keeps_the_frame_that_was_begun() {
        for (sent, kept) in [(1, 5), (5, 1), (6, 0), (7, 4), (10, 1), (11, 0), (12, 6)] {
            let mut queue = Queue::default();
            queue.push(three_frames(), sent, Instant::now());
            queue.push(three_frames(), 0, Instant::now());
            queue.keep_only_begun_frame();
            assert_eq!(queue.bytes(), kept, "after {sent} bytes");
        }
    }

    #[test]
    fn a_cut_between_chunks_keeps_nothing() {
        let mut queue = Queue::default();
        queue.push(three_frames(), 0, Instant::now());
        queue.keep_only_begun_frame();
        assert!(queue.is_empty());
    }
}
