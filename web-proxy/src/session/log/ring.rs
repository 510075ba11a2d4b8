//! The opened frames of a channel that the sessions of this process share.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::Bytes;
use wire_format::{
    ChannelId, RunId,
    limits::{RING_BYTES, RING_FRAMES},
};

/// The rings of all channels that a session of this process is in.
#[derive(Debug, Default)]
pub(crate) struct Rings {
    /// Weak: the sessions keep them. Locked for a look-up when a session first hears of a channel.
    by_channel: Mutex<HashMap<(ChannelId, RunId), Weak<Ring>>>,
}

impl Rings {
    /// The ring of a channel and run.
    pub(crate) fn of(&self, channel: ChannelId, run: RunId) -> Arc<Ring> {
        let mut rings = self
            .by_channel
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (channel, run);
        if let Some(ring) = rings.get(&key).and_then(Weak::upgrade) {
            return ring;
        }
        rings.retain(|_, ring| ring.strong_count() > 0);
        let ring = Arc::<Ring>::default();
        rings.insert(key, Arc::downgrade(&ring));
        ring
    }
}

/// The newest frames of one channel and run: twice of what a session may see, since sessions are
/// not equally far.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// Locked for one look or change.
    frames: Mutex<Frames>,
}

#[derive(Default)]
struct Frames {
    /// Ascending by sequence.
    entries: VecDeque<(u64, Bytes)>,
    bytes: usize,
    /// The newest sequence that is gone.
    gone: u64,
}

impl Ring {
    /// Takes a frame if it is the first in its place; `true` if the ring now has this very frame
    /// there.
    pub(super) fn put(&self, sequence: u64, frame: &Bytes) -> bool {
        let mut frames = self.lock();
        match frames.place(sequence) {
            Ok(at) => {
                let stands = &frames.entries[at].1;
                // The same memory, as nearly always, needs no look at its bytes.
                stands.as_ptr() == frame.as_ptr() && stands.len() == frame.len() || stands == frame
            }
            Err(at) if sequence > frames.gone => {
                frames.entries.insert(at, (sequence, frame.clone()));
                frames.bytes += frame.len();
                frames.trim();
                sequence > frames.gone
            }
            Err(_) => false,
        }
    }

    /// The newest sequence that is gone, and the frames after `floor` up to `newest`.
    pub(super) fn between(&self, floor: u64, newest: u64) -> (u64, Vec<(u64, Bytes)>) {
        let frames = self.lock();
        let entries = frames.entries.iter();
        let wanted = entries.filter(|(sequence, _)| (floor + 1..=newest).contains(sequence));
        (frames.gone, wanted.cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} frames, {} bytes", self.entries.len(), self.bytes)
    }
}

impl Frames {
    fn place(&self, sequence: u64) -> Result<usize, usize> {
        let (Some((first, _)), Some((last, _))) = (self.entries.front(), self.entries.back())
        else {
            return Err(0);
        };
        if *last < sequence {
            return Err(self.entries.len());
        }
        // Without holes, which is the rule, the place follows from the first.
        if let Ok(at) = usize::try_from(sequence.wrapping_sub(*first))
            && let Some((stands, _)) = self.entries.get(at)
            && *stands == sequence
        {
            return Ok(at);
        }
        self.entries
            .binary_search_by_key(&sequence, |(sequence, _)| *sequence)
    }

    fn trim(&mut self) {
        let is_over = |frames: &Self| {
            frames.entries.len() > 2 * RING_FRAMES
                || (frames.bytes > 2 * RING_BYTES && frames.entries.len() > 1)
        };
        while is_over(self) {
            let Some((sequence, frame)) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= frame.len();
            self.gone = sequence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Bytes {
        text.to_owned().into()
    }

    #[test]
    fn the_first_frame_in_a_place_stands() {
        let ring = Ring::default();
        let five = frame("five");
        assert!(ring.put(5, &five));
        assert!(ring.put(5, &five));
        assert!(ring.put(5, &frame("five")), "the same bytes");
        assert!(!ring.put(5, &frame("another")));
        assert!(ring.put(8, &frame("eight")), "after a hole");
        assert!(ring.put(8, &frame("eight")));
        assert!(ring.put(7, &frame("seven")));
        assert!(ring.put(4, &frame("four")), "before the first");
        let (gone, frames) = ring.between(4, 7);
        assert_eq!(gone, 0);
        let sequences: Vec<_> = frames.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(sequences, [5, 7]);
    }

    #[test]
    fn it_holds_two_rings_of_frames_or_bytes() {
        let most = u64::try_from(2 * RING_FRAMES).expect("a small number");
        let ring = Ring::default();
        for sequence in 1..=most + 3 {
            assert!(ring.put(sequence, &frame("x")));
        }
        assert!(!ring.put(3, &frame("x")), "it is gone");
        assert_eq!(ring.between(0, most + 3).0, 3);

        let ring = Ring::default();
        let large = Bytes::from(vec![0; RING_BYTES]);
        for sequence in 1..=3 {
            assert!(ring.put(sequence, &large));
        }
        assert_eq!(ring.between(0, 3).0, 1);
    }

    #[test]
    fn sessions_of_a_channel_share_its_ring() {
        let rings = Rings::default();
        let (channel, run) = (ChannelId::from_bytes([1; 16]), RunId::from_bytes([2; 16]));
        let ring = rings.of(channel, run);
        assert!(Arc::ptr_eq(&ring, &rings.of(channel, run)));
        let other = rings.of(channel, RunId::from_bytes([3; 16]));
        assert!(!Arc::ptr_eq(&ring, &other));
        ring.put(1, &frame("x"));
        drop(ring);
        let fresh = rings.of(channel, run);
        assert_eq!(fresh.between(0, 9).1.len(), 0, "it went with its last user");
    }
}
