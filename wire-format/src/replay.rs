//! What a receiver remembers of envelopes, so that none counts twice and a missing one is noticed
//! (docs/protocol.md#9-the-envelope, *Replay*).
//!
//! Look before opening, record after: an envelope that does not open leaves no trace.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::{
    envelope::{Envelope, Header, SignedEnvelope, Storage},
    ids::{ChannelId, InstanceId, MemberId, MessageId},
};

/// One numbering of one sender.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
struct Series {
    sender: MemberId,
    instance: InstanceId,
    channel: ChannelId,
    storage: Storage,
}

/// What identifies an envelope to a [`ReplayTable`]; costs one SHA-256 over it.
#[derive(Clone, Copy, Debug)]
pub struct ReplayKey {
    series: Series,
    counter: u64,
    message: MessageId,
    hash: [u8; 32],
}

impl ReplayKey {
    /// Takes what the table needs.
    pub fn of(envelope: &Envelope) -> Self {
        Self::new(envelope.header(), envelope.hash())
    }

    /// Takes what the table needs of an envelope whose signatures were looked at.
    pub fn of_signed(envelope: &SignedEnvelope) -> Self {
        Self::new(envelope.header(), *envelope.hash().as_bytes())
    }

    fn new(header: &Header, hash: [u8; 32]) -> Self {
        Self {
            series: Series {
                sender: header.sender,
                instance: header.instance,
                channel: header.channel,
                storage: header.storage,
            },
            counter: header.counter,
            message: header.message,
            hash,
        }
    }
}

/// What the table knows about an envelope before it is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seen {
    /// Never seen: open it.
    Fresh,
    /// This very envelope was opened before: drop it silently.
    SameAgain,
    /// Another envelope was opened under this counter: an alarm.
    Conflict,
    /// So far below the newest counter that the table no longer knows: drop it.
    TooOld,
}

/// What recording an opened envelope brought to light.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// Whether this message id is new; a retry in another envelope is not shown again.
    pub shown: Shown,
    /// Counters of this sender that have not arrived: messages were withheld, lost or are on the way.
    pub hole: Option<Hole>,
}

/// Whether a message was shown before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// Show it.
    Never,
    /// The same message came in another envelope: do not show it again.
    Before,
}

/// Counters between the newest known and the one that arrived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hole {
    /// The first missing counter.
    pub first: u64,
    /// The last missing counter.
    pub last: u64,
}

/// How much a [`ReplayTable`] remembers.
#[derive(Clone, Copy, Debug)]
pub struct ReplayLimits {
    /// Numberings, one per sender, instance, channel and storage; the longest silent is forgotten.
    pub series: usize,
    /// Counters behind the newest of a numbering. Above the ring's frames, so that whatever a
    /// server still has is still known.
    pub window: u64,
    /// Hashes of all numberings together, each in some 60 bytes; the numberings that were silent
    /// longest are forgotten whole, so that what is left has no gaps. The latest is always kept.
    pub hashes: usize,
    /// Message ids, of all senders together.
    pub messages: usize,
}

impl Default for ReplayLimits {
    fn default() -> Self {
        Self {
            series: 4096,
            window: 1024,
            hashes: 65_536,
            messages: 8192,
        }
    }
}

/// Counters and hashes of opened envelopes, of bounded size.
#[derive(Debug)]
pub struct ReplayTable {
    limits: ReplayLimits,
    series: HashMap<Series, Counters>,
    /// Hashes in all series together.
    hashes: usize,
    messages: HashSet<(MemberId, ChannelId, MessageId)>,
    message_order: VecDeque<(MemberId, ChannelId, MessageId)>,
    recorded: u64,
}

#[derive(Debug)]
struct Counters {
    hashes: BTreeMap<u64, [u8; 32]>,
    newest: u64,
    last_recorded: u64,
}

impl ReplayTable {
    /// An empty table.
    pub fn new(limits: ReplayLimits) -> Self {
        Self {
            limits,
            series: HashMap::new(),
            hashes: 0,
            messages: HashSet::new(),
            message_order: VecDeque::new(),
            recorded: 0,
        }
    }

