//! One member's place in a room's stream.

use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::stream::{Chunk, Told};
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
    /// Where the member is to get something else than the others. Hardly a seat has this at a time,
    /// and each pays for it: one null pointer.
    own: Option<Box<Own>>,
}

#[derive(Default)]
struct Own {
    /// Events about the member itself, which only the others get.
    skips: Vec<Range<u64>>,
    /// Frames for this member alone, each in front of the byte at its position; ascending.
    inserts: Vec<(u64, Bytes)>,
}

impl Seat {
    /// A seat that has nothing coming until [`Seat::catch_up`].
    pub(crate) fn new(outbox: Arc<Outbox>) -> Self {
        Self {
            outbox,
            cursor: Mutex::new(Cursor {
                next: GONE,
                own: None,
            }),
        }
    }

    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Sends what a member needs to be up to date at `position`, and goes on from there.
    pub(crate) fn catch_up(&self, position: u64, chunks: impl IntoIterator<Item = Bytes>) {
        let mut cursor = self.lock();
        cursor.next = position;
        self.outbox.send_chunks(chunks);
    }

    /// Leaves out the bytes of an event about the member itself.
    pub(crate) fn skip(&self, event: Range<u64>) {
        let mut cursor = self.lock();
        if event.end > cursor.next {
            cursor.own.get_or_insert_default().skips.push(event);
        }
    }

    /// Puts a frame for this member alone in front of the byte at `position`, which is the end of the
    /// stream and has something coming.
    pub(crate) fn insert(&self, position: u64, frame: Bytes) {
        let mut cursor = self.lock();
        if cursor.next <= position {
            let own = cursor.own.get_or_insert_default();
            own.inserts.push((position, frame));
        }
    }

    /// Nothing of the room reaches the outbox from now on.
    pub(crate) fn leave(&self) {
        self.lock().next = GONE;
    }

    /// Whether the member has left; settled while the room's lock is held.
    pub(crate) fn is_left(&self) -> bool {
        self.lock().next == GONE
    }

    /// Hands over what the member has not had of a flushed chunk.
    pub(crate) fn deliver(&self, chunk: &Chunk) {
        let mut cursor = self.lock();
        let end = chunk.end();
        if cursor.next >= end {
            return;
        }
        let wanted = cursor.next.max(chunk.start)..end;
        cursor.next = end;
        match (&mut cursor.own, &chunk.told) {
            (Some(own), _) => {
                self.outbox.send_chunks(own.pieces(chunk, wanted));
                cursor.own.take_if(|own| own.is_over());
            }
            (None, Told::Frames(bytes)) if wanted.start == chunk.start => {
                self.outbox.send_chunk(bytes);
            }
            (None, Told::Frames(_)) => self.outbox.send_chunks(chunk.part(wanted)),
            (None, Told::Places(_)) => {}
        }
        // Nobody came in the middle of them, and what is inserted stands in front.
        if let Told::Places(places) = &chunk.told {
            self.outbox.send_places(places);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Cursor> {
        self.cursor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Own {
    fn is_over(&self) -> bool {
        self.skips.is_empty() && self.inserts.is_empty()
    }

    /// The wanted part of a chunk without what is skipped and with what is inserted; forgets what is
    /// behind it.
    fn pieces(&mut self, chunk: &Chunk, wanted: Range<u64>) -> Vec<Bytes> {
        let due = self.inserts.partition_point(|(at, _)| *at < wanted.end);
        let mut inserts = self.inserts.drain(..due).peekable();
        let mut pieces = Vec::with_capacity(1 + self.skips.len() + due);
        let mut from = wanted.start;
        let mut take = |range: Range<u64>| {
            let mut from = range.start;
            while let Some((at, frame)) = inserts.next_if(|(at, _)| *at <= range.end) {
                let at = at.clamp(from, range.end);
                pieces.extend(chunk.part(from..at));
                pieces.push(frame);
                from = at;
            }
            pieces.extend(chunk.part(from..range.end));
        };
        for skip in &self.skips {
            let until = skip.start.clamp(from, wanted.end);
            take(from..until);
            from = skip.end.clamp(until, wanted.end);
        }
        take(from..wanted.end);
        drop(inserts);
        self.skips.retain(|skip| skip.end > wanted.end);
        pieces
    }
}

/// Position of a seat whose member left: beyond every stream.
const GONE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    /// What a member with these skips and inserts makes of ten bytes from position 100 on.
    fn pieces(wanted: Range<u64>, skips: &[Range<u64>], inserts: &[(u64, &'static str)]) -> String {
        let chunk = Chunk {
            start: 100,
            told: Told::Frames(Bytes::from_static(b"0123456789")),
            frames: 1,
        };
        let inserts = inserts.iter();
        let mut own = Own {
            skips: skips.to_vec(),
            inserts: inserts
                .map(|(at, text)| (*at, Bytes::from(*text)))
                .collect(),
        };
        let pieces = own.pieces(&chunk, wanted);
        assert!(own.inserts.iter().all(|(at, _)| *at >= chunk.end()));
        String::from_utf8(pieces.concat()).expect("text")
    }

    #[test]
    fn what_is_inserted_stands_in_front_of_its_byte() {
        assert_eq!(pieces(100..110, &[], &[(100, "a")]), "a0123456789");
        assert_eq!(
            pieces(100..110, &[], &[(103, "a"), (103, "b"), (109, "c")]),
            "012ab345678c9"
        );
        assert_eq!(pieces(104..110, &[], &[(104, "a")]), "a456789");
        // It waits for its byte.
        assert_eq!(pieces(100..110, &[], &[(110, "a")]), "0123456789");
    }

    #[test]
    fn what_is_skipped_takes_nothing_inserted_along() {
        let skip = 102..105;
        assert_eq!(
            pieces(100..110, std::slice::from_ref(&skip), &[]),
            "0156789"
        );
        for at in [102, 103, 105] {
            assert_eq!(
                pieces(100..110, std::slice::from_ref(&skip), &[(at, "a")]),
                "01a56789",
                "{at}"
            );
        }
        let whole = 100..110;
        assert_eq!(pieces(100..110, &[whole], &[(100, "a")]), "a");
    }
}
