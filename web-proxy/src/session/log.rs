//! What was delivered of a channel lately, for pages that come back.
//!
//! Nearly always all sessions of the process get the same frames, so the frames stand in one
//! [`Ring`] for all of them; a session keeps from where and up to where it may see, and what is
//! different for itself.

mod ring;

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use wire_format::{
    RunId, Sequence,
    command::rooms::Resume,
    limits::{RING_BYTES, RING_FRAMES},
};

use self::ring::Ring;
pub(crate) use self::ring::Rings;

/// The newest deliveries of one channel and run, each an encoded frame: the opened message, or the
/// event that stands in its place. Bounded like the chat-server's ring.
#[derive(Debug)]
pub(super) struct Log {
    run: RunId,
    ring: Arc<Ring>,
    /// The newest sequence that is gone, or was never here; `None` before the first delivery.
    floor: Option<u64>,
    /// The newest sequence that came.
    newest: u64,
    /// Where this session has something else than the ring, ascending by sequence.
    own: VecDeque<Own>,
    own_bytes: usize,
}

struct Own {
    sequence: u64,
    /// `None` where nothing came.
    frame: Option<Bytes>,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} bytes", self.sequence, self.bytes())
    }
}

impl Own {
    fn bytes(&self) -> usize {
        self.frame.as_ref().map_or(0, Bytes::len)
    }
}

/// What a session may see of a channel.
pub(super) struct View {
    run: RunId,
    floor: Option<u64>,
    /// Ascending by sequence.
    entries: VecDeque<(u64, Bytes)>,
}

impl Log {
    pub(super) fn new(run: RunId, ring: Arc<Ring>) -> Self {
        Self {
            run,
            ring,
            floor: None,
            newest: 0,
            own: VecDeque::new(),
            own_bytes: 0,
        }
    }

    /// Whether it is of another run.
    pub(super) fn is_of_another(&self, run: RunId) -> bool {
        self.run != run
    }

    /// Forgets everything, because something after it was missed.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.run, self.ring.clone());
    }

    /// Takes a delivery; one with the same sequence is replaced, as when a key came late.
    pub(super) fn put(&mut self, sequence: Sequence, frame: &Bytes) {
        let sequence = sequence.value();
        let before = sequence.saturating_sub(1);
        let floor = *self.floor.get_or_insert_with(|| {
            self.newest = before;
            before
        });
        if sequence <= floor {
            return;
        }
        self.skip_to(before);
        self.newest = self.newest.max(sequence);
        let is_shared = self.ring.put(sequence, frame);
        if is_shared && self.own.is_empty() {
            return;
        }
        self.put_own(sequence, (!is_shared).then(|| frame.clone()));
    }

    /// Nothing came between the newest and this sequence: what the ring has there is not for this
    /// session, unless it comes late.
    fn skip_to(&mut self, before: u64) {
        let is_far = |gap: u64| usize::try_from(gap).map_or(true, |gap| gap > RING_FRAMES);
        if is_far(before.saturating_sub(self.newest)) {
            self.forget_up_to(before);
        }
        for sequence in self.newest.saturating_add(1)..=before {
            let frame = None;
            self.own.push_back(Own { sequence, frame });
        }
        self.newest = self.newest.max(before);
        self.trim();
    }

    fn forget_up_to(&mut self, floor: u64) {
        self.own.clear();
        self.own_bytes = 0;
        self.floor = Some(floor);
        self.newest = floor;
    }

    /// Notes what this session has in place of what is in the ring; `None` if it has the same.
    fn put_own(&mut self, sequence: u64, frame: Option<Bytes>) {
        let found = self.own.binary_search_by_key(&sequence, |own| own.sequence);
        if let Ok(at) = found
            && let Some(old) = self.own.remove(at)
        {
            self.own_bytes -= old.bytes();
        }
        if frame.is_some() {
            let own = Own { sequence, frame };
            self.own_bytes += own.bytes();
            let (Ok(at) | Err(at)) = found;
            self.own.insert(at, own);
            self.trim();
        } else if self.own.is_empty() {
            // A list that is empty holds no memory.
            self.own = VecDeque::new();
        }
    }

    fn trim(&mut self) {
        while self.own.len() > RING_FRAMES || (self.own_bytes > RING_BYTES && self.own.len() > 1) {
            let Some(oldest) = self.own.pop_front() else {
                return;
            };
            self.own_bytes -= oldest.bytes();
            self.floor = self.floor.max(Some(oldest.sequence));
        }
    }

    /// What the session may see now.
    pub(super) fn view(&self) -> View {
        let mut view = View {
            run: self.run,
            floor: self.floor,
            entries: VecDeque::new(),
        };
        let Some(floor) = self.floor else {
            return view;
        };
        let (gone, shared) = self.ring.between(floor, self.newest);
        view.floor = Some(floor.max(self.newest_gone(gone)));
        view.entries = self.merge(shared);
        view.cut();
        view
    }

    /// The newest sequence that came to this session, or passed it by, and that the ring has lost;
    /// what it has for itself is not lost.
    fn newest_gone(&self, gone: u64) -> u64 {
        let mut newest = gone.min(self.newest);
        while newest > 0 && self.is_own(newest) {
            newest -= 1;
        }
        newest
    }

    fn is_own(&self, sequence: u64) -> bool {
        let place = self.own.binary_search_by_key(&sequence, |own| own.sequence);
        place.is_ok()
    }

    fn merge(&self, shared: Vec<(u64, Bytes)>) -> VecDeque<(u64, Bytes)> {
        let mut entries: Vec<_> = shared
            .into_iter()
            .filter(|(sequence, _)| !self.is_own(*sequence))
            .collect();
        let own = self.own.iter();
        entries.extend(own.filter_map(|own| Some((own.sequence, own.frame.clone()?))));
        entries.sort_unstable_by_key(|(sequence, _)| *sequence);
        entries.into()
    }
}

