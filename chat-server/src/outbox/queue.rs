//! The chunks that a socket did not take, in order.

use std::{collections::VecDeque, io::IoSlice};

use bytes::Bytes;
use tokio::{net::TcpStream, time::Instant};

/// What is handed over to be sent without anything in between: whole frames, or one frame in two parts.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The first part of a frame that stands in one of many places.
    head: Option<&'a Bytes>,
    frames: &'a Bytes,
    /// Whether it counts what comes after the head: of a payload in many places, one does.
    is_counted: bool,
}

/// Pieces in order; only the first may be partly sent. Empty, it is one null pointer.
#[derive(Default)]
pub(super) struct Queue(Option<Box<Waiting>>);

/// What waits; never nothing.
#[derive(Default)]
struct Waiting {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    /// When the last of many places was sent: what is behind them did not wait for the reader before.
    placed_at: Option<Instant>,
}

/// A piece that waits.
struct Chunk {
    /// Empty, if it is whole frames.
    head: Bytes,
    frames: Bytes,
    is_counted: bool,
    sent: usize,
    queued_at: Instant,
}

impl<'a> From<&'a Bytes> for Piece<'a> {
    fn from(frames: &'a Bytes) -> Self {
        Self {
            head: None,
            frames,
            is_counted: true,
        }
    }
}

impl<'a> Piece<'a> {
    /// A frame of one of many places.
    pub(super) const fn in_a_place(head: &'a Bytes, payload: &'a Bytes, is_counted: bool) -> Self {
        Self {
            head: Some(head),
            frames: payload,
            is_counted,
        }
    }

    pub(super) fn len(&self) -> usize {
        let head = self.head.map_or(0, Bytes::len);
        head.saturating_add(self.frames.len())
    }

    /// Writes what the socket takes at once; gives how many bytes that is.
    pub(super) fn try_write(&self, socket: &TcpStream) -> std::io::Result<usize> {
        match self.head {
            Some(head) => {
                socket.try_write_vectored(&[IoSlice::new(head), IoSlice::new(self.frames)])
            }
            None => socket.try_write(self.frames),
        }
    }
}

impl Chunk {
    fn is_in_a_place(&self) -> bool {
        !self.head.is_empty()
    }

    fn is_sent(&self) -> bool {
        self.sent >= self.head.len().saturating_add(self.frames.len())
    }

    /// What it counts as now.
    fn counts(&self) -> usize {
        let frames = match self.is_counted {
            true => self.frames.len(),
            false => 0,
        };
        self.head
            .len()
            .saturating_add(frames)
            .saturating_sub(self.sent)
    }

    /// What comes next.
    fn rest(&self) -> &[u8] {
        match self.sent.checked_sub(self.head.len()) {
            Some(sent) => &self.frames[sent..],
            None => &self.head[self.sent..],
        }
    }

