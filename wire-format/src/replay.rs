//! What a receiver remembers of envelopes, so that none counts twice and a missing one is noticed
//! (docs/protocol.md#9-the-envelope, *Replay*).
//!
//! Look before opening, record after: an envelope that does not open leaves no trace.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::{
    envelope::{Envelope, Storage},
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
        let header = envelope.header();
        Self {
            series: Series {
                sender: header.sender,
                instance: header.instance,
                channel: header.channel,
                storage: header.storage,
            },
            counter: header.counter,
            message: header.message,
            hash: envelope.hash(),
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
    /// Message ids, of all senders together.
    pub messages: usize,
}

impl Default for ReplayLimits {
    fn default() -> Self {
        Self {
            series: 4096,
            window: 1024,
            messages: 8192,
        }
    }
}

/// Counters and hashes of opened envelopes, of bounded size.
#[derive(Debug)]
pub struct ReplayTable {
    limits: ReplayLimits,
    series: HashMap<Series, Counters>,
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
        let counters = self.series.entry(key.series).or_insert_with(|| Counters {
            hashes: BTreeMap::new(),
            newest: key.counter,
            last_recorded: 0,
        });
        counters.last_recorded = self.recorded;
        counters.hashes.insert(key.counter, key.hash);
        let before = counters.newest;
        if key.counter <= before {
            return None;
        }
        counters.newest = key.counter;
        let floor = key.counter.saturating_sub(self.limits.window);
        counters.hashes = counters.hashes.split_off(&floor);
        (key.counter - before > 1).then(|| Hole {
            first: before + 1,
            last: key.counter - 1,
        })
    }

    fn floor(&self, newest: u64) -> u64 {
        newest.saturating_sub(self.limits.window)
    }

    fn forget_longest_silent(&mut self) {
        let silent = self
            .series
            .iter()
            .min_by_key(|(_, counters)| counters.last_recorded);
        if let Some(series) = silent.map(|(series, _)| *series) {
            self.series.remove(&series);
        }
    }
}

impl Default for ReplayTable {
    fn default() -> Self {
        Self::new(ReplayLimits::default())
    }
}
