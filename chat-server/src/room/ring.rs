//! The newest deliveries of a channel, for those who were away for a moment.

use std::{collections::VecDeque, ops::Range};

use bytes::Bytes;
use wire_format::{
    Sequence,
    limits::{RING_BYTES, RING_FRAMES},
};

/// At most [`RING_FRAMES`] deliveries and [`RING_BYTES`] bytes; the oldest go first.
#[derive(Default)]
pub(super) struct Ring {
    kept: VecDeque<Kept>,
    bytes: usize,
}

/// One delivery, encoded.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) sequence: Sequence,
    pub(super) frame: Bytes,
}

impl Ring {
    /// Keeps a delivery of a flushed chunk.
    ///
    /// A small chunk is shared; from a large one the frame is copied, so that what the ring keeps
    /// alive stays within a few times its own limit.
    pub(super) fn push(&mut self, sequence: Sequence, chunk: &Bytes, frame: Range<usize>) {
        let frame = if chunk.len() <= SHARED_CHUNK_BYTES {
            chunk.slice(frame)
        } else {
            Bytes::copy_from_slice(&chunk[frame])
        };
        self.bytes += frame.len();
        self.kept.push_back(Kept { sequence, frame });
        while self.kept.len() > RING_FRAMES || self.bytes > RING_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.frame.len();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter()
    }
}

/// Largest chunk that a kept frame may keep alive, in bytes.
const SHARED_CHUNK_BYTES: usize = 8 * 1024;
