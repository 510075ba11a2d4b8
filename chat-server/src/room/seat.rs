//! One member's place in a room's stream.

use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::stream::Chunk;
use crate::outbox::Outbox;

/// Where in a room's stream a member is, and the outbox that takes what comes next.
///
/// A stream is all the bytes that a room ever told its members, events and deliveries; a position
/// counts them. A chunk that is flushed meets each seat at its own position: what lies before is
/// not sent again, which is how entering, leaving and catching up need not wait for a flush.
pub(crate) struct Seat {
    outbox: Arc<Outbox>,
    /// Held while a chunk is handed to the outbox, never across an await. Taken after the room's
    /// lock and before the outbox's.
    cursor: Mutex<Cursor>,
}

struct Cursor {
    /// Position of the next byte that the member is to get; `GONE` after it left.
    next: u64,
    /// Events about the member itself, which only the others get.
    skips: Vec<Range<u64>>,
}

impl Seat {
    /// A seat that has nothing coming until [`Seat::catch_up`].
    pub(super) fn new(outbox: Arc<Outbox>) -> Self {
        Self {
            outbox,
            cursor: Mutex::new(Cursor {
                next: GONE,
                skips: Vec::new(),
            }),
        }
    }

    pub(super) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Sends what a member needs to be up to date at `position`, and goes on from there.
    pub(super) fn catch_up(&self, position: u64, chunks: impl IntoIterator<Item = Bytes>) {
        let mut cursor = self.lock();
        cursor.next = position;
        self.outbox.send_chunks(chunks);
    }

    /// Leaves out the bytes of an event about the member itself.
    pub(super) fn skip(&self, event: Range<u64>) {
        let mut cursor = self.lock();
        if event.end > cursor.next {
            cursor.skips.push(event);
        }
    }

    /// Nothing of the room reaches the outbox from now on.
    pub(super) fn leave(&self) {
        self.lock().next = GONE;
    }

    /// Whether the member has left; settled while the room's lock is held.
    pub(super) fn is_left(&self) -> bool {
        self.lock().next == GONE
    }

    /// Hands over what the member has not had of a flushed chunk.
    pub(super) fn deliver(&self, chunk: &Chunk) {
        let mut cursor = self.lock();
        let end = chunk.end();
        if cursor.next >= end {
            return;
        }
        if cursor.next <= chunk.start && cursor.skips.is_empty() {
            self.outbox.send_chunk(&chunk.bytes);
        } else {
            let wanted = cursor.next.max(chunk.start)..end;
            self.outbox.send_chunks(cursor.pieces(chunk, wanted));
        }
        cursor.next = end;
    }

    fn lock(&self) -> MutexGuard<'_, Cursor> {
        self.cursor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cursor {
    /// The wanted part of a chunk without what is skipped; forgets skips that are behind it.
    fn pieces(&mut self, chunk: &Chunk, wanted: Range<u64>) -> Vec<Bytes> {
        let mut pieces = Vec::with_capacity(1 + self.skips.len());
        let mut from = wanted.start;
        for skip in &self.skips {
            let until = skip.start.clamp(from, wanted.end);
            pieces.extend(chunk.part(from..until));
            from = skip.end.clamp(until, wanted.end);
        }
        pieces.extend(chunk.part(from..wanted.end));
        self.skips.retain(|skip| skip.end > wanted.end);
        pieces
    }
}

/// Position of a seat whose member left: beyond every stream.
const GONE: u64 = u64::MAX;