    /// Says whether to open an envelope; changes nothing.
    pub fn check(&self, key: &ReplayKey) -> Seen {
        let Some(counters) = self.series.get(&key.series) else {
            return Seen::Fresh;
        };
        match counters.hashes.get(&key.counter) {
            Some(hash) if *hash == key.hash => Seen::SameAgain,
            Some(_) => Seen::Conflict,
            None if key.counter < self.floor(counters.newest) => Seen::TooOld,
            None => Seen::Fresh,
        }
    }

    /// Remembers an envelope that was [`Seen::Fresh`] and did open.
    pub fn record(&mut self, key: &ReplayKey) -> Recorded {
        self.recorded += 1;
        let hole = self.record_counter(key);
        let message = (key.series.sender, key.series.channel, key.message);
        let shown = if self.messages.insert(message) {
            self.message_order.push_back(message);
            if self.message_order.len() > self.limits.messages
                && let Some(oldest) = self.message_order.pop_front()
            {
                self.messages.remove(&oldest);
            }
            Shown::Never
        } else {
            Shown::Before
        };
        Recorded { shown, hole }
    }

    fn record_counter(&mut self, key: &ReplayKey) -> Option<Hole> {
        if !self.series.contains_key(&key.series) && self.series.len() >= self.limits.series {
            self.forget_longest_silent();
        }
        let window = self.limits.window;
        let counters = self.series.entry(key.series).or_insert_with(|| Counters {
            hashes: BTreeMap::new(),
            newest: key.counter,
            last_recorded: 0,
        });
        counters.last_recorded = self.recorded;
        let before = counters.newest;
        counters.newest = before.max(key.counter);
        let floor = counters.newest.saturating_sub(window);
        let before_insert = counters.hashes.len();
        counters.hashes.insert(key.counter, key.hash);
        while counters
            .hashes
            .first_key_value()
            .is_some_and(|(&first, _)| first < floor)
        {
            counters.hashes.pop_first();
        }
        self.hashes = self.hashes - before_insert + counters.hashes.len();
        self.forget_above_limit();
        (key.counter > before && key.counter - before > 1).then(|| Hole {
            first: before + 1,
            last: key.counter - 1,
        })
    }

    fn floor(&self, newest: u64) -> u64 {
        newest.saturating_sub(self.limits.window)
    }

    fn forget_above_limit(&mut self) {
        while self.hashes > self.limits.hashes && self.series.len() > 1 {
            self.forget_longest_silent();
        }
    }

    fn forget_longest_silent(&mut self) {
        let silent = self
            .series
            .iter()
            .min_by_key(|(_, counters)| counters.last_recorded);
        let silent = silent.map(|(series, _)| *series);
        if let Some(counters) = silent.and_then(|series| self.series.remove(&series)) {
            self.hashes -= counters.hashes.len();
        }
    }
}

