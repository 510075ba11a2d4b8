//! What a room tells its members, in one order: deliveries and events.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use wire_format::{
    Deliver, RunId, Sequence, ServerFrame,
    command::rooms::Resume,
    limits::{RING_BYTES, RING_FRAMES},
};

use super::ring::{Kept, Ring};

/// The bytes that wait for the next flush, the ring of those that were flushed, and how both are
/// counted.
pub(super) struct Stream {
    run: RunId,
    sequence: Sequence,
    /// Position behind the last byte that was appended.
    end: u64,
    pending: BytesMut,
    /// The deliveries among the pending bytes.
    marks: Vec<Mark>,
    /// Frames among the pending bytes.
    frames: u64,
    ring: Ring,
}

struct Mark {
    sequence: Sequence,
    bytes: Range<usize>,
}

/// Whole frames that one flush takes to every member, shared by all of them.
pub(super) struct Chunk {
    /// Position of the first byte in the room's stream.
    pub(super) start: u64,
    pub(super) bytes: Bytes,
    pub(super) frames: u64,
}

/// What somebody who enters is sent before anything new.
pub(super) struct Replay {
    /// The deliveries that are still there, in order.
    pub(super) frames: Vec<Bytes>,
    /// Whether some that were wanted are gone.
    pub(super) missed: bool,
}

impl Stream {
    pub(super) fn new(run: RunId) -> Self {
        Self {
            run,
            sequence: Sequence::default(),
            end: 0,
            pending: BytesMut::new(),
            marks: Vec::new(),
            frames: 0,
            ring: Ring::default(),
        }
    }

    pub(super) fn run(&self) -> RunId {
        self.run
    }

    /// The number of the last delivery.
    pub(super) fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Position of the next byte.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Bytes that wait for the next flush.
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Appends a frame that is not numbered; gives its place.
    pub(super) fn append_event(&mut self, frame: &[u8]) -> Range<u64> {
        let start = self.end;
        self.append(frame);
        start..self.end
    }

    /// Numbers a delivery and appends it.
    pub(super) fn append_deliver(&mut self, mut deliver: Deliver) -> Sequence {
        self.sequence = self.sequence.next();
        deliver.sequence = self.sequence;
        let start = self.pending.len();
        self.append(&ServerFrame::Deliver(deliver).encode().stream());
        self.marks.push(Mark {
            sequence: self.sequence,
            bytes: start..self.pending.len(),
        });
        self.sequence
    }

    fn append(&mut self, frame: &[u8]) {
        self.pending.extend_from_slice(frame);
        self.frames += 1;
        self.end = self.end.saturating_add(length_u64(frame.len()));
    }

    /// Takes what waits as one chunk; its deliveries are in the ring from then on.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        if self.pending.is_empty() {
            return None;
        }
        // The buffer goes with the chunk: sharing its spare capacity would keep it alive.
        let bytes = std::mem::take(&mut self.pending).freeze();
        let marks = std::mem::take(&mut self.marks);
        let newest = marks.len().saturating_sub(RING_FRAMES);
        for mark in &marks[newest..] {
            self.ring.push(mark.sequence, &bytes, mark.bytes.clone());
        }
        Some(Chunk {
            start: self.end - length_u64(bytes.len()),
            frames: std::mem::take(&mut self.frames),
            bytes,
        })
    }

    /// What somebody who enters now is sent; the pending bytes count as sent, too.
    pub(super) fn replay(&self, resume: Option<Resume>) -> Replay {
        let (after, same_run) = match resume {
            Some(Resume { run, after }) if run == self.run && after <= self.sequence => {
                (after, true)
            }
            Some(_) => (Sequence::default(), false),
            None => (Sequence::default(), true),
        };
        let pending = self.marks.iter().map(|mark| Kept {
            sequence: mark.sequence,
            frame: Bytes::copy_from_slice(&self.pending[mark.bytes.clone()]),
        });
        let wanted: Vec<Kept> = self
            .ring
            .iter()
            .cloned()
            .chain(pending)
            .filter(|kept| kept.sequence > after)
            .collect();
        let kept = within_ring(wanted);
        let first = kept.first().map(|kept| kept.sequence);
        let gone = after < self.sequence && first != Some(after.next());
        Replay {
            missed: resume.is_some() && (!same_run || gone),
            frames: kept.into_iter().map(|kept| kept.frame).collect(),
        }
    }
}

impl Chunk {
    /// Position behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.start + length_u64(self.bytes.len())
    }

    /// The bytes between two positions of the stream; `None` if there are none.
    pub(super) fn part(&self, positions: Range<u64>) -> Option<Bytes> {
        let offset = |position: u64| {
            let offset = position.checked_sub(self.start)?;
            usize::try_from(offset)
                .ok()
                .filter(|offset| *offset <= self.bytes.len())
        };
        let (from, until) = (offset(positions.start)?, offset(positions.end)?);
        (from < until).then(|| self.bytes.slice(from..until))
    }
}

/// The newest deliveries that a ring may hold.
fn within_ring(mut wanted: Vec<Kept>) -> Vec<Kept> {
    let mut bytes = 0_usize;
    let fitting = wanted
        .iter()
        .rev()
        .take(RING_FRAMES)
        .take_while(|kept| {
            bytes = bytes.saturating_add(kept.frame.len());
            bytes <= RING_BYTES
        })
        .count();
    wanted.split_off(wanted.len() - fitting)
}

fn length_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
