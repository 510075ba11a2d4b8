//! What was delivered of a channel lately, for pages that come back.

use std::collections::VecDeque;

use bytes::Bytes;
use wire_format::{
    RunId, Sequence,
    command::rooms::Resume,
    limits::{RING_BYTES, RING_FRAMES},
};

/// The newest deliveries of one channel and run, each an encoded frame: the opened message, or the
/// event that stands in its place. Bounded like the chat-server's ring.
#[derive(Debug)]
pub(super) struct Log {
    run: RunId,
    /// Ascending by sequence.
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The newest sequence that is gone, or was never here; `None` before the first delivery.
    floor: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    sequence: u64,
    frame: Bytes,
}

impl Log {
    pub(super) fn new(run: RunId) -> Self {
        Self {
            run,
            entries: VecDeque::new(),
            bytes: 0,
            floor: None,
        }
    }

    /// Goes over to a run; what is there of another one is forgotten.
    pub(super) fn follow(&mut self, run: RunId) {
        if self.run != run {
            *self = Self::new(run);
        }
    }

    /// Forgets everything, because something after it was missed.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.run);
    }

    /// Takes a delivery; one with the same sequence is replaced, as when a key came late.
    pub(super) fn put(&mut self, sequence: Sequence, frame: Bytes) {
        let sequence = sequence.value();
        let floor = *self.floor.get_or_insert(sequence.saturating_sub(1));
        if sequence <= floor {
            return;
        }
        self.bytes += frame.len();
        match self
            .entries
            .binary_search_by_key(&sequence, |entry| entry.sequence)
        {
            Ok(at) => {
                let old = std::mem::replace(&mut self.entries[at].frame, frame);
                self.bytes -= old.len();
            }
            Err(at) => self.entries.insert(at, Entry { sequence, frame }),
        }
        self.trim();
    }

    fn trim(&mut self) {
        let is_over = |log: &Self| {
            log.entries.len() > RING_FRAMES || (log.bytes > RING_BYTES && log.entries.len() > 1)
        };
        while is_over(self) {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= oldest.frame.len();
            self.floor = Some(oldest.sequence);
        }
    }

    /// Whether something that a page wants is gone.
    pub(super) fn is_missing(&self, resume: &Resume) -> bool {
        let is_gone = |floor| resume.after.value() < floor;
        resume.run != self.run || self.floor.is_some_and(is_gone)
    }

    /// Whether nothing is here yet, as after a restart, and a page is further behind than any
    /// ring reaches.
    pub(super) fn is_out_of_reach(&self, resume: &Resume, newest: Sequence) -> bool {
        let behind = newest.value().saturating_sub(resume.after.value());
        self.floor.is_none() && usize::try_from(behind).map_or(true, |behind| behind > RING_FRAMES)
    }

    /// The frames that a page does not have.
    pub(super) fn after(&self, resume: Option<&Resume>) -> impl Iterator<Item = Bytes> {
        let after = match resume {
            Some(resume) if resume.run == self.run => resume.after.value(),
            _ => 0,
        };
        let wanted = self
            .entries
            .iter()
            .filter(move |entry| entry.sequence > after);
        wanted.map(|entry| entry.frame.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId::from_bytes([1; 16]);

    fn log(sequences: impl IntoIterator<Item = u64>) -> Log {
        let mut log = Log::new(RUN);
        for sequence in sequences {
            log.put(Sequence::new(sequence), sequence.to_string().into());
        }
        log
    }

    fn resume(after: u64) -> Resume {
        let after = Sequence::new(after);
        Resume { run: RUN, after }
    }

    fn texts(frames: impl Iterator<Item = Bytes>) -> Vec<String> {
        frames
            .map(|frame| String::from_utf8_lossy(&frame).into_owned())
            .collect()
    }

    #[test]
    fn a_page_gets_what_it_does_not_have() {
        let log = log(5..=8);
        assert_eq!(texts(log.after(Some(&resume(6)))), ["7", "8"]);
        assert_eq!(texts(log.after(None)), ["5", "6", "7", "8"]);
        assert!(!log.is_missing(&resume(4)));
        assert!(log.is_missing(&resume(3)));
    }

    #[test]
    fn another_run_is_another_count() {
        let mut log = log(5..=8);
        let other = Resume {
            run: RunId::from_bytes([2; 16]),
            after: Sequence::new(8),
        };
        assert!(log.is_missing(&other));
        assert_eq!(log.after(Some(&other)).count(), 4);
        log.follow(other.run);
        assert_eq!(log.after(None).count(), 0);
        assert!(!log.is_missing(&other));
    }

    #[test]
    fn a_late_delivery_takes_its_place() {
        let mut log = log([5, 6, 8]);
        log.put(Sequence::new(6), Bytes::from_static(b"six"));
        log.put(Sequence::new(7), Bytes::from_static(b"7"));
        log.put(Sequence::new(4), Bytes::from_static(b"before all"));
        assert_eq!(texts(log.after(None)), ["5", "six", "7", "8"]);
    }

    #[test]
    fn it_keeps_as_much_as_the_servers_ring() {
        let frames = u64::try_from(RING_FRAMES).expect("a small number");
        let full = log(1..=frames + 10);
        assert_eq!(full.after(None).count(), RING_FRAMES);
        assert!(full.is_missing(&resume(9)));
        assert!(!full.is_missing(&resume(10)));

        let mut log = log([]);
        for sequence in 1..=3 {
            log.put(Sequence::new(sequence), vec![0; RING_BYTES / 2].into());
        }
        assert_eq!(log.after(None).count(), 2);
        log.put(Sequence::new(4), vec![0; 2 * RING_BYTES].into());
        assert_eq!(
            log.after(None).count(),
            1,
            "the newest stays whatever its size"
        );
    }

    #[test]
    fn after_a_gap_older_pages_are_told() {
        let mut log = log(5..=8);
        log.forget();
        assert!(
            !log.is_missing(&resume(8)),
            "nothing is known to be missing yet"
        );
        log.put(Sequence::new(20), Bytes::from_static(b"20"));
        assert!(log.is_missing(&resume(8)));
        assert!(!log.is_missing(&resume(19)));
    }
}
