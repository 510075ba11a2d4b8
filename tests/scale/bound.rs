//! What a server may have in memory, from its settings.

use sealwire_tests::account::{peak_bytes, resident_bytes};
use wire_format::limits::{FRAME_BYTES, RING_BYTES};

/// A server's memory before it has much to do, to compare with what it needed in the end.
#[derive(Debug)]
pub(crate) struct Bound {
    process: u32,
    before: u64,
}

impl Bound {
    /// Looks at a server.
    pub(crate) fn of(process: u32) -> Self {
        Self {
            process,
            before: resident_bytes(process),
        }
    }

    /// Asserts that one busy room never took more than its settings allow: what its publishers'
    /// unfinished frames take, what waits for the flush, what is being flushed, the ring, and one
    /// outbox. Further outboxes share their bytes with it: members who are behind wait for the same
    /// chunks.
    ///
    /// # Panics
    /// If it did.
    pub(crate) fn holds(&self, publishers: usize, outbox_bytes: usize) {
        let reading = publishers * 2 * FRAME_BYTES;
        let flushing = 2 * 2 * (CROWDED_BYTES + FRAME_BYTES);
        // Its oldest frame may keep the chunk that it came in.
        let ring = RING_BYTES + CROWDED_BYTES + FRAME_BYTES;
        let bound = reading + flushing + ring + outbox_bytes + SLACK;
        let grown = peak_bytes(self.process).saturating_sub(self.before);
        assert!(
            grown <= u64::try_from(bound).expect("a small bound"),
            "grown by {grown} bytes, {bound} are allowed"
        );
    }
}

/// What may wait for a room's flush before its publishers are not read any more; a buffer grows by
/// doubling.
const CROWDED_BYTES: usize = 1024 * 1024;
/// What the allocator keeps of freed memory, and what a thread that wakes up touches.
const SLACK: usize = 16 * 1024 * 1024;
