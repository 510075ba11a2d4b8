//! What a room tells its members, in one order: deliveries and events.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use wire_format::{
    Deliver, RunId, Sequence,
    command::rooms::Resume,
    limits::{RING_BYTES, RING_FRAMES},
};

use super::ring::{Mark, Ring};

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

/// Whole frames that one flush takes to every member, shared by all of them.
pub(super) struct Chunk {
    /// Position of the first byte in the room's stream.
    pub(super) start: u64,
    pub(super) bytes: Bytes,
    pub(super) frames: u64,
}

/// What somebody who enters is sent before anything new.
pub(super) struct Replay {
    /// The deliveries that are still there, in order and in one piece: a frame a system call made
    /// an entry wait for 256 of them.
    pub(super) frames: Bytes,
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
        let (start, offset) = (self.end, self.pending.len());
        self.pending.extend_from_slice(frame);
        self.appended(offset);
        start..self.end
    }

    /// Numbers a delivery and appends it.
    pub(super) fn append_deliver(&mut self, mut deliver: Deliver) -> Sequence {
        self.sequence = self.sequence.next();
        deliver.sequence = self.sequence;
        let start = self.pending.len();
        deliver.append_to(&mut self.pending);
        self.appended(start);
        self.marks.push(Mark {
            sequence: self.sequence,
            bytes: start..self.pending.len(),
        });
        self.sequence
    }

    /// Counts a frame that was appended at `start` of the pending bytes.
    fn appended(&mut self, start: usize) {
        self.frames += 1;
        let length = length_u64(self.pending.len() - start);
        self.end = self.end.saturating_add(length);
    }

    /// Takes what waits as one chunk; its deliveries are in the ring from then on.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        if self.pending.is_empty() {
            return None;
        }
        // The buffer goes with the chunk: sharing its spare capacity would keep it alive.
        let bytes = std::mem::take(&mut self.pending).freeze();
        self.ring.push(&bytes, std::mem::take(&mut self.marks));
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
        let wanted = self.newest(after);
        let first = wanted.first().map(|(sequence, _)| *sequence);
        let gone = after < self.sequence && first != Some(after.next());
        let frames: Vec<&[u8]> = wanted.into_iter().map(|(_, frame)| frame).collect();
        Replay {
            missed: resume.is_some() && (!same_run || gone),
            frames: frames.concat().into(),
        }
    }

    /// The deliveries after a number, in order: the newest that a ring may hold.
    fn newest(&self, after: Sequence) -> Vec<(Sequence, &[u8])> {
        let pending = |mark: &Mark| (mark.sequence, &self.pending[mark.bytes.clone()]);
        let pending = self.marks.iter().map(pending);
        let mut bytes = 0_usize;
        let mut newest: Vec<_> = self
            .ring
            .iter()
            .chain(pending)
            .rev()
            .take(RING_FRAMES)
            .take_while(|(sequence, frame)| {
                bytes = bytes.saturating_add(frame.len());
                *sequence > after && bytes <= RING_BYTES
            })
            .collect();
        newest.reverse();
        newest
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

fn length_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