impl Default for ReplayTable {
    fn default() -> Self {
        Self::new(ReplayLimits::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ReplayLimits = ReplayLimits {
        series: 3,
        window: 4,
        hashes: 15,
        messages: 3,
    };

    /// An envelope of sender and instance `who`; its content, and so its hash, is `hash`.
    fn key(who: u8, counter: u64, hash: u8) -> ReplayKey {
        ReplayKey {
            series: Series {
                sender: MemberId::from_bytes([who; 16]),
                instance: InstanceId::from_bytes([who; 16]),
                channel: ChannelId::from_bytes([0; 16]),
                storage: Storage::Passing,
            },
            counter,
            message: MessageId::from_bytes([hash; 16]),
            hash: [hash; 32],
        }
    }

    #[test]
    fn the_same_envelope_is_dropped_and_another_under_its_counter_is_an_alarm() {
        let mut table = ReplayTable::new(LIMITS);
        assert_eq!(table.check(&key(1, 0, 1)), Seen::Fresh);
        // Looking alone leaves no trace.
        assert_eq!(table.check(&key(1, 0, 1)), Seen::Fresh);
        table.record(&key(1, 0, 1));
        assert_eq!(table.check(&key(1, 0, 1)), Seen::SameAgain);
        assert_eq!(table.check(&key(1, 0, 2)), Seen::Conflict);
        assert_eq!(table.check(&key(2, 0, 1)), Seen::Fresh);
        let stored = Series {
            storage: Storage::Stored,
            ..key(1, 0, 1).series
        };
        assert_eq!(
            table.check(&ReplayKey {
                series: stored,
                ..key(1, 0, 1)
            }),
            Seen::Fresh
        );
    }

    #[test]
    fn a_hole_is_named_when_the_next_one_arrives() {
        let mut table = ReplayTable::new(LIMITS);
        // Whoever comes in late has missed nothing it knows of.
        assert_eq!(table.record(&key(1, 5, 1)).hole, None);
        assert_eq!(table.record(&key(1, 6, 2)).hole, None);
        assert_eq!(
            table.record(&key(1, 9, 3)).hole,
            Some(Hole { first: 7, last: 8 })
        );
        // One of the two was only late.
        assert_eq!(table.check(&key(1, 8, 4)), Seen::Fresh);
        assert_eq!(table.record(&key(1, 8, 4)).hole, None);
        assert_eq!(table.record(&key(1, 10, 5)).hole, None);
    }

    #[test]
    fn what_is_behind_the_window_is_too_old() {
        let mut table = ReplayTable::new(LIMITS);
        for counter in 0..10 {
            table.record(&key(1, counter, 1));
        }
        assert_eq!(table.check(&key(1, 4, 1)), Seen::TooOld);
        assert_eq!(table.check(&key(1, 5, 1)), Seen::SameAgain);
        let newest = u64::MAX;
        assert_eq!(
            table.record(&key(1, newest, 2)).hole,
            Some(Hole {
                first: 10,
                last: newest - 1
            })
        );
        assert_eq!(table.check(&key(1, newest, 2)), Seen::SameAgain);
    }

    #[test]
    fn a_retry_in_another_envelope_is_not_shown_again() {
        let mut table = ReplayTable::new(LIMITS);
        let retry = ReplayKey {
            counter: 1,
            hash: [9; 32],
            ..key(1, 0, 1)
        };
        assert_eq!(table.record(&key(1, 0, 1)).shown, Shown::Never);
        assert_eq!(table.check(&retry), Seen::Fresh);
        assert_eq!(
            table.record(&retry),
            Recorded {
                shown: Shown::Before,
                hole: None
            }
        );
        // Somebody else's message of the same id is another message.
        assert_eq!(table.record(&key(2, 0, 1)).shown, Shown::Never);
    }

    #[test]
    fn the_table_stays_within_its_limits() {
        let mut table = ReplayTable::new(LIMITS);
        for round in 0..50_u8 {
            table.record(&key(round, u64::from(round), round));
            assert!(table.series.len() <= LIMITS.series);
            assert!(table.messages.len() <= LIMITS.messages);
            assert_eq!(table.messages.len(), table.message_order.len());
        }
        for counter in 0..50 {
            table.record(&key(49, counter, 1));
        }
        let remembered = &table.series[&key(49, 0, 0).series].hashes;
        assert!(remembered.len() <= 5);
        // The longest silent goes first.
        table.record(&key(48, 60, 2));
        table.record(&key(100, 0, 3));
        assert_eq!(table.check(&key(47, 47, 47)), Seen::Fresh);
        assert_eq!(table.check(&key(49, 49, 1)), Seen::SameAgain);
    }

    #[test]
    fn all_hashes_together_are_bounded() {
        let limits = ReplayLimits {
            hashes: 8,
            ..LIMITS
        };
        let mut table = ReplayTable::new(limits);
        for who in 1..=3 {
            for counter in 0..20 {
                table.record(&key(who, counter, who));
                let kept: usize = table.series.values().map(|one| one.hashes.len()).sum();
                assert_eq!(table.hashes, kept);
                assert!(kept <= limits.hashes);
            }
        }
        // Five of each fit in the window: the one that was silent longest is gone, as a whole.
        assert_eq!(table.check(&key(1, 19, 1)), Seen::Fresh);
        assert_eq!(table.check(&key(2, 19, 2)), Seen::Fresh);
        assert_eq!(table.check(&key(3, 19, 3)), Seen::SameAgain);
        // A single numbering keeps its window.
        let mut table = ReplayTable::new(ReplayLimits {
            hashes: 2,
            ..limits
        });
        for counter in 0..20 {
            table.record(&key(1, counter, 1));
        }
        assert_eq!(table.check(&key(1, 15, 1)), Seen::SameAgain);
        assert_eq!(table.hashes, 5);
    }
}
