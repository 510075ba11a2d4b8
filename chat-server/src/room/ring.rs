//! The newest deliveries of a channel, for those who were away for a moment.

use std::{collections::VecDeque, ops::Range};

use bytes::{Bytes, BytesMut};
use wire_format::{
    Sequence,
    limits::{RING_BYTES, RING_FRAMES},
};

/// The flushed chunks that hold the newest [`RING_FRAMES`] deliveries or [`RING_BYTES`] bytes of
/// them. Whole chunks go, the oldest first, so that a message costs nothing here; keeping each
/// frame by itself was a good part of what a message cost (docs/speed.md#what-was-tried).
#[derive(Default)]
pub(super) struct Ring {
    kept: VecDeque<Kept>,
    frames: usize,
    bytes: usize,
}

/// A chunk, and where in it the deliveries are; never none.
struct Kept {
    chunk: Bytes,
    marks: Vec<Mark>,
    /// Bytes of the deliveries.
    bytes: usize,
}

/// One delivery among other frames.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Mark {
    pub(super) sequence: Sequence,
    pub(super) bytes: Range<usize>,
}

impl Ring {
    /// Keeps the deliveries of a flushed chunk.
    ///
    /// A chunk that is mostly deliveries is shared; from another they are copied. So what the ring
    /// keeps alive stays within twice its own limit and one chunk.
    pub(super) fn push(&mut self, chunk: &Bytes, marks: Vec<Mark>) {
        let Some(kept) = Kept::new(chunk, marks) else {
            return;
        };
        self.frames += kept.marks.len();
        self.bytes += kept.bytes;
        self.kept.push_back(kept);
        while let Some(oldest) = self.kept.front()
            && (self.frames - oldest.marks.len() >= RING_FRAMES
                || self.bytes - oldest.bytes >= RING_BYTES)
        {
            self.frames -= oldest.marks.len();
            self.bytes -= oldest.bytes;
            self.kept.pop_front();
        }
    }

    /// The deliveries, in order; the oldest chunk may hold some more than the ring is to have.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Sequence, &[u8])> {
        self.kept.iter().flat_map(|kept| {
            let frame = |mark: &Mark| (mark.sequence, &kept.chunk[mark.bytes.clone()]);
            kept.marks.iter().map(frame)
        })
    }
}

impl Kept {
    fn new(chunk: &Bytes, mut marks: Vec<Mark>) -> Option<Self> {
        marks.drain(..marks.len().saturating_sub(RING_FRAMES));
        let bytes: usize = marks.iter().map(|mark| mark.bytes.len()).sum();
        if bytes == 0 {
            return None;
        }
        let chunk = if bytes >= chunk.len() / 2 {
            chunk.clone()
        } else {
            gathered(chunk, &mut marks, bytes)
        };
        Some(Self {
            chunk,
            marks,
            bytes,
        })
    }
}

/// Copies the marked frames out of a chunk and moves their marks.
fn gathered(chunk: &Bytes, marks: &mut [Mark], bytes: usize) -> Bytes {
    let mut copy = BytesMut::with_capacity(bytes);
    for mark in marks {
        let start = copy.len();
        copy.extend_from_slice(&chunk[mark.bytes.clone()]);
        mark.bytes = start..copy.len();
    }
    copy.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of an event and so many deliveries, each of so many bytes.
    fn push(ring: &mut Ring, first: u64, frames: usize, bytes: usize, event: usize) {
        let chunk = Bytes::from(vec![7; event + frames * bytes]);
        let marks = (0..frames).map(|place| {
            let start = event + place * bytes;
            Mark {
                sequence: Sequence::new(first + u64::try_from(place).expect("few")),
                bytes: start..start + bytes,
            }
        });
        ring.push(&chunk, marks.collect());
    }

    fn sequences(ring: &Ring) -> Vec<u64> {
        ring.iter().map(|(sequence, _)| sequence.value()).collect()
    }

    #[test]
    fn what_is_kept_covers_the_newest_frames() {
        let mut ring = Ring::default();
        for chunk in 0..4 {
            push(&mut ring, 1 + chunk * 100, 100, 10, 0);
        }
        assert_eq!(sequences(&ring), (101..=400).collect::<Vec<_>>());
        push(&mut ring, 401, 300, 10, 0);
        assert_eq!(sequences(&ring), (445..=700).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_kept_covers_the_newest_bytes() {
        let mut ring = Ring::default();
        for chunk in 0..6 {
            push(&mut ring, 1 + chunk, 1, RING_BYTES / 4, 0);
        }
        assert_eq!(sequences(&ring), [3, 4, 5, 6]);
    }

    #[test]
    fn a_chunk_of_events_is_not_kept_alive() {
        let mut ring = Ring::default();
        push(&mut ring, 1, 2, 10, 1000);
        assert_eq!(ring.kept[0].chunk.len(), 20);
        assert!(ring.iter().all(|(_, frame)| frame == [7; 10]));
        push(&mut ring, 3, 0, 0, 1000);
        assert_eq!(sequences(&ring), [1, 2]);
    }
}