    /// Ends behind the frame that was begun.
    fn end_at_frame(&mut self) {
        if !self.is_in_a_place() {
            let end = frame_end_at_or_after(&self.frames, self.sent);
            self.frames.truncate(end);
        }
    }
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes that are still to be sent, a payload in many places once.
    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.bytes)
    }

    /// Adds a piece of which the first `sent` bytes have left already; gives the bytes that it counts as.
    pub(super) fn push(&mut self, piece: Piece<'_>, sent: usize, queued_at: Instant) -> usize {
        self.add(Chunk {
            head: piece.head.cloned().unwrap_or_default(),
            frames: piece.frames.clone(),
            is_counted: piece.is_counted,
            sent,
            queued_at,
        })
    }

    fn add(&mut self, chunk: Chunk) -> usize {
        if chunk.is_sent() {
            return 0;
        }
        let counts = chunk.counts();
        let waiting = self.0.get_or_insert_default();
        waiting.bytes += counts;
        waiting.chunks.push_back(chunk);
        counts
    }

    /// The bytes to send next.
    pub(super) fn front(&self) -> Option<&[u8]> {
        self.oldest().map(Chunk::rest)
    }

    /// Since when the bytes to send next wait for the reader. Each of many places has a time of its own,
    /// because they were not sent by what the reader takes.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        let queued_at = self.oldest()?.queued_at;
        let placed_at = self.0.as_ref().and_then(|waiting| waiting.placed_at);
        Some(placed_at.map_or(queued_at, |placed_at| placed_at.max(queued_at)))
    }

    fn oldest(&self) -> Option<&Chunk> {
        self.0.as_ref()?.chunks.front()
    }

    /// Takes note that so many bytes of the front were sent; gives the bytes that they counted as.
    pub(super) fn advance(&mut self, sent: usize) -> usize {
        let Some(waiting) = &mut self.0 else {
            return 0;
        };
        let Some(chunk) = waiting.chunks.front_mut() else {
            return 0;
        };
        let before = chunk.counts();
        chunk.sent += sent;
        let counted = before - chunk.counts();
        waiting.bytes -= counted;
        if chunk.is_sent() {
            if chunk.is_in_a_place() {
                waiting.placed_at = Some(Instant::now());
            }
            waiting.chunks.pop_front();
        }
        if waiting.chunks.is_empty() {
            self.clear();
        }
        counted
    }

    /// Drops everything but the rest of a frame that was begun, so that a close frame can follow.
    pub(super) fn keep_only_begun_frame(&mut self) {
        let waiting = self.0.take();
        let begun = waiting.and_then(|mut waiting| waiting.chunks.pop_front());
        if let Some(mut chunk) = begun.filter(|chunk| chunk.sent > 0) {
            chunk.end_at_frame();
            self.add(chunk);
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

    fn push(queue: &mut Queue, frames: &Bytes, sent: usize) -> usize {
        queue.push(frames.into(), sent, Instant::now())
    }

    /// Adds one frame in three places, two bytes of head and three of payload in each, of the first of which
    /// something has left; gives what each counts as.
    fn push_places(queue: &mut Queue, sent: usize) -> [usize; 3] {
        let payload = Bytes::from_static(b"xyz");
        let places = [("a1", sent, false), ("b2", 0, false), ("c3", 0, true)];
        places.map(|(head, sent, is_counted)| {
            let head = Bytes::from_static(head.as_bytes());
            let piece = Piece::in_a_place(&head, &payload, is_counted);
            queue.push(piece, sent, Instant::now())
        })
    }

    #[test]
    fn bytes_leave_in_order() {
        let mut queue = Queue::default();
        assert_eq!(push(&mut queue, &three_frames(), 3), 15);
        assert_eq!(push(&mut queue, &Bytes::from_static(b"\0\0\0\x01z"), 0), 5);
        assert_eq!(queue.bytes(), 20);
        assert_eq!(queue.front().map(<[u8]>::len), Some(15));
        assert_eq!(queue.advance(10), 10);
        assert_eq!(queue.front(), Some(&b"\0\0\0\x03def"[2..]));
        assert_eq!(queue.advance(5), 5);
        assert_eq!(queue.front(), Some(&b"\0\0\0\x01z"[..]));
        assert_eq!(queue.advance(5), 5);
        assert!(queue.is_empty());
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn a_payload_in_many_places_counts_once_until_the_last_is_sent() {
        let mut queue = Queue::default();
        // Of the first the head has gone.
        assert_eq!(push_places(&mut queue, 3), [0, 2, 5]);
        let steps: [(&[u8], usize, usize); 6] = [
            (b"yz", 2, 7),
            (b"b2", 1, 6),
            (b"2", 1, 5),
            (b"xyz", 3, 5),
            (b"c3", 2, 3),
            (b"xyz", 3, 0),
        ];
        for (front, sent, left) in steps {
            let before = queue.bytes();
            assert_eq!(queue.front(), Some(front));
            assert_eq!(queue.advance(sent), before - left);
            assert_eq!(queue.bytes(), left);
        }
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_behind_many_places_waits_from_the_last_one_on() {
        let second = std::time::Duration::from_secs(1);
        let mut queue = Queue::default();
        let begun = Instant::now();
        push_places(&mut queue, 0);
        push(&mut queue, &three_frames(), 0);
        for number in 0..3 {
            tokio::time::advance(second).await;
            // What is not sent whole does not count.
            queue.advance(4);
            assert_eq!(queue.waiting_since(), Some(begun + number * second));
            queue.advance(1);
            assert_eq!(queue.waiting_since(), Some(Instant::now()));
        }
        tokio::time::advance(second).await;
        queue.advance(6);
        assert_eq!(queue.waiting_since(), Some(begun + 3 * second));
        // What came later waits since it came.
        push(&mut queue, &three_frames(), 0);
        queue.advance(12);
        assert_eq!(queue.waiting_since(), Some(begun + 4 * second));
    }

    #[test]
    fn a_cut_keeps_the_frame_that_was_begun() {
        for (sent, kept) in [(1, 5), (5, 1), (6, 0), (7, 4), (10, 1), (11, 0), (12, 6)] {
            let mut queue = Queue::default();
            push(&mut queue, &three_frames(), sent);
            push(&mut queue, &three_frames(), 0);
            queue.keep_only_begun_frame();
            assert_eq!(queue.bytes(), kept, "after {sent} bytes");
        }
        for (sent, kept) in [(0, None), (1, Some("1")), (2, Some("xyz")), (4, Some("z"))] {
            let mut queue = Queue::default();
            push_places(&mut queue, sent);
            queue.keep_only_begun_frame();
            assert_eq!(queue.front(), kept.map(str::as_bytes), "after {sent} bytes");
        }
    }

    #[test]
    fn a_cut_between_chunks_keeps_nothing() {
        let mut queue = Queue::default();
        push(&mut queue, &three_frames(), 0);
        queue.keep_only_begun_frame();
        assert!(queue.is_empty());
    }
}