impl View {
    /// Keeps as much as the chat-server's ring holds.
    fn cut(&mut self) {
        let mut bytes: usize = self.entries.iter().map(|(_, frame)| frame.len()).sum();
        while self.entries.len() > RING_FRAMES || (bytes > RING_BYTES && self.entries.len() > 1) {
            let Some((sequence, frame)) = self.entries.pop_front() else {
                return;
            };
            bytes -= frame.len();
            self.floor = self.floor.max(Some(sequence));
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
    pub(super) fn after(self, resume: Option<&Resume>) -> impl Iterator<Item = Bytes> {
        let after = match resume {
            Some(resume) if resume.run == self.run => resume.after.value(),
            _ => 0,
        };
        let entries = self.entries.into_iter();
        entries
            .filter(move |(sequence, _)| *sequence > after)
            .map(|(_, frame)| frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId::from_bytes([1; 16]);

    fn log(sequences: impl IntoIterator<Item = u64>) -> Log {
        log_of(Arc::default(), sequences)
    }

    fn log_of(ring: Arc<Ring>, sequences: impl IntoIterator<Item = u64>) -> Log {
        let mut log = Log::new(RUN, ring);
        for sequence in sequences {
            put(&mut log, sequence, sequence.to_string());
        }
        log
    }

    fn put(log: &mut Log, sequence: u64, frame: impl Into<Bytes>) {
        log.put(Sequence::new(sequence), &frame.into());
    }

    fn is_missing(log: &Log, after: u64) -> bool {
        log.view().is_missing(&resume(after))
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
        assert_eq!(texts(log.view().after(Some(&resume(6)))), ["7", "8"]);
        assert_eq!(texts(log.view().after(None)), ["5", "6", "7", "8"]);
        assert!(!is_missing(&log, 4));
        assert!(is_missing(&log, 3));
    }

    #[test]
    fn another_run_is_another_count() {
        let log = log(5..=8);
        let other = Resume {
            run: RunId::from_bytes([2; 16]),
            after: Sequence::new(8),
        };
        assert!(log.is_of_another(other.run));
        assert!(log.view().is_missing(&other));
        assert_eq!(log.view().after(Some(&other)).count(), 4);
    }

    #[test]
    fn a_late_delivery_takes_its_place() {
        let mut log = log([5, 6, 8]);
        put(&mut log, 6, "six");
        put(&mut log, 7, "7");
        put(&mut log, 4, "before all");
        assert_eq!(texts(log.view().after(None)), ["5", "six", "7", "8"]);
    }

    #[test]
    fn it_keeps_as_much_as_the_servers_ring() {
        let frames = u64::try_from(RING_FRAMES).expect("a small number");
        let full = log(1..=frames + 10);
        assert_eq!(full.view().after(None).count(), RING_FRAMES);
        assert!(is_missing(&full, 9));
        assert!(!is_missing(&full, 10));

        let mut log = log([]);
        for sequence in 1..=3 {
            put(&mut log, sequence, vec![0; RING_BYTES / 2]);
        }
        assert_eq!(log.view().after(None).count(), 2);
        put(&mut log, 4, vec![0; 2 * RING_BYTES]);
        assert_eq!(
            log.view().after(None).count(),
            1,
            "the newest stays whatever its size"
        );
    }

    #[test]
    fn after_a_gap_older_pages_are_told() {
        let mut log = log(5..=8);
        log.forget();
        assert!(!is_missing(&log, 8), "nothing is known to be missing yet");
        put(&mut log, 20, "20");
        assert!(is_missing(&log, 8));
        assert!(!is_missing(&log, 19));
    }

    #[test]
    fn sessions_see_what_came_to_them_and_nothing_else() {
        let ring = Arc::<Ring>::default();
        let all = log_of(ring.clone(), 5..=9);
        let late = log_of(ring.clone(), 7..=8);
        assert_eq!(texts(late.view().after(None)), ["7", "8"]);

        let mut other = log_of(ring.clone(), [5]);
        put(&mut other, 6, "cannot be shown");
        put(&mut other, 9, "9");
        let seen = texts(other.view().after(None));
        assert_eq!(seen, ["5", "cannot be shown", "9"], "7 and 8 were withheld");
        put(&mut other, 6, "6");
        put(&mut other, 8, "8");
        assert_eq!(texts(other.view().after(None)), ["5", "6", "8", "9"]);
        assert_eq!(texts(all.view().after(None)), ["5", "6", "7", "8", "9"]);
        put(&mut other, 7, "7");
        assert!(other.own.is_empty() && other.own_bytes == 0);
    }

    #[test]
    fn who_is_far_behind_keeps_what_the_others_have_forgotten() {
        let ring = Arc::<Ring>::default();
        let most = u64::try_from(3 * RING_FRAMES).expect("a small number");
        log_of(ring.clone(), 1..=most);
        let behind = log_of(ring, 1..=4);
        assert_eq!(texts(behind.view().after(None)), ["1", "2", "3", "4"]);
        assert!(!is_missing(&behind, 0));
    }

    #[test]
    fn a_leap_longer_than_a_ring_is_told() {
        let mut log = log([1]);
        let far = u64::try_from(RING_FRAMES).expect("a small number") + 3;
        put(&mut log, far, "far");
        assert!(log.own.is_empty());
        assert!(is_missing(&log, 1));
        assert_eq!(texts(log.view().after(None)), ["far"]);
    }
}
