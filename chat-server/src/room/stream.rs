//! What a room tells its members, in one order: deliveries and events.

use std::{collections::VecDeque, ops::Range};

use bytes::{Bytes, BytesMut};
use wire_format::{
    Deliver, RunId, Sequence,
    command::rooms::Resume,
    limits::{RING_BYTES, RING_FRAMES},
};

use super::ring::{Mark, Ring};
use crate::outbox::Places;

/// The bytes that wait for the next flush, the ring of those that were flushed, and how both are
/// counted.
pub(crate) struct Stream {
    run: RunId,
    sequence: Sequence,
    /// Position behind the last byte that was appended.
    end: u64,
    /// Chunks that are complete, in front of the pending bytes: there are some where one holds places.
    complete: VecDeque<Chunk>,
    pending: BytesMut,
    /// The deliveries among the pending bytes.
    marks: Vec<Mark>,
    /// Frames among the pending bytes.
    frames: u64,
    ring: Ring,
}

/// Whole frames that one flush takes to every member, shared by all of them.
pub(crate) struct Chunk {
    /// Position of the first byte in the room's stream.
    pub(super) start: u64,
    pub(super) told: Told,
    pub(super) frames: u64,
}

/// What is in a chunk.
pub(crate) enum Told {
    Frames(Bytes),
    /// One payload in so many places that it would not fit into an outbox so often.
    Places(Places),
}

/// What somebody who enters is sent before anything new.
pub(crate) struct Replay {
    /// The deliveries that are still there, in order and in one piece: a frame a system call made
    /// an entry wait for 256 of them.
    pub(super) frames: Bytes,
    /// Whether some that were wanted are gone.
    pub(super) missed: bool,
}

impl Stream {
    pub(crate) fn new(run: RunId) -> Self {
        Self {
            run,
            sequence: Sequence::default(),
            end: 0,
            complete: VecDeque::new(),
            pending: BytesMut::new(),
            marks: Vec::new(),
            frames: 0,
            ring: Ring::default(),
        }
    }

    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    /// The number of the last delivery.
    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Position of the next byte.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Bytes that wait for the next flush, a payload in many places once.
    pub(crate) fn pending_bytes(&self) -> usize {
        let complete = self.complete.iter().map(|chunk| chunk.told.kept_bytes());
        complete.fold(self.pending.len(), usize::saturating_add)
    }

    /// Appends a frame that is not numbered; gives its place.
    pub(crate) fn append_event(&mut self, frame: &[u8]) -> Range<u64> {
        let (start, offset) = (self.end, self.pending.len());
        self.pending.extend_from_slice(frame);
        self.appended(offset);
        start..self.end
    }

    /// Appends a delivery whose number stands elsewhere; the ring does not keep it.
    pub(crate) fn append_as_it_is(&mut self, deliver: &Deliver) {
        let start = self.pending.len();
        deliver.append_to(&mut self.pending);
        self.appended(start);
    }

    /// Appends a delivery in all its places, whose numbers stand elsewhere; the ring does not keep it.
    ///
    /// What is short is copied, since a reader gets it in one piece then.
    pub(crate) fn append_places(&mut self, places: Places) {
        if places.bytes() > COPIED_BYTES {
            let pending = self.take_pending();
            self.complete.extend(pending);
            let chunk = Chunk {
                start: self.end,
                frames: places.frames(),
                told: Told::Places(places),
            };
            self.end = chunk.end();
            self.complete.push_back(chunk);
            return;
        }
        for (head, payload) in places.parts() {
            let start = self.pending.len();
            self.pending.extend_from_slice(head);
            self.pending.extend_from_slice(payload);
            self.appended(start);
        }
    }

    /// Numbers a delivery and appends it.
    pub(crate) fn append_deliver(&mut self, mut deliver: Deliver) -> Sequence {
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

    /// Takes a chunk of what waits, all of it if nothing in it stands in many places; its deliveries are in
    /// the ring from then on.
    pub(crate) fn take(&mut self) -> Option<Chunk> {
        let complete = self.complete.pop_front();
        complete.or_else(|| self.take_pending())
    }

    fn take_pending(&mut self) -> Option<Chunk> {
        if self.pending.is_empty() {
            return None;
        }
        // The buffer goes with the chunk: sharing its spare capacity would keep it alive.
        let bytes = std::mem::take(&mut self.pending).freeze();
        self.ring.push(&bytes, std::mem::take(&mut self.marks));
        Some(Chunk {
            start: self.end - length_u64(bytes.len()),
            frames: std::mem::take(&mut self.frames),
            told: Told::Frames(bytes),
        })
    }

    /// What somebody who enters now is sent; the pending bytes count as sent, too.
    pub(crate) fn replay(&self, resume: Option<Resume>) -> Replay {
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
    pub(crate) fn end(&self) -> u64 {
        self.start + length_u64(self.told.bytes())
    }

    /// The bytes between two positions of the stream; `None` if there are none, as in many places, which
    /// have no position in between.
    pub(crate) fn part(&self, positions: Range<u64>) -> Option<Bytes> {
        let Told::Frames(bytes) = &self.told else {
            return None;
        };
        let offset = |position: u64| {
            let offset = position.checked_sub(self.start)?;
            usize::try_from(offset)
                .ok()
                .filter(|offset| *offset <= bytes.len())
        };
        let (from, until) = (offset(positions.start)?, offset(positions.end)?);
        (from < until).then(|| bytes.slice(from..until))
    }
}

impl Told {
    /// Bytes as they travel.
    fn bytes(&self) -> usize {
        match self {
            Self::Frames(bytes) => bytes.len(),
            Self::Places(places) => places.bytes(),
        }
    }

    /// Bytes in memory.
    fn kept_bytes(&self) -> usize {
        match self {
            Self::Frames(bytes) => bytes.len(),
            Self::Places(places) => places.kept_bytes(),
        }
    }
}

fn length_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Bytes of a payload in all its places up to which it is copied into the pending bytes: with as much
/// in front of it as may wait, it fits into the smallest outbox.
const COPIED_BYTES: usize = 1024 * 1024;
