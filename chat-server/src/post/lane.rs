//! Whose turn it is among the publishes of a channel on one connection
//! (docs/protocol.md#5-messages-on-the-wire).

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use wire_format::{ChannelId, limits::ROOMS_PER_ACCOUNT};

/// The channels of end-to-end rooms that a connection has published in. Most connections have none:
/// that is one null pointer.
#[derive(Default)]
pub(crate) struct Lanes(Option<Box<Channels>>);

#[derive(Default)]
struct Channels(HashMap<ChannelId, Lane>);

/// What came of the last publish of a channel.
struct Lane {
    /// It was refused before it was queued; those behind it are not even looked at.
    was_refused: bool,
    settled: Settled,
}

/// Whether the last publish of a channel that has come through the queue was accepted.
#[derive(Clone, Default)]
pub(crate) struct Settled(Arc<AtomicBool>);

impl Settled {
    pub(super) fn was_accepted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn settle(&self, is_accepted: bool) {
        self.0.store(is_accepted, Ordering::Relaxed);
    }
}

impl Lanes {
    /// Lets a publish into the queue; `None` if it follows one that was refused in front of it.
    pub(crate) fn enter(&mut self, channel: ChannelId, is_following: bool) -> Option<Settled> {
        let Channels(lanes) = &mut **self.0.get_or_insert_default();
        if lanes.len() >= ROOMS_PER_ACCOUNT && !lanes.contains_key(&channel) {
            // More than it can be in: what was left long ago can be begun again.
            lanes.clear();
        }
        let lane = lanes.entry(channel).or_insert_with(|| Lane {
            was_refused: true,
            settled: Settled::default(),
        });
        if is_following && lane.was_refused {
            return None;
        }
        lane.was_refused = false;
        Some(lane.settled.clone())
    }

    /// Takes note that a publish was refused before it was queued.
    pub(crate) fn refused(&mut self, channel: ChannelId) {
        if let Some(lane) = self.0.as_mut().and_then(|lanes| lanes.0.get_mut(&channel)) {
            lane.was_refused = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: ChannelId = ChannelId::from_bytes([1; 16]);

    #[test]
    fn the_first_one_follows_nothing() {
        let mut lanes = Lanes::default();
        lanes.refused(CHANNEL);
        assert!(lanes.0.is_none());
        assert!(lanes.enter(CHANNEL, true).is_none());
        assert!(lanes.enter(CHANNEL, false).is_some());
        assert!(lanes.enter(CHANNEL, true).is_some());
    }

    #[test]
    fn nothing_follows_what_was_refused_in_front_of_the_queue() {
        let mut lanes = Lanes::default();
        let first = lanes.enter(CHANNEL, false).expect("its turn");
        first.settle(true);
        lanes.refused(CHANNEL);
        assert!(lanes.enter(CHANNEL, true).is_none());
        let again = lanes.enter(CHANNEL, false).expect("its turn");
        assert!(again.was_accepted(), "the queue remembers on its own");
        again.settle(false);
        assert!(!first.was_accepted(), "they are the same");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut lanes = Lanes::default();
        for number in 0..=ROOMS_PER_ACCOUNT {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            assert!(lanes.enter(ChannelId::from_bytes(id), false).is_some());
        }
        assert_eq!(lanes.0.map(|lanes| lanes.0.len()), Some(1));
    }
}
